# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # Translation: how a model is taught, and how it writes
#
# **Where we are.** You know three families of models with one face: an [encoder](glossary.md#encoder) reads the source,
# a [decoder](glossary.md#decoder) gives scores for the next word. That alone is no translator yet. Somebody has to
# teach it, somebody has to turn scores into a sentence, and somebody has to say how good the sentence is. None of this
# depends on the family: it is the same for recurrent networks, convolutions and Transformers.
#
# **What you will write.** Six pieces that stand around every model: the shifted target, the loss, the learning rate,
# greedy search, beam search, and BLEU. At the end you put them together, train a small translator in less than a
# minute, and measure the families of the course.

# %% [markdown] lang="zh"
# # 翻译：模型怎样学，怎样写
#
# **我们在哪里。** 你已经认识了三类模型，它们的接口相同：[编码器](glossary.md#encoder)读源句，[解码器](glossary.md#decoder)为下一个词打分。
# 但这还算不上翻译。要有人教它，要有人把分数变成句子，还要有人评判句子的好坏。这些事与是哪类模型无关：循环网络、卷积、Transformer 都一样。
#
# **你要写什么。** 围绕着每个模型的六个部件：右移的目标句、损失、学习率、贪心搜索、束搜索、BLEU。最后把它们合在一起，
# 不到一分钟就能训练出一个小翻译模型，再来测一测本课程的各类模型。

# %% setup=true
# The builder puts the first cell here: see autograder/authoring/first_cell.py.

# %%
import math
from collections import Counter

import keras
import numpy as np
from keras import ops

from course.check import in_notebook
from course.kit.notebook import plots
from course.kit.language import say
from course.kit.notebook.pictures import translation as pictures
from course.kit.notebook.show import explore, show
from course.kit.tokens import END_ID, PAD_ID, START_ID
from course.kit.models.translator import padded
from course.kit.corpora.vocabulary import SPECIAL_TOKENS, CharacterVocabulary, WordVocabulary

# %% [markdown] lang="en"
# ## 1. From words to ids
#
# A model computes with numbers, so a text is cut into [tokens](glossary.md#token), and every token has a number, its
# id, in a [vocabulary](glossary.md#vocabulary). Here English is cut into words and Chinese into characters. Four ids
# are set aside, in every vocabulary of the course:
#
# | id | name | what for |
# |---|---|---|
# | 0 | `PAD_ID` | [padding](glossary.md#padding): fills a row up, is no word |
# | 1 | `UNKNOWN_ID` | a word that the vocabulary doesn't have |
# | 2 | `START_ID` | what the decoder is fed before it has written anything |
# | 3 | `END_ID` | “I have finished”: how a decoder says how long its sentence is |
#
# A [batch](glossary.md#batch) is a table, and a table has rows of one length. So the shorter sentences get padding
# behind their last token.
#
# In a [sequence-to-sequence](glossary.md#seq2seq) model, the two tables are independent: a source of 5 tokens may
# have a target of 9. A common explanation is that the encoder gives a vector of fixed length and the decoder “a vector of
# variable length”. Exactly, what varies is the *number of tokens* that are written, and it's the end id that decides
# it.

# %% [markdown] lang="zh"
# ## 1. 从词到编号
#
# 模型只会算数。所以先把文本切成[词元](glossary.md#token)，再给每个词元一个编号，记在[词表](glossary.md#vocabulary)里。这里英文按词切，中文按字切。
# 本课程的每个词表都留出四个编号：
#
# | 编号 | 名称 | 用途 |
# |---|---|---|
# | 0 | `PAD_ID` | [填充](glossary.md#padding)：把一行补齐，它不是词 |
# | 1 | `UNKNOWN_ID` | 词表里没有的词 |
# | 2 | `START_ID` | 解码器还什么都没写时，输入给它的东西 |
# | 3 | `END_ID` | “写完了”：解码器靠它说明句子有多长 |
#
# 一个[批量](glossary.md#batch)是一张表，表的每一行必须一样长。所以较短的句子要在最后一个词元后面补上填充。
#
# 在[序列到序列](glossary.md#seq2seq)模型里，两张表的长度互不相干：5 个词元的源句可以对应 9 个词元的目标句。常见的说法是，编码器给出固定长度的向量，
# 解码器输出“可变长度的向量”。准确地说，可变的是写出的*词元个数*，由结束符决定。

# %%
pairs = [
    ("I like deep learning.", "我喜欢深度学习。"),
    ("Good morning!", "早上好！"),
    ("I have a cat, it is very cute.", "我养了一只猫，它很可爱。"),
]
english = WordVocabulary.build(source for source, _ in pairs)
chinese = CharacterVocabulary.build(target for _, target in pairs)
source = padded([english.encode(text) for text, _ in pairs])
target = padded([[*chinese.encode(text), END_ID] for _, text in pairs])


def named(rows, cut, texts):
    fill = [say("pad", "填充"), "?", say("start", "开始"), say("end", "结束")]
    words = [iter(cut.tokens(text)) for text in texts]
    return [
        [next(word) if i >= len(SPECIAL_TOKENS) else fill[i] for i in row]
        for row, word in zip(rows, words, strict=True)
    ]


