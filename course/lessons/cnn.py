# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # CNN: windows over the sentence
#
# **Where we are.** A [recurrent network](glossary.md#recurrent-network) reads one word after the other, and each step
# waits for the one before. A [convolution](glossary.md#convolution) looks at a few neighbouring words at a time:
# `I like`, `like deep`, `deep learning`. Its [windows](glossary.md#window) don't wait for one another. One layer of
# them doesn't cover the sentence; windows over windows do.
#
# **What you will write.** Six pieces: how far a stack of windows sees, a [gate](glossary.md#gate), a convolution that
# never sees the future, a block made of these, [attention](glossary.md#attention) from a block to the source, and the
# translator of Gehring et al. (2017), which has no recurrence at all. At the end you train it to translate dates, and
# see where it looks.
#
# Use `keras` and `keras.ops` only; then your work runs on TensorFlow, JAX and PyTorch alike. After each exercise a
# cell runs its **public checks**. There are hidden checks too, which look at more.

# %% [markdown] lang="zh"
# # CNN：在句子上滑动的窗口
#
# **我们在哪里。** [循环网络](glossary.md#recurrent-network)一个词接一个词地读，每一步都要等前一步。
# [卷积](glossary.md#convolution)一次看相邻的几个词：`I like`、`like deep`、`deep learning`。
# 这些[窗口](glossary.md#window)互不等待。一层窗口盖不住整句话，窗口之上再叠窗口就可以。
#
# **你要写什么。** 六个部件：计算层层窗口能看多远；一道[门](glossary.md#gate)；一个看不到未来的卷积；
# 由它们组成的块；从块看向源句的[注意力](glossary.md#attention)；最后是 Gehring 等人（2017）的翻译模型，里面没有任何循环。
# 本课末尾，你会训练它翻译日期，看看它在看哪里。
#
# 只使用 `keras` 和 `keras.ops`，这样你的代码在 TensorFlow、JAX 和 PyTorch 上都能运行。
# 每个练习后面的单元格会运行它的**公开检查**；此外还有隐藏检查，看得更细。

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
from course.kit.notebook.measure import seconds
from course.kit.parts import MultiHeadAttention
from course.kit.notebook.pictures import cnn as pictures
from course.kit.notebook.show import explore, show
from course.kit.softmax import masked_softmax
from course.kit.tokens import END_ID, PAD_ID, START_ID

# %% [markdown] lang="en"
# ## 1. A window, and windows over windows
#
# Take two words at a time, and compute something from each pair. Then take two *pairs* at a time, and so on, until one
# box has heard of the whole sentence.

# %% [markdown] lang="zh"
# ## 1. 窗口，以及窗口之上的窗口
#
# 每次取两个词，从每一对算出一点东西；然后每次取两*对*，再往上算；直到某个方框汇集了整句话的信息。

