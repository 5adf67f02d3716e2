# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # Multi-head attention: several ways to look
#
# **Where we are.** [Attention](glossary.md#attention) gives every word one row of weights: how much it takes of each
# word. One row is one answer. But a word may have several questions. In 我养了一只猫，它很可爱 (“I have a cat, it is very
# cute”) the word 它 (“it”) stands for 猫 (“cat”), and 可爱 (“cute”) is said of it: two things to look at, for two
# reasons. [Multi-head attention](glossary.md#multi-head-attention) gives each word several rows, one for each
# [head](glossary.md#head).
#
# **What you will write.** Three pieces: `split_heads` cuts the width into slices, one for each head; `merge_heads` puts
# the slices together again; `MultiHeadAttention` is the Keras layer around them. On the way we test two things that
# are often said: that a word looks too much at itself with one head, and that more heads cost more.

# %% [markdown] lang="zh"
# # 多头注意力：多种看法
#
# **我们在哪里。** [注意力](glossary.md#attention)给每个词一行权重，说明它从各个词取多少。一行权重只是一个回答，
# 而一个词可能有好几个问题。在“我养了一只猫，它很可爱”里，“它”指代“猫”，而“可爱”又是说“它”的：有两样东西要看，理由也不同。
# [多头注意力](glossary.md#multi-head-attention)给每个词好几行权重，每个[头](glossary.md#head)一行。
#
# **你要写什么。** 三个部件：`split_heads` 把宽度切成几段，每个头一段；`merge_heads` 把各段拼回去；
# `MultiHeadAttention` 是把它们合在一起的 Keras 层。途中还要检验两个常见的说法：只有一个头时，词会过多地看自己；头越多，
# 代价越大。

# %% setup=true
# The builder puts the first cell here: see autograder/authoring/first_cell.py.

# %%
import math

import keras
import numpy as np
from keras import ops

from course.check import in_notebook
from course.kit.notebook import plots
from course.kit.language import say
from course.kit.parts import causal_mask, padding_mask
from course.kit.notebook.pictures import multi_head as pictures
from course.kit.notebook.show import explore, show
from course.kit.softmax import masked_softmax

# %% [markdown] lang="en"
# **One line chooses.** The parts of earlier units are given, so that an earlier mistake costs its points once. To build
# on your own work, import the same names from `course.own` in the next cell; the grader always uses the given ones.

# %% [markdown] lang="zh"
# **一行选择。** 前面单元的部件已经给出，这样早先的错误只扣一次分。想用自己写的，
# 就在下一个单元格里从 `course.own` 导入同样的名字；评分时总是使用给定的部件。

# %%
from course.kit.parts import scaled_dot_product_attention

# %% [markdown] lang="en"
# ## 1. One head has one answer
#
# Take the sentence in eight pieces: 我 (I), 养了 (keep), 一只 (a), 猫 (cat), the comma, 它 (it), 很 (very), 可爱 (cute). Let
# us give 它 its [scores](glossary.md#score) by hand. A word that it should look at gets the score $\ln r$, every
# other word 0. Then the [softmax](glossary.md#softmax) has $e^{\ln r}=r$ for the wanted word and $e^0=1$ for each of
# the others.
#
# | | 猫 | 可爱 | each other word |
# |---|---|---|---|
# | one head that wants both | $\frac{r}{2r+6}$ | $\frac{r}{2r+6}$ | $\frac{1}{2r+6}$ |
# | head 1, which wants 猫 | $\frac{r}{r+7}$ | $\frac{1}{r+7}$ | $\frac{1}{r+7}$ |
# | head 2, which wants 可爱 | $\frac{1}{r+7}$ | $\frac{r}{r+7}$ | $\frac{1}{r+7}$ |
#
# **By hand**, for $r = 63$: one head gives each of the two $\frac{63}{132}\approx 0.48$; each of two heads gives its
# own word $\frac{63}{70} = 0.90$. Before you drag the slider: how much can the single head give to 猫 at the very
# most?

# %% [markdown] lang="zh"
# ## 1. 一个头只有一个回答
#
# 把句子分成八段：我、养了、一只、猫、逗号、它、很、可爱。我们手工给“它”设定[分数](glossary.md#score)：想看的词，
# 分数为 $\ln r$；其余的词，分数为 0。于是在 [softmax](glossary.md#softmax) 里，想看的词对应 $e^{\ln r}=r$，
# 其余每个词对应 $e^0=1$。
#
# | | 猫 | 可爱 | 其余每个词 |
# |---|---|---|---|
# | 一个头，两个都想看 | $\frac{r}{2r+6}$ | $\frac{r}{2r+6}$ | $\frac{1}{2r+6}$ |
# | 头 1，想看“猫” | $\frac{r}{r+7}$ | $\frac{1}{r+7}$ | $\frac{1}{r+7}$ |
# | 头 2，想看“可爱” | $\frac{1}{r+7}$ | $\frac{r}{r+7}$ | $\frac{1}{r+7}$ |
#
# **手算**：$r = 63$ 时，一个头给这两个词各 $\frac{63}{132}\approx 0.48$；两个头则各给自己的词 $\frac{63}{70} = 0.90$。
# 拖动滑块之前先想一想：只有一个头时，“猫”最多能得到多少？

# %%
words = ["我", "养了", "一只", "猫", "，", "它", "很", "可爱"]
cat, it, cute = (words.index(word) for word in ("猫", "它", "可爱"))


def looks(r):
    scores = np.zeros((3, len(words)), dtype="float32")
    scores[0, [cat, cute]] = scores[1, cat] = scores[2, cute] = math.log(r)
    return ops.convert_to_numpy(masked_softmax(ops.convert_to_tensor(scores)))


def arcs(r):
    titles = (
        say("one head must share", "一个头：只能平分"),
        say("head 1 of 2: whom does it mean?", "两个头之一：指的是谁？"),
        say("head 2 of 2: what is it like?", "两个头之二：怎么样？"),
    )
    return pictures.arcs(dict(zip(titles, looks(r))), words, it)


def arcs_text(r):
    one, first, second = looks(r)
    return say(
        f"Three times the sentence, with arcs from 它. With one head, the arcs to 猫 and to 可爱 have "
        f"the weight {one[cat]:.2f} each. Head 1 of two gives {first[cat]:.2f} to 猫, head 2 gives "
        f"{second[cute]:.2f} to 可爱.",
        f"同一个句子画了三遍，弧线从“它”出发。只有一个头时，通向“猫”和“可爱”的弧线权重各为 {one[cat]:.2f}。"
        f"有两个头时，头 1 给“猫” {first[cat]:.2f}，头 2 给“可爱” {second[cute]:.2f}。",
    )


explore(arcs, arcs_text, labels={"r": "r"}, start={"r": 63}, r=[1, 3, 7, 21, 63, 999])

# %% [markdown] lang="en"
# **What to notice.** However large $r$ is, the single head gives neither word more than a half: the weights of a row
# sum to one. And what comes out is *one* sum, half cat and half cute, in which, as a rule, the two can no longer be
# told apart. Two heads give two sums, which stand side by side in the result. A common explanation is that one vector
# becomes several. Exactly: it becomes $H$ short ones, and they are joined to one vector of the old width.
#
# Nobody tells a head what to look for. These two were made by hand, to show what is *possible*; what a trained head
# looks at is found out by training, and often it has no such simple name.

# %% [markdown] lang="zh"
# **注意观察。** 无论 $r$ 多大，一个头给这两个词都不会超过一半，因为一行权重的和为一。而且得到的只是*一个*加权和，猫一半、
# 可爱一半，一般再也分不清哪一部分来自谁。两个头给出两个加权和，在结果里并排放着。常见的说法是“一个输出向量变成多个向量”，
# 准确地说：先变成 $H$ 个短向量，再拼成一个与原来同宽的向量。
#
# 没有人规定哪个头该看什么。这两个头是手工造的，只说明什么是*可能*的；训练出来的头看什么，由训练决定，
# 往往也没有这么简单的名字。