show(
    pictures.grids(
        {
            say("source (B, S)", "源句 (B, S)"): (named(source, english, [e for e, _ in pairs]), source),
            say("target (B, T)", "目标句 (B, T)"): (named(target, chinese, [c for _, c in pairs]), target),
        }
    ),
    say(
        "Two tables of three rows, a word and its id in each cell. Sources end in padding, id 0, in "
        "grey; targets end in the end id 3, in orange, and then padding.",
        "两张三行的表，每格是一个词元和它的编号。源句后面是灰色的填充，编号 0；目标句先以橙色的结束符 3 结尾，再是填充。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** 12 of 30 source cells and 12 of 39 target cells are padding, and all because of one long row. A
# model that were rewarded for guessing padding would become good at guessing padding. So nothing that follows may
# count it: not the loss, not attention (that's what [masks](glossary.md#mask) are for), not BLEU. The source needs no
# start or end here, for the encoder sees all of it at once; the target needs both.

# %% [markdown] lang="zh"
# **注意观察。** 源句表的 30 格里有 12 格是填充，目标句表的 39 格里也有 12 格，只因为有一行特别长。如果猜中填充也能得分，模型就会专心去猜填充。
# 所以后面的任何一步都不能把它算进去：损失不算，注意力不看（[掩码](glossary.md#mask)就是干这个的），BLEU 也不计。源句在这里不需要起始符和结束符，
# 因为编码器一次看到全部；目标句两个都需要。

# %% [markdown] lang="en"
# ## 2. Teacher forcing: the target, shifted by one
#
# A translator writes $y_1, y_2, \ldots$ one after the other, and each word depends on the source $X$ and on the words
# before it:
#
# $$P(Y \mid X) = \prod_{t=1}^{T} P(y_t \mid y_1, \ldots, y_{t-1}, X)$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $X$ | (B, S) | the source; the encoder reads *all* of it before the first word is written |
# | $y_t$ | (B,) | the right token at place $t$ |
# | what the decoder is fed | (B, T) | at place $t$ the token $y_{t-1}$; at place 1 the start id |
# | what it is to say | (B, T) | at place $t$ the token $y_t$; the last real one is the end id |
#
# In training we know the right translation. So the decoder doesn't have to write its own beginnings: it is fed the
# right ones, all places at once. This is [teacher forcing](glossary.md#teacher-forcing). The two tables differ by a
# shift of one column.
#
# A simple picture of translation says: 我 (“I”) is written from `I`, 喜欢 (“like”) from `I like`, and so on. That would
# be interpreting while the speaker still talks. In our models what grows from step to step is not the source but what
# has been *written*: when 我 is written, `learning` has been read already.
#
# **By hand.** 我喜欢 (“I like”) as ids: 我 = 4, 喜 = 5, 欢 = 6. The row `[4, 5, 6, 3, 0]` is what the decoder is to say.
# Then it is fed `[2, 4, 5, 6, 3]`: start, 我, 喜, 欢, end.

# %% [markdown] lang="zh"
# ## 2. 教师强制：目标句右移一格
#
# 翻译模型依次写出 $y_1, y_2, \ldots$，每个词取决于源句 $X$ 和它前面的词：
#
# $$P(Y \mid X) = \prod_{t=1}^{T} P(y_t \mid y_1, \ldots, y_{t-1}, X)$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $X$ | (B, S) | 源句；写第一个词之前，编码器已经读完*全部* |
# | $y_t$ | (B,) | 位置 $t$ 的正确词元 |
# | 解码器输入 | (B, T) | 位置 $t$ 是词元 $y_{t-1}$；位置 1 是起始符 |
# | 期望输出（标签） | (B, T) | 位置 $t$ 是词元 $y_t$；最后一个真实词元是结束符 |
#
# 训练时我们知道正确译文，所以解码器不必自己写开头：把正确的前文直接给它，所有位置同时进行。这就是[教师强制](glossary.md#teacher-forcing)。
# 两张表之间只差一列。
#
# 有一种简单的说法：根据 `I` 译出“我”，根据 `I like` 译出“喜欢”，依此类推。那是说话人还没讲完就开口的同声传译。在我们的模型里，逐步变长的不是源句，
# 而是*已经写出的*部分：写“我”的时候，`learning` 早已读过了。
#
# **手算。** 设“我喜欢”的编号是：我 = 4，喜 = 5，欢 = 6。要解码器说出的一行是 `[4, 5, 6, 3, 0]`，那么输入给它的就是 `[2, 4, 5, 6, 3]`：开始、我、喜、
# 欢、结束。

# %% [markdown] lang="en"
# **Exercise.** `shift_right(target)`: ids (B, T) go in, each row ending in the end id and padding; (B, T) comes out,
# beginning with the start id.
#
# <details><summary>Hint 1</summary>One column in front, one less behind: the width stays T.</details>
# <details><summary>Hint 2</summary>The new column has B rows, and the dtype of the target. Which function makes a tensor like another, full of one number?</details>

# %% [markdown] lang="zh"
# **练习。** `shift_right(target)`：输入编号 (B, T)，每行以结束符和填充收尾；输出 (B, T)，以起始符开头。
#
# <details><summary>提示一</summary>前面多一列，后面少一列：宽度仍是 T。</details>
# <details><summary>提示二</summary>新的一列有 B 行，数据类型与目标句相同。哪个函数能照着一个张量的样子，造出填满同一个数的张量？</details>

# %% exercise="shift_right"

# %%
row = 1
fed = ops.convert_to_numpy(shift_right(ops.convert_to_tensor(target)))
labels = [say("pad", "填充"), "?", say("start", "开始"), say("end", "结束")]
tokens = [word for line in named(target, chinese, [c for _, c in pairs]) for word in line]
word_of = {**dict(zip(target.ravel(), tokens)), START_ID: labels[START_ID]}
shown = int((target[row] != PAD_ID).sum()) + 1
show(
    pictures.aligned(
        [word_of[i] for i in fed[row][:shown]],
        [word_of[i] for i in target[row][:shown]],
        target[row][:shown] != PAD_ID,
    ),
    say(
        "Two rows. Fed: start, 早, 上, 好, ！, end. To be said: 早, 上, 好, ！, end, padding. An arrow goes "
        "down from each fed token to the next word; the last one, above padding, is grey and doesn't count.",
        "上下两行。输入：开始、早、上、好、！、结束。要说出：早、上、好、！、结束、填充。每个输入的词元向下指着下一个词；最后一个下面是填充，画成灰色，不计分。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Read a column from top to bottom: “after 早 comes 上”. The sentence gives as many small exercises
# as it has tokens, the end id among them, and all are done in one pass. That is allowed only because the decoder is
# causal: at 早 it must not see 上, which stands in the next column of the row it is fed. In the last column the end id
# is fed and padding would be the answer; nobody asks for that one. Change `row` to see the other sentences.
#
# There is a price. In training the decoder only ever sees right beginnings; when it translates, it sees its own. That
# difference is called [exposure bias](glossary.md#exposure-bias). And what if we forget the shift? Section 8 tries it.

# %% [markdown] lang="zh"
# **注意观察。** 请从上往下读一列：“早”之后是“上”。一句话有多少个词元（包括结束符），就有多少道小题，而且一遍全部做完。能这样做，全靠解码器是因果的：
# 在“早”的位置，它不能看到“上”，而“上”就在输入的下一列。最后一列输入的是结束符，答案是填充，这一题没人问。把 `row` 改一改，看看别的句子。
#
# 这样做也有代价：训练时，解码器看到的前文永远正确；翻译时，它看到的是自己写的。这个差别叫[暴露偏差](glossary.md#exposure-bias)。如果忘了右移会怎样？
# 第 8 节会试一试。

# %% [markdown] lang="en"
# ## 3. The loss: how surprised was the model?
#
# The decoder gives [logits](glossary.md#logits), one for each word of the vocabulary; the
# [softmax](glossary.md#softmax) makes probabilities of them. The [cross-entropy](glossary.md#cross-entropy) at one
# token is
#
# $$\ell = -\sum_{v=1}^{V} q_v \log p_v \qquad q_v = (1-\varepsilon)\,[v = y] + \frac{\varepsilon}{V}$$
#
# and the loss is the mean of $\ell$ over the *real* tokens of the batch.
#
# | symbol | shape | what it is |
# |---|---|---|
# | $p$ | (V,) at each of (B, T) | softmax of the logits (B, T, V) |
# | $y$ | one of (B, T) | the right id |
# | $q$ | (V,) | what we'd like $p$ to be; $[v = y]$ is 1 at the right word and 0 elsewhere |
# | $\varepsilon$ | number from 0 to 1 | [label smoothing](glossary.md#label-smoothing): how much of $q$ is spread over all words |
# | $V$ | number | size of the vocabulary |
#
# Without smoothing only the right word's term is left: $\ell = -\log p_y$.
#
# **By hand.** Let $V = 4$, and let the model say $p = (\tfrac18, \tfrac18, \tfrac14, \tfrac12)$ for the ids 0 to 3 at
# all three places of a sentence. The labels are `[3, 2, 0]`: two real tokens, then padding.
#
# - Without smoothing: $-\ln\tfrac12 = \ln 2$ and $-\ln\tfrac14 = 2\ln 2$; the mean is $1.5\ln 2 = 1.040$.
# - With the padding counted it would be $(1 + 2 + 3)\ln 2 / 3 = 2\ln 2 = 1.386$: a wrong number, from a place that
#   has no word. It isn't enough to set the padding's loss to 0; divided by three instead of two, the mean would be
#   $\ln 2 = 0.693$.
# - With $\varepsilon = 0.1$: the mean of $-\log p_v$ over the vocabulary is $(3+3+2+1)\ln 2/4 = 2.25\ln 2$. So the
#   first token has $0.9\cdot 1 + 0.1\cdot 2.25 = 1.125$ times $\ln 2$, the second $0.9\cdot 2 + 0.1\cdot 2.25 =
#   2.025$ times, and the mean is $1.575\ln 2 = 1.092$.

# %% [markdown] lang="zh"
# ## 3. 损失：模型有多意外？
#
# 解码器为词表中的每个词给出一个未归一化的分数（[logits](glossary.md#logits)），[softmax](glossary.md#softmax) 把它们变成概率。
# 一个词元上的[交叉熵](glossary.md#cross-entropy)是
#
# $$\ell = -\sum_{v=1}^{V} q_v \log p_v \qquad q_v = (1-\varepsilon)\,[v = y] + \frac{\varepsilon}{V}$$
#
# 损失就是 $\ell$ 在批量中所有*真实*词元上的平均值。
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $p$ | (V,)，在 (B, T) 的每个位置 | logits (B, T, V) 的 softmax |
# | $y$ | (B, T) 中的一个 | 正确的编号 |
# | $q$ | (V,) | 我们希望 $p$ 成为的样子；$[v = y]$ 在正确的词上为 1，别处为 0 |
# | $\varepsilon$ | 0 到 1 的数 | [标签平滑](glossary.md#label-smoothing)：$q$ 中有多少匀给所有词 |
# | $V$ | 数 | 词表大小 |
#
# 不用平滑时，只剩下正确词的那一项：$\ell = -\log p_y$。
#
# **手算。** 设 $V = 4$，模型在一句话的三个位置上都给出 $p = (\tfrac18, \tfrac18, \tfrac14, \tfrac12)$，依次对应编号 0 到 3。标签是 `[3, 2, 0]`：
# 两个真实词元，然后是填充。
#
# - 不用平滑：$-\ln\tfrac12 = \ln 2$，$-\ln\tfrac14 = 2\ln 2$，平均为 $1.5\ln 2 = 1.040$。
# - 若把填充也算进去，就成了 $(1 + 2 + 3)\ln 2 / 3 = 2\ln 2 = 1.386$：多出来的部分来自一个没有词的位置。只把填充的损失置零也不够，除以三而不是二，
#   平均会变成 $\ln 2 = 0.693$。
# - 取 $\varepsilon = 0.1$：$-\log p_v$ 在词表上的平均是 $(3+3+2+1)\ln 2/4 = 2.25\ln 2$。
#   于是第一个词元是 $\ln 2$ 的 $0.9\cdot 1 + 0.1\cdot 2.25 = 1.125$ 倍，第二个是 $0.9\cdot 2 + 0.1\cdot 2.25 = 2.025$ 倍，
#   平均为 $1.575\ln 2 = 1.092$。

# %% [markdown] lang="en"
# **Exercise.** `masked_cross_entropy(labels, logits, label_smoothing=0.0)`: labels (B, T) and logits (B, T, V) go in, a
# scalar comes out; 0 where there is no real token at all.
#
# <details><summary>Hint 1</summary><code>ops.log_softmax</code> is safer than the logarithm of a softmax: no probability is rounded to 0 on the way.</details>
# <details><summary>Hint 2</summary>Of V log probabilities you need one at each place: look at <code>ops.take_along_axis</code>. Which rank does it want its indices to have?</details>
# <details><summary>Hint 3</summary>The smoothed part needs no table of ones and zeros: ε/V times a sum over the vocabulary is ε times a mean.</details>
# <details><summary>Hint 4</summary>Padding counts neither above nor below the line. And nothing may be divided by 0.</details>

# %% [markdown] lang="zh"
# **练习。** `masked_cross_entropy(labels, logits, label_smoothing=0.0)`：输入标签 (B, T) 和logits (B, T, V)，返回一个标量；
# 一个真实词元都没有时返回 0。
#
# <details><summary>提示一</summary><code>ops.log_softmax</code> 比先做 softmax 再取对数更稳妥：中途不会有概率被舍入成 0。</details>
# <details><summary>提示二</summary>每个位置有 V 个对数概率，你只要其中一个：看看 <code>ops.take_along_axis</code>。它要求下标有几个轴？</details>
# <details><summary>提示三</summary>平滑的那一部分不需要造一张 0 和 1 的表：ε/V 乘以词表上的总和，就是 ε 乘以平均值。</details>
# <details><summary>提示四</summary>填充既不进分子，也不进分母。还要防止除以 0。</details>

# %% exercise="masked_cross_entropy"

# %%
p = np.array([1 / 8, 1 / 8, 1 / 4, 1 / 2], "float32")
three_places = ops.convert_to_tensor(np.log(np.tile(p, (1, 3, 1))))
three_labels = ops.convert_to_tensor([[3, 2, PAD_ID]])
for epsilon in (0.0, 0.1):
    print(f"ε = {epsilon}: {float(masked_cross_entropy(three_labels, three_places, epsilon)):.3f}")

shares = 1 - np.geomspace(0.7, 0.01, 30)
by_smoothing = {}
for epsilon in (0.0, 0.1, 0.3):
    by_smoothing[epsilon] = []
    for share in shares:
        rest = (1 - share) / 3
        logits = ops.convert_to_tensor(np.log([[[rest, rest, rest, share]]]).astype("float32"))
        by_smoothing[epsilon].append(
            float(masked_cross_entropy(ops.convert_to_tensor([[3]]), logits, epsilon))
        )
show(
    pictures.losses(-np.log(p[[3, 2, 0]]), np.array([True, True, False]), shares, by_smoothing, 4),
    say(
        "Left: three bars, the losses of the three places; the third, of padding, is hatched and not "
        "in the mean of 1.04. Right: the loss against the right word's probability. Without smoothing "
        "it falls all the way; with smoothing it has a lowest point before 1, marked with a dot.",
        "左图：三个位置的损失，三根柱子；第三根属于填充，画成斜纹，不计入平均值 1.04。右图：损失随正确词的概率变化。不平滑时一路下降；"
        "平滑后在 1 之前有一个最低点，用圆点标出。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Without smoothing there is always something to win by being more certain: the loss falls until
# $p_y = 1$, which no finite logits reach, so the logits grow and grow. With smoothing the best $p$ is $q$ itself. The
# dots stand at $1 - \varepsilon + \varepsilon/V$: 0.925 for $\varepsilon = 0.1$ and $V = 4$. Beyond the dot the loss
# *rises* with certainty. So losses with different $\varepsilon$ can't be compared: the smoothed one can't become 0.
#
# **Something to try.** The lowest smoothed loss is the entropy of $q$. Compute it for $\varepsilon = 0.1$ and $V = 4$
# by hand (it is 0.349), and find it in the picture.

# %% [markdown] lang="zh"
# **注意观察。** 不平滑时，更确定总有好处：损失一路下降，直到 $p_y = 1$，而有限的 logits 永远到不了那里，于是 logits 会越来越大。平滑之后，
# 最好的 $p$ 就是 $q$ 本身。圆点在 $1 - \varepsilon + \varepsilon/V$ 处：$\varepsilon = 0.1$、$V = 4$ 时是 0.925。过了圆点，越确定损失反而*越大*。
# 因此 $\varepsilon$ 不同的损失不能互相比较：平滑后的损失不可能降到 0。
#
# **试一试。** 平滑后损失的最小值就是 $q$ 的熵。手算 $\varepsilon = 0.1$、$V = 4$ 的情形（答案是 0.349），再到图中找到它。

# %% [markdown] lang="en"
# ## 4. The learning rate: warm up, then cool down
#
# $$r(n) = D^{-0.5}\,\min\!\left(n^{-0.5},\; n \cdot w^{-1.5}\right)$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $n$ | number | which update it is, counted from 1; Keras counts its steps from 0 |
# | $w$ | number | [warm-up](glossary.md#warm-up) steps |
# | $D$ | number | width of the model |
# | $r(n)$ | number | learning rate of this update |
#
# At the beginning the weights are random. The [gradients](glossary.md#gradient) point in directions that will soon be
# outdated, and Adam has seen too few of them to judge their size. So the first steps are small. Later, large steps
# are too coarse to settle, so they shrink again. The two arms of the minimum meet where $n^{-0.5} = n\,w^{-1.5}$, at
# $n = w$.
#
# **By hand.** $D = 64$ and $w = 4$, so $D^{-0.5} = \tfrac18$ and $w^{-1.5} = \tfrac18$. At $n = 1$: $\tfrac18\min(1,
# \tfrac18) = \tfrac1{64}$. At $n = 4$: $\tfrac18\min(\tfrac12, \tfrac48) = \tfrac1{16}$, the peak. At $n = 16$:
# $\tfrac18\min(\tfrac14, 2) = \tfrac1{32}$. To halve the rate after the peak takes four times as many updates.

# %% [markdown] lang="zh"
# ## 4. 学习率：先升后降
#
# $$r(n) = D^{-0.5}\,\min\!\left(n^{-0.5},\; n \cdot w^{-1.5}\right)$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $n$ | 数 | 第几次更新，从 1 数起；Keras 的步数从 0 数起 |
# | $w$ | 数 | [预热](glossary.md#warm-up)步数 |
# | $D$ | 数 | 模型宽度 |
# | $r(n)$ | 数 | 这次更新的学习率 |
#
# 刚开始时权重是随机的：[梯度](glossary.md#gradient)指的方向很快就会过时，Adam 见过的梯度也太少，估不准它们的大小。所以头几步要小。到了后期，
# 步子太大又停不稳，所以要再缩小。取最小值的两支在 $n^{-0.5} = n\,w^{-1.5}$ 处相交，也就是 $n = w$。
#
# **手算。** $D = 64$，$w = 4$，所以 $D^{-0.5} = \tfrac18$，$w^{-1.5} = \tfrac18$。$n = 1$：$\tfrac18\min(1, \tfrac18) = \tfrac1{64}$。$n = 4$：
# $\tfrac18\min(\tfrac12, \tfrac48) = \tfrac1{16}$，这是峰值。$n = 16$：$\tfrac18\min(\tfrac14, 2) = \tfrac1{32}$。过了峰值，学习率要减半，
# 就得走到四倍的步数。

# %% [markdown] lang="en"
# **Exercise.** `WarmupInverseSqrt(d_model, warmup_steps)` is a Keras schedule: write `__call__(step)`, which takes
# Keras's step (an int or a scalar tensor, from 0) and gives a scalar.
#
# <details><summary>Hint 1</summary>What is n when step is 0?</details>
# <details><summary>Hint 2</summary>A whole number can't be raised to the power −0.5 in every backend: cast it to a float first.</details>

# %% [markdown] lang="zh"
# **练习。** `WarmupInverseSqrt(d_model, warmup_steps)` 是一个 Keras 学习率调度：请写 `__call__(step)`，
# 输入 Keras 的步数（整数或标量张量，从 0 开始），返回一个标量。
#
# <details><summary>提示一</summary>step 为 0 时，n 是多少？</details>
# <details><summary>提示二</summary>不是每个后端都能对整数求 −0.5 次方：先转成浮点数。</details>

# %% exercise="WarmupInverseSqrt"

# %%
by_hand = WarmupInverseSqrt(64, 4)
print([round(float(by_hand(n - 1)), 6) for n in (1, 4, 16)])

warmups = [50, 100, 200, 400, 800, 1600]
updates = np.union1d(np.geomspace(1, 4000, 60).round(), warmups).astype("int32")
rates = {
    w: ops.convert_to_numpy(WarmupInverseSqrt(128, w)(ops.convert_to_tensor(updates - 1)))
    for w in warmups
}


def with_warmup(w):
    return pictures.schedules(updates, rates, w)


def with_warmup_text(w):
    return say(
        f"The learning rate rises along a line to its peak of {rates[w].max():.4f} at update {w} and "
        "falls slowly afterwards. In grey the other choices: the later the peak, the lower it is; "
        "afterwards all run on one curve.",
        f"学习率沿直线升到峰值 {rates[w].max():.4f}（第 {w} 次更新），然后慢慢下降。灰色是其他选择：峰值越晚就越低，之后都落在同一条曲线上。",
    )


explore(
    with_warmup,
    with_warmup_text,
    labels={"w": say("warm-up steps", "预热步数")},
    start={"w": 400},
    w=list(rates),
)

# %% [markdown] lang="en"
# **What to notice.** The number of warm-up steps does two things at once. It says when the peak comes, and how high it
# is: $(D\,w)^{-0.5}$. Four times the warm-up, half the peak. After the peak, $w$ is forgotten: all the curves run on
# together. A larger model gets smaller steps, by $D^{-0.5}$.

# %% [markdown] lang="zh"
# **注意观察。** 预热步数同时决定两件事：峰值何时到来，以及它有多高，即 $(D\,w)^{-0.5}$。预热长到四倍，峰值减半。过了峰值，$w$ 就不再起作用：
# 所有曲线合成一条。模型越大，步子越小，按 $D^{-0.5}$ 缩小。

# %% [markdown] lang="en"
# ## 5. Greedy search: write the likeliest word
#
# The trained model gives $P(y_t \mid y_1, \ldots, y_{t-1}, X)$. To write a sentence with it,
# [greedy decoding](glossary.md#greedy-decoding) takes the likeliest word at each step, appends it, and asks again:
#
# $$\hat y_t = \arg\max_v P(v \mid \hat y_1, \ldots, \hat y_{t-1}, X)$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | [memory](glossary.md#memory) | a tuple, first axes B | what `encode(source)` gives; made once |
# | written so far | (B, t) | the start id and $t - 1$ words: what `decode` is fed |
# | logits | (B, t, V) | only those at the last place are news |
#
# **By hand.** A sentence is over when it has written the end id. In a batch, some are over earlier than others. Say
# that row 0 writes 5, 3 and row 1 writes 6, 7, 3, with 3 the end id. Then the result is `[[5, 3, 0], [6, 7, 3]]`: row
# 0 gets padding, whatever the model would like to say there.
#
# **Exercise.** `greedy_decode(model, source, max_length)`: source (B, S) goes in; ids (B, L) come out, L at most
# `max_length`, without the start id, the end id counted. Stop as soon as every row has ended.
#
# <details><summary>Hint 1</summary>Read the source once, before the loop.</details>
# <details><summary>Hint 2</summary>Carry along a row of B booleans: who has ended? Who has ended gets padding instead of the likeliest word.</details>
# <details><summary>Hint 3</summary>The end id itself still has to be written: update the booleans after the choice, not before.</details>

# %% [markdown] lang="zh"
# ## 5. 贪心搜索：写最可能的词
#
# 训练好的模型给出 $P(y_t \mid y_1, \ldots, y_{t-1}, X)$。用它写句子时，[贪心解码](glossary.md#greedy-decoding)每一步都取最可能的词，接在后面，
# 再问下一个：
#
# $$\hat y_t = \arg\max_v P(v \mid \hat y_1, \ldots, \hat y_{t-1}, X)$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | [记忆](glossary.md#memory) | 元组，首轴为 B | `encode(source)` 的结果，只算一次 |
# | 已写出的 | (B, t) | 起始符和 $t - 1$ 个词，也就是输入 `decode` 的 |
# | logits | (B, t, V) | 只有最后一个位置的才是新的 |
#
# **手算。** 写出结束符，句子就结束了。一个批量里，有的先结束，有的后结束。设第 0 行写 5、3，第 1 行写 6、7、3，其中 3 是结束符，
# 那么结果是 `[[5, 3, 0], [6, 7, 3]]`：第 0 行补上填充，不管模型还想在那里说什么。
#
# **练习。** `greedy_decode(model, source, max_length)`：输入源句 (B, S)；返回编号 (B, L)，L 不超过 `max_length`，不含起始符，结束符计入长度。
# 所有行都结束时立即停下。
#
# <details><summary>提示一</summary>源句只读一次，在循环之前。</details>
# <details><summary>提示二</summary>随身带一行 B 个布尔值：谁已经结束？已结束的不取最可能的词，而是写填充。</details>
# <details><summary>提示三</summary>结束符本身还是要写出来的：先选词，再更新这些布尔值，次序不能颠倒。</details>

# %% exercise="greedy_decode"

# %% [markdown] lang="en"
# To see where greed leads, take a model whose probabilities we can write down. It shall translate “Good morning”. The
# candidates are 早上好 (“good morning”), 早 (“morning!”, short and familiar) and 你好 (“hello”, which misses the morning).
# A table says how likely each word is after each beginning:

# %% [markdown] lang="zh"
# 要看清贪心的后果，我们用一个概率可以写在纸上的模型。它要翻译 “Good morning”。候选有“早上好”、“早”（简短而随意）和“你好”（漏掉了“早上”）。
# 下面的表说明，每个开头之后各个词有多大可能：

# %%
alphabet = [*labels, *"你早上好们啊"]
END = alphabet[END_ID]
after = {
    "": {"你": 0.5, "早": 0.45, "好": 0.05},
    "你": {"好": 0.4, "早": 0.3, "们": 0.3},
    "早": {"上": 0.6, END: 0.4},
    "你好": {END: 0.7, "啊": 0.3},
    "早上": {"好": 0.8, END: 0.2},
    "早上好": {END: 0.7, "啊": 0.3},
}


class TableModel:
    def encode(self, source):
        return (ops.not_equal(source, PAD_ID),)

    def decode(self, target_in, memory):
        rows = ops.convert_to_numpy(target_in)
        logits = np.zeros((*rows.shape, len(alphabet)), "float32")
        for b, t in np.ndindex(*rows.shape):
            chances = after.get("".join(alphabet[i] for i in rows[b, 1 : t + 1]))
            if chances:
                logits[b, t] = [math.log(chances.get(word, 1e-9)) for word in alphabet]
        return ops.convert_to_tensor(logits)


def chance(words):
    return math.prod(after["".join(words[:n])][word] for n, word in enumerate(words))


def rounded(row):
    return tuple(alphabet[i] for i in ops.convert_to_numpy(row) if i != PAD_ID)


good_morning = ops.convert_to_tensor([[4, 5]])
greedy = rounded(greedy_decode(TableModel(), good_morning, 6)[0])
for words in (greedy, ("早", END), ("早", "上", "好", END)):
    print(" ".join(words), f"P = {chance(words):.4f}, log P = {math.log(chance(words)):.3f}")

# %% [markdown] lang="en"
# **What to notice.** The first line is what your greedy search wrote. 你 is likeliest as a first word, 0.50 against
# 0.45, and from then on it can't go back. Both other sentences are likelier as a whole. The likeliest *words* don't
# make the likeliest *sentence*.

# %% [markdown] lang="zh"
# **注意观察。** 第一行是你的贪心搜索写出来的。作为第一个词，“你”最有可能，0.50 比 0.45；从此就不能回头了。另外两句作为整体，可能性都更大。
# 每一步最可能的*词*，连起来不一定是最可能的*句子*。

# %% [markdown] lang="en"
# ## 6. Beam search: keep a few beginnings
#
# [Beam search](glossary.md#beam-search) keeps the `beam_size` best beginnings instead of one. At each step all of
# them are continued by all words, and of all these the best go on. They are compared by
#
# $$\mathrm{score}(Y) = \frac{\log P(Y \mid X)}{\mathrm{lp}(Y)} \qquad \mathrm{lp}(Y) = \left(\frac{5 + |Y|}{6}\right)^{\alpha}$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $\lvert Y\rvert$ | (B, K) | the number of words written, the end id counted |
# | $\log P(Y \mid X)$ | (B, K) | sum of the log probabilities of its words |
# | $\mathrm{lp}(Y)$ | (B, K) | [length penalty](glossary.md#length-penalty) |
# | $\alpha$ | number | `length_penalty`; 0 compares log probabilities as they are |
# | K, V | numbers | `beam_size` and the size of the vocabulary: K · V candidates a step |
#
# Why divide? Each word multiplies $P$ by a number below 1. So a longer translation has the smaller probability, other
# things equal, and a search for the likeliest sentence leans to short ones. Logarithms are negative, and a larger
# divisor brings them nearer to 0: a long sentence gets its due. (The name misleads: it is no penalty for length but a
# compensation.)
#
# **By hand**, with $\alpha = 0.6$: 早 and the end id have $P = 0.45\cdot 0.4 = 0.18$, $|Y| = 2$ and
# $\mathrm{lp} = (7/6)^{0.6} = 1.097$; the score is $-1.715 / 1.097 = -1.563$. 早上好 and the end id have
# $P = 0.45\cdot 0.6\cdot 0.8\cdot 0.7 = 0.1512$, $|Y| = 4$ and $\mathrm{lp} = 1.5^{0.6} = 1.275$; the score is
# $-1.889 / 1.275 = -1.481$. Without the division, the short one is better; with it, the long one.

# %% [markdown] lang="zh"
# ## 6. 束搜索：多留几个开头
#
# [束搜索](glossary.md#beam-search)不只留一个开头，而是留 `beam_size` 个最好的。每一步让它们各自接上所有的词，再从中挑出最好的几个继续。比较的标准是
#
# $$\mathrm{score}(Y) = \frac{\log P(Y \mid X)}{\mathrm{lp}(Y)} \qquad \mathrm{lp}(Y) = \left(\frac{5 + |Y|}{6}\right)^{\alpha}$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $\lvert Y\rvert$ | (B, K) | 写出的词数，结束符计入 |
# | $\log P(Y \mid X)$ | (B, K) | 各词对数概率之和 |
# | $\mathrm{lp}(Y)$ | (B, K) | [长度惩罚](glossary.md#length-penalty) |
# | $\alpha$ | 数 | `length_penalty`；取 0 就直接比较对数概率 |
# | K、V | 数 | `beam_size` 和词表大小：每一步有 K · V 个候选 |
#
# 为什么要除？每多写一个词，$P$ 就要乘上一个小于 1 的数。其他条件相同时，译文越长，概率越小，所以只找最可能的句子，就会偏向短句。对数是负数，
# 除数越大，它就越接近 0：长句这才得到公平。（“惩罚”这个名字容易误会：它不罚长句，而是补偿长句。）
#
# **手算**，取 $\alpha = 0.6$：“早”加结束符，$P = 0.45\cdot 0.4 = 0.18$，$|Y| = 2$，$\mathrm{lp} = (7/6)^{0.6} = 1.097$，
# 得分 $-1.715 / 1.097 = -1.563$。“早上好”加结束符，$P = 0.45\cdot 0.6\cdot 0.8\cdot 0.7 = 0.1512$，$|Y| = 4$，$\mathrm{lp} = 1.5^{0.6} = 1.275$，
# 得分 $-1.889 / 1.275 = -1.481$。不除时短的更好，除了之后长的更好。

# %% [markdown] lang="en"
# **Exercise.** `beam_search(model, source, max_length, beam_size=4, length_penalty=0.6)`: source (B, S) goes in; the
# best hypothesis of each sentence comes out, ids (B, L) in the form of `greedy_decode`. A beginning that has ended
# stays as it is and competes on.
#
# <details><summary>Hint 1</summary>The model knows only batches. K beginnings for each of B sentences are B · K rows; the memory has to be repeated to match.</details>
# <details><summary>Hint 2</summary>At the first step all K beginnings are alike, and would give the same best word K times. Which log probability makes sure that only one of them is continued?</details>
# <details><summary>Hint 3</summary>Who has ended may be continued by padding alone, at no cost: what is the logarithm of 1, and of 0?</details>
# <details><summary>Hint 4</summary>Take the best K of (B, K · V) with <code>ops.top_k</code>. From a place among K · V, which beginning was it and which word? Every table that you carry along has to be put in that order.</details>
# <details><summary>Hint 5</summary>Carry the log probability, not the score: the score is computed anew from it at each step, for the length changes.</details>

# %% [markdown] lang="zh"
# **练习。** `beam_search(model, source, max_length, beam_size=4, length_penalty=0.6)`：输入源句 (B, S)；返回每句的最佳候选，编号 (B, L)，
# 形式与 `greedy_decode` 相同。已经结束的候选原样保留，继续参与竞争。
#
# <details><summary>提示一</summary>模型只认得批量。B 句话各有 K 个开头，就是 B · K 行；记忆也要相应地重复。</details>
# <details><summary>提示二</summary>第一步时，K 个开头一模一样，会给出 K 个同样的最佳词。用什么样的对数概率，能保证只有其中一个被接下去？</details>
# <details><summary>提示三</summary>已经结束的只能接填充，而且不花代价：1 的对数是多少？0 的呢？</details>
# <details><summary>提示四</summary>用 <code>ops.top_k</code> 从 (B, K · V) 中取最好的 K 个。知道它在 K · V 中的位置，怎样得出是哪个开头、哪个词？随身带的每张表都要按这个次序重排。</details>
# <details><summary>提示五</summary>要带着走的是对数概率，不是得分：长度会变，所以每一步都要由它重新算出得分。</details>

# %% exercise="beam_search"

# %% [markdown] lang="en"
# The tree shows all that a beam of three looks at. Numbers on the lines are probabilities from the table; beside a
# finished sentence stands its score. Before you drag the slider: from which $\alpha$ on does 早上好 win?

# %% [markdown] lang="zh"
# 下面的树画出束宽为 3 时看到的一切。线上的数是表中的概率；写完的句子旁边是它的得分。拖动滑块之前先想一想：$\alpha$ 从多大开始，“早上好”会赢？

# %%
kept = [
    *(("你",), ("早",), ("好",), ("你", "好"), ("早", "上"), ("早", END)),
    *(("你", "好", END), ("早", "上", "好"), ("早", "上", "好", END)),
]
dropped = [("你", "早"), ("你", "们"), ("早", "上", END), ("早", "上", "好", "啊")]
alphas = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
winners = {
    alpha: rounded(beam_search(TableModel(), good_morning, 6, beam_size=3, length_penalty=alpha)[0])
    for alpha in alphas
}
tree = {words: chance(words) for words in kept + dropped}


def score(words, alpha):
    return math.log(tree[words]) / ((5 + len(words)) / 6) ** alpha


def at_alpha(alpha):
    scores = {words: score(words, alpha) for words in kept if words[-1] == END}
    return pictures.tree(tree, scores, kept, greedy, winners[alpha], END, alpha)


def at_alpha_text(alpha):
    said = {words: f"{score(words, alpha):.3f}" for words in kept if words[-1] == END}
    best = "".join(winners[alpha][:-1])
    return say(
        f"A tree of beginnings. Greedy search goes along 你好, dotted. With alpha {alpha:g} beam search "
        "returns " + best + "; the scores: " + ", ".join("".join(w[:-1]) + " " + s for w, s in said.items()),
        f"候选开头的树。贪心搜索沿点线走到“你好”。alpha 为 {alpha:g} 时，束搜索返回“{best}”；得分："
        + "，".join("".join(w[:-1]) + " " + s for w, s in said.items()),
    )


explore(
    at_alpha,
    at_alpha_text,
    labels={"alpha": say("length penalty", "长度惩罚")},
    start={"alpha": 0.6},
    alpha=alphas,
)

# %% [markdown] lang="en"
# **What to notice.** Greedy search is wrong for every $\alpha$: 你好 is behind at 0 and at 1. The beam keeps 早 beside 你,
# and after one more word 早上 has overtaken both. At $\alpha = 0$ and $0.2$ the short 早 wins; from $0.4$ on it is 早上好.
# Neither number is *true*: $\alpha$ is chosen on validation sentences, as the learning rate is.
#
# Beam search is a better search, not a full one: what it drops, it never sees again. Try `beam_size=2` and
# `beam_size=1`:

# %% [markdown] lang="zh"
# **注意观察。** 无论 $\alpha$ 是多少，贪心都错了：在 0 和在 1，“你好”都落后。束搜索在“你”旁边留下了“早”，再写一个词，“早上”就超过了它们。
# $\alpha = 0$ 和 $0.2$ 时，短的“早”赢；从 $0.4$ 起，“早上好”赢。哪个 $\alpha$ 都谈不上*正确*：它和学习率一样，要在验证句子上选。
#
# 束搜索比贪心找得好，但也不是全都找：丢掉的就再也看不到了。试一试 `beam_size=2` 和 `beam_size=1`：

# %%
for beam_size in (1, 2, 3):
    for alpha in (0.0, 0.6):
        found = rounded(beam_search(TableModel(), good_morning, 6, beam_size, alpha)[0])
        print(f"beam_size = {beam_size}, alpha = {alpha}:", " ".join(found), f"P = {chance(found):.4f}")

# %% [markdown] lang="en"
# **What to notice.** A beam of one is greedy search. With a beam of two and $\alpha = 0$, beam search never finds the
# likeliest sentence, 早 with 0.18: it dropped out at the second step, behind 早上 and 你好, which were not even finished.
# The wider beam finds it, and by our judgement that is the *worse* translation. A wider beam gives likelier sentences;
# better ones only as far as the model's probabilities are right.

# %% [markdown] lang="zh"
# **注意观察。** 束宽为 1 就是贪心搜索。束宽为 2、$\alpha = 0$ 时，束搜索没能找到概率最大的句子“早”（0.18）：第二步时它就掉队了，
# 排在“早上”和“你好”后面，而那两个还没写完。更宽的束找到了它，可是在我们看来，这个译文反而*更差*。束越宽，找到的句子越可能；至于是否更好，
# 要看模型的概率有多准。

# %% [markdown] lang="en"
# ## 7. BLEU: how much of it is in the reference?
#
# [BLEU](glossary.md#bleu) compares what was written with a right translation, the reference, by their n-grams:
# sequences of $n$ tokens. For Chinese the tokens are characters.
#
# $$\mathrm{BLEU} = 100 \cdot BP \cdot (p_1\, p_2\, p_3\, p_4)^{1/4} \qquad BP = \begin{cases} 1 & h > r \\ e^{1 - r/h} & h \le r\end{cases}$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $p_n$ | number | n-grams that are also in the reference, over all n-grams written |
# | $h$, $r$ | numbers | tokens written, tokens of the references, in all |
# | $BP$ | number | brevity penalty: whoever writes little can't make many mistakes |
#
# An n-gram counts at most as often as it stands in its reference. This is called clipping.
#
# **By hand.** The reference is 我很喜欢深度学习 (“I like deep learning very much”), $r = 8$. A translator wrote
# 我很喜欢学学习, $h = 7$: it lost 深度 (“deep”) and stuttered 学.
#
# - $p_1$: 我, 很, 喜, 欢, 学, 习 are right; the second 学 is clipped, for the reference has one. $6/7$.
# - $p_2$: 我很, 很喜, 喜欢 and 学习, of six: $4/6$.
# - $p_3$: 我很喜 and 很喜欢, of five: $2/5$.
# - $p_4$: 我很喜欢, of four: $1/4$.
#
# The product is $\tfrac67\cdot\tfrac46\cdot\tfrac25\cdot\tfrac14 = \tfrac2{35}$, its fourth root 0.4889. With
# $BP = e^{1-8/7} = 0.8669$ the BLEU is 42.4.

# %% [markdown] lang="zh"
# ## 7. BLEU：有多少出现在参考译文里？
#
# [BLEU](glossary.md#bleu) 用 n 元组把写出的句子与正确译文（参考译文）相比；n 元组就是连续的 $n$ 个词元。对中文来说，词元就是字。
#
# $$\mathrm{BLEU} = 100 \cdot BP \cdot (p_1\, p_2\, p_3\, p_4)^{1/4} \qquad BP = \begin{cases} 1 & h > r \\ e^{1 - r/h} & h \le r\end{cases}$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $p_n$ | 数 | 写出的 n 元组中，也出现在参考译文里的比例 |
# | $h$、$r$ | 数 | 写出的、参考译文的词元总数 |
# | $BP$ | 数 | 简短惩罚：写得少，自然错得少，所以要扣分 |
#
# 一个 n 元组在参考译文里出现几次，最多就算几次。这叫截断。
#
# **手算。** 参考译文是“我很喜欢深度学习”，$r = 8$。模型写的是“我很喜欢学学习”，$h = 7$：丢了“深度”，“学”字还重复了。
#
# - $p_1$：我、很、喜、欢、学、习都对；第二个“学”被截断，因为参考译文只有一个。$6/7$。
# - $p_2$：我很、很喜、喜欢、学习，共六个：$4/6$。
# - $p_3$：我很喜、很喜欢，共五个：$2/5$。
# - $p_4$：我很喜欢，共四个：$1/4$。
#
# 乘积为 $\tfrac67\cdot\tfrac46\cdot\tfrac25\cdot\tfrac14 = \tfrac2{35}$，开四次方得 0.4889。再乘 $BP = e^{1-8/7} = 0.8669$，BLEU 为 42.4。

# %%
stuttered, reference = list("我很喜欢学学习"), list("我很喜欢深度学习")
matched = [
    [True, True, True, True, True, False, True],
    [True, True, True, False, False, True],
    [True, True, False, False, False],
    [True, False, False, False],
]
show(
    pictures.ngrams(stuttered, reference, matched),
    say(
        "The reference on top. Below, the n-grams of 我很喜欢学学习 in four rows, from one to four "
        "characters; those in the reference are blue: 6 of 7, 4 of 6, 2 of 5, 1 of 4. The second 学 "
        "is struck out.",
        "最上面是参考译文。下面四行是“我很喜欢学学习”的一元组到四元组；出现在参考译文里的是蓝色：7 个中 6 个，6 个中 4 个，5 个中 2 个，4 个中 1 个。"
        "第二个“学”没有算上。",
    ),
)

# %% [markdown] lang="en"
# One more thing. If not a single 4-gram is right, $p_4 = 0$ and the whole product is 0, however good the rest. So
# where no n-gram of a length is right but shorter ones are, its $p_n$ is set to $1 / (2^k N_n)$ for the $k$-th such
# length; $N_n$ is the number of n-grams written. Take 我喜欢学学习 against 我喜欢深度学习 (“I like deep learning”): $p_4$ would be
# $0/3$ and becomes $1/6$; the product is $\tfrac56\cdot\tfrac35\cdot\tfrac14\cdot\tfrac16 = \tfrac1{48}$, $BP =
# e^{-1/6}$, and BLEU 32.2.
#
# **Exercise.** `corpus_bleu(hypotheses, references)`: two lists of sentences, each a list of tokens, one reference
# for each hypothesis; a float from 0 to 100 comes out. Unequal numbers raise a `ValueError`.
#
# <details><summary>Hint 1</summary>Sum over the corpus first, then divide. The mean of sentences' BLEU is another number.</details>
# <details><summary>Hint 2</summary>A <code>Counter</code> of tuples counts n-grams. What does <code>&amp;</code> do with two Counters?</details>
# <details><summary>Hint 3</summary>Clip each sentence against its own reference, never against those of others.</details>
# <details><summary>Hint 4</summary>Count the lengths without a right n-gram as you go from 1 to 4: that is k. If nothing is right at n = 1, BLEU is 0.</details>

# %% [markdown] lang="zh"
# 还有一点。如果没有一个四元组是对的，$p_4 = 0$，整个乘积就成了 0，不管其他部分多好。所以某个长度的 n 元组全都不对、而更短的有对的时候，
# 如果这是第 $k$ 个这样的长度，它的 $p_n$ 取 $1 / (2^k N_n)$，其中 $N_n$ 是写出的 n 元组的个数。以“我喜欢学学习”对照“我喜欢深度学习”：
# $p_4$ 本来是 $0/3$，改为 $1/6$；乘积为 $\tfrac56\cdot\tfrac35\cdot\tfrac14\cdot\tfrac16 = \tfrac1{48}$，$BP = e^{-1/6}$，BLEU 为 32.2。
#
# **练习。** `corpus_bleu(hypotheses, references)`：两个句子列表，每句是一个词元列表，每个候选译文对应一个参考译文；返回 0 到 100 的浮点数。
# 数目不等时抛出 `ValueError`。
#
# <details><summary>提示一</summary>先在整个语料上累加，再相除。各句 BLEU 的平均是另一个数。</details>
# <details><summary>提示二</summary>用元组的 <code>Counter</code> 数 n 元组。两个 Counter 之间的 <code>&amp;</code> 做什么？</details>
# <details><summary>提示三</summary>每句话只和自己的参考译文比对截断，不要和别人的混在一起。</details>
# <details><summary>提示四</summary>从 n = 1 数到 4，记下已经有几个长度一个都不对：这就是 k。如果 n = 1 时就全不对，BLEU 为 0。</details>

# %% exercise="corpus_bleu"

# %% [markdown] lang="en"
# **An experiment.** Rank these translations of “I like deep learning very much” yourself, before you look at their
# BLEU. Then add your own.

# %% [markdown] lang="zh"
# **实验。** 下面是 “I like deep learning very much” 的几种译法。先自己排个名次，再看它们的 BLEU。然后加上你自己的译文。

# %%
attempts = {
    "我很喜欢深度学习": say("the reference itself", "参考译文本身"),
    "我非常喜欢深度学习": say("“I like deep learning extremely”: right", "换了“非常”，对"),
    "我对深度学习很感兴趣": say("“I am very interested in deep learning”: right", "换了说法，对"),
    "我不喜欢深度学习": say("“I don't like deep learning”: the opposite", "意思相反"),
    "深度学习我很喜欢": say("“Deep learning I like very much”: right, other order", "换了语序，对"),
    "我很喜欢": say("“I like very much”: half of it", "只有一半"),
    "我很喜欢学学习": say("stuttered", "重复了“学”"),
    "习学度深欢喜很我": say("the reference backwards", "倒着念"),
}
for text, remark in attempts.items():
    print(f"{corpus_bleu([list(text)], [reference]):6.1f}  {text}  {remark}")

# %% [markdown] lang="en"
# **What to notice.** The opposite gets 70.7, more than either right translation in other words (61.0 and 29.1): BLEU
# compares strings, not meanings. One character decides what 我不喜欢 says, and it costs few n-grams. Half of the
# sentence has only right n-grams, all four $p_n$ are 1, and the brevity penalty alone brings it to 36.8, as $e^{1-8/4}$
# says. BLEU was made for whole test sets, where such things average out, and for comparing like with like. A single
# sentence's BLEU says little.

# %% [markdown] lang="zh"
# **注意观察。** 意思相反的那句得了 70.7，比两个换了说法的正确译文（61.0 和 29.1）还高：BLEU 比的是字符串，不是意思。“我不喜欢”只差一个字，
# 意思就全变了，而 n 元组损失不多。只译一半的那句，n 元组全都对，四个 $p_n$ 都是 1，全靠简短惩罚才降到 36.8，正是 $e^{1-8/4}$。
# BLEU 是为整个测试集设计的，在那里这些偶然会互相抵消；它也只适合比较同类的系统。单独一句的 BLEU 说明不了什么。

# %% [markdown] lang="en"
# ## 8. All of it together: train a small translator
#
# Now the six pieces work together. The model is small and made of Keras's own layers: a GRU that reads in both
# directions, a GRU that writes, and attention between them. It has `encode` and `decode`, so your search can write
# with it. The pairs come from the course's grammar, short ones only, so that it goes fast: 3,000 to learn from, 80 to
# look at meanwhile.
#
# It is trained twice: once with your shifted targets, and once *without* the shift, where the decoder is fed the very
# words that it is to say. Before you run it: which one will have the lower loss? Which one the higher BLEU?

# %% [markdown] lang="zh"
# ## 8. 合在一起：训练一个小翻译模型
#
# 现在让六个部件一起工作。模型很小，由 Keras 自带的层组成：一个双向读的 GRU，一个负责写的 GRU，中间是注意力。它有 `encode` 和 `decode`，
# 所以你的搜索可以用它来写。句对出自本课程的语法，为了快，只取短的：3000 对用来学，80 对用来随时查看。
#
# 训练两次：一次用你右移的目标句，一次*不*右移，解码器的输入恰好就是要它说的词。运行之前先猜：哪一个损失更低？哪一个 BLEU 更高？

# %%
from course.kit.corpora.generated import generated_corpus

corpus = generated_corpus()
words = WordVocabulary.build(pair.english for pair in corpus.train)
characters = CharacterVocabulary.build(pair.chinese for pair in corpus.train)


class SmallTranslator(keras.Model):
    def __init__(self, source_size, target_size, units):
        super().__init__()
        self.source_words = keras.layers.Embedding(source_size, units)
        self.target_words = keras.layers.Embedding(target_size, units)
        self.reader = keras.layers.Bidirectional(
            keras.layers.GRU(units // 2, return_sequences=True)
        )
        self.writer = keras.layers.GRU(units, return_sequences=True)
        self.looks = keras.layers.Attention()
        self.scores = keras.layers.Dense(target_size)

    def encode(self, source):
        real = ops.not_equal(source, PAD_ID)
        return self.reader(self.source_words(source), mask=real), real

    def decode(self, target_in, memory):
        read, real = memory
        said = self.writer(self.target_words(target_in))
        seen = self.looks([said, read], mask=[None, real])
        return self.scores(ops.concatenate([said, seen], axis=-1))

    def call(self, inputs):
        return self.decode(inputs[1], self.encode(inputs[0]))


def tables(some):
    return (
        padded([words.encode(pair.english) for pair in some]),
        padded([[*characters.encode(pair.chinese), END_ID] for pair in some]),
    )


def bleu_of(rows, some):
    return corpus_bleu(
        [characters.decode(row) for row in ops.convert_to_numpy(rows)],
        [list(pair.chinese) for pair in some],
    )


short, longest = 12, 14
learned = [pair for pair in corpus.train if len(pair.chinese) <= short][:3000]
watched = [pair for pair in corpus.validation if len(pair.chinese) <= short][:80]
learned_source, learned_target = tables(learned)
watched_source, watched_target = tables(watched)


def trained(shifted, epochs=6, warmup=150, smoothing=0.0, units=96):
    def given(ids):
        return ops.convert_to_numpy(shift_right(ops.convert_to_tensor(ids))) if shifted else ids

    keras.utils.set_random_seed(0)
    model = SmallTranslator(words.size, characters.size, units)
    model.compile(
        optimizer=keras.optimizers.Adam(WarmupInverseSqrt(units, warmup), beta_2=0.98, epsilon=1e-9),
        loss=lambda labels, logits: masked_cross_entropy(labels, logits, smoothing),
    )
    bleu, weights = [], []

    def listen(epoch, logs):
        weights.append(model.get_weights())
        bleu.append(bleu_of(greedy_decode(model, ops.convert_to_tensor(watched_source), longest), watched))

    history = model.fit(
        (learned_source, given(learned_target)),
        learned_target,
        validation_data=((watched_source, given(watched_target)), watched_target),
        batch_size=64,
        epochs=epochs,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=listen)],
        verbose=0,
    ).history
    return model, {**history, "bleu": bleu, "weights": weights}


small, right_course = trained(shifted=True)
copier, wrong_course = trained(shifted=False, epochs=4)
named_courses = {say("shifted", "右移"): right_course, say("not shifted", "不右移"): wrong_course}
show(
    pictures.training(
        {name: course["val_loss"] for name, course in named_courses.items()},
        {name: course["bleu"] for name, course in named_courses.items()},
    ),
    say(
        f"Left, on a logarithmic scale: both validation losses fall, to {right_course['val_loss'][-1]:.4f} "
        f"with the shift and {wrong_course['val_loss'][-1]:.4f} without. Right: BLEU rises to "
        f"{right_course['bleu'][-1]:.0f} with the shift and stays at {wrong_course['bleu'][-1]:.0f} without.",
        f"左图（对数坐标）：两条验证损失都在下降，右移的降到 {right_course['val_loss'][-1]:.4f}，不右移的降到 "
        f"{wrong_course['val_loss'][-1]:.4f}。右图：右移的 BLEU 升到 {right_course['bleu'][-1]:.0f}，不右移的停在 "
        f"{wrong_course['bleu'][-1]:.0f}。",
    ),
)
for pair, *rows in zip(
    watched[:3],
    *(greedy_decode(m, ops.convert_to_tensor(watched_source[:3]), longest) for m in (small, copier)),
):
    print(pair.english, "|", pair.chinese)
    for name, written in zip(named_courses, rows):
        print(f"  {name}: {characters.text(ops.convert_to_numpy(written))}")

# %% [markdown] lang="en"
# **What to notice.** Without the shift the loss falls *faster and lower*, and the translations are worthless. The
# answer stands in the row that the decoder is fed, so it learns to copy, and never needs the source. When it
# translates, there is nothing to copy but what it wrote itself: the same character again and again, and no end id. A
# low loss alone is no proof of anything; look at translations, and early.
#
# With the shift, compare the two curves in the first epochs: after the second, the loss is well below half of the
# first's, and BLEU has only begun to rise. The loss asks for one word after a right beginning; BLEU asks for a
# whole sentence, each word after the model's own. This corpus comes from a small grammar, so a few thousand pairs are
# enough; real sentences need far more.
#
# **Change something**: `smoothing=0.1` (is the loss still comparable?), `warmup=1`, `units=48`, fewer epochs. Change
# one at a time.
#
# Does beam search help here? Go back to the weights after three epochs, and write with beams of different widths;
# then the same after six:

# %% [markdown] lang="zh"
# **注意观察。** 不右移，损失降得*更快、更低*，译文却毫无用处。答案就在输入解码器的那一行里，它学会的是照抄，根本用不着源句。翻译时没有答案可抄，
# 只能抄自己写的：同一个字写了又写，没有结束符。光凭损失低，什么也证明不了；要看译文，而且要早看。
#
# 再看右移的那一条，把头几轮的损失和 BLEU 对着看：第二轮之后，损失已远低于第一轮的一半，BLEU 才刚刚开始上升。损失只问正确的前文之后下一个词是什么；
# BLEU 问的是整句话，每个词都接在模型自己写的词后面。这份语料出自一个小语法，几千对就够；真实的句子需要的多得多。
#
# **改一改**：`smoothing=0.1`（损失还能比吗？）、`warmup=1`、`units=48`，或者少训练几轮。一次只改一处。
#
# 束搜索在这里有用吗？先退回第三轮之后的权重，用不同的束宽来写；再用第六轮之后的权重写一遍：

# %%
sources = ops.convert_to_tensor(watched_source)
for epoch in (3, 6):
    small.set_weights(right_course["weights"][epoch - 1])
    widths = {k: bleu_of(beam_search(small, sources, longest, k), watched) for k in (1, 4)}
    print(say(f"epoch {epoch}:", f"第 {epoch} 轮："), *(f"K = {k}: {v:.1f};" for k, v in widths.items()))

# %% [markdown] lang="en"
# **What to notice.** Don't expect a rule. In several runs of ours, the beam of four was up to two or three points better than
# greedy search after three epochs, or a little worse; after six, the two were less than two points apart. Where the model
# is sure of each word, greedy search is right already. Where it has learned little, a better search finds what the model
# believes, and that may be wrong. And 80 sentences are few: a point may be luck. Beam search pays where a good model has
# real choices, as with real sentences.

# %% [markdown] lang="zh"
# **注意观察。** 别指望有什么规律。我们运行了几次：三轮之后，束宽为 4 有时比贪心好两三分，有时还稍差；六轮之后，两者相差不到两分。
# 模型对每个词都有把握时，贪心已经对了；模型还没学好时，搜索越好，只是越能找到它所相信的，而它相信的可能是错的。
# 何况 80 句太少，差一分可能只是运气。要等到模型够好、又真有取舍时，比如面对真实的句子，束搜索才值得用。

# %% [markdown] lang="en"
# ## 9. What the families reach
#
# The course brings trained weights for each family. They fit your own layers, if these are written as the exercises
# of their units say; a family that isn't written yet is left out here. All have learned from the same 32,000 pairs.
# Your `corpus_bleu` judges them on 200 sentences of the *test* split, in which no sentence is of the training pairs,
# and on 200 of the *compositional* split, whose sentences combine a verb and a thing that never stood together in
# training.

# %% [markdown] lang="zh"
# ## 9. 各类模型能做到多好
#
# 本课程为每类模型准备了训练好的权重。只要你的层是按各单元练习的要求写的，这些权重就能放进去；尚未实现的模型这里会跳过。它们学的是同样的 32000 个句对。
# 你的 `corpus_bleu` 用两组句子来评判：200 句来自*测试*部分，没有一句在训练句对里出现过；200 句来自*组合*部分，
# 每句里动词和事物的搭配在训练中从未出现过。

# %%
from course import trained_models
from course.kit.errors import UserError
from course.kit.models.comparison import length_bands, length_of
from course.kit.models.families import FAMILIES

splits = {
    say("test", "测试"): corpus.test[:200],
    say("new combinations", "新的组合"): corpus.compositional[:200],
}
test = corpus.test[:200]
lengths = [length_of(pair.english) for pair in test]
bands = length_bands(lengths, 40)
by_split, by_band = {}, {}
for name in ("rnn-fixed", "rnn", "cnn", "transformer"):
    title = say(*FAMILIES[name].title)
    try:
        translator, _ = trained_models.open_translator(trained_models.find(name))
    except UserError as problem:
        print(problem)
        continue
    written = {
        split: [list(found.text) for found in translator.translate([p.english for p in some])]
        for split, some in splits.items()
    }
    by_split[title] = {
        split: corpus_bleu(written[split], [list(p.chinese) for p in some])
        for split, some in splits.items()
    }
    of_test = written[say("test", "测试")]
    by_band[title] = []
    for low, high in bands:
        rows = [n for n, length in enumerate(lengths) if low <= length <= high]
        by_band[title].append(
            corpus_bleu([of_test[n] for n in rows], [list(test[n].chinese) for n in rows])
        )
    print(f"{title}:", ", ".join(f"{k} {v:.1f}" for k, v in by_split[title].items()))
    wrong = [n for n, pair in enumerate(test) if "".join(of_test[n]) != pair.chinese]
    for n in wrong[:3]:
        print(f"    {test[n].english} → {''.join(of_test[n])} ({test[n].chinese})")

if by_split:
    show(
        pictures.families(by_split, by_band, [str(low) if low == high else f"{low}–{high}" for low, high in bands]),
        say(
            "Left: BLEU of each family on test sentences and on new combinations; all near 100 but the "
            "RNN with one vector, far below. Right: BLEU by length of the source; three flat lines near "
            "100, and the line of the RNN with one vector below, up and down without a trend.",
            "左图：各类模型在测试句和新组合上的 BLEU，除了只用一个向量的 RNN 低得多，其余都接近 100。右图：按源句长度分组的 BLEU，"
            "三条平线在 100 附近，只用一个向量的 RNN 在下方，有高有低，看不出趋势。",
        ),
    )

# %% [markdown] lang="en"
# **What to notice.** Left: with one fixed-length vector, BLEU is 72 on the test sentences and 61 on new combinations.
# With attention, whatever the family, it is close to 100. Look at the mistakes that are printed, the first three of the
# RNN with one vector: the grammar is right, measure words and word order included, but 帽子 (“hat”) has become 外套
# (“coat”), and 伦敦 (“London”) a shop. There the vector kept the kind of sentence and lost the exact words. That BLEU is
# still 72 says something about BLEU: many n-grams belong to the frame of a sentence and are right in spite of the wrong
# word. Count exact sentences instead, and the gap becomes much wider. Three families
# near 100 can't be told apart by this corpus: a test on which everyone is perfect has stopped measuring.
#
# Right: three lines lie on each other at the top. The line of the RNN with one vector, below, does *not* fall with
# length. One might have expected it to, for more words share the vector. But this is no clean experiment: no test sentence has more than 15 tokens, all of the lengths
# were in the training pairs, and in this grammar the length goes with the kind of sentence. In a short sentence, too,
# one wrong word spoils a larger share of the n-grams. So the picture says that the vector loses words at every
# length. Whether it loses more when there is more to keep, only an experiment can say in which nothing but the length
# changes: the bottleneck experiment of the RNN lesson.
#
# **Change something**: `[:200]` to more sentences; `translate(..., beam_size=4)`; or put your own measure in the
# place of BLEU, the share of sentences that are exactly right.

# %% [markdown] lang="zh"
# **注意观察。** 左图：只用一个固定长度向量时，测试句的 BLEU 是 72，新组合是 61；有了注意力，不论哪类模型，都接近 100。请看打印出来的错误，
# 就是单向量 RNN 的前三个错句：语法是对的，量词和语序也对，可是“帽子”成了“外套”，“伦敦”成了“商店”。向量记住了句子的类型，却丢了具体的词。即便如此 BLEU 还有 72，
# 这也说明了 BLEU 的特点：许多 n 元组属于句子的框架，词错了它们照样对。
# 如果改数“完全正确的句子”，差距会大得多。三类模型都接近 100，这份语料就分不出它们的高下了：
# 人人满分的考试，已经量不出什么。
#
# 右图：顶上三条线重叠在一起。下面是只用一个向量的 RNN，那条线*并没有*随长度下降。也许有人会以为它该下降，因为更多的词要挤进同一个向量。但这不是一个干净的实验：
# 测试句的源句都不超过 15 个词元，各种长度在训练句对里都有，而且在这个语法里，长度和句型是连在一起的。另外，短句里错一个词，坏掉的 n 元组比例更大。
# 所以这张图只说明：无论长短，向量都会丢词。要知道内容越多是不是丢得越多，得做一个只改变长度的实验，那就是 RNN 一课里的瓶颈实验。
#
# **改一改**：把 `[:200]` 换成更多的句子；用 `translate(..., beam_size=4)`；或者不用 BLEU，换成你自己的指标，例如完全正确的句子所占的比例。

# %% [markdown] lang="en"
# ## Questions to think about
#
# 1. In section 8 the model without the shift had nothing to gain from the source. Does a decoder that is not causal,
#    but fed the shifted target, have the same trouble? At which places?
# 2. A batch has a row of 30 tokens and 31 rows of 3. Compare the loss as you wrote it, the mean over all real tokens,
#    with the mean of the rows' means. Which sentences count for more in each?
# 3. With $\alpha = 0$, can a beginning that beam search keeps become better by going on? And with $\alpha > 0$? What
#    does that say about stopping as soon as one hypothesis has ended?
# 4. Can two good translations of one sentence have a BLEU of 0 between them? Write down a pair in Chinese, and check
#    it.
#
# ## Further reading
#
# - Williams and Zipser 1989, *A Learning Algorithm for Continually Running Fully Recurrent Neural Networks*: teacher
#   forcing.
# - Sutskever, Vinyals and Le 2014, *Sequence to Sequence Learning with Neural Networks*, section 3.2: beam search for
#   translation.
# - Szegedy et al. 2016, *Rethinking the Inception Architecture for Computer Vision*, section 7: label smoothing.
# - Vaswani et al. 2017, *Attention Is All You Need*, section 5.3: the learning rate.
# - Wu et al. 2016, *Google's Neural Machine Translation System*, section 7: the length penalty.
# - Papineni et al. 2002, *BLEU: a Method for Automatic Evaluation of Machine Translation*; Post 2018, *A Call for
#   Clarity in Reporting BLEU Scores*: why a BLEU without its tokenizer says little.
# - Bengio et al. 2015, *Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks*: an attempt to
#   feed the decoder its own words in training.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 第 8 节中，不右移的模型根本用不着源句。如果解码器不是因果的，但输入是右移的目标句，会有同样的毛病吗？在哪些位置？
# 2. 一个批量里有一行 30 个词元，另外 31 行各 3 个。把你写的损失（所有真实词元的平均）与各行平均的平均相比，
#    两种算法里分别是哪些句子分量更重？
# 3. $\alpha = 0$ 时，束搜索留下的开头继续写下去，得分有可能变好吗？$\alpha > 0$ 呢？
#    由此看来，能不能一有候选写完就停下？
# 4. 同一句话的两个好译文，彼此的 BLEU 会是 0 吗？写出一对中文来，并验证一下。
#
# ## 延伸阅读
#
# - Williams、Zipser，1989，*A Learning Algorithm for Continually Running Fully Recurrent Neural Networks*：教师强制。
# - Sutskever、Vinyals、Le，2014，*Sequence to Sequence Learning with Neural Networks*，第 3.2 节：翻译中的束搜索。
# - Szegedy 等，2016，*Rethinking the Inception Architecture for Computer Vision*，第 7 节：标签平滑。
# - Vaswani 等，2017，*Attention Is All You Need*，第 5.3 节：学习率。
# - Wu 等，2016，*Google's Neural Machine Translation System*，第 7 节：长度惩罚。
# - Papineni 等，2002，*BLEU: a Method for Automatic Evaluation of Machine Translation*；Post，2018，*A Call for Clarity in Reporting BLEU Scores*：
#   不说明怎样切分词元的 BLEU 意义不大。
# - Bengio 等，2015，*Scheduled Sampling for Sequence Prediction with Recurrent Neural Networks*：训练时让解码器看自己写的词，这是一种尝试。