# %%
show(
    pictures.pairs(["I", "like", "deep", "learning"]),
    say(
        "A pyramid. At the bottom four words. Layer 1 has three boxes, “I like”, “like deep” and "
        "“deep learning”, each with arrows from two words; layer 2 has two boxes, from I to deep and "
        "from like to learning; layer 3 has one box, from I to learning.",
        "一座金字塔。最下面是四个词。第 1 层有三个方框：I like、like deep、deep learning，各有两个箭头来自两个词；"
        "第 2 层有两个方框，分别从 I 到 deep、从 like 到 learning；第 3 层只有一个方框，从 I 到 learning。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Inside a layer no box needs another one of that layer: all can be computed at once. That is what
# “a CNN is parallel” means. From layer to layer it does wait: layer 2 needs layer 1. An RNN waits once for each word; a
# CNN waits once for each layer.
#
# What does a box compute? For a window of $K$ words that begins at $t$:
#
# $$y_t = b + \sum_{k=0}^{K-1} x_{t+k} W_k$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $x$ | (B, T, D) | word vectors: B sentences of T words, D wide |
# | $W$ | (K, D, F) | the kernel: a matrix $W_k$ of shape (D, F) for each place in the window |
# | $b$ | (F,) | the bias |
# | $y$ | (B, T − K + 1, F) | one vector for each window; F is called the number of filters |
#
# Every window uses the *same* $W$ and $b$. So the number of weights, $KDF + F$, doesn't depend on the sentence. By
# hand, for $K = 3$ and $D = F = 64$: $3\cdot 64\cdot 64 + 64 = 12352$. Each place in the window has a matrix of its
# own, so a window knows the order of its words: `I like` and `like I` give different results.
#
# **By hand.** Let $D = F = 1$, $K = 2$, $W = (1, 10)$, $b = 0$. The four words are the numbers 1, 2, 3, 4.
#
# - Layer 1: $1 + 20 = 21$, $2 + 30 = 32$, $3 + 40 = 43$. You can read off which words a window has seen.
# - Layer 2, the same kernel again: $21 + 320 = 341$ and $32 + 430 = 462$.
# - Layer 3: $341 + 4620 = 4961$.
#
# Where do the words go? $4961 = 1\cdot 1 + 30\cdot 2 + 300\cdot 3 + 1000\cdot 4$. The first word and the last reach the
# top on one path each, the inner ones on three each (count them in the picture). So the words at the rim of what a box
# sees are there, but fewer paths lead from them.

# %% [markdown] lang="zh"
# **注意观察。** 同一层里，任何方框都不需要同层的其他方框，所以可以一起算。“CNN 能并行”说的就是这个。
# 层与层之间还是要等：第 2 层需要第 1 层。RNN 每个词等一次，CNN 每一层等一次。
#
# 一个方框算的是什么？设窗口有 $K$ 个词，从 $t$ 开始：
#
# $$y_t = b + \sum_{k=0}^{K-1} x_{t+k} W_k$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $x$ | (B, T, D) | 词向量：B 句话，每句 T 个词，宽度为 D |
# | $W$ | (K, D, F) | 卷积核：窗口里每个位置一个 (D, F) 的矩阵 $W_k$ |
# | $b$ | (F,) | 偏置 |
# | $y$ | (B, T − K + 1, F) | 每个窗口一个向量；F 叫作滤波器的个数 |
#
# 每个窗口用的都是*同一组* $W$ 和 $b$，所以权重的个数 $KDF + F$ 与句子长短无关。手算一下，$K = 3$、$D = F = 64$ 时是
# $3\cdot 64\cdot 64 + 64 = 12352$。窗口里每个位置各有自己的矩阵，所以窗口知道词序：`I like` 和 `like I` 的结果不同。
#
# **手算。** 设 $D = F = 1$，$K = 2$，$W = (1, 10)$，$b = 0$，四个词就是 1、2、3、4 这四个数。
#
# - 第 1 层：$1 + 20 = 21$，$2 + 30 = 32$，$3 + 40 = 43$。窗口看过哪些词，一读便知。
# - 第 2 层，还用这个卷积核：$21 + 320 = 341$，$32 + 430 = 462$。
# - 第 3 层：$341 + 4620 = 4961$。
#
# 每个词去了哪里？$4961 = 1\cdot 1 + 30\cdot 2 + 300\cdot 3 + 1000\cdot 4$。第一个词和最后一个词各只有一条路通到塔顶，
# 中间两个词各有三条（请在图上数一数）。所以，视野边缘的词虽然看得到，通过来的路却少。

# %%
window = keras.layers.Conv1D(1, 2)
row = ops.convert_to_tensor(np.array([1, 2, 3, 4], "float32").reshape(1, 4, 1))
window.build(row.shape)
window.kernel.assign(np.array([1, 10], "float32").reshape(2, 1, 1))
for layer in range(4):
    print(say(f"layer {layer}:", f"第 {layer} 层："), ops.convert_to_numpy(row)[0, :, 0].tolist())
    row = window(row) if layer < 3 else row

# %% [markdown] lang="en"
# ## 2. How far does a word see?
#
# The pyramid loses words at each layer. A translator wants a vector for *every* word, in every layer. So zeros are
# put at the rim of the sentence, and each row stays as long as the one below. That is
# [padding](glossary.md#padding) of another kind than the id 0; we come back to both.
#
# The words that can change one output are its [receptive field](glossary.md#receptive-field). Take
# 我养了一只猫，它很可爱, “I have a cat, it is very cute”: 我 is I, 猫 cat, 它 it. The picture shows what 它 sees when the
# windows surround their word. Before you drag: how many layers with $K = 3$ does 它 need to see 猫? And 我?

# %% [markdown] lang="zh"
# ## 2. 一个词能看多远？
#
# 金字塔每升一层就少几个词。翻译模型希望每一层里*每个*词都有一个向量，所以在句子两端补零，让每一行和下面一行一样长。
# 这是另一种[填充](glossary.md#padding)，和编号 0 的填充不是一回事；两种后面都会讲到。
#
# 能影响某个输出的那些词，叫作它的[感受野](glossary.md#receptive-field)。以“我养了一只猫，它很可爱”为例，
# 图中画出窗口居中时“它”能看到什么。拖动之前先想：$K = 3$ 时，“它”要几层才能看到“猫”？要几层才能看到“我”？

# %%
sentence = list("我养了一只猫，它很可爱")
it = sentence.index("它")


def seen_by_it(layers, kernel):
    seen = pictures.cone(it, kernel, len(sentence), [1] * layers)[0]
    title = say(
        f"它 sees {len(seen)} of {len(sentence)}", f"“它”看到 {len(sentence)} 个中的 {len(seen)} 个"
    )
    return pictures.pyramid(sentence, kernel, {title: [1] * layers}, it)


def seen_by_it_text(layers, kernel):
    seen = "".join(sentence[i] for i in sorted(pictures.cone(it, kernel, 11, [1] * layers)[0]))
    return say(
        f"Layers of dots over the characters of the sentence. From 它 in layer {layers}, lines fan "
        f"out downwards, wider in each layer, with windows of {kernel}. It sees {seen}.",
        f"句子的每个字上面有一层层的点。从第 {layers} 层的“它”出发，线条往下散开，一层比一层宽，窗口为 {kernel}。"
        f"它看到“{seen}”。",
    )


explore(
    seen_by_it,
    seen_by_it_text,
    labels={"layers": say("layers", "层数"), "kernel": say("kernel size K", "窗口大小 K")},
    start={"layers": 3, "kernel": 3},
    layers=[1, 2, 3, 4, 5, 6, 7],
    kernel=[2, 3, 5],
)

# %% [markdown] lang="en"
# **What to notice.** With $K = 3$, each layer adds one word on the left and one on the right (as long as there are
# any). 猫 is two places away from 它, so two layers do; 我 is seven away, so it takes seven. With $K = 5$ it is two words
# on each side. With $K = 2$ the window has its word and the next one: then 它 never sees 猫, however many layers there
# are.
#
# **The formula.** No layer at all: an output sees 1 word, itself. Now let an output of some layer see $r$ words. The
# layer above looks at $K$ neighbouring outputs. Their views overlap, each begins one word after the last, so together
# they see $r + (K - 1)$ words. Each layer adds $K - 1$; after $n$ layers that is $1 + n(K-1)$.
#
# A window need not take neighbours. With the [dilation](glossary.md#dilation) $d$ it takes every $d$-th word, and
# each view begins $d$ words after the last:
#
# $$r = 1 + n (K - 1) d$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $r$ | a whole number | from the first word seen to the last, both counted |
# | $n$ | a whole number | layers |
# | $K$ | a whole number | kernel size |
# | $d$ | a whole number | dilation, the same in every layer; 1 for neighbours |
#
# Turned around, for $d = 1$: to see $m$ words in a row it takes
#
# $$n = \left\lceil \frac{m - 1}{K - 1} \right\rceil$$
#
# layers. **By hand:** for $m = 21$ words and $K = 3$, $20/2 = 10$ layers; with $K = 5$, five. The four words of the
# pyramid with $K = 2$: $3/1 = 3$, as in the picture. For 11 words and $K = 5$: $10/4 = 2.5$, so three.
#
# Careful with “covering the sentence”. The formula counts words on *both* sides. An output at the left rim that is to
# see the right rim needs all its reach on one side: with centred windows of 3 and 21 words, that's 20 layers, not 10.

# %% [markdown] lang="zh"
# **注意观察。** $K = 3$ 时，每升一层，左右各多看一个词（如果还有词的话）。“猫”离“它”两格，两层就够；“我”离它七格，要七层。
# $K = 5$ 时，每层左右各多两个词。$K = 2$ 时，窗口只有当前词和后一个词，无论叠多少层，“它”都看不到“猫”。
#
# **公式。** 一层也没有时，输出只看到 1 个词，就是自己。设某一层的输出能看到 $r$ 个词，上面一层看 $K$ 个相邻的输出。
# 这些视野互相重叠，一个比一个晚一个词开始，所以合起来看到 $r + (K - 1)$ 个词。每层多 $K - 1$ 个，
# $n$ 层之后就是 $1 + n(K-1)$。
#
# 窗口也可以不取紧邻的词。[空洞率](glossary.md#dilation)为 $d$ 时，每隔 $d$ 个位置取一个词，视野一个比一个晚 $d$ 个词开始：
#
# $$r = 1 + n (K - 1) d$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $r$ | 整数 | 从看到的第一个词到最后一个词，两头都算 |
# | $n$ | 整数 | 层数 |
# | $K$ | 整数 | 窗口大小 |
# | $d$ | 整数 | 空洞率，各层相同；紧邻为 1 |
#
# 反过来，$d = 1$ 时要看到连续 $m$ 个词，需要的层数是
#
# $$n = \left\lceil \frac{m - 1}{K - 1} \right\rceil$$
#
# **手算。** $m = 21$ 个词、$K = 3$：$20/2 = 10$ 层；$K = 5$ 则五层。金字塔里四个词、$K = 2$：$3/1 = 3$，与图一致。
# 11 个词、$K = 5$：$10/4 = 2.5$，所以三层。
#
# 说“盖住整句话”要当心。公式数的是*左右两边*的词。如果要让最左边的输出看到最右边的词，就得全靠一侧的视野：
# 窗口居中、大小为 3、21 个词，需要 20 层，而不是 10 层。

# %% [markdown] lang="en"
# **Exercise.** `receptive_field(kernel_size, num_layers, dilation=1)` takes whole numbers and gives $r$, a whole
# number.
#
# <details><summary>Hint 1</summary>Begin with no layer at all, whatever the kernel size.</details>
# <details><summary>Hint 2</summary>How much does one layer add? How many layers are there?</details>

# %% [markdown] lang="zh"
# **练习。** `receptive_field(kernel_size, num_layers, dilation=1)`：输入是整数，返回整数 $r$。
#
# <details><summary>提示一</summary>先想一层也没有的情形，这时窗口多大都无所谓。</details>
# <details><summary>提示二</summary>一层增加多少？一共有多少层？</details>

# %% exercise="receptive_field"

# %% [markdown] lang="en"
# **Is it true? Measure it.** We stack real convolutions with random weights, exchange one input word at a time, and see
# whether the *last* output moves. The windows end at their word (`padding="causal"`), so its whole reach lies on
# one side. First comes your formula, then how many words moved the output. Below, the layers that it takes for a
# sentence of $m$ words: does the last output notice the first word, with one layer less, and with just as many?

# %% [markdown] lang="zh"
# **是真的吗？量一量。** 我们叠起几层真正的卷积，权重随机，每次换掉一个输入词，看*最后一个*输出动不动。
# 窗口到当前词为止（`padding="causal"`），所以视野全在一侧。斜线前面是你的公式，后面是多少个词能让输出移动。
# 再往下看 $m$ 个词的句子需要几层：少一层时，最后一个输出察觉得到第一个词吗？层数刚好时呢？

# %%
def noticed(kernel_size, dilations, length):
    keras.utils.set_random_seed(len(dilations))
    stack = keras.Sequential(
        [
            keras.layers.Conv1D(8, kernel_size, padding="causal", dilation_rate=d)
            for d in dilations
        ]
    )
    return pictures.influence(stack, length, 8)[:, -1] > 0


print(say("formula / measured", "公式 / 测量"))
for K in (2, 3, 5):
    both = (
        f"n = {n}: {receptive_field(K, n)} / {noticed(K, [1] * n, length=20).sum()}"
        for n in (1, 2, 3, 4)
    )
    print(f"K = {K}:  ", "     ".join(both))
print(say("does it notice the first of m words?", "察觉得到 m 个词的第一个吗？"))
for m, K in ((4, 2), (11, 5), (21, 3), (21, 5)):
    n = math.ceil((m - 1) / (K - 1))
    less, enough = (bool(noticed(K, [1] * layers, m)[0]) for layers in (n - 1, n))
    print(f"m = {m:2}, K = {K}:  n = {n - 1}: {less},  n = {n}: {enough}")

# %% [markdown] lang="en"
# **What to notice.** Formula and measurement agree, and one layer less is one too few. (“Moved” means by more than a
# millionth of the largest output: less than that can be rounding.) Try sentences and kernels of your own.
#
# **Dilation.** Now the formula's $d$. Three layers with $K = 2$, windows that end at their word: on the left the
# dilation 2 in every layer, on the right 1, 2 and 4. Both have the same number of weights.

# %% [markdown] lang="zh"
# **注意观察。** 公式与测量一致；少一层，就恰好不够。（“移动”是指超过最大输出的百万分之一，更小的可能只是舍入误差。）
# 请换上你自己的句长和窗口试试。
#
# **空洞率。** 再看公式里的 $d$。三层 $K = 2$ 的卷积，窗口到当前词为止：左图每层的空洞率都是 2，右图依次为 1、2、4。
# 两边的权重一样多。

# %%
stacks = {
    say(f"dilations {d[0]}, {d[1]}, {d[2]}", f"空洞率 {d[0]}、{d[1]}、{d[2]}"): d
    for d in ([2, 2, 2], [1, 2, 4])
}
show(
    pictures.pyramid(sentence, 2, stacks, place=len(sentence) - 1, centred=False),
    say(
        "Two stacks of three layers over eleven characters. Left, dilation 2 everywhere: the last "
        "output reaches back seven characters but sees only every second, four in all. Right, "
        "dilations 1, 2, 4: it sees eight characters in a row.",
        "十一个字上的两个三层卷积。左图每层空洞率都是 2：最后一个输出往回够到七个字，却隔一个看一个，一共四个。"
        "右图空洞率为 1、2、4：连续看到八个字。",
    ),
)
print(say("your function, dilation 2:", "你的函数，空洞率 2："), receptive_field(2, 3, dilation=2))
for title, dilations in stacks.items():
    print(f"{title}{say(', measured:', '，实测：')}", noticed(2, dilations, len(sentence)).sum())

# %% [markdown] lang="en"
# **What to notice.** On the left the receptive field reaches over 7 words, as your function says, but it has holes: it
# sees 4 of them. On the right, three layers see 8 words without a hole, for every layer doubles what is seen. With
# doubled dilations, about $\log_2 m$ layers see $m$ words; with neighbours only, $K = 2$ takes $m - 1$.

# %% [markdown] lang="zh"
# **注意观察。** 左边的感受野跨过 7 个词，与你的函数一致，但它有洞，其中只看得到 4 个。右边三层就连续看到 8 个词，
# 因为每一层都让视野加倍。空洞率逐层加倍时，看到 $m$ 个词大约只要 $\log_2 m$ 层；若只取紧邻的词，$K = 2$ 需要 $m - 1$ 层。

# %% [markdown] lang="en"
# ## 3. Locality: who notices a change?
#
# Turn the question around. Not “what does this output see?” but “I exchange one word: which outputs move?” We ask four
# layers that all give one vector for each word: an RNN, one convolution with $K = 3$, three of them, and
# [self-attention](glossary.md#self-attention). Each row of a panel is one exchanged word, each column an output. Draw
# the four patterns on paper first.

# %% [markdown] lang="zh"
# ## 3. 局部性：谁察觉到变化？
#
# 把问题倒过来。不问“这个输出看得到什么”，而问“我换掉一个词，哪些输出会动”。我们拿四种层来试，它们都给每个词一个向量：
# RNN；一层 $K = 3$ 的卷积；三层这样的卷积；[自注意力](glossary.md#self-attention)。每张图里，一行是一个被换掉的词，
# 一列是一个输出。请先在纸上画出这四种花样。

# %%
width = 64
keras.utils.set_random_seed(0)
inputs = keras.Input((None, width))
recurrent = keras.layers.SimpleRNN(width, return_sequences=True)
convolutions = [keras.layers.Conv1D(width, 3, padding="same") for _ in range(3)]
attending = keras.Model(inputs, MultiHeadAttention(width, num_heads=1)(inputs, inputs))
moved = {
    name: pictures.influence(layer, len(sentence), width)
    for name, layer in {
        "RNN": recurrent,
        say("CNN, 1 layer", "CNN，1 层"): convolutions[0],
        say("CNN, 3 layers", "CNN，3 层"): keras.Sequential(convolutions),
        say("self-attention", "自注意力"): attending,
    }.items()
}
show(
    pictures.reach(moved, sentence),
    say(
        "Four squares of eleven by eleven. RNN: the diagonal and everything right of it is dark. "
        "One convolution: a band of three along the diagonal. Three convolutions: a band of seven. "
        "Self-attention: all dark.",
        "四个十一乘十一的方阵。RNN：对角线及其右侧全是深色。一层卷积：沿对角线宽为三的一条带。"
        "三层卷积：宽为七的带。自注意力：全是深色。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The RNN passes a change on to every later word. One convolution keeps it among the neighbours:
# three outputs, and all others are exactly as before. Three layers widen the band to $1 + 3\cdot 2 = 7$.
# Self-attention tells everyone. The band is at the same time the strength and the weakness of a convolution: what
# stands close together is learned once and holds everywhere in the sentence; what stands far apart needs many layers,
# or attention.
#
# | | steps in order | layers or steps from a word to one at the distance $a$ | multiplications in a layer, width $D$ |
# |---|---|---|---|
# | RNN | $n$ | $a$ | $2nD^2$ |
# | convolution | 1 for each layer | $\lceil a / ((K-1)/2)\rceil$, centred, $K$ odd | $KnD^2$ |
# | self-attention | 1 for each layer | 1 | $4nD^2 + 2n^2D$ |
#
# (For the RNN $D^2$ for the word and $D^2$ for the state. For attention $4nD^2$ for the matrices of query, key, value
# and output, $n^2D$ for the scores and $n^2D$ for the weighted sums.)

# %% [markdown] lang="zh"
# **注意观察。** RNN 把变化传给后面的每一个词。一层卷积把它留在邻居之间：只有三个输出动了，其余分毫不差。
# 三层把带子加宽到 $1 + 3\cdot 2 = 7$。自注意力则告诉了所有的词。这条带既是卷积的长处，也是它的短处：挨在一起的东西，
# 学会一次就处处适用；离得远的东西，则要许多层，或者注意力。
#
# | | 依次的步数 | 从一个词到距离为 $a$ 的词，要几层或几步 | 一层的乘法次数，宽度为 $D$ |
# |---|---|---|---|
# | RNN | $n$ | $a$ | $2nD^2$ |
# | 卷积 | 每层 1 步 | $\lceil a / ((K-1)/2)\rceil$（居中，$K$ 为奇数） | $KnD^2$ |
# | 自注意力 | 每层 1 步 | 1 | $4nD^2 + 2n^2D$ |
#
# （RNN：词要乘 $D^2$ 次，状态也要 $D^2$ 次。自注意力：查询、键、值和输出的矩阵共 $4nD^2$ 次，分数 $n^2D$ 次，
# 加权和 $n^2D$ 次。）

# %% [markdown] lang="en"
# ## 4. Time against length
#
# **By hand.** With $D = 64$, $K = 3$ and $n = 64$ words: the RNN multiplies $2\cdot 64\cdot 64^2 = 524288$ times, the
# convolution $3\cdot 64^3 = 786432$ times, self-attention $4\cdot 64^3 + 2\cdot 64^3 = 1572864$ times. So the RNN has
# the least to do. Is it the fastest?
#
# **An experiment.** We run one layer of each, compiled, on four sentences at once, from 16 to 1024 words. On the right
# stands what can be *counted*; that is the same on every machine. On the left, what this machine *needs*. Say first:
# which curve will be highest at 1024 words? Which one gets steeper towards the end?

# %% [markdown] lang="zh"
# ## 4. 时间与长度
#
# **手算。** 取 $D = 64$、$K = 3$、$n = 64$ 个词：RNN 要乘 $2\cdot 64\cdot 64^2 = 524288$ 次，卷积
# $3\cdot 64^3 = 786432$ 次，自注意力 $4\cdot 64^3 + 2\cdot 64^3 = 1572864$ 次。RNN 的活最少，它最快吗？
#
# **实验。** 三种层各取一层，编译之后一次处理四句话，句长从 16 到 1024 个词。右图是*数*出来的次数，在哪台机器上都一样；
# 左图是这台机器*用掉*的时间。先猜一猜：1024 个词时哪条曲线最高？哪条越到后面越陡？

# %%
lengths = [16, 32, 64, 128, 256, 512, 1024]
batch = np.random.default_rng(0).normal(size=(4, max(lengths), width)).astype("float32")
racers = {"RNN": recurrent, "CNN": convolutions[0], say("self-attention", "自注意力"): attending}
measured = {name: seconds(layer, batch, lengths, repeats=5) for name, layer in racers.items()}
formulas = (
    lambda n: 2 * n * width**2,
    lambda n: 3 * n * width**2,
    lambda n: 4 * n * width**2 + 2 * n**2 * width,
)
counted = {name: [f(n) for n in lengths] for name, f in zip(racers, formulas)}
print(say("from 512 to 1024 words, times:", "从 512 个词到 1024 个词，变为几倍："))
for name in racers:
    time_ratio, count_ratio = (each[name][-1] / each[name][-2] for each in (measured, counted))
    print(
        say(
            f"  {name}: time × {time_ratio:.1f}, multiplications × {count_ratio:.1f}",
            f"  {name}：时间 × {time_ratio:.1f}，乘法 × {count_ratio:.1f}",
        )
    )
show(
    pictures.race(lengths, measured, counted),
    say(
        "Two panels on logarithmic axes against the length. Left: the measured time of an RNN, a "
        "convolution and self-attention. Right: multiplications; those of the RNN and the "
        "convolution are straight and parallel, those of self-attention bend upwards.",
        "两张对数坐标图，横轴是句长。左图：RNN、卷积和自注意力实测的时间。右图：乘法次数，RNN 和卷积是两条平行的直线，"
        "自注意力的曲线往上弯。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The times are this machine's, and they jump a little each time you run the cell. Here is how to
# read them so that it holds on any machine.
#
# - Where a curve on the left is flat, a call pays its fixed price, and the words hardly count yet.
# - Where it rises, look at its slope. Twice the words, twice the time: on these axes that is as steep as the RNN's line
#   on the right. Four times the time: twice as steep.
# - Multiplications alone don't explain the order of the curves. The RNN has the fewest of all, but it can't do them
#   side by side: 1024 small steps, one after the other. The more a machine can do at once, the more that costs.
# - Self-attention bends on the right, from about $n = 2D = 128$ words on, where $2n^2D$ overtakes $4nD^2$. Whether
#   you see the bend on the left depends on whether your machine is busy yet: the longer the sentences, the clearer.
#
# And one thing that the picture *doesn't* say: this one convolution has seen 3 words, self-attention all 1024. To see
# that far, $K = 3$ takes 512 layers, or 9 with doubled dilations ($1 + 2\cdot(1 + 2 + \dots + 256) = 1023$: nearly).
# Speed for one layer isn't speed for the same job.

# %% [markdown] lang="zh"
# **注意观察。** 左图的时间属于这台机器，每次运行也会有些跳动。下面的读法，在任何机器上都成立。
#
# - 左图的曲线平坦的地方，花的是每次调用的固定开销，词的多少还不要紧。
# - 曲线上升的地方，请看斜率。词加倍、时间也加倍，就和右图 RNN 那条线一样陡；时间变为四倍，斜率就是它的两倍。
# - 光看乘法次数，解释不了曲线的高低。RNN 的乘法最少，但不能同时做：1024 小步，一步接一步。
#   机器能同时做的事越多，这样排队就越吃亏。
# - 右图中，自注意力大约从 $n = 2D = 128$ 个词起往上弯，因为那里 $2n^2D$ 超过了 $4nD^2$。左图中看不看得到这个弯，
#   取决于你的机器是否已经忙起来：句子越长越明显。
#
# 图里还有一件事*没有*说：这一层卷积只看了 3 个词，自注意力看了全部 1024 个。要看那么远，$K = 3$ 需要 512 层；
# 空洞率逐层加倍则要 9 层（$1 + 2\cdot(1 + 2 + \dots + 256) = 1023$，只差一个）。一层快，不等于做完同样的事也快。

# %% [markdown] lang="en"
# ## 5. A gate for every number
#
# A convolution is linear; without something in between, a stack of them would be one wide convolution. The translator
# uses a gate. The convolution makes $2F$ numbers for each word, and one half decides how much of the other passes:
#
# $$\mathrm{GLU}([a, b]) = a \cdot \sigma(b), \qquad \sigma(b) = \frac{1}{1 + e^{-b}}$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $[a, b]$ | (…, 2F) | what the convolution gives, $a$ first |
# | $a$ | (…, F) | what may pass |
# | $\sigma(b)$ | (…, F) | the gate: a number between 0 and 1 for each number of $a$ |
#
# This is a [gated linear unit](glossary.md#gated-linear-unit). An LSTM's output gate does the same with
# $\tanh(a)$ in the place of $a$. Without the tanh, the derivative with respect to $a$ is $\sigma(b)$: where the gate is
# open, the [gradient](glossary.md#gradient) passes nearly unchanged, however large $a$ is.
#
# **By hand.** Let $F = 2$ and the input $[2, -1, 0, \ln 3]$. Then $a = (2, -1)$ and $b = (0, \ln 3)$. The gates are
# $\sigma(0) = \tfrac12$ and $\sigma(\ln 3) = \tfrac{1}{1 + 1/3} = \tfrac34$. The output is $(1, -\tfrac34)$. Note which
# belongs to which: the first number of $a$ goes with the first of $b$, not with its neighbour.

# %% [markdown] lang="zh"
# ## 5. 给每个数一道门
#
# 卷积是线性的；中间不加点什么，叠多少层都只等于一个更宽的卷积。这个翻译模型用的是门。卷积为每个词算出 $2F$ 个数，
# 其中一半决定另一半通过多少：
#
# $$\mathrm{GLU}([a, b]) = a \cdot \sigma(b), \qquad \sigma(b) = \frac{1}{1 + e^{-b}}$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $[a, b]$ | (…, 2F) | 卷积的结果，$a$ 在前 |
# | $a$ | (…, F) | 等着通过的数 |
# | $\sigma(b)$ | (…, F) | 门：$a$ 的每个数配一个 0 到 1 之间的数 |
#
# 这就是[门控线性单元](glossary.md#gated-linear-unit)。LSTM 的输出门做法相同，只是 $a$ 换成了 $\tanh(a)$。
# 去掉 tanh 之后，对 $a$ 的导数就是 $\sigma(b)$：门开着的地方，无论 $a$ 多大，[梯度](glossary.md#gradient)都几乎原样通过。
#
# **手算。** 设 $F = 2$，输入为 $[2, -1, 0, \ln 3]$，则 $a = (2, -1)$，$b = (0, \ln 3)$。门是 $\sigma(0) = \tfrac12$ 和
# $\sigma(\ln 3) = \tfrac{1}{1 + 1/3} = \tfrac34$，输出为 $(1, -\tfrac34)$。注意谁和谁配：$a$ 的第一个数配 $b$ 的第一个数，
# 而不是配它旁边的数。

# %% [markdown] lang="en"
# **Exercise.** `gated_linear_unit(x)` takes (…, 2F) and gives (…, F), whatever stands in front of the last axis.
#
# <details><summary>Hint 1</summary>Cut the last axis in the middle.</details>
# <details><summary>Hint 2</summary><code>ops.split</code> cuts into equal parts; <code>ops.sigmoid</code> is
# allowed.</details>

# %% [markdown] lang="zh"
# **练习。** `gated_linear_unit(x)`：输入 (…, 2F)，返回 (…, F)，最后一个轴之前有什么轴都可以。
#
# <details><summary>提示一</summary>把最后一个轴从中间切开。</details>
# <details><summary>提示二</summary><code>ops.split</code> 切成相等的几份；<code>ops.sigmoid</code> 可以用。</details>

# %% exercise="gated_linear_unit"

# %%
def glu(a, b):
    both = np.stack(np.broadcast_arrays(a, b), axis=-1).astype("float32")
    return ops.convert_to_numpy(gated_linear_unit(ops.convert_to_tensor(both)))[..., 0]


print(ops.convert_to_numpy(gated_linear_unit(ops.convert_to_tensor([2.0, -1.0, 0.0, math.log(3)]))))
axis = np.linspace(-6, 6, 121)
show(
    pictures.gate(
        (axis, {f"a = {a:g}": glu(a, axis) for a in (2.0, 1.0, -1.0)}),
        (axis, {f"b = {b:g}": glu(axis, b) for b in (4.0, 0.0, -4.0)}),
    ),
    say(
        "Left: against b, the output climbs from 0 to a, an S-curve for each a; for a = −1 it sinks "
        "to −1. Right: against a, straight lines through the origin; for b = 4 almost a itself, for "
        "b = 0 half as steep, for b = −4 almost flat.",
        "左图：横轴为 b，输出沿 S 形曲线从 0 升到 a；a = −1 时降到 −1。右图：横轴为 a，都是过原点的直线；"
        "b = 4 时几乎就是 a 本身，b = 0 时斜率减半，b = −4 时几乎是平的。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** On the left it is a switch: with $b$ far below 0 nothing passes, with $b$ far above 0 all of $a$.
# On the right it is a straight line for each $b$, with the slope $\sigma(b)$; it never levels off as a tanh would.

# %% [markdown] lang="zh"
# **注意观察。** 左图里它是一个开关：$b$ 远小于 0 时什么也不过，远大于 0 时 $a$ 全部通过。右图里，每个 $b$ 对应一条直线，
# 斜率是 $\sigma(b)$，不会像 tanh 那样渐渐变平。

# %% [markdown] lang="en"
# ## 6. Never see the future
#
# A [decoder](glossary.md#decoder) is trained on all positions at once. At each position it is fed the words up to
# there, and has to name the next one. But the next one is in its input too: one place to the right. If a window
# reaches there, the answer is given away. The picture shows 我喜欢猫, “I like cats”: 我 I, 喜欢 like, 猫 cat. Below stands
# what the decoder is fed, above what it has to write.

# %% [markdown] lang="zh"
# ## 6. 绝不看未来
#
# 训练[解码器](glossary.md#decoder)时，所有位置一起算。每个位置读入到此为止的词，要写出下一个词。可是下一个词也在输入里，
# 就在右边一格。窗口要是伸到那里，答案就泄露了。图中以“我喜欢猫”为例：下面是解码器读入的，上面是它要写的。

# %%
fed = [say("(start)", "（起始）"), "我", "喜欢", "猫"]
show(
    pictures.leak(fed, [*fed[1:], say("(end)", "（结束）")]),
    say(
        "Two panels, windows of three. Left, centred: each output has a dashed orange line from the "
        "token on its right, which is the very word that it has to write. Right, causal: lines come "
        "only from its own place and from two to the left; two zeros stand before the first token.",
        "两张图，窗口为三。左图窗口居中：每个输出都有一条橙色虚线来自右边一格，那正是它要写的词。"
        "右图为因果窗口：线只来自它自己和左边两格；第一个词元之前有两个零。",
    ),
)

# %% [markdown] lang="en"
# So the window is pushed to the left until it ends at its word. That is a
# [causal convolution](glossary.md#causal-convolution):
#
# $$y_t = b + \sum_{k=0}^{K-1} x_{t-(K-1)+k} W_k$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $x$ | (B, T, D) | the input; $x_s = 0$ for $s$ before the first word |
# | $W$ | (K, D, F) | `kernel`: $W_{K-1}$ meets the present, $W_0$ what is $K - 1$ steps back |
# | $b$ | (F,) | `bias` |
# | $y$ | (B, T, F) | as long as the input |
#
# **By hand.** $D = F = 1$, $K = 3$, $W = (1, 10, 100)$, $b = 0$, the inputs 1, 2, 3, 4. The hundreds digit is the
# present:
#
# - $y_0 = 100\cdot 1 = 100$
# - $y_1 = 10\cdot 1 + 100\cdot 2 = 210$
# - $y_2 = 1 + 20 + 300 = 321$
# - $y_3 = 2 + 30 + 400 = 432$
#
# With the window in the middle (“same” padding) we get 210, 321, 432 and $3 + 40 = 43$. Look at both rows: the centred
# one is the causal one, read one step later. And its first output has the 2 as its hundreds digit: the future.

# %% [markdown] lang="zh"
# 所以把窗口往左推，推到以当前词结束为止。这就是[因果卷积](glossary.md#causal-convolution)：
#
# $$y_t = b + \sum_{k=0}^{K-1} x_{t-(K-1)+k} W_k$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $x$ | (B, T, D) | 输入；$s$ 在第一个词之前时，$x_s = 0$ |
# | $W$ | (K, D, F) | `kernel`：$W_{K-1}$ 对着现在，$W_0$ 对着 $K - 1$ 步之前 |
# | $b$ | (F,) | `bias`，偏置 |
# | $y$ | (B, T, F) | 与输入一样长 |
#
# **手算。** $D = F = 1$，$K = 3$，$W = (1, 10, 100)$，$b = 0$，输入为 1、2、3、4。百位数就是“现在”：
#
# - $y_0 = 100\cdot 1 = 100$
# - $y_1 = 10\cdot 1 + 100\cdot 2 = 210$
# - $y_2 = 1 + 20 + 300 = 321$
# - $y_3 = 2 + 30 + 400 = 432$
#
# 窗口居中（“same”填充）时，得到 210、321、432 和 $3 + 40 = 43$。对比这两行：居中的结果就是因果的结果晚一步去读。
# 而它的第一个输出，百位数是 2，那是未来。

# %% [markdown] lang="en"
# **Exercise.** `CausalConv1D(filters, kernel_size)`: a layer from (B, T, D) to (B, T, F), with the weights `kernel` and
# `bias` of the shapes above. The names matter: the checks put known weights there. Nothing at $t$ may depend on what
# comes after $t$.
#
# <details><summary>Hint 1</summary>How many zeros must stand before the first word so that the first window, which
# ends there, is full? And after the last word?</details>
# <details><summary>Hint 2</summary><code>ops.pad</code> takes for each axis how much to put before and after it. Only
# the axis of time gets any.</details>
# <details><summary>Hint 3</summary><code>ops.conv</code> pads nothing unless told to; it takes the kernel in the shape
# (K, D, F). Weights are made in <code>build</code> with <code>self.add_weight</code>: the input's width is the last
# entry of <code>input_shape</code>.</details>

# %% [markdown] lang="zh"
# **练习。** `CausalConv1D(filters, kernel_size)`：把 (B, T, D) 变成 (B, T, F) 的层，权重 `kernel` 和 `bias` 的形状如上。
# 名字很重要：检查会把已知的权重放进去。$t$ 处的结果不得依赖 $t$ 之后的任何东西。
#
# <details><summary>提示一</summary>第一个窗口在第一个词处结束。要让它填满，第一个词之前得有几个零？最后一个词之后呢？</details>
# <details><summary>提示二</summary><code>ops.pad</code> 要为每个轴说明前后各补多少。只有时间轴需要补。</details>
# <details><summary>提示三</summary><code>ops.conv</code> 默认不补零，卷积核的形状为 (K, D, F)。权重在 <code>build</code>
# 里用 <code>self.add_weight</code> 创建，输入的宽度是 <code>input_shape</code> 的最后一项。</details>

# %% exercise="CausalConv1D"

# %%
numbers = ops.convert_to_tensor(np.array([1, 2, 3, 4], "float32").reshape(1, 4, 1))
for name, layer in {
    say("causal", "因果"): CausalConv1D(1, 3),
    "same": keras.layers.Conv1D(1, 3, padding="same"),
}.items():
    layer.build((1, 4, 1))
    layer.kernel.assign(np.array([1, 10, 100], "float32").reshape(3, 1, 1))
    print(name, ops.convert_to_numpy(layer(numbers))[0, :, 0].tolist())
keras.utils.set_random_seed(0)
kinds = {
    say("same padding", "same 填充"): lambda: keras.layers.Conv1D(32, 3, padding="same"),
    say("causal padding", "因果填充"): lambda: CausalConv1D(32, 3),
}
show(
    pictures.reach(
        {name: pictures.influence(make(), len(sentence), 16) for name, make in kinds.items()},
        sentence,
    ),
    say(
        "Two squares, one row for each exchanged character. Same: a band of three around the "
        "diagonal; the squares left of it are outputs that moved before the exchanged character "
        "came. Causal: a band of three from the diagonal to the right.",
        "两个方阵，每一行是一个被换掉的字。same：对角线两侧宽为三的带，对角线左边的格子，"
        "是被换掉的字还没到就动了的输出。因果：从对角线起往右宽为三的带。",
    ),
)

# %% [markdown] lang="en"
# **An experiment: the leak, seen.** We need a task that nobody can solve honestly. Random digits: name the next one.
# Whoever has seen only the past can do no better than to give each digit a tenth, and has the loss
# ([cross-entropy](glossary.md#cross-entropy)) $\ln 10 = 2.303$. A loss below that is cheating. Two small models, the
# same but for the padding. We draw new digits all the time, so there is nothing to learn by heart.
#
# Afterwards each model must *write*: it gets the first eight tokens and nothing else, and names the next digit.

# %% [markdown] lang="zh"
# **实验：亲眼看看泄露。** 我们要一个谁也不可能老实做到的任务：给出一串随机数字，说出下一个。只看过去的话，
# 最好的办法就是每个数字各给十分之一，损失（[交叉熵](glossary.md#cross-entropy)）为 $\ln 10 = 2.303$。
# 比这还低，就是作弊。两个小模型只有填充方式不同。数字一直在换新的，所以背也背不下来。
#
# 然后让每个模型真的来*写*：只给前八个词元，别的什么也没有，让它说出下一个数字。

# %%
def digits(count, seed):
    right = np.random.default_rng(seed).integers(0, 10, (count, 20)).astype("int32")
    start = np.full((count, 1), 10, "int32")
    return np.concatenate([start, right[:, :-1]], axis=1), right


def next_digit_model(convolution):
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [keras.layers.Embedding(11, 16), convolution, keras.layers.ReLU(), keras.layers.Dense(10)]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


guessers = {name: next_digit_model(make()) for name, make in kinds.items()}
loss = {
    name: [
        model.fit(*digits(320, seed), batch_size=32, verbose=0).history["loss"][0]
        for seed in range(10)
    ]
    for name, model in guessers.items()
}
show(
    pictures.losses(range(10, 101, 10), loss, math.log(10)),
    say(
        "Loss against training steps. With causal padding it stays on the dashed line at 2.303; with "
        "same padding it falls far below it.",
        "损失随训练步数的变化。因果填充时一直贴着 2.303 处的虚线；same 填充时远远落到它下面。",
    ),
)
tokens, right = digits(500, seed=99)
for name, model in guessers.items():
    trained_on = (model.predict(tokens, verbose=0).argmax(-1) == right).mean()
    begun = model.predict(tokens[:, :8], verbose=0)[:, -1].argmax(-1)
    written = (begun == right[:, 7]).mean()
    print(
        say(
            f"{name}: right with the answers in the input {trained_on:.2f}, when writing {written:.2f}",
            f"{name}：答案在输入里时，答对 {trained_on:.2f}；自己写时，答对 {written:.2f}",
        )
    )

# %% [markdown] lang="en"
# **What to notice.** With same padding the model seems to foretell random numbers. (Not all of them: at the last of
# the 20 places the window holds a zero instead of the answer.) When it has to write, the answer isn't there yet, and
# it is left with guessing: about one in ten. It has learned to copy, nothing else. The causal model is no better at
# guessing, for nobody is; but its loss told the truth. So a training loss that is too good is a reason to look for a
# leak. The test is the one of the map above: exchange what comes later, and see whether anything before it moves.

# %% [markdown] lang="zh"
# **注意观察。** same 填充的模型好像能预言随机数。（也不是全部：20 个位置的最后一个，窗口里放的是零，不是答案。）
# 等到要它自己写，答案还不存在，它只能瞎猜，大约十次对一次。它学会的只有抄。因果的模型猜得并不更好，因为谁也猜不好；
# 但它的损失说了实话。所以，训练损失好得过分，就该查一查有没有泄露。查的办法就是上面那张图：换掉后面的词，看前面有没有什么动了。

# %% [markdown] lang="en"
# ## 7. One block
#
# Convolution, gate, and a [residual connection](glossary.md#residual-connection): the input is added to what was
# computed from it.
#
# $$y = (x + \mathrm{GLU}(\mathrm{conv}(x))) \sqrt{0.5}$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $x$, $y$ | (B, T, F) | input and output |
# | $\mathrm{conv}(x)$ | (B, T, 2F) | `convolution`, a `CausalConv1D(2 * filters, kernel_size)` |
# | mask | (B, T) | True at real words |
#
# **Why $\sqrt{0.5}$?** If two numbers are uncorrelated and have the variance 1, their sum has the variance 2. Times
# $\sqrt{0.5}$ it has $2\cdot 0.5 = 1$ again. **By hand:** $x = 3$ and a gated result of $1$ give
# $4\cdot 0.7071 = 2.828$.
#
# **Around its word, or ending there.** In the decoder the block is causal. In the [encoder](glossary.md#encoder) the
# whole sentence is there from the start, so the window may surround its word, with $K // 2$ words to the right. You
# have seen in section 6 how the one is made from the other: 100, 210, 321, 432 and 210, 321, 432, 43.
#
# **Padding.** Short sentences of a [batch](glossary.md#batch) are filled up with id 0. An
# [embedding](glossary.md#embedding) makes a vector of that too, and the windows of the last words reach into it. So the
# block sets padded places to zero before it convolves. Then a sentence is read as if it stood alone, with the zeros at
# its rim.

# %% [markdown] lang="zh"
# ## 7. 一个块
#
# 卷积、门，再加一条[残差连接](glossary.md#residual-connection)：把输入加到由它算出的结果上。
#
# $$y = (x + \mathrm{GLU}(\mathrm{conv}(x))) \sqrt{0.5}$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $x$、$y$ | (B, T, F) | 输入和输出 |
# | $\mathrm{conv}(x)$ | (B, T, 2F) | `convolution`，即 `CausalConv1D(2 * filters, kernel_size)` |
# | 掩码 | (B, T) | 真实的词处为 True |
#
# **为什么是 $\sqrt{0.5}$？** 两个不相关、方差都是 1 的数，和的方差是 2。乘以 $\sqrt{0.5}$ 后是 $2\cdot 0.5 = 1$，又回来了。
# **手算：** $x = 3$，门控之后的结果是 $1$，则输出 $4\cdot 0.7071 = 2.828$。
#
# **居中，还是到当前词为止。** 解码器里的块是因果的。[编码器](glossary.md#encoder)一开始就有整句话，窗口可以居中，
# 右侧有 $K // 2$ 个词。怎样由一个得到另一个，第 6 节已经看到了：100、210、321、432 与 210、321、432、43。
#
# **填充。** 一个[批量](glossary.md#batch)里的短句子用编号 0 补齐。[词嵌入](glossary.md#embedding)也会给它一个向量，
# 而最后几个词的窗口会伸到那里去。所以块在卷积之前先把填充处置零。这样，读一句话就像它单独站在那里、两端补零一样。

# %% [markdown] lang="en"
# **Exercise.** `ConvBlock(filters, kernel_size, causal=False)`: called with `x` (B, T, F) and perhaps `mask` (B, T), it
# gives (B, T, F).
#
# <details><summary>Hint 1</summary>A centred window is a causal one, read a few steps later. What must be there so that
# the last words can be read later, too?</details>
# <details><summary>Hint 2</summary>Put <code>kernel_size // 2</code> zeros behind the sentence, convolve, and drop as many
# outputs at the front.</details>
# <details><summary>Hint 3</summary>The mask is (B, T), the input (B, T, F): the mask needs one more axis, and numbers
# instead of booleans (<code>ops.cast</code>).</details>

# %% [markdown] lang="zh"
# **练习。** `ConvBlock(filters, kernel_size, causal=False)`：以 `x` (B, T, F) 调用，也可以给 `mask` (B, T)，返回 (B, T, F)。
#
# <details><summary>提示一</summary>居中的窗口就是晚几步去读的因果窗口。要让最后几个词也能晚几步读，后面得有什么？</details>
# <details><summary>提示二</summary>在句子后面补 <code>kernel_size // 2</code> 个零，做卷积，再丢掉开头同样多个输出。</details>
# <details><summary>提示三</summary>掩码是 (B, T)，输入是 (B, T, F)：掩码要多一个轴，还要从布尔值变成数
# （<code>ops.cast</code>）。</details>

# %% exercise="ConvBlock"

# %% [markdown] lang="en"
# **An experiment: what stands in the padding?** Five words, alone and with three padded places that hold garbage. How
# far does each of the five outputs move? Once without a mask, once with it. Then two blocks: the second one without the
# mask, and with it. (“Without” is a mask that is True everywhere. Leaving it out isn't the same: where a layer supports
# masking, Keras hands the mask of its input on by itself.) Say first which numbers must be 0.

# %% [markdown] lang="zh"
# **实验：填充处放的是什么？** 五个词，先单独放，再在后面加三个填充位置，里面放些乱数。五个输出各移动多少？先不用掩码，
# 再用掩码。然后用两个块，第二个块不用掩码或用掩码。（“不用”是给一个处处为 True 的掩码。干脆不写并不一样：
# 支持掩码的层，Keras 会自动把输入的掩码传下去。）先想好：哪些数必须是 0？

# %%
keras.utils.set_random_seed(0)
first, second = ConvBlock(16, 3), ConvBlock(16, 3)
words_only = keras.random.normal((1, 5, 16), seed=1)
filled = ops.concatenate([words_only, 10 * keras.random.normal((1, 3, 16), seed=2)], axis=1)
real = ops.convert_to_tensor([[True] * 5 + [False] * 3])
everywhere = ops.ones_like(real)


def how_far(padded, alone):
    padded, alone = ops.convert_to_numpy(padded), ops.convert_to_numpy(alone)
    return "  ".join(f"{d:.3f}" for d in np.abs(padded[:, :5] - alone).max(-1)[0])


alone_1 = first(words_only)
alone_2 = second(alone_1)
for name, padded, alone in (
    (say("1 block, no mask", "一个块，无掩码"), first(filled, mask=everywhere), alone_1),
    (say("1 block, mask", "一个块，有掩码"), first(filled, mask=real), alone_1),
    (
        say("2 blocks, only the first with the mask", "两个块，只有第一个用掩码"),
        second(first(filled, mask=real), mask=everywhere),
        alone_2,
    ),
    (
        say("2 blocks, both with the mask", "两个块，都用掩码"),
        second(first(filled, mask=real), mask=real),
        alone_2,
    ),
):
    print(how_far(padded, alone), "", name)

# %% [markdown] lang="en"
# **What to notice.** Without the mask, the garbage reaches the last word: its window holds one padded place. With it,
# nothing moves. But one cleaning isn't enough. After the first block the padded places aren't zero any more, for their
# windows reach back to real words. So every block cleans again.
#
# **An experiment: does $\sqrt{0.5}$ keep the variance?** It does if both parts of the sum have the same variance and
# are uncorrelated. Is that so? We send numbers of variance 1 through twelve blocks and measure. The gate lets only
# about half of a number pass, so much depends on the weights the convolution starts with. `gain` is the variance that
# it gives to its outputs, per variance of its inputs. About ⅔ is what Keras begins with here; 4 is what Gehring et al.
# (section 3.5) suggest for a layer in front of a gate.

# %% [markdown] lang="zh"
# **注意观察。** 没有掩码时，乱数影响到了最后一个词：它的窗口里有一个填充位置。有了掩码，什么都不动。但清理一次还不够：
# 过了第一个块，填充处又不是零了，因为它们的窗口往回伸到了真实的词。所以每个块都要再清理一次。
#
# **实验：$\sqrt{0.5}$ 保得住方差吗？** 如果和的两部分方差相同、又不相关，就保得住。是这样吗？我们让方差为 1 的数穿过十二个块，
# 量一量。门平均只放过一半左右，所以卷积一开始的权重很要紧。`gain` 表示卷积让输出的方差变为输入的几倍。
# 在这里，Keras 一开始大约是 ⅔；Gehring 等人（第 3.5 节）建议，门前面的层用 4。

# %%
def variances(gain, factor=True, blocks=12, filters=64):
    x, found = keras.random.normal((8, 50, filters), seed=1), [1.0]
    for number in range(blocks):
        block = ConvBlock(filters, 3)
        block.build((None, None, filters))
        size = (gain / (3 * filters)) ** 0.5
        start = keras.random.normal((3, filters, 2 * filters), stddev=size, seed=number)
        block.convolution.kernel.assign(start)
        x = block(x) * (1.0 if factor else 2**0.5)
        found.append(float(ops.var(x)))
    return found


depths = list(range(13))
spread = {
    say("gain 4, without the factor", "gain 4，不乘系数"): variances(4, factor=False),
    "gain 4": variances(4),
    "gain 3": variances(3),
    "gain 2/3": variances(2 / 3),
}
show(
    pictures.depth(depths, spread),
    say(
        "Variance after 0 to 12 blocks, on a logarithmic axis. Without the factor it shoots up. With it "
        "and gain 4 it grows slowly, with gain 3 it stays near 1, with gain 2/3 it falls steadily.",
        "经过 0 到 12 个块之后的方差，纵轴为对数。不乘系数时急剧上升；乘系数、gain 为 4 时缓慢上升，"
        "gain 为 3 时在 1 附近，gain 为 2/3 时一路下降。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The factor isn't magic. Without it and with gain 4, the variance more than doubles in each block.
# With it, gain 4 makes it creep up, Keras's start lets it shrink to nearly nothing after twelve blocks, and something
# near 3 would hold it. (Gain 4 comes from reckoning with a gate of exactly ½, so a quarter of the variance passes. A
# gate that varies passes more.) With two blocks, as below, none of this matters much; with fifteen, as in some models
# of the paper, it does. Change `gain`, and see where the balance is.

# %% [markdown] lang="zh"
# **注意观察。** 这个系数并不神奇。gain 为 4、又不乘系数，方差每过一个块就增加一倍多。乘上系数之后，gain 为 4 时慢慢上升；
# 用 Keras 默认的初始权重，十二个块之后几乎降到没有；3 左右才大致稳得住。（4 是按“门恰好为 ½”算出来的，
# 那样方差通过四分之一；而门是有高有低的，通过的更多。）下面只用两个块，影响不大；像论文里有的模型那样用十五个块，就要紧了。
# 请改一改 `gain`，看看平衡点在哪里。

# %% [markdown] lang="en"
# ## 8. Attention from every block
#
# The decoder has to look at the source. In this translator, every block of the decoder has an attention of its own:
# what the first one has found is known when the second one asks. The paper calls it multi-step attention.
#
# $$q_t = h_t W + b + g_t\qquad a_t = \mathrm{softmax}(q_t \cdot z_s)\qquad c_t = \left(\sum_s a_{ts} (z_s + e_s)\right) W' + b'$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $h$ | (B, T, F) | the state: what the decoder's block has computed |
# | $g$ | (B, T, E) | the embeddings of the target words so far |
# | $q$ | (B, T, E) | the [queries](glossary.md#query); $W$, $b$ are `query_projection` |
# | $z$ | (B, S, E) | the [memory](glossary.md#memory): what the encoder's last block gave; these are the [keys](glossary.md#key) |
# | $e$ | (B, S, E) | the embeddings of the source words |
# | $a$ | (B, T, S) | the weights; each row sums to 1 |
# | $z + e$ | (B, S, E) | the [values](glossary.md#value) |
# | $c$ | (B, T, F) | the context; $W'$, $b'$ are `output_projection` |
#
# Three things differ from the attention of the next unit. The query knows which word was written last: $g_t$ is added.
# Keys and values aren't the same: a key is what the encoder made of a word *in its context*, a value is that plus the
# word itself. And nothing is divided by $\sqrt{d_k}$.
#
# **By hand.** $F = 1$, $E = 2$, one target word, two source words. $h = 1$, $W = (2, 1)$, $b = 0$, $g = (-1, -1)$. So
# $q = (2, 1) + (-1, -1) = (1, 0)$. The memory is $z_1 = (0, 1)$ and $z_2 = (\ln 3, 2)$. The scores are $0$ and
# $\ln 3$, the weights $\tfrac14$ and $\tfrac34$. With the embeddings $e_1 = (5, 3)$ and $e_2 = (7, 6)$, the second entries
# of the values are $1 + 3 = 4$ and $2 + 6 = 8$. Let $W' = (0, 1)^\top$ pick out the second entry, and $b' = 0$:
# $c = \tfrac14\cdot 4 + \tfrac34\cdot 8 = 7$.

# %% [markdown] lang="zh"
# ## 8. 每个块一次注意力
#
# 解码器得看源句。在这个翻译模型里，解码器的每个块都有自己的注意力：第一个块找到了什么，第二个块发问时已经知道。
# 论文称之为多步注意力。
#
# $$q_t = h_t W + b + g_t\qquad a_t = \mathrm{softmax}(q_t \cdot z_s)\qquad c_t = \left(\sum_s a_{ts} (z_s + e_s)\right) W' + b'$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $h$ | (B, T, F) | 状态：解码器的块算出的结果 |
# | $g$ | (B, T, E) | 已写的目标词的词嵌入 |
# | $q$ | (B, T, E) | [查询](glossary.md#query)；$W$、$b$ 即 `query_projection` |
# | $z$ | (B, S, E) | [记忆](glossary.md#memory)：编码器最后一个块的输出，用作[键](glossary.md#key) |
# | $e$ | (B, S, E) | 源句的词嵌入 |
# | $a$ | (B, T, S) | 权重，每行的和为 1 |
# | $z + e$ | (B, S, E) | [值](glossary.md#value) |
# | $c$ | (B, T, F) | 上下文；$W'$、$b'$ 即 `output_projection` |
#
# 与下一单元的注意力相比，有三点不同。查询知道上一个写的是什么词，因为加上了 $g_t$。键和值不是一回事：
# 键是编码器*结合上下文*读出来的结果，值还要加上词本身。另外，这里不除以 $\sqrt{d_k}$。
#
# **手算。** $F = 1$，$E = 2$，一个目标词，两个源词。$h = 1$，$W = (2, 1)$，$b = 0$，$g = (-1, -1)$，所以
# $q = (2, 1) + (-1, -1) = (1, 0)$。记忆为 $z_1 = (0, 1)$、$z_2 = (\ln 3, 2)$。分数是 $0$ 和 $\ln 3$，
# 权重是 $\tfrac14$ 和 $\tfrac34$。词嵌入为 $e_1 = (5, 3)$、$e_2 = (7, 6)$，则两个值的第二个分量是 $1 + 3 = 4$ 和
# $2 + 6 = 8$。让 $W' = (0, 1)^\top$ 取出第二个分量，$b' = 0$：$c = \tfrac14\cdot 4 + \tfrac34\cdot 8 = 7$。

# %% [markdown] lang="en"
# **Exercise.** `ConvAttention(units)`: called with `state` (B, T, F), `target_embedding` (B, T, E), `memory` and
# `source_embedding` (both (B, S, E)) and perhaps `memory_mask` (B, S), it gives the context (B, T, F) and the weights
# (B, T, S). E is `units`. The kit's `masked_softmax(scores, mask)` is there for you; masked weights are exactly 0.
#
# <details><summary>Hint 1</summary>Keys are the memory alone; values are memory plus embedding.</details>
# <details><summary>Hint 2</summary>How wide must <code>output_projection</code> be? Its width is that of the state, known
# only in <code>build</code>.</details>
# <details><summary>Hint 3</summary>The mask is (B, S), the scores are (B, T, S): one axis is missing, in the middle.</details>

# %% [markdown] lang="zh"
# **练习。** `ConvAttention(units)`：输入为 `state` (B, T, F)、`target_embedding` (B, T, E)、`memory` 和 `source_embedding`
# （都是 (B, S, E)），也可以给 `memory_mask` (B, S)；返回上下文 (B, T, F) 和权重 (B, T, S)。E 就是 `units`。
# 可以用课程提供的 `masked_softmax(scores, mask)`；被屏蔽的权重恰好为 0。
#
# <details><summary>提示一</summary>键只是记忆；值是记忆加词嵌入。</details>
# <details><summary>提示二</summary><code>output_projection</code> 该多宽？和状态一样宽，这要到 <code>build</code> 里才知道。</details>
# <details><summary>提示三</summary>掩码是 (B, S)，分数是 (B, T, S)：中间少一个轴。</details>

# %% exercise="ConvAttention"

# %%
def tensor(*rows):
    return ops.convert_to_tensor(np.array([rows], "float32"))


look = ConvAttention(2)
state, g = tensor([1.0]), tensor([-1.0, -1.0])
z, e = tensor([0.0, 1.0], [math.log(3), 2.0]), tensor([5.0, 3.0], [7.0, 6.0])
look(state, g, z, e)
look.query_projection.kernel.assign([[2.0, 1.0]])
look.output_projection.kernel.assign([[0.0], [1.0]])
for name, arguments in {
    say("by hand", "手算的例子"): (state, g, z, e),
    say("other embeddings", "换词嵌入"): (state, g, z, 2 * e),
    say("other memory", "换记忆"): (state, g, 2 * z, e),
    say("other last word", "换上一个词"): (state, 2 * g, z, e),
}.items():
    c, a = (ops.convert_to_numpy(each)[0, 0] for each in look(*arguments))
    print(f"{name}: a = {np.round(a, 3)}, c = {c[0]:.3f}")

# %% [markdown] lang="en"
# **What to notice.** Other source embeddings change what is taken, but not where the decoder looks: the weights stay.
# Another memory changes both. And the word that was written last changes where it looks, though the state is the same.

# %% [markdown] lang="zh"
# **注意观察。** 换掉源句的词嵌入，取到的东西变了，看的地方没变：权重不动。换掉记忆，两样都变。换掉上一个写的词，
# 状态虽然没变，看的地方却变了。

# %% [markdown] lang="en"
# ## 9. The translator
#
# All of it together: [embeddings](glossary.md#embedding) plus a vector for each position, a stack of blocks on either
# side, and an attention after every block of the decoder.

# %% [markdown] lang="zh"
# ## 9. 完整的翻译模型
#
# 现在把它们合起来：[词嵌入](glossary.md#embedding)加上每个位置的向量，两边各一叠块，解码器的每个块之后做一次注意力。

# %%
show(
    pictures.translator(2),
    say(
        "On the left the encoder: source words, embedding plus position, two blocks with windows "
        "around a word, and the memory. On the right the decoder: target so far, embedding plus "
        "position, two causal blocks, logits. Beside each decoder block an attention, fed from the "
        "memory, gets the block's state and sends a context back.",
        "左边是编码器：源句、词嵌入加位置、两个窗口居中的块、记忆。右边是解码器：已写的译文、词嵌入加位置、"
        "两个因果的块、logits。每个解码器的块旁边有一个注意力，它从记忆取得内容，接过块的状态，再送回上下文。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** A common summary says that the encoder turns the sentence into one vector of fixed length, in RNN,
# CNN and Transformer alike. For this translator that isn't so: its memory has a vector for *every* source word, (B, S,
# F), and grows with the sentence. (The same goes for an RNN with attention, and for the Transformer.)
#
# After each attention, the context is added to the state, with the factor of the block:
# $\text{state} \leftarrow (\text{state} + \text{context}) \sqrt{0.5}$.
#
# **Exercise.** `ConvSeq2Seq(source_vocabulary_size, target_vocabulary_size, filters, kernel_size, num_layers,
# max_length=256)` has the interface of all translators of the course:
#
# | method | gives |
# |---|---|
# | `encode(source)` | the memory: `(memory, source_embedding, source_mask)` |
# | `decode(target_in, memory)` | [logits](glossary.md#logits) (B, T, V) |
# | calling it with `(source, target_in)` | both, one after the other |
# | `attention_scores(source, target_in)` | a dictionary: `layer_1`, `layer_2`, …; weights (B, 1, T, S) each |
#
# Here $E = F$: everything is `filters` wide. `_embed` is given; it adds word and position.
#
# **By hand: how many weights?** Below we use $F = 32$, $K = 3$, two blocks a side, 26 source tokens, 17 target tokens
# and 12 positions. One block: $3\cdot 32\cdot 64 + 64 = 6208$. One attention: $2\cdot(32\cdot 32 + 32) = 2112$. The
# tables: $(26 + 12 + 17 + 12)\cdot 32 = 2144$. The last layer: $32\cdot 17 + 17 = 561$. Together
# $4\cdot 6208 + 2\cdot 2112 + 2144 + 561 = 31761$. See below whether yours has as many.
#
# <details><summary>Hint 1</summary>What <code>_embed</code> gives is needed twice: as the input of the first block, and
# later by the attentions. Keep it.</details>
# <details><summary>Hint 2</summary>Which words of the source are real? Compare the ids with <code>PAD_ID</code>. The
# encoder's blocks need to know, and so do the attentions.</details>
# <details><summary>Hint 3</summary>The state walks through the decoder: block, attention, state plus context times the
# factor, next block. Collect the weights on the way.</details>

# %% [markdown] lang="zh"
# **注意观察。** 常有人概括说，编码器把句子变成一个固定长度的向量，RNN、CNN、Transformer 都是如此。
# 对这个翻译模型来说并非如此：它的记忆里，源句的*每个*词都有一个向量，形状是 (B, S, F)，句子越长记忆越大。
# （带注意力的 RNN 和 Transformer 也是这样。）
#
# 每次注意力之后，把上下文加到状态上，并乘以和块里一样的系数：
# $\text{state} \leftarrow (\text{state} + \text{context}) \sqrt{0.5}$。
#
# **练习。** `ConvSeq2Seq(source_vocabulary_size, target_vocabulary_size, filters, kernel_size, num_layers,
# max_length=256)` 的接口与全课程的翻译模型一致：
#
# | 方法 | 返回 |
# |---|---|
# | `encode(source)` | 记忆：`(memory, source_embedding, source_mask)` |
# | `decode(target_in, memory)` | [logits](glossary.md#logits) (B, T, V) |
# | 以 `(source, target_in)` 调用 | 两者依次进行 |
# | `attention_scores(source, target_in)` | 字典：`layer_1`、`layer_2`……；每项是权重 (B, 1, T, S) |
#
# 这里 $E = F$：所有东西的宽度都是 `filters`。`_embed` 已经写好，它把词和位置加在一起。
#
# **手算：有多少个权重？** 下面取 $F = 32$、$K = 3$，两边各两个块，源词元 26 个，目标词元 17 个，位置 12 个。
# 一个块：$3\cdot 32\cdot 64 + 64 = 6208$。一个注意力：$2\cdot(32\cdot 32 + 32) = 2112$。
# 各张表：$(26 + 12 + 17 + 12)\cdot 32 = 2144$。最后一层：$32\cdot 17 + 17 = 561$。合计
# $4\cdot 6208 + 2\cdot 2112 + 2144 + 561 = 31761$。稍后看看你的模型是不是这么多。
#
# <details><summary>提示一</summary><code>_embed</code> 的结果要用两次：先作为第一个块的输入，后来注意力还要用。把它留着。</details>
# <details><summary>提示二</summary>源句里哪些词是真实的？拿编号与 <code>PAD_ID</code> 比较。编码器的块要知道，注意力也要知道。</details>
# <details><summary>提示三</summary>状态一路走过解码器：块，注意力，状态加上下文再乘系数，下一个块。路上顺便收集权重。</details>

# %% exercise="ConvSeq2Seq"

# %% [markdown] lang="en"
# ### Dates, from English to Chinese
#
# A task with a word order of its own: `14 March 1987` becomes 1987年3月14日 (年 year, 月 month, 日 day). The year comes
# first, and every digit is a word. To write the day, the model has to find which digits *are* the day. There may be one
# or two of them, so counting places isn't enough.
#
# And a question to go with it. A convolution knows the order inside its window. Does it need position vectors at
# all? We train four models, with 300 batches each: windows of 3 or of 1 (a “window” that sees only its own word),
# with position vectors and without (they are set to zero and not trained). Then we count the dates that are right
# from the first digit to the end token, among 500 that weren't trained on. Guess the four numbers first.

# %% [markdown] lang="zh"
# ### 日期：从英文到中文
#
# 这个任务的词序两边不同：`14 March 1987` 译作“1987年3月14日”。年份要先写，每个数字是一个词。要写“日”前面的数，
# 模型得找出哪几个数字*是*日子；它可能是一位，也可能是两位，光数位置不够。
#
# 顺便问一个问题。卷积知道窗口之内的次序，那它还需要位置向量吗？我们训练四个模型，各 300 个批量：窗口为 3 或 1
# （窗口为 1 就只看得到自己），有位置向量或没有（把它们置零，也不训练）。再拿 500 个没有训练过的日期，
# 数一数从第一个数字到结束符全部写对的有多少。先猜一猜这四个数。

# %%
months = (
    "January February March April May June July August September October November December".split()
)
english, chinese = [*"0123456789", *months], [*"0123456789年月日"]
FIRST = END_ID + 1
batches = 300


def date(number):
    day, month, year = 1 + number % 28, 1 + number // 28 % 12, 1000 + number // 336
    return [*str(day), months[month - 1], *str(year)], [*f"{year}年{month}月{day}日"]


def pairs_of(numbers):
    ids = [
        ([FIRST + english.index(w) for w in source], [FIRST + chinese.index(w) for w in target])
        for source, target in map(date, numbers)
    ]
    longest = [max(len(each[side]) for each in ids) for side in (0, 1)]
    source = np.full((len(ids), longest[0]), PAD_ID, "int32")
    target_in, target_out = np.full((2, len(ids), longest[1] + 1), PAD_ID, "int32")
    for row, (read, written) in enumerate(ids):
        source[row, : len(read)] = read
        target_in[row, : len(written) + 1] = [START_ID, *written]
        target_out[row, : len(written) + 1] = [*written, END_ID]
    return (source, target_in), target_out


every_date = np.random.default_rng(0).permutation(336 * 1100)
unseen, seen = every_date[:500], every_date[500 : 500 + 64 * batches]


def trained(kernel_size, positions=True):
    keras.utils.set_random_seed(0)
    model = ConvSeq2Seq(
        FIRST + len(english), FIRST + len(chinese), 32, kernel_size, num_layers=2, max_length=12
    )
    model.build(((None, None), (None, None)))
    if not positions:
        for table in (model.source_positions, model.target_positions):
            table.embeddings.assign(ops.zeros_like(table.embeddings))
            table.trainable = False
    model.compile(
        optimizer=keras.optimizers.Adam(0.003),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    inputs, right = pairs_of(seen)
    real = (right != PAD_ID).astype("float32")
    model.fit(inputs, right, sample_weight=real, batch_size=64, epochs=1, verbose=0)
    return model


def all_right(model):
    inputs, right = pairs_of(unseen)
    written = ops.convert_to_numpy(model(inputs)).argmax(-1)
    return ((written == right) | (right == PAD_ID)).all(axis=-1).mean()


models = {}
for kernel_size in (3, 1):
    for positions in (True, False):
        model = models[kernel_size, positions] = trained(kernel_size, positions)
        right, reach = all_right(model), receptive_field(kernel_size, 2)
        size = model.count_params()
        print(
            say(
                f"K = {kernel_size}, {'with' if positions else 'no'} positions: {right:.3f} right; "
                f"the encoder's receptive field {reach}; {size} weights",
                f"K = {kernel_size}，{'有' if positions else '没有'}位置：全对 {right:.3f}；"
                f"编码器的感受野 {reach}；{size} 个权重",
            )
        )

# %% [markdown] lang="en"
# **What to notice.** Look at the two models without positions. With windows of 1 nothing in the model knows where a
# word stands: the source is a bag of words, and 1987 and 1978 are the same. With windows of 3, two blocks see five
# words, and that is enough to know what is next to what: a digit can tell whether the month stands on its left or
# on its right. So windows bring word order with them, and position vectors help less than one would think. (Gehring et al.
# tried that on real translation: section 5.4.) With positions and windows of 1 the model can do a good deal, too. It
# reads the order off the positions, but takes longer to learn that: give it more `batches`.
#
# One small task and one seed are a demonstration, no proof. Change the seed, the kernel, the number of layers.

# %% [markdown] lang="zh"
# **注意观察。** 先看没有位置的两个模型。窗口为 1 时，模型里没有任何东西知道词在哪里：源句只是一袋子词，1987 和 1978 没有分别。
# 窗口为 3 时，两个块看到五个词，足以知道谁挨着谁：一个数字能分清月份在它左边还是右边。所以，窗口自带词序，
# 位置向量的作用没有想象的那么大。（Gehring 等人在真实的翻译上试过，见第 5.4 节。）有位置、窗口为 1 的模型也能做对不少，
# 它从位置向量得知次序，只是学得慢些：请给它更多的 `batches`。
#
# 一个小任务、一个种子只是演示，不是证明。请改一改种子、窗口和层数。

# %% [markdown] lang="en"
# ### Where does it look?
#
# The model with windows of 3 and positions, for dates that it hasn't seen. Drag the layer and the date. Each row is a
# character that it is about to write. Where should the row of the first digit look? And the row of 年?

# %% [markdown] lang="zh"
# ### 它在看哪里？
#
# 下面是窗口为 3、有位置的模型，日期都没有训练过。拖动滑块，换一层、换一个日期看看。每一行是一个将要写出的字。
# 第一个数字那一行该看哪里？“年”那一行呢？

# %%
looks = {}
for number in unseen[:4]:
    inputs, _ = pairs_of([number])
    source_words, target_words = date(number)
    weights = models[3, True].attention_scores(*inputs)
    looks[" ".join(["".join(source_words[:-5]), source_words[-5], "".join(source_words[-4:])])] = (
        [ops.convert_to_numpy(weights[f"layer_{n}"])[0, 0] for n in (1, 2)],
        [*target_words, say("(end)", "（结束）")],
        source_words,
    )


def looked(layer, day):
    maps, queries, keys = looks[day]
    sides = (say("about to write", "将要写"), say("looks at", "看哪里"))
    title = say(f"layer {layer}: {day}", f"第 {layer} 层：{day}")
    return plots.heatmap(maps[layer - 1], queries, keys, title=title, sides=sides)


def looked_text(layer, day):
    maps, queries, keys = looks[day]
    most = maps[layer - 1].argmax(-1)
    first = say("; ", "；").join(f"{q} → {keys[i]}" for q, i in zip(queries, most))
    return say(
        f"Attention weights in layer {layer} for {day}: Chinese down the side, English along the "
        f"top. Each row's largest weight: {first}.",
        f"{day} 在第 {layer} 层的注意力权重：竖边是中文，横边是英文。每一行权重最大之处：{first}。",
    )


explore(
    looked,
    looked_text,
    labels={"layer": say("layer", "层"), "day": say("date", "日期")},
    start={"layer": 2, "day": next(iter(looks))},
    layer=[1, 2],
    day=list(looks),
)

# %% [markdown] lang="en"
# One date is one date. So here are all 500 unseen ones together: how much weight the rows of year, month and day give
# to the three parts of the English date, on average, in each layer.

# %% [markdown] lang="zh"
# 一个日期只是一个日期。所以下面把 500 个没训练过的日期放在一起：写年、月、日的各行，平均把多少权重给了英文日期的三个部分，
# 逐层列出。

# %%
inputs, _ = pairs_of(unseen)
weights = models[3, True].attention_scores(*inputs)
shares = {}
for n in (1, 2):
    maps = ops.convert_to_numpy(weights[f"layer_{n}"])[:, 0]
    found = [[[] for _ in range(3)] for _ in range(3)]
    for number, rows in zip(unseen, maps):
        source_words, target_words = date(number)
        days = len(source_words) - 5
        parts = (slice(0, days), slice(days, days + 1), slice(days + 1, days + 5))
        kind = 0
        for character, row in zip(target_words, rows):
            if character in "年月日":
                kind += 1
            else:
                for part, where in enumerate(parts):
                    found[kind][part].append(row[where].sum())
    shares[say(f"layer {n}", f"第 {n} 层")] = [[np.mean(each) for each in row] for row in found]
numbers_of = [
    say("digit of the year", "年份的数字"),
    say("of the month", "月份的数字"),
    say("of the day", "日子的数字"),
]
own = say("; ", "；").join(
    f"{layer}: {rows[0][2]:.2f}, {rows[1][1]:.2f}, {rows[2][0]:.2f}"
    for layer, rows in shares.items()
)
show(
    pictures.looks(shares, numbers_of, [say("day", "日"), say("month", "月"), say("year", "年")]),
    say(
        "Two maps of three by three, one for each layer: rows are digits of year, month and day that "
        "are about to be written, columns the parts of the English date: day, month, year. Weight on "
        f"their own part, for year, month and day. {own}.",
        "两张三乘三的图，每层一张：行是将要写出的年、月、日的数字，列是英文日期的三个部分：日、月、年。"
        f"年、月、日的数字给各自部分的权重，{own}。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Nobody told the model which word belongs to which. Look at layer 2 first, the last one before the
# writing. Digits of the year look at the end of the English date, digits of the day at its beginning: the bright
# squares run against the diagonal, since the order is another one. The characters 年, 月, 日 and the end token have no
# word to copy; where their rows look is up to the model.
#
# Now layer 1. Some of its rows may look at a strange place, the wrong part of the date even, and layer 2 puts it right.
# (In our runs those were digits of the day above all. In yours it may be others, or none.) That is what several
# attentions are for: the first look need not settle everything. And weights only say where the values came from.
# A memory vector knows its neighbours too, so “looks at this digit” may well be “reads what stands around it”.
#
# ### Parallel in training, one by one in writing
#
# Finally the model writes by itself: encode once, then take the likeliest character at each step
# ([greedy decoding](glossary.md#greedy-decoding)). Beside each date stands the shape of its memory, and how often the
# decoder had to be called.

# %% [markdown] lang="zh"
# **注意观察。** 没有人告诉模型哪个词对应哪个词。先看第 2 层，也就是落笔之前的最后一层。写年份的数字时看英文日期的末尾，
# 写日子的数字时看开头：因为两边词序不同，亮格子的走向与主对角线相反。“年”“月”“日”和结束符没有词可抄，
# 这几行看哪里由模型自己决定。
#
# 再看第 1 层。有些行可能看着奇怪的地方，甚至看错了部分，到第 2 层才看对。（我们运行时，主要是日子的数字；
# 你那里也许是别的行，也许没有。）这正是多次注意力的用处：不必一眼定终身。而且权重只说明值取自哪里。
# 记忆向量也知道自己的邻居，所以“看着这个数字”也可能是在“读它周围的东西”。
#
# ### 训练时并行，写的时候一个一个来
#
# 最后让模型自己写：编码一次，然后每一步取最可能的字（[贪心解码](glossary.md#greedy-decoding)）。每个日期旁边是它的记忆的形状，
# 以及解码器被调用了多少次。

# %%
def write(model, source, limit=15):
    memory, ids = model.encode(ops.convert_to_tensor(source)), [START_ID]
    while ids[-1] != END_ID and len(ids) <= limit:
        logits = model.decode(ops.convert_to_tensor([ids], "int32"), memory)
        ids.append(int(ops.convert_to_numpy(logits)[0, -1].argmax()))
    return [i for i in ids[1:] if i != END_ID], memory[0].shape, len(ids) - 1


for number in unseen[4:9]:
    (source, _), _ = pairs_of([number])
    ids, shape, calls = write(models[3, True], source)
    print(
        " ".join(date(number)[0]),
        "".join(chinese[i - FIRST] if i >= FIRST else "?" for i in ids),
        say(f"memory {tuple(shape)}, {calls} calls", f"记忆 {tuple(shape)}，调用 {calls} 次"),
        sep="   ",
    )

# %% [markdown] lang="en"
# **What to notice.** The memory has as many vectors as the date has words. And the decoder is called once for each
# character, and once for the end token. So here is what “CNN is parallel, RNN is not” means exactly. Reading the
# source: parallel over the words, one step for each layer. Training the decoder: parallel too, since all target words
# are known. Writing: one word after the other, as with an RNN, for a word must be written before it can be read. That
# holds for the Transformer as well.

# %% [markdown] lang="zh"
# **注意观察。** 日期有几个词，记忆就有几个向量。解码器每写一个字要调用一次，结束符也要一次。所以，“CNN 能并行，RNN 不能”
# 准确的意思是这样的。读源句：各个词并行，每层一步。训练解码器：也是并行的，因为目标句的词都已知道。自己写的时候：
# 还是一个词接一个词，和 RNN 一样，因为一个词要先写出来，才能读进去。Transformer 也是如此。

# %% [markdown] lang="en"
# ## Questions to think about
#
# 1. A sentence has 30 words and $K = 5$. How many layers must an encoder with centred windows have, so that *every*
#    output sees every word? And how many so that the last output of a causal decoder sees every word?
# 2. Why is the padding set to zero before a convolution, and not only once at the very end? Why isn't it needed in the
#    decoder?
# 3. The zeros at the rim tell a word that the sentence begins or ends near it. Could a deep stack of convolutions
#    without position vectors know how far a word is from the beginning? What does it take?
# 4. A convolution has its own matrix for each *distance* (one left, here, one right), whatever the words are.
#    Self-attention has weights that depend on the *words*, whatever the distance. For which patterns in language is
#    the first better, for which the second?
#
# ## Further reading
#
# - Gehring et al. 2017, *Convolutional Sequence to Sequence Learning*, sections 3 and 5: the translator of this
#   lesson, and what happens without its parts.
# - Dauphin et al. 2017, *Language Modeling with Gated Convolutional Networks*: the gated linear unit.
# - Kalchbrenner et al. 2016, *Neural Machine Translation in Linear Time*, and van den Oord et al. 2016, *WaveNet: A
#   Generative Model for Raw Audio*: causal convolutions with growing dilation.
# - Luo et al. 2016, *Understanding the Effective Receptive Field in Deep Convolutional Neural Networks*: the rim counts
#   less.
# - Vaswani et al. 2017, *Attention Is All You Need*, section 4: recurrence, convolution and self-attention compared.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 一句话有 30 个词，$K = 5$。窗口居中的编码器要几层，才能让*每个*输出都看到每个词？因果的解码器要几层，
#    才能让最后一个输出看到每个词？
# 2. 为什么要在卷积之前把填充置零，而不是到最后才置零一次？解码器为什么不需要？
# 3. 两端的零会告诉一个词：句子在附近开始或结束。没有位置向量时，很深的一叠卷积能知道一个词离句首多远吗？这需要什么条件？
# 4. 卷积为每个*距离*（左边一格、当前、右边一格）各备一个矩阵，不管词是什么。自注意力的权重取决于*词*，不管距离多远。
#    语言里的哪些规律适合前者，哪些适合后者？
#
# ## 延伸阅读
#
# - Gehring 等，2017，*Convolutional Sequence to Sequence Learning*，第 3 节和第 5 节：本课的翻译模型，
#   以及去掉各个部分之后会怎样。
# - Dauphin 等，2017，*Language Modeling with Gated Convolutional Networks*：门控线性单元。
# - Kalchbrenner 等，2016，*Neural Machine Translation in Linear Time*；van den Oord 等，2016，*WaveNet: A
#   Generative Model for Raw Audio*：空洞率逐层增大的因果卷积。
# - Luo 等，2016，*Understanding the Effective Receptive Field in Deep Convolutional Neural Networks*：
#   视野边缘的分量较轻。
# - Vaswani 等，2017，*Attention Is All You Need*，第 4 节：循环、卷积与自注意力的比较。