# %% [markdown] lang="en"
# ## 2. The five steps, said exactly
#
# $$\mathrm{head}_h = \mathrm{Attention}(X W^Q_h,\; X W^K_h,\; X W^V_h),\qquad
# \mathrm{MultiHead}(X) = [\,\mathrm{head}_1,\ldots,\mathrm{head}_H\,]\, W^O$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $X$ | (T, D) | the sentence: T words, each D wide |
# | $H$ | a number | how many heads; it divides D |
# | $W^Q_h, W^K_h, W^V_h$ | (D, D/H) | what head h makes [queries](glossary.md#query), [keys](glossary.md#key) and [values](glossary.md#value) with |
# | $\mathrm{head}_h$ | (T, D/H) | what head h has found for each word |
# | $W^O$ | (D, D) | mixes what the heads have found |
#
# A common explanation counts five steps, with eight heads. Here they are, with what is exact beside them:
#
# | step | commonly told | exactly | shape afterwards |
# |---|---|---|---|
# | ① | a sentence comes in | the same | text |
# | ② | it becomes a matrix $X$ of word vectors | the same | (T, D) |
# | ③ | $X$ is cut into 8, each part multiplied with $W_i$ | **first** the whole of $X$ is multiplied, three times; **then** each product is cut into $H$ slices | 3 × (H, T, D/H) |
# | ④ | the attention weights are computed | in each head by itself, with $d_k = D/H$, and the weighted sum of its values too | (H, T, D/H) |
# | ⑤ | the 8 results are merged | side by side in each word, **then** multiplied by $W^O$ | (T, D) |
#
# Two details of step ③. Words are rows, so it reads $X W$, not $W X$. And the order matters. If $X$ is cut first,
# head 1 knows nothing of a word but its first D/H numbers. If it is [projected](glossary.md#projection) first, every
# head can draw on all D numbers. The picture shows the weights that $W^Q$ has in either case, for D = 8 and four
# heads.

# %% [markdown] lang="zh"
# ## 2. 五个步骤的准确表述
#
# $$\mathrm{head}_h = \mathrm{Attention}(X W^Q_h,\; X W^K_h,\; X W^V_h),\qquad
# \mathrm{MultiHead}(X) = [\,\mathrm{head}_1,\ldots,\mathrm{head}_H\,]\, W^O$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $X$ | (T, D) | 句子：T 个词，每个宽 D |
# | $H$ | 一个数 | 头的个数，能整除 D |
# | $W^Q_h, W^K_h, W^V_h$ | (D, D/H) | 头 h 用它们得到[查询](glossary.md#query)、[键](glossary.md#key)和[值](glossary.md#value) |
# | $\mathrm{head}_h$ | (T, D/H) | 头 h 为每个词找到的内容 |
# | $W^O$ | (D, D) | 把各头找到的内容混合起来 |
#
# 常见的讲法分五步，用八个头。下面逐步对照，看准确的说法是什么：
#
# | 步骤 | 常见的讲法 | 准确的说法 | 之后的形状 |
# |---|---|---|---|
# | ① | 输入句子 | 相同 | 文本 |
# | ② | 转换成词向量矩阵 $X$ | 相同 | (T, D) |
# | ③ | 将 $X$ 切分成 8 份，并与 $W_i$ 相乘 | **先**用整个 $X$ 去乘，乘三次；**再**把每个乘积切成 $H$ 段 | 3 × (H, T, D/H) |
# | ④ | 计算注意力权重 | 每个头各算各的，$d_k = D/H$；还要对自己的值加权求和 | (H, T, D/H) |
# | ⑤ | 合并 8 个头的结果 | 在每个词里并排拼好，**再**乘以 $W^O$ | (T, D) |
#
# 第③步有两个细节。词是行，所以写作 $X W$，而不是 $W X$。次序也有讲究：如果先切 $X$，头 1 对每个词就只知道前 D/H 个数；
# 如果先[投影](glossary.md#projection)，每个头都能用上全部 D 个数。下图画的是两种情形下 $W^Q$ 各有哪些权重，D = 8，四个头。

# %%
show(
    pictures.reach(8, 4),
    say(
        "Two squares of eight by eight cells, a row for each column of X. Left: every cell is filled, "
        "and each head owns two whole columns. Right: only four blocks of two by two on the diagonal "
        "are filled, one for each head.",
        "两个八行八列的方格，每一行对应 X 的一列。左图：格子全都填满，每个头占完整的两列。"
        "右图：只有对角线上四个两行两列的小块是填满的，每个头一块。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** On the left, head 1 owns two columns of $W^Q$ and reaches all eight rows: the whole word. On the
# right it has a block of four weights and reaches two. The left picture also shows why one `Dense` layer of width D is
# enough for all heads: the $H$ matrices $W^Q_h$ stand in it side by side. That is what makes the next exercise a matter
# of shapes alone.

# %% [markdown] lang="zh"
# **注意观察。** 左图中，头 1 占 $W^Q$ 的两列，能用到全部八行，也就是整个词；右图中，它只有一小块四个权重，只用得到两行。
# 左图还说明，为什么一个宽为 D 的 `Dense` 层就够所有的头用：$H$ 个矩阵 $W^Q_h$ 就并排放在里面。因此，
# 下一个练习只是形状的问题。

# %% [markdown] lang="en"
# ## 3. Split: a sentence for each head
#
# After the projection, each word has D numbers: the first D/H belong to head 1, the next D/H to head 2, and so on.
# The attention that you have works on the last two axes, (words, width), and leaves the axes in front of them alone. So
# the heads have to go to the front: $(B, T, D)$ becomes $(B, H, T, D/H)$, where $B$ is the [batch](glossary.md#batch).
#
# That takes two movements. One cuts the last axis in two, and no number moves in memory: $(B, T, D)$ becomes
# $(B, T, H, D/H)$. The other lets the axis of words and the axis of heads change places.
#
# **By hand**, on a tensor of shape (1, 2, 4), with two heads. The numbers say where they come from: 23 is word 2,
# column 3.
#
# $$\begin{bmatrix} 11 & 12 & 13 & 14 \\ 21 & 22 & 23 & 24\end{bmatrix}
# \;\to\; \mathrm{head}\ 1: \begin{bmatrix} 11 & 12 \\ 21 & 22\end{bmatrix},\quad
# \mathrm{head}\ 2: \begin{bmatrix} 13 & 14 \\ 23 & 24\end{bmatrix}$$
#
# The shape is now (1, 2, 2, 2): one sentence, two heads, two words, two numbers. Do it on paper for a third word 31
# 32 33 34, and compare with the picture. It also shows the mistake that is made most often: a reshape straight to
# $(B, H, T, D/H)$. The shape is right, nothing complains, and the numbers are in the wrong places.

# %% [markdown] lang="zh"
# ## 3. 切分：每个头都有自己的一句话
#
# 投影之后，每个词有 D 个数：前 D/H 个归头 1，接着的 D/H 个归头 2，依此类推。你已有的注意力只处理最后两个轴（词、宽度），
# 前面的轴原样不动。所以要把头的轴移到前面：$(B, T, D)$ 变成 $(B, H, T, D/H)$，其中 $B$ 是[批量](glossary.md#batch)大小。
#
# 这要分两步走。第一步把最后一个轴切成两个，数在内存里并不移动：$(B, T, D)$ 变成 $(B, T, H, D/H)$。
# 第二步让词的轴与头的轴交换位置。
#
# **手算**：张量的形状为 (1, 2, 4)，两个头。数字本身写明了来处：23 表示第 2 个词的第 3 列。
#
# $$\begin{bmatrix} 11 & 12 & 13 & 14 \\ 21 & 22 & 23 & 24\end{bmatrix}
# \;\to\; \mathrm{head}\ 1: \begin{bmatrix} 11 & 12 \\ 21 & 22\end{bmatrix},\quad
# \mathrm{head}\ 2: \begin{bmatrix} 13 & 14 \\ 23 & 24\end{bmatrix}$$
#
# 现在的形状是 (1, 2, 2, 2)：一个句子、两个头、两个词、两个数。请在纸上加上第三个词 31 32 33 34 再做一遍，然后与下图对照。
# 图里还有一个最常见的错误：直接 reshape 成 $(B, H, T, D/H)$。形状是对的，也不会报错，可是数都放错了地方。

# %%
one, two = (say(f"head {h}", f"头 {h}") for h in (1, 2))
first, second, third = (say(f"word {t}", f"词 {t}") for t in (1, 2, 3))
show(
    pictures.cells(
        {
            say("X: (T, D)", "X：(T, D)"): {
                say("words 1 to 3", "词 1 至 3"): [[11, 12, 13, 14], [21, 22, 23, 24], [31, 32, 33, 34]]
            },
            say("cut: (T, H, D/H)", "切开：(T, H, D/H)"): {
                first: [[11, 12], [13, 14]],
                second: [[21, 22], [23, 24]],
                third: [[31, 32], [33, 34]],
            },
            say("then moved: (H, T, D/H)", "再移动：(H, T, D/H)"): {
                one: [[11, 12], [21, 22], [31, 32]],
                two: [[13, 14], [23, 24], [33, 34]],
            },
            say("reshape alone: wrong", "只用 reshape：错"): {
                one: [[11, 12], [13, 14], [21, 22]],
                two: [[23, 24], [31, 32], [33, 34]],
            },
        },
        num_heads=2,
        width=4,
    ),
    say(
        "Four panels of coloured cells, a colour for each word, hatched where a number belongs to head "
        "2. X has three rows. Cut: three tables, one for each word. Moved: two tables, one for each "
        "head, each with all three colours; only the second is hatched. Reshape alone: the first table "
        "has all of word 1 and half of word 2, plain and hatched mixed.",
        "四组彩色格子，每个词一种颜色，属于头 2 的数带斜线。X 有三行。切开后：三个表，每个词一个。移动后：两个表，"
        "每个头一个，三种颜色都齐，只有第二个表带斜线。只用 reshape：第一个表装着词 1 的全部和词 2 的一半，"
        "带斜线与不带斜线的混在一起。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** After the right split, each head has every colour once, from top to bottom: a whole sentence,
# narrow. And all of one head is hatched the same way. After the reshape alone, head 1 has word 1 twice and word 3
# not at all; its “words” are halves of words, and it would compare a word with itself.
#
# **Exercise.** `split_heads(x, num_heads)` takes $(B, T, D)$ and gives $(B, H, T, D/H)$. Where $H$ does not divide
# $D$, it raises a `ValueError` whose message names both numbers.
#
# <details><summary>Hint 1</summary>Look at the second and the third panel: which of the four axes change places?</details>
# <details><summary>Hint 2</summary>First <code>ops.reshape</code> to four axes with the words still before the heads, then <code>ops.transpose</code>.</details>
# <details><summary>Hint 3</summary>The batch and the length may be unknown when a model is built: take them from <code>ops.shape(x)</code>. The width is always known: <code>x.shape[-1]</code>.</details>

# %% [markdown] lang="zh"
# **注意观察。** 正确切分后，每个头从上到下每种颜色各有一行：一个完整的句子，只是窄了；同一个头里的花纹也都一样。
# 只用 reshape 时，头 1 里词 1 出现两次，词 3 一次也没有；它的“词”其实是半个词，算起来就成了一个词与自己相比。
#
# **练习。** `split_heads(x, num_heads)` 接收 $(B, T, D)$，返回 $(B, H, T, D/H)$。若 $H$ 不能整除 $D$，就抛出 `ValueError`，
# 并在信息里写明这两个数。
#
# <details><summary>提示一</summary>看第二组和第三组格子：四个轴里，哪两个交换了位置？</details>
# <details><summary>提示二</summary>先用 <code>ops.reshape</code> 变成四个轴，词仍在头的前面；再用 <code>ops.transpose</code>。</details>
# <details><summary>提示三</summary>搭建模型时，批量大小和长度可能未知，请从 <code>ops.shape(x)</code> 取；宽度总是已知的：<code>x.shape[-1]</code>。</details>

# %% exercise="split_heads"

# %% [markdown] lang="en"
# **An experiment.** Is it true that projecting the whole of $X$ once and cutting afterwards is the same as $H$ small
# matrices? And what does a head see in either order? We change the first of eight columns of every word, and
# look at which of four heads notice. Say beforehand which.

# %% [markdown] lang="zh"
# **实验。** 先用整个 $X$ 投影一次再切分，与用 $H$ 个小矩阵分别相乘，真的一样吗？两种次序下，一个头各能看到什么？
# 我们改动每个词八列中的第一列，看四个头里哪些会察觉。请先猜一猜。

# %%
rng = np.random.default_rng(0)
x = rng.normal(size=(1, 3, 8)).astype("float32")
w = rng.normal(size=(8, 8)).astype("float32")
blocks = rng.normal(size=(4, 2, 2)).astype("float32")


def project_then_split(x):
    return ops.convert_to_numpy(split_heads(ops.convert_to_tensor(x @ w), 4))


def split_then_project(x):
    return ops.convert_to_numpy(split_heads(ops.convert_to_tensor(x), 4)) @ blocks


small = np.stack([x @ w[:, 2 * h : 2 * h + 2] for h in range(4)], axis=1)
print(say("largest difference from four small matrices:", "与四个小矩阵的结果相比，最大差别："),
      f"{np.abs(project_then_split(x) - small).max():.6f}")
changed = x.copy()
changed[..., 0] += 1
for title, steps in (
    (say("project, then cut:", "先投影，再切分："), project_then_split),
    (say("cut, then project:", "先切分，再投影："), split_then_project),
):
    change = np.abs(steps(changed) - steps(x)).max((0, 2, 3))
    print(title, "  ".join(f"{say('head', '头')} {h + 1}: {c:.2f}" for h, c in enumerate(change)))

# %% [markdown] lang="en"
# **What to notice.** One large product and four small ones agree but for rounding. When $X$ is projected first, all
# four heads notice the change; when it is cut first, only head 1 does, and the others are blind to that column.

# %% [markdown] lang="zh"
# **注意观察。** 一个大乘积与四个小乘积的结果一致，最多差一点舍入误差。先投影时，四个头都察觉到了变化；先切分时，
# 只有头 1 察觉，其余的头看不到那一列。

# %% [markdown] lang="en"
# ## 4. Does a word look too much at itself?
#
# A common explanation gives this as the weakness of [self-attention](glossary.md#self-attention): a word puts too much weight on
# itself, and several heads help. Your `split_heads` can measure it. We take random words and compare three things:
#
# - $\mathrm{softmax}(XX^\top/\sqrt{d})$, attention without any matrices, where [$d = D/H$](glossary.md#d-k) is the
#   width of a head;
# - $\mathrm{softmax}(QQ^\top/\sqrt{d})$, where one random matrix makes queries and keys;
# - $\mathrm{softmax}(QK^\top/\sqrt{d})$, where $Q$ and $K$ come from two random matrices.
#
# **An estimate by hand.** Let the numbers in a word have mean 0 and variance 1. Its score with itself is a sum of
# $d$ squares over $\sqrt d$, so about $\sqrt d$. Its score with another word is about 0, give or take 1; the mean of
# $e^z$ is then $e^{1/2}\approx 1.65$. Among 11 words, the weight on itself is about
#
# $$\frac{e^{\sqrt d}}{e^{\sqrt d} + 10\cdot 1.65}$$
#
# With D = 64 and one head, $e^{8}\approx 2981$, which gives $2981/2997.5 \approx 0.99$. With eight heads $d = 8$,
# $e^{2.83}\approx 16.9$, which gives $16.9/33.4\approx 0.51$. Drag the number of heads, and see whether that is so.

# %% [markdown] lang="zh"
# ## 4. 一个词是否过多地看自己？
#
# 常见的说法是：[自注意力](glossary.md#self-attention)的缺陷在于一个词把注意力过多地放在自己身上，而多头可以改善。
# 你写的 `split_heads` 正好可以用来量一量。我们取一些随机的词，比较三种做法：
#
# - $\mathrm{softmax}(XX^\top/\sqrt{d})$，不带任何矩阵的注意力，[$d = D/H$](glossary.md#d-k) 是一个头的宽度；
# - $\mathrm{softmax}(QQ^\top/\sqrt{d})$，查询和键由同一个随机矩阵得到；
# - $\mathrm{softmax}(QK^\top/\sqrt{d})$，其中 $Q$ 和 $K$ 由两个随机矩阵得到。
#
# **手算估计。** 设词向量的各分量均值为 0、方差为 1。一个词与自己的分数是 $d$ 个平方之和再除以 $\sqrt d$，大约是 $\sqrt d$；
# 与别的词的分数在 0 上下，偏差约为 1，这时 $e^z$ 的平均值是 $e^{1/2}\approx 1.65$。于是在 11 个词中，对自己的权重大约是
#
# $$\frac{e^{\sqrt d}}{e^{\sqrt d} + 10\cdot 1.65}$$
#
# D = 64、一个头时，$e^{8}\approx 2981$，得 $2981/2997.5 \approx 0.99$。八个头时 $d = 8$，$e^{2.83}\approx 16.9$，
# 得 $16.9/33.4\approx 0.51$。拖动头的个数，看看是不是这样。

# %%
characters = list("我养了一只猫，它很可爱")
rng = np.random.default_rng(0)
width = 64
sentences = rng.normal(size=(200, len(characters), width)).astype("float32")
w_query, w_key = rng.normal(size=(2, width, width)).astype("float32") / math.sqrt(width)
heads = [h for h in (1, 2, 4, 8, 16, 32) if width % h == 0]


def seen(query, key, num_heads):
    query, key = (split_heads(ops.convert_to_tensor(side), num_heads) for side in (query, key))
    return ops.convert_to_numpy(scaled_dot_product_attention(query, key, key)[1])


plain = {h: seen(sentences, sentences, h) for h in heads}
shared = {h: seen(sentences @ w_query, sentences @ w_query, h) for h in heads}
projected = {h: seen(sentences @ w_query, sentences @ w_key, h) for h in heads}
share = {
    name: [np.einsum("bhtt->bht", found[h]).mean() for h in heads]
    for name, found in (("X Xᵀ / √d", plain), ("Q Qᵀ / √d", shared), ("Q Kᵀ / √d", projected))
}


def itself(num_heads):
    return pictures.own_share(plain[num_heads][0, 0], characters, share, heads, num_heads)


def itself_text(num_heads):
    alone, _, own = (values[heads.index(num_heads)] for values in share.values())
    return say(
        f"With {num_heads} heads, a word's mean weight on itself is {alone:.2f} for X Xᵀ and {own:.2f} "
        "for Q Kᵀ. The map of one head is bright on the diagonal. The curves of X Xᵀ and Q Qᵀ fall "
        "together with the number of heads; that of Q Kᵀ stays low, near the line of one eleventh.",
        f"{num_heads} 个头时，一个词对自己的平均权重：X Xᵀ 为 {alone:.2f}，Q Kᵀ 为 {own:.2f}。"
        "一个头的权重图在对角线上较亮。X Xᵀ 与 Q Qᵀ 的曲线一起随头数下降；Q Kᵀ 的曲线一直很低，靠近十一分之一那条线。",
    )


explore(
    itself,
    itself_text,
    labels={"num_heads": say("number of heads", "头的个数")},
    start={"num_heads": 8},
    num_heads=heads,
)
print(
    say(
        "How often the largest weight of a row of X Xᵀ is the word's own:",
        "X Xᵀ 的一行中，最大的权重正是自己的比例：",
    )
)
for h in heads:
    print(f"    H = {h:2}: {(plain[h].argmax(-1) == np.arange(len(characters))).mean():.0%}")
narrow = seen(sentences[..., :8], sentences[..., :8], 1)
print(
    say("One single head, 8 wide, X Xᵀ, mean weight on itself:", "只有一个宽为 8 的头，X Xᵀ，对自己的平均权重："),
    f"{np.einsum('bhtt->bht', narrow).mean():.2f}",
)

# %% [markdown] lang="en"
# **What to notice.**
#
# 1. The explanation is right about $XX^\top$: with one head 0.99 of a word's weight stays with itself, with eight 0.51, as
#    estimated.
# 2. But the cause is the *width*, not the *number*. One single head of width 8 does practically the same: 0.50. The
#    score with itself shrinks like $\sqrt d$; that is a matter of [temperature](glossary.md#temperature). And the
#    favourite mostly stays the same: with eight heads, the word's own weight is still the largest in nine rows of
#    ten.
# 3. What really takes a word's eyes off itself is that it asks with one matrix and is found with another. Random
#    $W^Q$ and $W^K$ bring the weight down to about one eleventh, with one head as well as with eight. One matrix for
#    both changes hardly anything: look at the curve of $QQ^\top$.
#
# So the exact reason for several heads is the one of section 1: *several rows of weights for each word*. Training
# decides whether a row falls on the word itself; a head may well learn to look there, where that helps.
#
# These words are random. Change `width` to 16 or 256; or add 2 to `sentences`, which makes all words alike in
# one direction. Which of the three statements still hold?
#
# <details><summary>What came out here</summary>With eight heads, a word keeps 0.24 at width 16 and 0.91 at width 256: always what the width of a head lets expect. With 2 added, the estimate no longer fits, for the words are alike: 0.90 with one head, 0.32 with eight, and then the word's own weight is the largest in about one row of three only. The third statement held every time: Q and K from two matrices stay near one eleventh.</details>

# %% [markdown] lang="zh"
# **注意观察。**
#
# 1. 对 $XX^\top$，这种说法是对的：一个头时，一个词把 0.99 的权重留给自己；八个头时是 0.51，与估计相符。
# 2. 不过原因是*宽度*，不是*个数*。单独一个宽为 8 的头，结果几乎一样：0.50。与自己的分数像 $\sqrt d$ 那样变小，
#    这其实是[温度](glossary.md#temperature)问题。而且最受偏爱的大多没变：八个头时，十行里仍有九行，自己的权重最大。
# 3. 真正让一个词不再盯着自己的，是它提问用一个矩阵，被找到用另一个矩阵。随机的 $W^Q$ 和 $W^K$ 就把这个权重降到十一分之一左右，
#    一个头如此，八个头也如此。如果两者共用一个矩阵，就几乎没有变化：请看 $QQ^\top$ 那条曲线。
#
# 所以，多头的准确理由是第 1 节讲的那个：*每个词有好几行权重*。这些权重是否落在自己身上，由训练决定；如果看自己有用，
# 一个头完全可能学会看自己。
#
# 这里的词是随机的。请把 `width` 改成 16 或 256；或者给 `sentences` 加上 2，让所有的词在一个方向上彼此相像。
# 上面三条还有哪些成立？
#
# <details><summary>我们得到的结果</summary>八个头时，一个词留给自己的权重：宽度 16 时为 0.24，宽度 256 时为 0.91，都与一个头的宽度相称。加上 2 之后，词与词彼此相像，前面的估计就不适用了：一个头时为 0.90，八个头时为 0.32，这时大约三行里只有一行，自己的权重最大。第三条每次都成立：Q 和 K 来自两个矩阵时，始终在十一分之一附近。</details>

# %% [markdown] lang="en"
# ## 5. Merge: back to one vector for each word
#
# Every head has found something for each word: $(B, H, T, D/H)$. Now the short vectors of a word stand side by side
# again: $(B, T, D)$. By hand, for the two heads of above:
#
# $$\mathrm{head}\ 1: \begin{bmatrix} 11 & 12 \\ 21 & 22\end{bmatrix},\quad
# \mathrm{head}\ 2: \begin{bmatrix} 13 & 14 \\ 23 & 24\end{bmatrix}
# \;\to\; \begin{bmatrix} 11 & 12 & 13 & 14 \\ 21 & 22 & 23 & 24\end{bmatrix}$$
#
# Here, too, a reshape alone gives the right shape and the wrong numbers.

# %% [markdown] lang="zh"
# ## 5. 合并：每个词又是一个向量
#
# 每个头都为每个词找到了一些内容：$(B, H, T, D/H)$。现在让同一个词的几个短向量重新并排：$(B, T, D)$。手算前面的两个头：
#
# $$\mathrm{head}\ 1: \begin{bmatrix} 11 & 12 \\ 21 & 22\end{bmatrix},\quad
# \mathrm{head}\ 2: \begin{bmatrix} 13 & 14 \\ 23 & 24\end{bmatrix}
# \;\to\; \begin{bmatrix} 11 & 12 & 13 & 14 \\ 21 & 22 & 23 & 24\end{bmatrix}$$
#
# 这里也一样：只用 reshape，形状对了，数却不对。

# %%
rows = say("words 1 and 2", "词 1 和词 2")
show(
    pictures.cells(
        {
            say("two heads", "两个头"): {one: [[11, 12], [21, 22]], two: [[13, 14], [23, 24]]},
            say("merged", "合并"): {rows: [[11, 12, 13, 14], [21, 22, 23, 24]]},
            say("reshape alone: wrong", "只用 reshape：错"): {
                rows: [[11, 12, 21, 22], [13, 14, 23, 24]]
            },
        },
        num_heads=2,
        width=4,
    ),
    say(
        "Two heads, each with two rows of two cells. Merged: every row has one colour, plain on the "
        "left and hatched on the right. Reshape alone: every row has both colours; it would hand "
        "the halves of two words to one.",
        "两个头，各有两行、每行两格。合并后：每行一种颜色，左边没有斜线，右边有斜线。只用 reshape：每行混着两种颜色，"
        "等于把两个词的半边拼成了一个词。",
    ),
)

# %% [markdown] lang="en"
# **Exercise.** `merge_heads(x)` takes $(B, H, T, D/H)$ and gives $(B, T, D)$. It undoes `split_heads`.
#
# <details><summary>Hint 1</summary>Do what split does, backwards: which of its two steps comes first now?</details>
# <details><summary>Hint 2</summary>When heads and width are neighbours again, the two axes become one; its length is their product.</details>

# %% [markdown] lang="zh"
# **练习。** `merge_heads(x)` 接收 $(B, H, T, D/H)$，返回 $(B, T, D)$。它还原 `split_heads`。
#
# <details><summary>提示一</summary>把切分的两步倒过来做：现在哪一步在先？</details>
# <details><summary>提示二</summary>头和宽度重新相邻之后，两个轴合成一个，长度是两者的乘积。</details>

# %% exercise="merge_heads"

# %% [markdown] lang="en"
# **An experiment.** There and back has to give what was there before, whatever the number of heads. Beside it the
# same with the reshape alone on the way back: how many of 96 numbers land in their old place? Look at one head
# first.

# %% [markdown] lang="zh"
# **实验。** 切开再合上，必须得到原来的样子，头数多少都一样。旁边是对照：回来的路上只用 reshape，96 个数里有几个回到原处？
# 先看只有一个头的情形。

# %%
numbers = np.arange(96.0, dtype="float32").reshape(1, 8, 12)
for num_heads in (1, 2, 3, 4, 6, 12):
    split = split_heads(ops.convert_to_tensor(numbers), num_heads)
    right = ops.convert_to_numpy(merge_heads(split))
    wrong = ops.convert_to_numpy(ops.reshape(split, numbers.shape))
    print(
        f"H = {num_heads:2}:  merge_heads {(right == numbers).sum()}/96"
        f"   reshape {(wrong == numbers).sum()}/96"
    )

# %% [markdown] lang="en"
# **What to notice.** With one head the mistake can't be seen, for then there is nothing to exchange. A test with
# `num_heads=1` alone proves little. In general: when an operation moves axes, test it with axes of different lengths
# and with numbers that are all different.

# %% [markdown] lang="zh"
# **注意观察。** 只有一个头时看不出错误，因为没有什么可交换的。所以只用 `num_heads=1` 测试说明不了什么。一般来说，
# 凡是移动轴的运算，测试时各轴的长度要不同，数字也要互不相同。

# %% [markdown] lang="en"
# ## 6. The layer
#
# Now put it together: project, split, attend, merge, project.
#
# | step | shape |
# |---|---|
# | `query`; `value` and `key` | (B, T, D); (B, S, D) |
# | `query_projection`, `key_projection`, `value_projection` | the same |
# | `split_heads`, three times | (B, H, T, D/H); twice (B, H, S, D/H) |
# | `scaled_dot_product_attention` | output (B, H, T, D/H), weights (B, H, T, S) |
# | `merge_heads` | (B, T, D) |
# | `output_projection` | (B, T, D) |
#
# **By hand.** D = 2, two heads of width 1, all matrices the identity. One query $(\ln 2, \ln 4)$, two keys $(1, 0)$ and
# $(0, 1)$, with the values $(3, 5)$ and $(6, 10)$.
#
# - Head 1 sees first columns: the query $\ln 2$, the keys 1 and 0, the values 3 and 6. Scores $\ln 2$ and 0,
#   exponentials 2 and 1, weights $\tfrac23$ and $\tfrac13$: $\tfrac23\cdot 3+\tfrac13\cdot 6 = 4$.
# - Head 2 sees second columns: the query $\ln 4$, the keys 0 and 1, the values 5 and 10. Weights $\tfrac15$ and
#   $\tfrac45$: $\tfrac15\cdot 5+\tfrac45\cdot 10 = 9$.
#
# The output is $(4, 9)$. A head divides its scores by the root of *its own* width, here $\sqrt 1$, not of D.
#
# **Three more things the layer does.**
#
# - *Key and value may differ.* `layer(query, value)` takes the value for the key as well;
#   `layer(query, value, key=...)` compares with one and fetches the other. The order (query, value, key) is that of
#   Keras.
# - *A [mask](glossary.md#mask) holds for every head.* It comes as (B, T, S); the weights are (B, H, T, S). Section 8
#   shows what that means.
# - *[Dropout](glossary.md#dropout) on the weights.* With the rate $p$, in training, each weight is set to 0 with
#   probability $p$, and the others are divided by $1-p$. By hand, for the weights $(\tfrac34,\tfrac14)$ and
#   $p = \tfrac12$: they become $(\tfrac32,\tfrac12)$, $(\tfrac32, 0)$, $(0,\tfrac12)$ or $(0, 0)$, a quarter of the
#   time each; the mean is $(\tfrac34,\tfrac14)$ again. The weights that the layer *returns* are those before
#   anything is dropped.

# %% [markdown] lang="zh"
# ## 6. 合成一个层
#
# 现在把它们合起来：投影、切分、关注、合并、再投影。
#
# | 步骤 | 形状 |
# |---|---|
# | `query`；`value` 和 `key` | (B, T, D)；(B, S, D) |
# | `query_projection`、`key_projection`、`value_projection` | 不变 |
# | `split_heads`，三次 | (B, H, T, D/H)；另两个是 (B, H, S, D/H) |
# | `scaled_dot_product_attention` | 输出 (B, H, T, D/H)，权重 (B, H, T, S) |
# | `merge_heads` | (B, T, D) |
# | `output_projection` | (B, T, D) |
#
# **手算。** D = 2，两个宽为 1 的头，所有矩阵都是单位矩阵。一个查询 $(\ln 2, \ln 4)$，两个键 $(1, 0)$ 和 $(0, 1)$，
# 对应的值为 $(3, 5)$ 和 $(6, 10)$。
#
# - 头 1 只看第一列：查询是 $\ln 2$，键是 1 和 0，值是 3 和 6。分数为 $\ln 2$ 和 0，指数为 2 和 1，
#   权重为 $\tfrac23$ 和 $\tfrac13$：$\tfrac23\cdot 3+\tfrac13\cdot 6 = 4$。
# - 头 2 只看第二列：查询是 $\ln 4$，键是 0 和 1，值是 5 和 10。权重为 $\tfrac15$ 和 $\tfrac45$：
#   $\tfrac15\cdot 5+\tfrac45\cdot 10 = 9$。
#
# 输出是 $(4, 9)$。每个头除以*自己*宽度的平方根，这里是 $\sqrt 1$，而不是 D 的平方根。
#
# **这个层还要做三件事。**
#
# - *键和值可以不同。* `layer(query, value)` 把值也当作键；`layer(query, value, key=...)` 与一个相比，取出另一个。
#   参数的次序 query、value、key 与 Keras 一致。
# - *[掩码](glossary.md#mask)对每个头都有效。* 它的形状是 (B, T, S)，权重的形状却是 (B, H, T, S)。这意味着什么，第 8 节会讲。
# - *权重上的[随机失活](glossary.md#dropout)。* 训练时，每个权重以概率 $p$ 置零，其余的除以 $1-p$。手算：
#   权重为 $(\tfrac34,\tfrac14)$，$p = \tfrac12$，则会变成 $(\tfrac32,\tfrac12)$、$(\tfrac32, 0)$、$(0,\tfrac12)$ 或 $(0, 0)$，
#   各占四分之一；平均起来仍是 $(\tfrac34,\tfrac14)$。层*返回*的权重，是失活之前的权重。

# %% [markdown] lang="en"
# **Exercise.** `MultiHeadAttention(d_model, num_heads, dropout=0.0)`: four `Dense` layers with bias, D wide, under
# the names of the table. The call gives (B, T, D), and with `return_attention_scores=True` the pair of that and the
# weights.
#
# <details><summary>Hint 1</summary>The four projections and a dropout layer are made in <code>__init__</code>, where an impossible number of heads is refused, too; <code>build</code> builds the projections.</details>
# <details><summary>Hint 2</summary>In <code>call</code>, follow the table line by line. What is <code>key</code> when it is None?</details>
# <details><summary>Hint 3</summary>The mask lacks the axis of the heads: put one of length 1 where it belongs. Count from the end, for a mask may come without a batch.</details>
# <details><summary>Hint 4</summary>The attention that is given knows no dropout. You have its weights: drop some, and multiply with the values once more. Hand <code>training</code> on.</details>

# %% [markdown] lang="zh"
# **练习。** `MultiHeadAttention(d_model, num_heads, dropout=0.0)`：四个带偏置的 `Dense` 层，宽为 D，名字见上表。
# 调用得到 (B, T, D)；若 `return_attention_scores=True`，则返回它和权重组成的二元组。
#
# <details><summary>提示一</summary>四个投影和一个 dropout 层都在 <code>__init__</code> 里创建，不可能的头数也在那里拒绝；<code>build</code> 负责建立投影的权重。</details>
# <details><summary>提示二</summary>在 <code>call</code> 里照着表格一行一行来。<code>key</code> 为 None 时，它是什么？</details>
# <details><summary>提示三</summary>掩码缺一个头的轴：在该放的位置补一个长度为 1 的轴。请从后往前数，因为掩码可能没有批量的轴。</details>
# <details><summary>提示四</summary>给定的注意力没有 dropout。不过你拿到了它的权重：丢弃一部分，再与值相乘一次。别忘了把 <code>training</code> 传下去。</details>

# %% exercise="MultiHeadAttention"

# %% [markdown] lang="en"
# First the example by hand. `with_kernels` puts matrices that we choose into your layer; the biases begin at 0.
# Beside it, one head of width 2 on the same numbers.

# %% [markdown] lang="zh"
# 先看手算的例子。`with_kernels` 把我们选定的矩阵放进你的层里；偏置一开始就是 0。旁边是同样的数，只用一个宽为 2 的头。

# %%
def with_kernels(num_heads, query, key):
    width = len(query)
    layer = MultiHeadAttention(width, num_heads)
    nothing = ops.zeros((1, 1, width))
    layer(nothing, nothing)
    kernels = {"query": query, "key": key, "value": np.eye(width), "output": np.eye(width)}
    for name, kernel in kernels.items():
        getattr(layer, f"{name}_projection").kernel.assign(np.asarray(kernel, dtype="float32"))
    return layer


queries = ops.convert_to_tensor([[[math.log(2), math.log(4)]]])
keys = ops.convert_to_tensor([[[1.0, 0.0], [0.0, 1.0]]])
values = ops.convert_to_tensor([[[3.0, 5.0], [6.0, 10.0]]])
for num_heads in (2, 1):
    layer = with_kernels(num_heads, np.eye(2), np.eye(2))
    output, weights = layer(queries, values, key=keys, return_attention_scores=True)
    output, weights = (ops.convert_to_numpy(a) for a in (output, weights))
    print(f"H = {num_heads}:", say("output", "输出"), "  ".join(f"{v:.2f}" for v in output[0, 0]))
    for h, row in enumerate(weights[0, :, 0], start=1):
        print(say(f"    weights of head {h}:", f"    头 {h} 的权重："), "  ".join(f"{v:.2f}" for v in row))

# %% [markdown] lang="en"
# **What to notice.** Two heads: $(4, 9)$, and a row of weights for each column. One head: one row of weights for both
# columns; it can't weigh them differently.
#
# **Now the cat again, in your layer.** Each word gets four features by hand: is it a thing (猫), does it refer to
# something (它), is it a quality (可爱), or anything else. The matrices are by hand too: head 1 lets what *refers* ask for
# *things*, head 2 lets what *refers* ask for *qualities*, both with $r = 63$.

# %% [markdown] lang="zh"
# **注意观察。** 两个头：$(4, 9)$，每一列各有一行权重。一个头：两列共用一行权重，不能给它们不同的权重。
#
# **再看猫，这次用你的层。** 我们手工给每个词四个特征：是不是事物（猫），是不是指代（它），是不是性质（可爱），还是其他。
# 矩阵也是手工设定的：头 1 让*指代*去找*事物*，头 2 让*指代*去找*性质*，都取 $r = 63$。

# %%
thing, refers, quality, other = range(4)
features = np.zeros((1, len(words), 4), dtype="float32")
for place, word in enumerate(words):
    features[0, place, {"猫": thing, "它": refers, "可爱": quality}.get(word, other)] = 1
size = {h: math.sqrt(math.log(63) * math.sqrt(4 / h)) for h in (1, 2)}

ask, answer = np.zeros((4, 4)), np.zeros((4, 4))
ask[refers, 0] = answer[thing, 0] = size[2]
ask[refers, 2] = answer[quality, 2] = size[2]
two_heads = with_kernels(2, ask, answer)

ask, answer = np.zeros((4, 4)), np.zeros((4, 4))
ask[refers, 0] = answer[thing, 0] = answer[quality, 0] = size[1]
one_head = with_kernels(1, ask, answer)

found, seen_by = {}, {}
for layer in (one_head, two_heads):
    x = ops.convert_to_tensor(features)
    output, weights = layer(x, x, return_attention_scores=True)
    found[layer.num_heads] = ops.convert_to_numpy(output)[0, it]
    seen_by[layer.num_heads] = ops.convert_to_numpy(weights)[0]
    amounts = zip(
        (say("thing", "事物"), say("refers", "指代"), say("quality", "性质"), say("other", "其他")),
        found[layer.num_heads],
    )
    print(
        say(f"H = {layer.num_heads}, 它 takes: ", f"H = {layer.num_heads}，“它”得到："),
        "  ".join(f"{name} {amount:.2f}" for name, amount in amounts),
    )
show(
    pictures.head_maps(
        {
            say("one head", "一个头"): seen_by[1][0],
            say("head 1 of 2", "两个头之一"): seen_by[2][0],
            say("head 2 of 2", "两个头之二"): seen_by[2][1],
        },
        words,
    ),
    say(
        "Three maps of eight by eight weights. All rows are even but that of 它: with one head it gives "
        "0.48 to 猫 and to 可爱; of two heads, the first gives 0.90 to 猫, the second 0.90 to 可爱.",
        "三张八行八列的权重图。除了“它”那一行，各行都是均匀的。一个头：“它”给“猫”和“可爱”各 0.48；"
        "两个头：第一个给“猫” 0.90，第二个给“可爱” 0.90。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** With two heads, 它 carries away 0.90 of the thing *and* 0.90 of the quality: each in its own
# half of the result, from its own row of weights. With one head it is 0.48 of each. (Here even one head's sum could
# be taken apart, for every feature has a column of its own. Learned vectors are not so tidy.) The words that refer
# to nothing ask for nothing: their scores are all 0, so their rows are even, 0.125 for each of eight words. A
# softmax can't say “none”.
#
# **An experiment: what fresh heads look at.** Now a layer with eight heads, 64 wide, random words, no training. The
# rows of the picture are the heads' rows for the same word, 它. Change `seed`.

# %% [markdown] lang="zh"
# **注意观察。** 有两个头时，“它”带走了 0.90 的事物*和* 0.90 的性质：各在结果的一半里，各来自一行权重。只有一个头时，
# 两者各 0.48。（这里每个特征独占一列，所以一个头的和也还能拆开；学出来的向量可没有这么整齐。）不指代任何东西的词什么也不问：
# 它们的分数全是 0，所以那几行是均匀的，八个词各 0.125。softmax 无法表示“一个都不看”。
#
# **实验：全新的头看哪里。** 这次的层有八个头，宽 64，词是随机的，没有训练过。图中各行是各个头为同一个词“它”给出的权重。
# 请改一改 `seed`。

# %%
seed = 3
keras.utils.set_random_seed(seed)
x = ops.convert_to_tensor(np.random.default_rng(3).normal(size=(1, len(words), 64)).astype("float32"))
layer = MultiHeadAttention(64, 8)
_, weights = layer(x, x, return_attention_scores=True)
rows = ops.convert_to_numpy(weights)[0, :, it]
show(
    plots.heatmap(
        rows,
        [say(f"head {h + 1}", f"头 {h + 1}") for h in range(8)],
        words,
        say("Where 它 looks, before any training", "未经训练时，“它”看哪里"),
        sides=(say("head", "头"), say("key", "键")),
    ),
    say(
        "Eight rows, one for each head, of weights on eight words. The rows differ: "
        "different heads give most to different words.",
        "八行权重，每个头一行，分给八个词。各行互不相同：不同的头，看得最多的词也不同。",
    ),
)
print(say("favourites:", "各头看得最多的词："), " | ".join(words[row.argmax()] for row in rows))

# %% [markdown] lang="en"
# **What to notice.** The heads differ from the start, because their matrices do: each begins elsewhere, and so
# training can take each somewhere else. If all heads began with the same matrices, they would get the same
# [gradients](glossary.md#gradient) wherever $W^O$ treats them alike, and there would be little reason for them to part.
#
# **An experiment on dropout.** We send the same sentence 2,000 times through a layer with the rate 0.5, in training,
# and compare with what the layer gives outside of training.

# %% [markdown] lang="zh"
# **注意观察。** 各个头一开始就不同，因为它们的矩阵不同：起点各异，训练才可能把它们带往不同的地方。
# 如果所有的头都从同样的矩阵开始，而 $W^O$ 又同等对待它们，它们得到的[梯度](glossary.md#gradient)就会一样，
# 没有多少理由分道扬镳。
#
# **关于随机失活的实验。** 把同一个句子在训练模式下送进失活率为 0.5 的层 2000 次，再与非训练模式的结果相比。

# %%
keras.utils.set_random_seed(0)
dropping = MultiHeadAttention(8, 2, dropout=0.5)
sentence = np.random.default_rng(5).normal(size=(1, 6, 8)).astype("float32")
calm = ops.convert_to_numpy(dropping(sentence, sentence, training=False))
many = np.repeat(sentence, 2000, axis=0)
shaken = ops.convert_to_numpy(dropping(many, many, training=True))
print(
    say("mean difference from inference, one run at a time:", "与推断结果的平均差别，单独看每一次："),
    f"{np.abs(shaken - calm).mean():.3f}",
)
print(
    say("the mean of 2000 runs:", "2000 次取平均之后："),
    f"{np.abs(shaken.mean(0) - calm[0]).mean():.3f}",
)

# %% [markdown] lang="en"
# **What to notice.** A single run in training is far off, the mean of many is close: dividing by $1-p$ sees to that. A
# layer that drops outside of training, too, would give another translation each time you ask.

# %% [markdown] lang="zh"
# **注意观察。** 训练模式下，单独一次的结果相差很大，多次的平均却很接近：除以 $1-p$ 起的正是这个作用。
# 如果一个层在训练之外也丢弃权重，那么同一句话每问一次，就会得到不同的译文。

# %% [markdown] lang="en"
# ## 7. What do more heads cost?
#
# Four `Dense` layers of width D with bias have $4(D^2+D)$ numbers. $H$ does not occur. By hand, for D = 64:
# $4\cdot(4096+64) = 16\,640$. And the work: the scores of one head take $T\cdot S\cdot D/H$ multiplications, so
# those of $H$ heads take $T\cdot S\cdot D$, whatever $H$ is. What grows is the number of *weights* that have to be
# kept: $H\cdot T\cdot S$.
#
# We count in your layer, and in `keras.layers.MultiHeadAttention`. The latter asks for the width of *one head*,
# `key_dim`. Who takes that for the width of the model gets about $H$ times as many parameters.

# %% [markdown] lang="zh"
# ## 7. 头多了，代价如何？
#
# 四个宽为 D、带偏置的 `Dense` 层共有 $4(D^2+D)$ 个参数，式子里没有 $H$。手算 D = 64：$4\cdot(4096+64) = 16\,640$。
# 再看计算量：一个头的分数要做 $T\cdot S\cdot D/H$ 次乘法，$H$ 个头就是 $T\cdot S\cdot D$ 次，与 $H$ 无关。真正增加的，
# 是要存下来的*权重*的个数：$H\cdot T\cdot S$。
#
# 我们来数一数你的层，也数一数 `keras.layers.MultiHeadAttention`。后者要的是*一个头*的宽度 `key_dim`；如果误当成模型的宽度，
# 参数就会变成大约 $H$ 倍。

# %%
width, length = 64, 10
x = ops.zeros((1, length, width))
heads = [1, 2, 4, 8, 16]
yours, keras_share, keras_whole, kept = [], [], [], []
for h in heads:
    layers = (
        MultiHeadAttention(width, h),
        keras.layers.MultiHeadAttention(h, key_dim=width // h),
        keras.layers.MultiHeadAttention(h, key_dim=width),
    )
    _, weights = layers[0](x, x, return_attention_scores=True)
    for layer, counts in zip(layers, (yours, keras_share, keras_whole)):
        layer(x, x)
        counts.append(layer.count_params())
    kept.append(math.prod(weights.shape))
    print(
        f"H = {h:2}:", say("yours", "你的层"), f"{yours[-1]:,};",
        f"Keras, key_dim = {width // h}: {keras_share[-1]:,};",
        f"Keras, key_dim = {width}: {keras_whole[-1]:,};",
        say("weights kept", "保存的权重"), f"{kept[-1]:,}",
    )
parameters = {
    say("yours", "你的层"): yours,
    "Keras, key_dim = D/H": keras_share,
    "Keras, key_dim = D": keras_whole,
}
show(
    pictures.costs(heads, parameters, kept),
    say(
        "Left: the parameters of your layer, and of Keras's with key_dim = D/H, lie on one level line; "
        "with key_dim = D they rise with the number of heads. Right: the attention weights that are "
        "kept rise in proportion to the number of heads.",
        "左图：你的层和 key_dim = D/H 的 Keras 层参数个数重合在同一条水平线上；key_dim = D 时随头数上升。"
        "右图：要保存的注意力权重与头数成正比地上升。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** 16,640 parameters with one head as with sixteen; but the heads get narrower. More heads are not
# free for that reason: a head of width 4 can only compare four numbers. The paper tried it: with its width of 512,
# one head was worse than eight, and 32 heads were a little worse than eight as well (Vaswani et al. 2017, table 3,
# rows A).

# %% [markdown] lang="zh"
# **注意观察。** 一个头是 16640 个参数，十六个头也是；但头变窄了。所以多头并不是白得的：宽为 4 的头只能比较四个数。
# 论文做过试验：宽度为 512 时，一个头不如八个头，32 个头也比八个头稍差（Vaswani 等，2017，表 3，A 组）。

# %% [markdown] lang="en"
# ## 8. One mask for all heads
#
# Two sentences, the second shorter, so it has [padding](glossary.md#padding). The mask has the shape (B, 1, S), the
# weights have (B, H, T, S). [Broadcasting](glossary.md#broadcasting) lines shapes up from the right. What does it
# make of them, with B = 2 and H = 2?
#
# | | axis 1 | axis 2 | axis 3 | axis 4 |
# |---|---|---|---|---|
# | weights | B | H | T | S |
# | mask as it comes | | B | 1 | S |
# | mask with an axis for the heads | B | 1 | 1 | S |
#
# As it comes, the batch stands under the heads. If B and H are different and larger than 1, there is an error, and
# you are lucky. If they are equal, nothing complains: each *head* gets the mask of a *sentence*.

# %% [markdown] lang="zh"
# ## 8. 一个掩码管所有的头
#
# 两个句子，第二个较短，所以有[填充](glossary.md#padding)。掩码的形状是 (B, 1, S)，权重的形状是 (B, H, T, S)。
# [广播](glossary.md#broadcasting)从右边对齐各轴。若 B = 2，H = 2，会怎样对齐？
#
# | | 轴 1 | 轴 2 | 轴 3 | 轴 4 |
# |---|---|---|---|---|
# | 权重 | B | H | T | S |
# | 原样的掩码 | | B | 1 | S |
# | 补了头轴的掩码 | B | 1 | 1 | S |
#
# 原样使用时，批量的轴对到了头的轴下面。如果 B 和 H 不等，又都大于 1，就会报错，那算你走运。如果两者相等，什么错也不报：
# 每个*头*拿到的是某个*句子*的掩码。

# %%
token_ids = ops.convert_to_tensor([[5, 6, 7, 8], [5, 6, 0, 0]])
padding = padding_mask(token_ids)
plain_mask = ops.convert_to_numpy(padding)
wrong = np.broadcast_to(plain_mask, (2, 2, 4, 4))
right = np.broadcast_to(plain_mask[:, None], (2, 2, 4, 4))
pad = say("pad", "填充")
show(
    pictures.mask_grid(
        {say("as it comes", "原样"): wrong, say("with an axis", "补了头轴"): right},
        [
            say("I like cats .", "早 上 好 ！").split(),
            [*say("Thank you", "你 好").split(), pad, pad],
        ],
    ),
    say(
        "Eight small masks, a row for each of two sentences. As it comes: head 1 sees everything in "
        "both sentences, padding included; head 2 misses the last two words of both, real ones "
        "included. With an axis: in sentence 1 both heads see all, in sentence 2 neither sees padding.",
        "八个小掩码，两个句子各一行。原样使用：头 1 在两个句子里什么都看，连填充也看；头 2 在两个句子里都看不到最后两个词，"
        "真实的词也看不到。补了头轴：第 1 句里两个头都看得全，第 2 句里两个头都看不到填充。",
    ),
)

# %% [markdown] lang="en"
# **An experiment.** Does your layer keep the promise? We put other numbers where sentence 2 has its padding, and
# measure how much the output changes at each word. Then a [causal mask](glossary.md#causal-mask) on top: no head may
# give weight to a later word. Which of the numbers must be exactly 0? Then try the number of heads, and `place`.

# %% [markdown] lang="zh"
# **实验。** 你的层里掩码真的起作用吗？在第 2 句的填充处放上别的数，量一量每个词的输出变了多少。
# 然后再加上[因果掩码](glossary.md#causal-mask)：任何头都不许把权重给后面的词。哪些数必须恰好是 0？
# 之后请改一改头数和 `place`。

# %%
keras.utils.set_random_seed(1)
layer, place = MultiHeadAttention(8, 2), 2
before = np.random.default_rng(1).normal(size=(2, 4, 8)).astype("float32")
after = before.copy()
after[1, place:] = np.random.default_rng(2).normal(size=(4 - place, 8))
for title, mask in (
    (say("no mask", "没有掩码"), None),
    (say("padding mask", "填充掩码"), padding),
    (say("padding and causal mask", "填充掩码加因果掩码"), ops.logical_and(padding, causal_mask(4))),
):
    outputs, weights = zip(
        *(
            layer(v, v, attention_mask=mask, return_attention_scores=True)
            for v in map(ops.convert_to_tensor, (before, after))
        )
    )
    one_output, other_output = map(ops.convert_to_numpy, outputs)
    change = np.abs(one_output - other_output).max(-1)[1]
    late = np.triu(ops.convert_to_numpy(weights[0]), 1).max((0, 2, 3))
    print(f"{title}:")
    print(
        say("    change of each word of sentence 2:", "    第 2 句各词的变化："),
        "  ".join(f"{c:.4f}" for c in change),
    )
    print(
        say("    largest weight on a later word, by head:", "    各头给后面的词的最大权重："),
        "  ".join(f"{weight:.4f}" for weight in late),
    )

# %% [markdown] lang="en"
# **What to notice.** Without a mask, new padding reaches the real words. With the mask, the first two words of
# sentence 2 don't change at all; only the padding's own rows do, since their queries changed, and those rows are
# thrown away. With the causal mask on top, both heads give exactly 0 to later words. With `place = 1`, the second
# word is one of those that are changed, and it is no padding: now the first word notices under the padding mask, but
# not under the causal one.
#
# Note that a test with a single sentence, B = 1, would never have found the missing axis: an axis of length 1 fits
# everywhere. Test masks with at least two sentences of different length, and with a number of heads that differs from
# theirs *and* one that equals it.

# %% [markdown] lang="zh"
# **注意观察。** 没有掩码时，填充处的新数会波及真实的词。有了掩码，第 2 句的前两个词丝毫不变；只有填充自己的几行变了，
# 因为它们的查询变了，而那几行反正要丢掉。再加上因果掩码，两个头给后面的词的权重都恰好是 0。若令 `place = 1`，
# 第二个词也被改动，而它不是填充：这时只用填充掩码，第一个词会察觉；加上因果掩码，就察觉不到。
#
# 请注意：只用一个句子（B = 1）测试，永远发现不了缺少的轴，因为长度为 1 的轴放在哪里都合适。测试掩码时，
# 至少要用两个长短不同的句子，头数既要试与句子数不同的，*也*要试与它相同的。

# %% [markdown] lang="en"
# ## Questions to think about
#
# 1. What would be lost without $W^O$? Think of a later layer that needs something from head 1 and from head 2 at
#    once, and of what the next layer's own matrices could do about it.
# 2. You exchange head 1 and head 2 everywhere: in the columns of $W^Q$, $W^K$ and $W^V$. What must you do to $W^O$,
#    so that the output stays the same? What does that say about the sentence “head 3 finds the subject” in two
#    trainings?
# 3. With H = D every head is one number wide. What does a head compare then? Which patterns of weights can it still
#    make?
#
# ## Further reading
#
# - Vaswani et al. 2017, *Attention Is All You Need*, section 3.2.2, and table 3 for the number of heads.
# - Voita et al. 2019, *Analyzing Multi-Head Self-Attention: Specialized Heads Do the Heavy Lifting, the Rest Can Be
#   Pruned*: what heads do in a trained translator.
# - Michel, Levy and Neubig 2019, *Are Sixteen Heads Really Better than One?*

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 没有 $W^O$ 会失去什么？设想后面某一层同时需要头 1 和头 2 找到的内容，再想想下一层自己的矩阵能不能补救。
# 2. 把头 1 和头 2 处处对调：在 $W^Q$、$W^K$ 和 $W^V$ 的各列中都调换。要让输出不变，$W^O$ 该怎么办？由此看来，
#    在两次训练里说“头 3 负责找主语”，意味着什么？
# 3. 若 H = D，每个头只有一个数那么宽。这时一个头比较的是什么？它还能形成哪些权重花样？
#
# ## 延伸阅读
#
# - Vaswani 等，2017，*Attention Is All You Need*，第 3.2.2 节；头数的比较见表 3。
# - Voita 等，2019，*Analyzing Multi-Head Self-Attention: Specialized Heads Do the Heavy Lifting, the Rest Can Be Pruned*：
#   训练好的翻译模型里，各个头在做什么。
# - Michel、Levy、Neubig，2019，*Are Sixteen Heads Really Better than One?*
