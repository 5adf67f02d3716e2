# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # RNN: one step after another
#
# **Where we are.** We want to translate `I like deep learning` into 我喜欢深度学习 (word by word: 我 I, 喜欢 like,
# 深度 deep, 学习 learning). Four words go in, seven characters come out. That is
# [sequence to sequence](glossary.md#seq2seq): the two lengths have nothing to do with each other. The classic neural
# way to do it is the [recurrent network](glossary.md#recurrent-network). It reads one word after the other and
# carries a [hidden state](glossary.md#hidden-state) along: a vector that holds what it knows so far.
#
# **What you will write.** Three cells (one step each), the loop that runs them over a sentence,
# [attention](glossary.md#attention) with a small network for its scores, and a translator in two halves: an
# [encoder](glossary.md#encoder) that reads and a [decoder](glossary.md#decoder) that writes. At the end you train the
# translator on a small task, with attention and without, and see what each can't do.
#
# Use `keras` and `keras.ops` only; then your work runs on TensorFlow, JAX and PyTorch alike. After each exercise a
# cell runs its **public checks**. There are hidden checks too, which look at more.

# %% [markdown] lang="zh"
# # RNN：一步接着一步
#
# **我们在哪里。** 要把 `I like deep learning` 译成“我喜欢深度学习”：输入四个词，输出七个字。
# 这就是[序列到序列](glossary.md#seq2seq)：两边的长度互不相干。用神经网络做这件事，
# 经典的办法是[循环网络](glossary.md#recurrent-network)：它一个词接一个词地读，
# 随身带着一个[隐藏状态](glossary.md#hidden-state)，也就是一个装着“到目前为止知道什么”的向量。
#
# **你要写什么。** 三种循环单元（各管一步）、让循环单元走完一句话的循环、用小网络打分的[注意力](glossary.md#attention)，
# 最后是由两半组成的翻译模型：[编码器](glossary.md#encoder)负责读，[解码器](glossary.md#decoder)负责写。本课末尾，
# 你会在一个小任务上训练它，带注意力和不带注意力都试一试，看看各自做不到什么。
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
from course.kit.loops import scan
from course.kit.notebook.measure import gradient_by_distance, seconds
from course.kit.notebook.pictures import rnn as pictures
from course.kit.notebook.show import explore, show
from course.kit.softmax import masked_softmax
from course.kit.tokens import END_ID, PAD_ID, START_ID

# %% [markdown] lang="en"
# ## 1. One step: the simple cell
#
# A first idea: read a word, write its translation, read the next. After `I` write 我, after `I like` write 喜欢, and
# so on. The upper row of the picture shows it. It is a good way to see what a state is for: when 喜欢 is written, the
# state knows `I like`. But as a translator it promises too much. It needs one piece of Chinese for each English word,
# in the same order. `Where do you live` is 你住在哪里, “you live at where”: the first word to be written belongs to
# the third word that is read.
#
# The lower row is what translators really do, and what you'll build. The encoder reads all four words and writes
# nothing. Its last state goes to the decoder. The decoder writes one [token](glossary.md#token) at a time, gets it
# back as its next input, and stops when it writes the end token. Nobody tells it how many there will be.

# %% [markdown] lang="zh"
# ## 1. 一步：最简单的循环单元
#
# 先想一个最直接的办法：读一个词，写出它的译文，再读下一个。读到 `I` 写“我”，读到 `I like` 写“喜欢”，依此类推。
# 图的上半部分画的就是它。用它来理解“状态有什么用”很好：写“喜欢”的时候，状态里已经有了 `I like`。但拿它当翻译模型，
# 就言过其实了：每个英文词都得恰好对应一段中文，而且次序相同。`Where do you live` 译作“你住在哪里”：最先要写的“你”，
# 却要读到第三个词才知道。
#
# 图的下半部分才是翻译模型真正的做法，也是你要写的。编码器把四个词读完，什么也不写，再把最后的状态交给解码器。
# 解码器一次写一个 [词元](glossary.md#token)，写出来的又作为下一步的输入，直到写出结束符为止。一共要写几个，
# 没有人事先告诉它。

# %%
source_words = ["I", "like", "deep", "learning"]
target_words = list("我喜欢深度学习")
show(
    pictures.unrolled(source_words, ["我", "喜欢", "深度", "学习"], target_words),
    say(
        "Two rows of cells with arrows from each to the next. Above, four cells each read a word "
        "and write its translation; beside them, lines that cross join “Where do you live” to its "
        "Chinese. Below, four encoder cells only read; one thick arrow leads to eight decoder "
        "cells, which write seven characters and the end token, each fed to the next cell.",
        "两排循环单元，每个都有箭头指向下一个。上排四个，各读一个词并写出译文；"
        "旁边是 Where do you live 和它的译文，连线互相交叉。下排先是四个只读不写的编码器循环单元，"
        "再由一个粗箭头通向八个解码器循环单元：它们写出七个字和结束符，每次写出的又送给下一个循环单元。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Every box of one colour is the *same* cell with the same weights, drawn once for each step. That
# is why one network can read sentences of any length. And every arrow between boxes is a state: a box can't begin
# before the box on its left is done.
#
# The simplest cell mixes the word with the last state:
#
# $$h' = \tanh(x W + h R + b)$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $x$ | (B, D) | this step's word vectors, one for each sentence of the [batch](glossary.md#batch) |
# | $h$, $h'$ | (B, U) | the state before and after the step |
# | $W$ | (D, U) | `kernel`: what of the word goes into the state |
# | $R$ | (U, U) | `recurrent_kernel`: what of the old state goes into the new one |
# | $b$ | (U,) | `bias` |
#
# **By hand.** Let $D = U = 1$, $W = 1$, $R = 0.5$, $b = 0$, and start with $h = 0$. The inputs are 1, 0, 0. The
# states are $\tanh(1) = 0.762$, then $\tanh(0.5\cdot 0.762) = 0.363$, then $\tanh(0.5\cdot 0.363) = 0.180$. The 1 is
# still there two steps later, but it fades.

# %% [markdown] lang="zh"
# **注意观察。** 同一种颜色的方框都是*同一个*循环单元、同一组权重，只是每一步画了一次。所以一个网络就能读任意长的句子。
# 方框之间的每个箭头都是状态：左边的方框没算完，右边的就不能开始。
#
# 最简单的循环单元把当前的词与上一个状态混合起来：
#
# $$h' = \tanh(x W + h R + b)$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $x$ | (B, D) | 这一步的词向量，[批量](glossary.md#batch)里每句话一个 |
# | $h$、$h'$ | (B, U) | 这一步之前和之后的状态 |
# | $W$ | (D, U) | `kernel`：决定输入的哪些信息写入状态 |
# | $R$ | (U, U) | `recurrent_kernel`：旧状态里的什么进入新状态 |
# | $b$ | (U,) | `bias`，偏置 |
#
# **手算。** 设 $D = U = 1$，$W = 1$，$R = 0.5$，$b = 0$，从 $h = 0$ 开始，输入依次是 1、0、0。
# 状态依次是 $\tanh(1) = 0.762$，$\tanh(0.5\cdot 0.762) = 0.363$，$\tanh(0.5\cdot 0.363) = 0.180$。两步之后，
# 那个 1 还在，只是越来越淡。

# %% [markdown] lang="en"
# ### What Keras asks of a layer, a cell and a mask
#
# A piece of a network that has weights is a *layer* in Keras: a class with a few methods. The stubs below have them already.
#
# | method | when it runs | what it does |
# |---|---|---|
# | `__init__(units)` | as the layer is made | keeps the sizes; it makes no weights, for the width of the input isn't known yet |
# | `build(input_shape)` | once, before the first call | makes the weights; `input_shape` ends in the width of the input |
# | `call(inputs)` | each time, for `layer(inputs)` | computes, and keeps nothing |
# | `get_config()` | as a model is saved | gives the arguments of `__init__`, so that the layer can be made again |
#
# A layer that multiplies each of its inputs by a weight of its own:
#
# ```python
# class Scale(keras.layers.Layer):
#     def build(self, input_shape):
#         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")
#
#     def call(self, inputs):
#         return inputs * self.factor
# ```
#
# `Scale()(x)` runs `build` with the shape of `x`, and then `call`.
#
# A *cell* is a layer for one step of a sequence. It is called with the step's input and a list of states, and gives its
# output and a list of new states: `output, states = cell(inputs, states)`. `state_size` and `output_size` say how wide
# they are. A loop over the sentence calls it step by step; you will write that loop, `unroll`.
#
# A *mask* says which tokens are real: boolean, (B, T), True at real tokens and False at padding. Keras passes masks on by
# itself: where `call` has an argument `keys_mask` beside `keys`, Keras fills it with the mask that belongs to `keys`. So
# pass a mask by keyword, `layer(query, keys, keys_mask=mask)`. Passed by position, it may be filled a second time, and
# Python complains of “multiple values for argument”.

# %% [markdown] lang="zh"
# ### Keras 对层、循环单元和掩码的约定
#
# 在 Keras 里，网络中带权重的一个部件叫作*层*：一个有几个方法的类。下面的代码框架里已经写好了这些方法的名字。
#
# | 方法 | 何时运行 | 做什么 |
# |---|---|---|
# | `__init__(units)` | 创建层的时候 | 记下大小；还不创建权重，因为输入有多宽还不知道 |
# | `build(input_shape)` | 第一次调用之前，只运行一次 | 创建权重；`input_shape` 的最后一项是输入的宽度 |
# | `call(inputs)` | 每次 `layer(inputs)` | 计算，不留下任何东西 |
# | `get_config()` | 保存模型的时候 | 给出 `__init__` 的参数，以便重新创建这一层 |
#
# 下面这一层把每个输入分量乘以它自己的权重：
#
# ```python
# class Scale(keras.layers.Layer):
#     def build(self, input_shape):
#         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")
#
#     def call(self, inputs):
#         return inputs * self.factor
# ```
#
# `Scale()(x)` 先用 `x` 的形状运行 `build`，再运行 `call`。
#
# *循环单元*是处理序列中一步的层。调用时传入这一步的输入和一个状态列表，返回输出和新的状态列表：
# `output, states = cell(inputs, states)`。`state_size` 和 `output_size` 说明它们有多宽。
# 沿着句子的循环逐步调用它；这个循环 `unroll` 也由你来写。
#
# *掩码*说明哪些词元是真实的：布尔值，(B, T)，真实词元处为 True，填充处为 False。Keras 会自动传递掩码：
# 如果 `call` 除了 `keys` 还有参数 `keys_mask`，Keras 就会填入属于 `keys` 的掩码。所以请用关键字传掩码：
# `layer(query, keys, keys_mask=mask)`。如果按位置传，它可能再被填入一次，Python 就会报错“multiple values for argument”。

# %% [markdown] lang="en"
# **Exercise.** `RNNCell(units)`. Calling it with `inputs` (B, D) and `states`, a list of one (B, U), gives
# `(output, [state])`: the new state, twice. Keras wants cells to answer so; in other cells output and state differ.
# Make the three weights in `build`, under their names.
#
# <details><summary>Hint 1</summary>How wide is the input? <code>build</code> is told: it's the last entry of
# <code>input_shape</code>.</details>
# <details><summary>Hint 2</summary><code>self.add_weight(shape=..., initializer=..., name=...)</code> makes one
# weight. An <code>"orthogonal"</code> start suits the recurrent kernel: it keeps lengths as they are.</details>
# <details><summary>Hint 3</summary>The step itself: two matrix products, their sum, and one tanh.</details>

# %% [markdown] lang="zh"
# **练习。** `RNNCell(units)`。传入 `inputs` (B, D) 和 `states`（只含一个 (B, U) 张量的列表），
# 返回 `(output, [state])`：新状态要给两次。这是 Keras 对循环单元的约定；别的循环单元里，输出和状态并不相同。
# 三个权重在 `build` 里创建，名字照上表。
#
# <details><summary>提示一</summary>输入有多宽？<code>build</code> 会知道：就是 <code>input_shape</code> 的最后一项。
# </details>
# <details><summary>提示二</summary><code>self.add_weight(shape=..., initializer=..., name=...)</code> 创建一个权重。
# 循环权重适合从 <code>"orthogonal"</code>（正交矩阵）开始：它不改变向量的长度。</details>
# <details><summary>提示三</summary>这一步本身：两次矩阵乘法，相加，再取一次 tanh。</details>

# %% exercise="RNNCell"

# %%
steps = list(range(10))


def echo(recurrent):
    cell = RNNCell(1)
    state = ops.zeros((1, 1))
    cell(state, [state])
    cell.kernel.assign([[1.0]])
    cell.recurrent_kernel.assign([[recurrent]])
    heights = []
    for t in steps:
        _, [state] = cell(ops.ones((1, 1)) * float(t == 0), [state])
        heights.append(float(ops.convert_to_numpy(state)[0, 0]))
    return heights


echoes = {f"R = {r:g}": echo(r) for r in (0.5, 1.0, 1.5, -0.9)}
print([round(height, 3) for height in echoes["R = 0.5"][:3]])
show(
    pictures.lines(
        steps,
        echoes,
        say("step", "步"),
        say("state", "状态"),
        say("The echo of a single 1", "一个 1 的回声"),
    ),
    say(
        "Four curves of the state after an input of 1 at step 0. With R = 0.5 it is near 0 after "
        "five steps; with R = 1 it falls slowly; with R = 1.5 it stays near 0.86; with R = -0.9 "
        "it changes its sign at every step and shrinks.",
        "在第 0 步输入一个 1 之后，状态的四条曲线。R = 0.5 时五步之后就接近 0；R = 1 时慢慢下降；"
        "R = 1.5 时停在 0.86 附近；R = -0.9 时每步变号，并逐渐变小。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The first line is the example by hand, from your cell. One number, $R$, decides how long a word
# is heard. But it decides for every word alike, important or not. And with $R = 1.5$ the state is stuck at a high
# value: it remembers *that* something came, not how large it was. What is missing is a way to choose.

# %% [markdown] lang="zh"
# **注意观察。** 打印出来的一行就是刚才手算的例子，由你的循环单元算出。一个数 $R$ 就决定了一个词的回声有多长。
# 可是它对所有的词一视同仁，不管重要不重要。而 $R = 1.5$ 时，状态卡在一个较高的值上：它记得*有*东西来过，
# 却不记得有多大。这里缺的是“选择”。

# %% [markdown] lang="en"
# ## 2. Gates: the GRU
#
# A [gate](glossary.md#gate) is a vector of numbers between 0 and 1 that is multiplied, entry by entry, with
# something: 1 lets it pass, 0 stops it. The network computes its gates from the word and the state, so it can learn
# *when* to keep and when to write. The gated recurrent unit has two of them:
#
# $$z = \sigma(x W_z + h R_z + b_z)\qquad r = \sigma(x W_r + h R_r + b_r)$$
# $$c = \tanh(x W_c + (r * h) R_c + b_c)\qquad h' = z * h + (1 - z) * c$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $\sigma$ | | the sigmoid $1/(1+e^{-a})$: it takes any number $a$ to between 0 and 1 |
# | $z$ | (B, U) | update gate: how much of the old state stays |
# | $r$ | (B, U) | reset gate: how much of the old state the candidate sees |
# | $c$ | (B, U) | candidate: what would be written |
# | $W_z, W_r, W_c$ | (D, U) each | side by side in `kernel` (D, 3U), in this order |
# | $R_z, R_r, R_c$ | (U, U) each | side by side in `recurrent_kernel` (U, 3U) |
# | $b_z, b_r, b_c$ | (U,) each | one after the other in `bias` (3U,) |
#
# The star is a product entry by entry. Some books swap the roles of $z$ and $1-z$; it's the same family of cells.
#
# **By hand.** $U = 1$ and $h = 0.8$. Let the sum inside $z$ be $\ln 3$: then $z = \frac{1}{1+1/3} = \frac34$. Let the
# sum inside $r$ be 0: then $r = \frac12$. Let $x W_c = 0.1$, $R_c = 1$, $b_c = 0$: the candidate is
# $\tanh(0.1 + \frac12\cdot 0.8) = \tanh(0.5) = 0.462$. So
# $h' = \frac34\cdot 0.8 + \frac14\cdot 0.462 = 0.600 + 0.116 = 0.716$.

# %% [markdown] lang="zh"
# ## 2. 门：GRU
#
# [门](glossary.md#gate)是一个向量，每个数都在 0 和 1 之间，与另一个向量逐个元素相乘：1 放行，0 拦住。
# 门由网络根据词和状态算出，所以它能学会*什么时候*保留，什么时候写入。门控循环单元（GRU）有两个门：
#
# $$z = \sigma(x W_z + h R_z + b_z)\qquad r = \sigma(x W_r + h R_r + b_r)$$
# $$c = \tanh(x W_c + (r * h) R_c + b_c)\qquad h' = z * h + (1 - z) * c$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $\sigma$ | | sigmoid 函数 $1/(1+e^{-a})$：把任意数 $a$ 变到 0 和 1 之间 |
# | $z$ | (B, U) | 更新门：旧状态留下多少 |
# | $r$ | (B, U) | 重置门：候选能看到多少旧状态 |
# | $c$ | (B, U) | 候选：准备写入的内容 |
# | $W_z, W_r, W_c$ | 各 (D, U) | 依次并排放在 `kernel` (D, 3U) 里 |
# | $R_z, R_r, R_c$ | 各 (U, U) | 并排放在 `recurrent_kernel` (U, 3U) 里 |
# | $b_z, b_r, b_c$ | 各 (U,) | 首尾相接放在 `bias` (3U,) 里 |
#
# 星号表示逐个元素相乘。有的书把 $z$ 与 $1-z$ 对调，说的是同一类循环单元。
#
# **手算。** 设 $U = 1$，$h = 0.8$。若 $z$ 括号里的和是 $\ln 3$，则 $z = \frac{1}{1+1/3} = \frac34$；
# 若 $r$ 括号里的和是 0，则 $r = \frac12$。再设 $x W_c = 0.1$，$R_c = 1$，$b_c = 0$，
# 候选就是 $\tanh(0.1 + \frac12\cdot 0.8) = \tanh(0.5) = 0.462$。
# 于是 $h' = \frac34\cdot 0.8 + \frac14\cdot 0.462 = 0.600 + 0.116 = 0.716$。

# %%
show(
    pictures.gates(),
    say(
        "Left: the sigmoid rises from 0 to 1, with 1/2 at 0 and 3/4 at ln 3. Right: the state "
        "after four steps for update gates of 0.25, 0.75 and 0.95, from the state 0.8 towards a "
        "candidate of 0: the larger the gate, the flatter the curve.",
        "左图：sigmoid 从 0 升到 1，在 0 处为 1/2，在 ln 3 处为 3/4。右图：状态从 0.8 出发，"
        "候选为 0，更新门分别取 0.25、0.75、0.95 时的变化；门越大，曲线越平。",
    ),
)

# %% [markdown] lang="en"
# **Exercise.** `GRUCell(units)`, called as `RNNCell` is. The columns of `kernel`, `recurrent_kernel` and `bias`
# belong to $z$, $r$ and the candidate, in this order.
#
# <details><summary>Hint 1</summary>One product with the whole <code>kernel</code> serves all three;
# <code>ops.split</code> cuts it into parts.</details>
# <details><summary>Hint 2</summary>The candidate needs the reset gate before its product with the state. So it can't
# share one product of the state with the gates.</details>
# <details><summary>Hint 3</summary>Cut the recurrent kernel into three matrices as well, and use each by
# itself.</details>

# %% [markdown] lang="zh"
# **练习。** `GRUCell(units)`，调用方式与 `RNNCell` 相同。`kernel`、`recurrent_kernel` 和 `bias` 的各列依次属于 $z$、
# $r$ 和候选。
#
# <details><summary>提示一</summary>与整个 <code>kernel</code> 只乘一次，三部分就都有了；
# <code>ops.split</code> 把结果切开。</details>
# <details><summary>提示二</summary>候选在状态乘矩阵之前就要用重置门，所以它不能和两个门合用一次状态的乘法。</details>
# <details><summary>提示三</summary>把循环权重也切成三个矩阵，分别使用。</details>

# %% exercise="GRUCell"

# %% [markdown] lang="en"
# **Your cell at work.** We set the weights by hand. Each step brings two numbers: a value, and a flag. The flag shuts
# $z$, and then the candidate is written; without a flag $z$ is almost 1. The simple cell gets the same inputs.

# %% [markdown] lang="zh"
# **看看你的循环单元。** 我们手工设定权重。每一步输入两个数：一个数值，一个标记。有标记时 $z$ 关闭，于是写入候选；
# 没有标记时 $z$ 几乎为 1。最简单的循环单元也读同样的输入。

# %%
values = np.random.default_rng(4).uniform(-1.5, 1.5, 14).round(1)
flags = np.zeros(14)
flags[[1, 6, 10]] = 1.0
values[[1, 6, 10]] = [1.2, -0.7, 0.5]

simple, gated = RNNCell(1), GRUCell(1)
for cell in (simple, gated):
    cell(ops.zeros((1, 2)), [ops.zeros((1, 1))])
simple.kernel.assign([[1.0], [0.0]])
simple.recurrent_kernel.assign([[0.5]])
gated.kernel.assign([[0.0, 0.0, 1.0], [-16.0, 0.0, 0.0]])
gated.recurrent_kernel.assign([[0.0, 0.0, 0.0]])
gated.bias.assign([8.0, 0.0, 0.0])

carried = {}
for name, cell in (("RNN", simple), ("GRU", gated)):
    state, carried[name] = ops.zeros((1, 1)), []
    for value, flag in zip(values, flags):
        _, [state] = cell(ops.convert_to_tensor([[value, flag]], "float32"), [state])
        carried[name].append(float(ops.convert_to_numpy(state)[0, 0]))
show(
    pictures.held(values, flags, carried),
    say(
        "Bars for fourteen input values, three of them hatched where the flag is set. The GRU's "
        "state is a staircase: it jumps at the three flags and is level between them. The RNN's "
        "state follows every input up and down.",
        "十四个输入值的柱形，其中三个带斜线，表示有标记。GRU 的状态像台阶：只在三个标记处跳变，"
        "其间保持水平。RNN 的状态则随每个输入上下起伏。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The GRU holds a value for as long as the gate says so, and drops it at once when a better one
# comes. No single $R$ can do both. Here we wrote the rule; in training, the network has to find such rules by itself.
# Change the bias 8 to 2: the steps of the staircase begin to sag, for $\sigma(2) = 0.88$ keeps only 88% at each step.

# %% [markdown] lang="zh"
# **注意观察。** 只要门说保留，GRU 就一直留着那个值；更要紧的值一来，又立刻换掉。任何一个固定的 $R$ 都做不到两者兼顾。
# 这里的规则是我们写进去的；训练时，网络得自己找到这样的规则。把偏置 8 改成 2 试试：台阶开始下滑，
# 因为 $\sigma(2) = 0.88$，每一步只留下 88%。

# %% [markdown] lang="en"
# ## 3. A memory of its own: the LSTM
#
# The long short-term memory came first, in 1997, and has two states: the memory $c$, and the state $h$ that it shows.
#
# $$(i, f, g, o) = x W + h R + b$$
# $$c' = \sigma(f) * c + \sigma(i) * \tanh(g)\qquad h' = \sigma(o) * \tanh(c')$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $c$, $c'$ | (B, U) | the memory before and after |
# | $h$, $h'$ | (B, U) | what is shown of it: to the next step and to the outside |
# | $i$ | (B, U) | input gate, before its sigmoid: how much is written |
# | $f$ | (B, U) | forget gate: how much of the memory is kept ($\sigma(f) = 1$: forget nothing) |
# | $g$ | (B, U) | candidate |
# | $o$ | (B, U) | output gate: how much of the memory is shown |
# | $W$, $R$, $b$ | (D, 4U), (U, 4U), (4U,) | `kernel`, `recurrent_kernel`, `bias`, in the order $i, f, g, o$ |
#
# **By hand.** Let $c = 0.8$, $f = \ln 3$, $i = 0$, $g = \ln 2$, $o = 0$. Then $\sigma(f) = \frac34$,
# $\sigma(i) = \sigma(o) = \frac12$, and $\tanh(\ln 2) = \frac{2 - 1/2}{2 + 1/2} = 0.6$. So
# $c' = \frac34\cdot 0.8 + \frac12\cdot 0.6 = 0.6 + 0.3 = 0.9$ and
# $h' = \frac12\tanh(0.9) = \frac12\cdot 0.716 = 0.358$. The picture follows these numbers.

# %% [markdown] lang="zh"
# ## 3. 专门的记忆：LSTM
#
# 长短期记忆（LSTM）其实更早，1997 年就有了。它有两个状态：记忆 $c$，以及给外面看的状态 $h$。
#
# $$(i, f, g, o) = x W + h R + b$$
# $$c' = \sigma(f) * c + \sigma(i) * \tanh(g)\qquad h' = \sigma(o) * \tanh(c')$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $c$、$c'$ | (B, U) | 这一步之前和之后的记忆 |
# | $h$、$h'$ | (B, U) | 记忆中露出来的部分：给下一步，也给外面 |
# | $i$ | (B, U) | 输入门（取 sigmoid 之前）：写入多少 |
# | $f$ | (B, U) | 遗忘门：记忆保留多少（$\sigma(f) = 1$ 表示什么都不忘） |
# | $g$ | (B, U) | 候选 |
# | $o$ | (B, U) | 输出门：记忆露出多少 |
# | $W$、$R$、$b$ | (D, 4U)、(U, 4U)、(4U,) | `kernel`、`recurrent_kernel`、`bias`，次序是 $i, f, g, o$ |
#
# **手算。** 设 $c = 0.8$，$f = \ln 3$，$i = 0$，$g = \ln 2$，$o = 0$。则 $\sigma(f) = \frac34$，
# $\sigma(i) = \sigma(o) = \frac12$，$\tanh(\ln 2) = \frac{2 - 1/2}{2 + 1/2} = 0.6$。
# 于是 $c' = \frac34\cdot 0.8 + \frac12\cdot 0.6 = 0.6 + 0.3 = 0.9$，
# $h' = \frac12\tanh(0.9) = \frac12\cdot 0.716 = 0.358$。下图走的就是这几个数。

# %%
show(
    pictures.lane(),
    say(
        "The memory runs from left to right: 0.8 is multiplied by 3/4, 0.3 is added, and 0.9 "
        "comes out. The 0.3 comes from above: half of the candidate 0.6. Half of tanh 0.9 leaves "
        "downwards as 0.358.",
        "记忆从左往右走：0.8 乘以 3/4，加上 0.3，得到 0.9。0.3 来自上方：候选 0.6 的一半。"
        "tanh 0.9 的一半从下方输出，为 0.358。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The memory goes straight through. On its way it meets one product and one sum, but no matrix and
# no tanh. Unlike the GRU's $z$ and $1-z$, the gates $f$ and $i$ are free of each other: keep all *and* write, or
# neither. The original had no forget gate; it came in 2000.
#
# **Exercise.** `LSTMCell(units)`: `inputs` (B, D) and `states` `[h, c]` give `(h', [h', c'])`. The forget gate's part
# of the bias starts at 1, the rest at 0. Why 1? A new cell with bias 0 would keep $\sigma(0) = \frac12$ of its memory
# at each step, and after ten steps a thousandth. With 1 it keeps $\sigma(1) = 0.73$.
#
# <details><summary>Hint 1</summary>Here all four parts do come from one sum; cut it at the end.</details>
# <details><summary>Hint 2</summary>An initializer may be a function: it gets a shape (and a dtype) and gives a
# tensor.</details>
# <details><summary>Hint 3</summary>That tensor is made of four pieces of length U, and the second one is
# ones.</details>

# %% [markdown] lang="zh"
# **注意观察。** 记忆一路直行，途中只遇到一次乘法、一次加法，没有矩阵，也没有 tanh。
# GRU 的两个系数 $z$ 和 $1-z$ 此消彼长；LSTM 的 $f$ 和 $i$ 互不牵制：可以全留*又*写入，也可以两样都不做。
# 最初的 LSTM 没有遗忘门，那是 2000 年才加上的。
#
# **练习。** `LSTMCell(units)`：由 `inputs` (B, D) 和 `states` `[h, c]` 得到 `(h', [h', c'])`。
# 偏置中遗忘门的那一段从 1 开始，其余从 0 开始。为什么是 1？如果从 0 开始，
# 新的循环单元每步只留下记忆的 $\sigma(0) = \frac12$，十步之后只剩千分之一；从 1 开始，每步留下 $\sigma(1) = 0.73$。
#
# <details><summary>提示一</summary>这里四部分确实来自同一个和，最后再切开。</details>
# <details><summary>提示二</summary>初始化器可以是一个函数：得到形状（和 dtype），给出张量。</details>
# <details><summary>提示三</summary>这个张量由四段拼成，每段长 U，第二段全是 1。</details>

# %% exercise="LSTMCell"

# %%
def kept(bias):
    cell = LSTMCell(1)
    nothing, memory = ops.zeros((1, 1)), ops.ones((1, 1))
    cell(nothing, [nothing, memory])
    cell.bias.assign([0.0, bias, 0.0, 0.0])
    shares = []
    for _ in range(16):
        shares.append(float(ops.convert_to_numpy(memory)[0, 0]))
        _, [_, memory] = cell(nothing, [nothing, memory])
    return shares


memories = {f"b = {bias:g}": kept(bias) for bias in (-1.0, 0.0, 1.0, 3.0, 5.0)}
print({name: round(shares[10], 3) for name, shares in memories.items()})
show(
    pictures.lines(
        list(range(16)),
        memories,
        say("steps", "步数"),
        say("what is left of the memory", "记忆还剩多少"),
        say("The forget gate's bias", "遗忘门的偏置"),
    ),
    say(
        "Five curves that begin at 1. With the bias -1 the memory is gone after four steps, with "
        "0 after eight; with 1 a fifth is left after five steps; with 3 about half after fifteen; "
        "with 5 it hardly falls.",
        "五条从 1 出发的曲线。偏置为 -1 时四步之后记忆就没了，为 0 时约八步；"
        "为 1 时五步之后剩五分之一；为 3 时十五步之后约剩一半；为 5 时几乎不降。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** After ten steps $\sigma(b)^{10}$ is left: 0.001 for $b = 0$, 0.044 for $b = 1$, 0.615 for
# $b = 3$. A bias of 1 isn't a cell that never forgets. It is a cell that remembers long enough for training to notice
# that remembering pays; the rest is learned. (Nothing is written here, and $h$ is held at 0, so that only the forget
# gate is seen.)

# %% [markdown] lang="zh"
# **注意观察。** 十步之后剩下 $\sigma(b)^{10}$：$b = 0$ 时为 0.001，$b = 1$ 时为 0.044，$b = 3$ 时为 0.615。
# 偏置为 1 并不等于永远不忘；它只是让新的循环单元记得够久，久到训练能发现“记住有好处”，剩下的靠学习。（这里什么都不写入，
# $h$ 固定为 0，好让我们只看遗忘门。）

# %% [markdown] lang="en"
# ## 4. The loop over a sentence
#
# A cell knows one step. `unroll` runs it over a sentence: $T$ steps, each with the states that the last one left.
#
# $$(y_t, s_t) = \mathrm{cell}(x_t, s_{t-1})\qquad t = 1, \ldots, T$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $x_t$ | (B, D) | word $t$; all of them together: `inputs` (B, T, D) |
# | $s_t$ | a list of (B, U) | the states after step $t$; $s_0$ is `initial_states` |
# | $y_t$ | (B, U) | the output of step $t$; all together (B, T, U) |
# | `mask` | (B, T) | True at real words |
#
# Sentences of a batch are filled up with [padding](glossary.md#padding). A padded step must change nothing: the
# states are carried over it, and the last output is given again (zeros, where there was no real word yet). Then the
# last state is always that of the last *real* word, however much padding follows.
#
# **By hand.** Take a cell that adds its input to its state and outputs the sum. Inputs 4, 7, 1, 9 with the
# [mask](glossary.md#mask) True, False, True, False, from the state 0: the outputs are 4, 4, 5, 5, and the last state
# is 5. The 7 and the 9 were never read.
#
# **Exercise.** `unroll(cell, inputs, initial_states, mask=None)` gives `(outputs, final_states)`. The kit's
# `scan(step, carry, length)` is the loop: `step(carry, t)` gives `(carry, output)`. It works on every backend, and
# also where the length isn't known yet.
#
# <details><summary>Hint 1</summary>What does a step have to know of the last one? The states, and the last
# output.</details>
# <details><summary>Hint 2</summary>Compute the step as if it were real. Then <code>ops.where</code> chooses between
# new and old, sentence by sentence; the mask of one step needs a second axis for that.</details>
# <details><summary>Hint 3</summary><code>scan</code> stacks the outputs along a new first axis, time. Which axis
# should be first?</details>

# %% [markdown] lang="zh"
# ## 4. 走完一句话的循环
#
# 循环单元只懂一步。`unroll` 让它走完一句话：共 $T$ 步，每一步都用上一步留下的状态。
#
# $$(y_t, s_t) = \mathrm{cell}(x_t, s_{t-1})\qquad t = 1, \ldots, T$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $x_t$ | (B, D) | 第 $t$ 个词；合在一起就是 `inputs` (B, T, D) |
# | $s_t$ | 若干 (B, U) 的列表 | 第 $t$ 步之后的状态；$s_0$ 是 `initial_states` |
# | $y_t$ | (B, U) | 第 $t$ 步的输出；合在一起是 (B, T, U) |
# | `mask` | (B, T) | 真实的词为 True |
#
# 批量里的句子用[填充](glossary.md#padding)补齐。填充的步什么都不能改变：状态原样传过去，
# 并再次给出上一个输出（如果前面还没有真实的词，就给零）。这样，无论后面有多少填充，
# 最后的状态总是最后一个*真实*的词留下的。
#
# **手算。** 取一个累加的循环单元：把输入加到状态上，输出这个和。输入是 4、7、1、9，[掩码](glossary.md#mask)是 True、False、
# True、False，状态从 0 开始。输出是 4、4、5、5，最后的状态是 5：7 和 9 根本没有读进去。
#
# **练习。** `unroll(cell, inputs, initial_states, mask=None)` 返回 `(outputs, final_states)`。
# 课程提供的 `scan(step, carry, length)` 就是循环：`step(carry, t)` 返回 `(carry, output)`。它在各个后端上都能用，
# 长度还不知道的时候也能用。
#
# <details><summary>提示一</summary>一步需要知道上一步的什么？各个状态，还有上一个输出。</details>
# <details><summary>提示二</summary>先当作真实的步来算，再用 <code>ops.where</code> 在新旧之间逐句选择；为此，
# 一步的掩码还缺一个轴。</details>
# <details><summary>提示三</summary><code>scan</code> 把输出沿新的第一个轴（时间）堆叠。排在第一的应该是哪个轴？
# </details>

# %% exercise="unroll"

# %% [markdown] lang="en"
# **An experiment: who depends on whom?** Eight words, random vectors, an untrained cell. Exchange *one* word for
# another and measure how far each state moves. Beside it the same for a `Dense` layer, which looks at each word
# alone. Drag the place, and say beforehand which bars will be exactly 0.

# %% [markdown] lang="zh"
# **实验：谁依赖谁？** 八个词，随机的向量，未经训练的循环单元。把其中*一个*词换掉，量一量每个状态移动了多远。
# 旁边是 `Dense` 层的结果，它对每个词单独计算。拖动位置之前，先说说哪些柱子会恰好是 0。

# %%
length, width, units = 8, 16, 32
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
sentence = rng.normal(size=(1, length, width)).astype("float32")
another = rng.normal(size=width)
cell, dense = RNNCell(units), keras.layers.Dense(units, activation="tanh")


def states_of(x):
    outputs, _ = unroll(cell, ops.convert_to_tensor(x), [ops.zeros((ops.shape(x)[0], units))])
    return outputs


def moved(place):
    changed = sentence.copy()
    changed[0, place] = another
    pairs = {
        "Dense": (dense(ops.convert_to_tensor(x)) for x in (sentence, changed)),
        "RNN": (states_of(x) for x in (sentence, changed)),
    }
    distances = {}
    for name, outputs in pairs.items():
        before, after = (ops.convert_to_numpy(y)[0] for y in outputs)
        distances[name] = np.linalg.norm(after - before, axis=-1)
    return distances


moves = {place: moved(place) for place in range(length)}
print(moves[2]["RNN"].round(4))


def at_place(place):
    return pictures.ripples(moves[place], place)


def at_place_text(place):
    return say(
        f"Word {place} is exchanged. Dense: one bar, at that word. RNN: no bar before it, but one "
        "at it and one at every word after it.",
        f"换掉第 {place} 个词。Dense：只有这个词处有一根柱子。RNN：它前面没有柱子，"
        "它自己和后面每个词处都有。",
    )


explore(
    at_place,
    at_place_text,
    labels={"place": say("place", "位置")},
    start={"place": 2},
    place=range(length),
)

# %% [markdown] lang="en"
# **What to notice.** Before the place: exactly 0, a state can't know the future. At the place and after it: every
# state moves. So state 7 can't be computed before state 6, and that one not before state 5. People say “an RNN isn't
# parallel”. Exactly: it isn't parallel along *time*. Sentences of a batch, and the numbers within one step, do run
# side by side; and the products $x_t W$ for all $t$ could too. Only $h R$ has to wait.
#
# **An experiment: what does waiting cost?** We measure your loop, compiled, on this machine, for sentences from 8 to
# 256 words, and two `Dense` layers that do just as many multiplications (one with a matrix like $W$, one with a
# matrix like $R$), but need not wait. Say first: what happens to the time when the length doubles?

# %% [markdown] lang="zh"
# **注意观察。** 这个位置之前恰好是 0：状态不可能知道未来。这个位置和它后面，每个状态都动了。所以，状态 6 没算出来，
# 状态 7 就无从算起；状态 6 又要等状态 5。人们常说“RNN 不能并行”，准确地说，是沿*时间*不能并行：批量里的各句、
# 一步之内的各个数，都是同时算的；所有 $t$ 的 $x_t W$ 也可以一次算完。要等的只有 $h R$。
#
# **实验：等待的代价有多大？** 我们在这台机器上测量你的循环（编译之后），句子从 8 个词到 256 个词，
# 再与两个 `Dense` 层相比：它们做的乘法一样多（一层的矩阵像 $W$，一层的像 $R$），但不用等。先猜一猜：长度加倍，
# 时间会怎样？

# %%
lengths = [8, 16, 32, 64, 128, 256]
batch = rng.normal(size=(16, max(lengths), width)).astype("float32")
two_dense = keras.Sequential([keras.layers.Dense(units, activation="tanh") for _ in range(2)])
whole = {
    "RNN": seconds(states_of, batch, lengths),
    say("two Dense layers", "两个 Dense 层"): seconds(two_dense, batch, lengths),
}
for name, times in whole.items():
    print(f"{name}:", "  ".join(f"{n}: {t * 1000:.2f} ms" for n, t in zip(lengths, times)))
show(
    pictures.times(lengths, whole),
    say(
        "Two panels on logarithmic axes. Left: the time for a whole batch against its length; the "
        "RNN's curve climbs and lies above that of the Dense layers. Right: the same divided by "
        "the length.",
        "两张对数坐标图。左图：一个批量的总时间随长度的变化，RNN 的曲线一路上升，在 Dense 层上方。"
        "右图：总时间除以长度。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Each call has a fixed price, and short sentences pay mostly that. Beyond it the RNN's time grows
# with the length: look at the last points on the left, and at the right panel, where the time per step levels off.
# That is the time of one step (for all 16 sentences of the batch), and more cores don't shorten it. The two `Dense`
# layers multiply as much, but all words at once, so each word gets cheaper and cheaper. (The exact numbers are this
# machine's, and they jump a little each time. On a GPU, where one small step leaves nearly all of the chip idle, the
# gap is usually wider.)

# %% [markdown] lang="zh"
# **注意观察。** 每次调用都有一笔固定开销，短句子花的主要就是它。除此之外，RNN 的时间随长度增长：请看左图最后几个点；
# 再看右图，每步的时间渐渐走平。那就是一步（批量里 16 句话一起走）所需的时间，核再多也省不下去。
# 两个 `Dense` 层做的乘法一样多，但所有的词同时算，所以平均到每个词就越来越便宜。（具体数字因机器而异，
# 每次测也会有些跳动。在 GPU 上，一小步只用得上芯片的一点点，差距通常更大。）

# %% [markdown] lang="en"
# ### Gradients on the way back
#
# Training sends [gradients](glossary.md#gradient) back along the same chain, last step first. On each step back they
# are multiplied by about the same factor: for the simple cell, by $R$ and the slope of tanh. Say the factor is 0.5;
# after ten steps a thousandth is left. That is the [vanishing gradient](glossary.md#vanishing-gradient): what
# happened long ago can't be learned from. With a factor above 1 the gradient explodes instead. (That is easier to
# live with: one can cut it off.)
#
# For the LSTM's memory the factor from $c$ to $c'$ is $\sigma(f)$: a number that the network itself can bring close
# to 1. That is the point of the LSTM, more than any single gate.
#
# **An experiment.** Forty random words; we measure how strongly the *last* state depends on each word, by the length
# of the gradient, relative to that of the last word. Change the scales and the biases.

# %% [markdown] lang="zh"
# ### 往回走的梯度
#
# 训练时，[梯度](glossary.md#gradient)沿同一条链往回传，从最后一步传到第一步。每退一步，就乘上差不多同样的因子：
# 对最简单的循环单元来说，是 $R$ 和 tanh 的斜率。假如因子是 0.5，十步之后就只剩千分之一。
# 这就是[梯度消失](glossary.md#vanishing-gradient)：很久以前的事，再也学不到了。因子大于 1 时则相反，梯度会爆炸。
# （爆炸好办一些：可以截断。）
#
# 在 LSTM 的记忆里，从 $c$ 到 $c'$ 的因子是 $\sigma(f)$：网络自己就能把它调到接近 1。比起某一个门，这才是 LSTM 的要点。
#
# **实验。** 四十个随机的词。我们用梯度的长度来衡量*最后*的状态对每个词有多敏感，并以最后一个词为 1。
# 请改一改缩放倍数和偏置。

# %%
far, many = 40, 16
words = rng.normal(size=(many, far, width)).astype("float32")
direction = rng.normal(size=(many, units)).astype("float32")


def by_distance(cell, states, change):
    keras.utils.set_random_seed(0)
    start = [ops.zeros((many, units))] * states
    cell(ops.zeros((many, width)), start)
    change(cell)

    def last(x):
        outputs, _ = unroll(cell, x, start)
        return outputs[:, -1]

    return gradient_by_distance(last, words, direction)


def scaled(cell, factor):
    cell.recurrent_kernel.assign(cell.recurrent_kernel * factor)


def open_to(cell, bias):
    parts = np.zeros((4, units))
    parts[1] = bias
    cell.bias.assign(parts.ravel())


simple_norms = {
    f"RNN, R × {s:g}": by_distance(RNNCell(units), 1, lambda cell: scaled(cell, s))
    for s in (0.5, 1.0, 2.0)
}
gated_norms = {
    f"LSTM, b = {b:g}": by_distance(LSTMCell(units), 2, lambda cell: open_to(cell, b))
    for b in (-1.0, 1.0, 3.0)
}
gated_norms["GRU"] = by_distance(GRUCell(units), 1, lambda cell: None)
for name, norms in (simple_norms | gated_norms).items():
    print(f"{name:14} {norms[10]:.0e} {norms[-1]:.0e}")
show(
    pictures.vanishing(simple_norms, gated_norms),
    say(
        "Gradient length against distance, logarithmic. Left, the simple cell: with half of R the "
        "curve falls below the picture within twenty steps, with R as it begins it falls more "
        "slowly, with twice R it rises. Right: the LSTM with bias -1 falls steeply, the new LSTM "
        "and the new GRU less, the LSTM with bias 3 stays level.",
        "梯度的长度随距离的变化，对数坐标。左图是最简单的循环单元：R 减半时，"
        "曲线二十步之内就掉出图外；R 为初始值时降得慢些；R 加倍时反而上升。右图："
        "偏置为 -1 的 LSTM 陡降，新建的 LSTM 和 GRU 降得慢些，偏置为 3 的 LSTM 大致保持水平。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Straight lines on a logarithmic axis: a factor per step. The columns printed above are the share
# at distance 10 and at distance 39. With twice $R$ the gradient doesn't vanish, but look at where it ends: it grows.
# A *new* LSTM or GRU is no miracle either: over forty words little is left, and in our run the new GRU loses it even
# faster than the simple cell, whose $R$ begins as an orthogonal matrix. The difference is what training can make of
# the gates: with its forget gates open (bias 3) an LSTM carries gradients over forty words almost unharmed. Try a
# bias of 5, and $R$ × 1.5.

# %% [markdown] lang="zh"
# **注意观察。** 对数坐标里的直线，意味着每步一个因子。上面打印的两列是距离 10 和距离 39 处剩下的比例。
# $R$ 加倍之后梯度倒是不消失，可请看它的终点：它在增大。*新建*的 LSTM 和 GRU 也没有什么神奇之处：四十个词之后所剩无几；
# 在我们的运行里，新建的 GRU 甚至比最简单的循环单元丢得更快，因为后者的 $R$ 从正交矩阵开始。差别在于训练能把门变成什么样：
# 遗忘门一打开（偏置为 3），LSTM 就能让梯度几乎无损地走过四十个词。再试试偏置 5，以及 $R$ × 1.5。

# %% [markdown] lang="en"
# ## 5. Looking back: additive attention
#
# Soon the decoder will write 深度 and would like to know what stood at `deep`. Attention lets it ask. The
# [query](glossary.md#query) is the decoder's state, the [keys](glossary.md#key) are the encoder's outputs, one for
# each source word. [Additive attention](glossary.md#additive-attention) takes a small network to say how well they
# fit:
#
# $$s_i = v \cdot \tanh(q W + k_i U)\qquad a = \mathrm{softmax}(s)\qquad c = \sum_i a_i k_i$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $q$ | (B, U) | the query: one for each sentence |
# | $k_i$ | (B, E) | the key of source word $i$; all together (B, S, E) |
# | $W$, $U$ | (U, A), (E, A) | `query_projection` and `key_projection`: both to the width $A$, so that they can be added |
# | $v$ | (A, 1) | `score_projection`: $A$ numbers become one [score](glossary.md#score) |
# | $a$ | (B, S) | weights, 0 or more, with the sum 1; exactly 0 at padding |
# | $c$ | (B, E) | the context: a weighted sum of the keys |
#
# (In the formula, $U$ is a matrix; in the shapes, U is the width of a state. Both names are customary. $A$ is the
# argument `units` of the layer.)
#
# **By hand.** All widths 1, $W = U = 1$, $v = \frac53\ln 3$. The query is $q = \ln 2$, the keys are $k_1 = -\ln 2$
# and $k_2 = 0$. Then $\tanh(q + k_1) = 0$ and $\tanh(q + k_2) = \tanh(\ln 2) = 0.6$. The scores are 0 and $\ln 3$,
# the weights $\frac14$ and $\frac34$, and the context is $\frac14\cdot(-\ln 2) + \frac34\cdot 0 = -0.173$.
#
# **Exercise.** `AdditiveAttention(units)`, called with `query`, `keys` and perhaps `keys_mask`, gives
# `(context, weights)`. Three `Dense` layers without bias. `masked_softmax(scores, mask)` from the kit is the
# [softmax](glossary.md#softmax) beside a mask.
#
# <details><summary>Hint 1</summary>The projected query is (B, A), the projected keys are (B, S, A). Which axis does
# the query lack?</details>
# <details><summary>Hint 2</summary>The score comes out with a last axis of length 1. The softmax is over words, so
# that axis has to go first.</details>
# <details><summary>Hint 3</summary>For the sum, weights (B, S) and keys (B, S, E) have to fit: give the weights one
# more axis.</details>

# %% [markdown] lang="zh"
# ## 5. 回头看：加性注意力
#
# 很快，解码器要写“深度”了，它想知道 `deep` 那里有什么。注意力让它可以去问：[查询](glossary.md#query)是解码器的状态，
# [键](glossary.md#key)是编码器的输出，每个源句的词一个。
# [加性注意力](glossary.md#additive-attention)用一个小网络来判断两者有多相配：
#
# $$s_i = v \cdot \tanh(q W + k_i U)\qquad a = \mathrm{softmax}(s)\qquad c = \sum_i a_i k_i$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $q$ | (B, U) | 查询：每句话一个 |
# | $k_i$ | (B, E) | 源句第 $i$ 个词的键；合在一起是 (B, S, E) |
# | $W$、$U$ | (U, A)、(E, A) | `query_projection` 和 `key_projection`：都变到宽度 $A$，才能相加 |
# | $v$ | (A, 1) | `score_projection`：$A$ 个数变成一个[分数](glossary.md#score) |
# | $a$ | (B, S) | 权重，都不小于 0，和为 1；填充处恰好为 0 |
# | $c$ | (B, E) | 上下文：键的加权和 |
#
# （公式里的 $U$ 是矩阵，形状里的 U 是状态的宽度，两种写法都是惯例。$A$ 就是这个层的参数 `units`。）
#
# **手算。** 所有宽度都是 1，$W = U = 1$，$v = \frac53\ln 3$。查询 $q = \ln 2$，键 $k_1 = -\ln 2$、$k_2 = 0$。
# 则 $\tanh(q + k_1) = 0$，$\tanh(q + k_2) = \tanh(\ln 2) = 0.6$。分数是 0 和 $\ln 3$，权重是 $\frac14$ 和 $\frac34$，
# 上下文是 $\frac14\cdot(-\ln 2) + \frac34\cdot 0 = -0.173$。
#
# **练习。** `AdditiveAttention(units)`，传入 `query`、`keys`，可能还有 `keys_mask`，返回 `(context, weights)`。
# 三个 `Dense` 层都不带偏置。课程提供的 `masked_softmax(scores, mask)` 就是带掩码的 [softmax](glossary.md#softmax)。
#
# <details><summary>提示一</summary>投影后的查询是 (B, A)，键是 (B, S, A)。查询缺哪个轴？</details>
# <details><summary>提示二</summary>分数算出来时，末尾有一个长度为 1 的轴。softmax 是在词之间做的，所以要先去掉这个轴。
# </details>
# <details><summary>提示三</summary>求和时，权重 (B, S) 要与键 (B, S, E) 相配：给权重添一个轴。</details>

# %% exercise="AdditiveAttention"

# %% [markdown] lang="en"
# **Your layer at work.** We set its weights by hand, so that a query and a key that say the same fit best. Each
# source word gets a key with a 1 in a place of its own; each character of the translation asks with a 1 in the place
# that it wants. What comes out is an [alignment](glossary.md#alignment): which word belongs to which.

# %% [markdown] lang="zh"
# **看看你的层。** 我们手工设定权重，使得查询与键说的是同一件事时最相配。源句的每个词有一个键，在自己的位置上是 1；
# 译文的每个字提问时，在它想要的位置上放 1。得到的就是[对齐](glossary.md#alignment)：哪个字与哪个词对应。

# %%
wanted = [0, 1, 1, 2, 2, 3, 3]
layer = AdditiveAttention(4)
queries = ops.convert_to_tensor(np.eye(4, dtype="float32")[wanted])
keys = ops.convert_to_tensor(np.repeat(np.eye(4, dtype="float32")[None], 7, axis=0))
layer(queries, keys)
layer.query_projection.kernel.assign(2.0 * np.eye(4))
layer.key_projection.kernel.assign(2.0 * np.eye(4))
layer.score_projection.kernel.assign(-4.0 * np.ones((4, 1)))
context, weights = layer(queries, keys)
show(
    plots.heatmap(
        ops.convert_to_numpy(weights),
        target_words,
        source_words,
        title=say("Weights set by hand", "手工设定的权重"),
        sides=(say("about to write", "将要写"), say("looks at", "看哪里")),
    ),
    say(
        "Seven characters down the side, four English words along the top. 我 has most of its "
        "weight at I, 喜 and 欢 at like, 深 and 度 at deep, 学 and 习 at learning: a staircase.",
        "竖边是七个字，横边是四个英文词。“我”的权重大多在 I，“喜”“欢”在 like，“深”“度”在 deep，"
        "“学”“习”在 learning，排成台阶。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Rows sum to 1. And $v$ is *negative* here: where query and key have their 1 in the same place,
# tanh is saturated and the sum is $\tanh 4 = 1.00$; in different places it is $2\tanh 2 = 1.93$. So a match gives the
# *smaller* sum, and $v$ turns it around. An additive score isn't an inner product; the small network can learn any
# rule of this kind. The inner product gets a lesson of its own.

# %% [markdown] lang="zh"
# **注意观察。** 每行的和为 1。还有，这里的 $v$ 是*负*的：查询和键的 1 在同一位置时，tanh 已经饱和，
# 和是 $\tanh 4 = 1.00$；位置不同时，和是 $2\tanh 2 = 1.93$。所以相配反而得到*较小*的和，要靠 $v$ 把它反过来。
# 加性的分数不是内积；小网络可以学会各种这样的规则。内积另有一课来讲。

# %% [markdown] lang="en"
# ## 6. The encoder: a sentence becomes a memory
#
# Words come as ids from a [vocabulary](glossary.md#vocabulary). An [embedding](glossary.md#embedding) gives each id
# its learned vector; a GRU reads them.
#
# $$y_i = \mathrm{GRU}(e_i, y_{i-1}),\quad y_0 = 0\qquad \mathrm{state} = y_n$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | `source` | (B, S) | ids; `PAD_ID` is padding |
# | $e_i$ | (B, U) | the embedding of word $i$ |
# | $y_i$ | (B, U) | the output at word $i$ (for a GRU, the state itself); all together (B, S, U) |
# | $n$ | | where the last real word stands |
# | state | (B, U) | what is known at the end: **the fixed-length vector** |
#
# A common explanation is that an encoder makes one vector of fixed length, and that RNN, CNN and Transformer are all alike in
# it. Exactly: only the plain recurrent encoder-decoder hands over that one vector. With attention, and in the CNN and
# the Transformer, the [memory](glossary.md#memory) has a vector for *each* source word, so it grows with the
# sentence. (And what comes out of the decoder is not a vector of variable length, but a sequence of variable length.)
#
# **By hand.** With U = 32, a sentence of 4 words has 8 numbers of the state per word; one of 40 words has less than
# one. And how many weights has the encoder? For V = 14 words, the embedding has $14\cdot 32 = 448$, the cell
# $3\cdot 32\cdot(32 + 32 + 1) = 6240$: together 6688, for sentences of any length.
#
# **Exercise.** `RNNEncoder(vocabulary_size, units)` gives `(outputs, state)` of the shapes (B, S, U) and (B, U). The
# parts are called `embedding` and `cell`.
#
# <details><summary>Hint 1</summary>Real words are those that aren't <code>PAD_ID</code>: that makes the
# mask.</details>
# <details><summary>Hint 2</summary>The first state is zeros, one row for each sentence; <code>ops.zeros_like</code>
# of the first word's vectors has the shape.</details>
# <details><summary>Hint 3</summary>Your <code>unroll</code> does the rest, and it gives a list of states.</details>

# %% [markdown] lang="zh"
# ## 6. 编码器：一句话变成记忆
#
# 词以[词表](glossary.md#vocabulary)里的编号输入。[词嵌入](glossary.md#embedding)为每个编号给出一个可学习的向量，
# 再由 GRU 逐个读进去。
#
# $$y_i = \mathrm{GRU}(e_i, y_{i-1}),\quad y_0 = 0\qquad \mathrm{state} = y_n$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | `source` | (B, S) | 编号；`PAD_ID` 是填充 |
# | $e_i$ | (B, U) | 第 $i$ 个词的嵌入向量 |
# | $y_i$ | (B, U) | 第 $i$ 个词处的输出（对 GRU 来说就是状态）；合在一起是 (B, S, U) |
# | $n$ | | 最后一个真实的词的位置 |
# | state | (B, U) | 读完时知道的一切：**固定长度的向量** |
#
# 常见的说法是，编码器把序列编码成一个固定长度的向量，RNN、CNN、Transformer 都是如此。准确地说，
# 只有朴素的循环编码器–解码器只交出这一个向量。有了注意力，以及在 CNN 和 Transformer 里，
# [记忆](glossary.md#memory)中*每个*源句的词都有一个向量，句子越长，记忆越大。（另外，解码器输出的不是“可变长度的向量”，
# 而是长度可变的序列。）
#
# **手算。** 设 U = 32。四个词的句子，平均每个词分到状态里的 8 个数；四十个词的句子，每个词还分不到一个。
# 再数一数编码器有多少权重：词表有 V = 14 个词时，嵌入有 $14\cdot 32 = 448$ 个，
# 循环单元有 $3\cdot 32\cdot(32 + 32 + 1) = 6240$ 个，共 6688 个。不管句子多长，都是这么多。
#
# **练习。** `RNNEncoder(vocabulary_size, units)` 返回 `(outputs, state)`，形状是 (B, S, U) 和 (B, U)。
# 两个部件名为 `embedding` 和 `cell`。
#
# <details><summary>提示一</summary>真实的词就是不等于 <code>PAD_ID</code> 的词，掩码由此而来。</details>
# <details><summary>提示二</summary>初始状态是零，每句话一行；对第一个词的向量用 <code>ops.zeros_like</code>，形状正好。
# </details>
# <details><summary>提示三</summary>其余的交给你的 <code>unroll</code>；注意它给出的状态是一个列表。</details>

# %% exercise="RNNEncoder"

# %%
keras.utils.set_random_seed(1)
encoder = RNNEncoder(14, 12)
short = ops.convert_to_tensor([[4, 5, 6, 7]])
padded = ops.convert_to_tensor([[4, 5, 6, 7, PAD_ID, PAD_ID, PAD_ID]])
long = ops.convert_to_tensor([list(range(4, 14)) * 4])
for ids in (short, padded, long):
    outputs, state = encoder(ids)
    print(tuple(ids.shape), "->", tuple(outputs.shape), tuple(state.shape))
outputs, state = (ops.convert_to_numpy(y) for y in encoder(padded))
_, alone = encoder(short)
print(np.abs(state - ops.convert_to_numpy(alone)).max())
show(
    pictures.states(outputs[0], [*source_words, *[say("(pad)", "（填充）")] * 3]),
    say(
        "A row of twelve coloured squares for each of four words and three paddings. The rows of "
        "the words differ; the three rows of the padding look like that of the last word.",
        "四个词和三个填充，每行十二个彩色方格。各个词的行互不相同；"
        "三个填充的行与最后一个词的行一样。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The outputs grow with the sentence; the state is (1, 12), whether it holds 4 words or 40. And
# padding leaves it as it was: the printed difference is 0 (or a rounding error).

# %% [markdown] lang="zh"
# **注意观察。** 输出随句子变长；状态总是 (1, 12)，不管它要装 4 个词还是 40 个词。填充没有改变它：
# 打印出来的差是 0（至多是舍入误差）。

# %% [markdown] lang="en"
# ## 7. The decoder: with and without looking back
#
# The decoder gets the target so far, beginning with the start id, and gives [logits](glossary.md#logits): at each
# place a score for every word that may come next. **Without attention** the encoder's state is its first state, and
# that's all it ever gets of the source:
#
# $$s_t = \mathrm{GRU}(w_t, s_{t-1}),\quad s_0 = \mathrm{state}\qquad \mathrm{logits}_t = \mathrm{Dense}(s_t)$$
#
# **With attention** it still begins there, but each step first looks back, asking with the state *before* the step:
#
# $$c_t = \mathrm{attention}(s_{t-1}, y_1, \ldots, y_S)\qquad s_t = \mathrm{GRU}([w_t, c_t], s_{t-1})\qquad
# \mathrm{logits}_t = \mathrm{Dense}([s_t, c_t])$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $w_t$ | (B, U) | embedding of the target word that was written last (the start id at $t = 1$) |
# | $s_t$ | (B, U) | the decoder's state |
# | $c_t$ | (B, U) | context: what it found at its look back |
# | $[w_t, c_t]$ | (B, 2U) | both side by side |
# | logits | (B, T, V) | V scores for each of T places |
#
# In training we know the whole right translation. So at each place the decoder is fed the *right* word before it, not
# its own: [teacher forcing](glossary.md#teacher-forcing). When it translates it has only its own words, mistakes
# included ([exposure bias](glossary.md#exposure-bias)).
#
# **By hand.** The weights for V = 14, U = 32. Without attention: $448 + 6240$ as in the encoder, and
# $14\cdot(32+1) = 462$ for the Dense layer: 7150. With attention the cell's input is twice as wide,
# $3\cdot 32\cdot(64+32+1) = 9312$; the attention has $2\cdot 32\cdot 32 + 32 = 2080$, the Dense layer
# $14\cdot(64+1) = 910$: $448 + 9312 + 2080 + 910 = 12750$.
#
# **Exercise.** `RNNDecoder(vocabulary_size, units, attention=True)`, called with `target`, `memory`
# (`(outputs, state)`) and perhaps `memory_mask`. Parts: `embedding`, `attention` (an `AdditiveAttention(units)` or
# `None`), `cell`, `output_projection`. With `return_attention_scores` it gives `(logits, weights)`.
#
# <details><summary>Hint 1</summary>Without attention no step needs more than its word: <code>unroll</code> is
# enough.</details>
# <details><summary>Hint 2</summary>With attention write a step for <code>scan</code>: attend, join word and context,
# run the cell.</details>
# <details><summary>Hint 3</summary>What the next step needs is the state; what this step has to say is state and
# context side by side, and the weights. One Dense layer can then make all logits at once.</details>

# %% [markdown] lang="zh"
# ## 7. 解码器：回头看，或者不回头
#
# 解码器得到目标句已有的部分（从起始符开始），给出 [logits](glossary.md#logits)：在每个位置上，
# 为每个可能的下一个词打一个分。**不带注意力**时，编码器的状态就是它的初始状态，关于源句，它得到的仅此而已：
#
# $$s_t = \mathrm{GRU}(w_t, s_{t-1}),\quad s_0 = \mathrm{state}\qquad \mathrm{logits}_t = \mathrm{Dense}(s_t)$$
#
# **带注意力**时，初始状态不变，但每一步先用*这一步之前*的状态回头看：
#
# $$c_t = \mathrm{attention}(s_{t-1}, y_1, \ldots, y_S)\qquad s_t = \mathrm{GRU}([w_t, c_t], s_{t-1})\qquad
# \mathrm{logits}_t = \mathrm{Dense}([s_t, c_t])$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $w_t$ | (B, U) | 上一个写出的目标词的嵌入向量（$t = 1$ 时是起始符） |
# | $s_t$ | (B, U) | 解码器的状态 |
# | $c_t$ | (B, U) | 上下文：回头看到的东西 |
# | $[w_t, c_t]$ | (B, 2U) | 两者并排 |
# | logits | (B, T, V) | T 个位置，每个位置 V 个分数 |
#
# 训练时我们知道完整的正确译文，所以在每个位置上，给解码器看的是*正确*的前一个词，而不是它自己写的，
# 这叫[教师强制](glossary.md#teacher-forcing)。真正翻译时，它只有自己写的词，
# 错了也得接着写（[暴露偏差](glossary.md#exposure-bias)）。
#
# **手算。** 数一数 V = 14、U = 32 时的权重。不带注意力：与编码器一样的 $448 + 6240$，
# 加上 Dense 层的 $14\cdot(32+1) = 462$，共 7150。带注意力：循环单元的输入宽了一倍，$3\cdot 32\cdot(64+32+1) = 9312$；
# 注意力有 $2\cdot 32\cdot 32 + 32 = 2080$；Dense 层有 $14\cdot(64+1) = 910$；合计 $448 + 9312 + 2080 + 910 = 12750$。
#
# **练习。** `RNNDecoder(vocabulary_size, units, attention=True)`，传入 `target`、`memory`（即 `(outputs, state)`），
# 可能还有 `memory_mask`。部件名为 `embedding`、`attention`（`AdditiveAttention(units)` 或 `None`）、`cell`、
# `output_projection`。若要求 `return_attention_scores`，则返回 `(logits, weights)`。
#
# <details><summary>提示一</summary>不带注意力时，每一步只需要它的词，用 <code>unroll</code> 就够了。</details>
# <details><summary>提示二</summary>带注意力时，为 <code>scan</code> 写一步：做注意力，拼接词与上下文，运行循环单元。
# </details>
# <details><summary>提示三</summary>下一步需要的是状态；这一步要交出的是并排的状态与上下文，还有权重。这样，
# 最后一个 Dense 层就能一次算出全部 logits。</details>

# %% exercise="RNNDecoder"

# %% [markdown] lang="en"
# **An experiment: what can the decoder see?** We shake one part of the memory at a time, the output at each source
# word and the state, and measure how far the logits of each step move. Which entries will be exactly 0?

# %% [markdown] lang="zh"
# **实验：解码器看得到什么？** 我们每次只晃动记忆的一个部分，即各个词处的输出，以及状态，量一量每一步的logits 移动多远。
# 哪些格子会恰好是 0？

# %%
target_ids = ops.convert_to_tensor([[START_ID, 4, 5, 6, 7, 8, 9, 10]])
outputs = rng.normal(size=(1, 4, 12)).astype("float32")
state = rng.normal(size=(1, 12)).astype("float32")
shake = rng.normal(size=12).astype("float32")
seen = {}
for attention, title in (
    (False, say("without attention", "不带注意力")),
    (True, say("with attention", "带注意力")),
):
    keras.utils.set_random_seed(2)
    decoder = RNNDecoder(14, 12, attention=attention)
    plain = decoder(target_ids, (ops.convert_to_tensor(outputs), ops.convert_to_tensor(state)))
    columns = []
    for place in range(5):
        other, begin = outputs.copy(), state.copy()
        if place < 4:
            other[0, place] += shake
        else:
            begin[0] += shake
        now = decoder(target_ids, (ops.convert_to_tensor(other), ops.convert_to_tensor(begin)))
        apart = ops.convert_to_numpy(now) - ops.convert_to_numpy(plain)
        columns.append(np.linalg.norm(apart[0], axis=-1))
    seen[title] = np.transpose(columns) / np.max(columns)
end = say("(end)", "（结束）")
show(
    pictures.side_by_side(
        seen,
        [*target_words, end],
        [*source_words, say("state", "状态")],
        (say("about to write", "将要写"), say("shaken", "晃动哪里")),
    ),
    say(
        "Two maps, eight steps by five parts of the memory. Without attention the four columns of "
        "the words are 0, and the column of the state fades downwards. With attention the columns "
        "of the words are not 0, down to the last row.",
        "两张图，八步对记忆的五个部分。不带注意力时，四个词的列全是 0，状态那一列自上而下变淡。"
        "带注意力时，各个词的列直到最后一行都不是 0。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Without attention the words' outputs might as well not exist: only the state counts, and it
# counts less at each step, since it has to last through all of them. With attention, the last step reaches the words
# as directly as the first. (Each map is divided by its largest entry. These decoders are untrained: we see what is
# possible, not what is useful.)

# %% [markdown] lang="zh"
# **注意观察。** 不带注意力时，各个词的输出有没有都一样：起作用的只有状态，而且一步比一步弱，因为它要撑过所有的步。
# 带注意力时，最后一步与第一步一样，直接就能看到各个词。（每张图都除以了自己的最大值。解码器未经训练：
# 我们看到的是可能性，不是有没有用。）

# %% [markdown] lang="en"
# ## 8. The whole translator
#
# **Exercise.** `RNNSeq2Seq(source_vocabulary_size, target_vocabulary_size, units, attention=True)` puts both halves
# behind the interface that every model of the course has:
#
# | method | gives |
# |---|---|
# | `encode(source)` | the memory: `(outputs, state, source_mask)` |
# | `decode(target_in, memory)` | logits (B, T, V) |
# | calling it with `(source, target_in)` | both, one after the other |
# | `attention_scores(source, target_in)` | a dictionary, `layer_1`: weights (B, 1, T, S); empty without attention |
#
# Why two methods? To translate, we encode *once* and then decode again and again, each time with one word more.
#
# <details><summary>Hint 1</summary>The two halves are called <code>encoder</code> and <code>decoder</code>; the call
# is one line through the other methods.</details>
# <details><summary>Hint 2</summary>The last item of the memory is the source's mask: True where a word isn't
# padding.</details>
# <details><summary>Hint 3</summary>The interface expects an axis for heads; here there is one head, at index
# 1.</details>

# %% [markdown] lang="zh"
# ## 8. 完整的翻译模型
#
# **练习。** `RNNSeq2Seq(source_vocabulary_size, target_vocabulary_size, units, attention=True)` 把编码器和解码器封装成统一的接口：
#
# | 方法 | 返回 |
# |---|---|
# | `encode(source)` | 记忆：`(outputs, state, source_mask)` |
# | `decode(target_in, memory)` | logits (B, T, V) |
# | 以 `(source, target_in)` 调用 | 两者依次进行 |
# | `attention_scores(source, target_in)` | 字典，`layer_1`：权重 (B, 1, T, S)；不带注意力时为空 |
#
# 为什么要两个方法？翻译时只编码*一次*，然后一次又一次地解码，每次多一个词。
#
# <details><summary>提示一</summary>两半名为 <code>encoder</code> 和 <code>decoder</code>；调用模型只需一行，
# 借助另外两个方法。</details>
# <details><summary>提示二</summary>记忆的最后一项是源句的掩码：不是填充的地方为 True。</details>
# <details><summary>提示三</summary>接口要求有一个“头”的轴；这里只有一个头，放在下标 1 处。</details>

# %% exercise="RNNSeq2Seq"

# %% [markdown] lang="en"
# ### The bottleneck, measured
#
# A task that we can generate without end: numbers, digit by digit, from English to Chinese. `three one four` becomes
# 三一四. The digits are drawn at random, so nothing can be guessed from the context: a sentence of $n$ digits must be
# *kept*, all of it. We train on 2 to 10 digits, with teacher forcing and the
# [cross-entropy](glossary.md#cross-entropy) of the right digits, and test lengths up to 14. Three models see the same
# sentences in the same order: without attention with 32 units, without attention with 64 units, with attention with
# 32 units.
#
# We count the sentences that are right from the first digit to the end token. Say beforehand how the three curves
# will run. (We may measure this with teacher forcing: as long as all words were right, it feeds the same words that
# the model would have written itself.)

# %% [markdown] lang="zh"
# ### 瓶颈，量一量
#
# 我们用一个可以无限生成的任务：把数字一位一位从英文译成中文，`three one four` 变成“三一四”。数字是随机抽的，
# 靠上下文什么也猜不出来：$n$ 位的句子必须一位不漏地*记住*。训练用 2 到 10 位，采用教师强制，
# 损失是正确数字的[交叉熵](glossary.md#cross-entropy)；测试到 14 位。三个模型按同样的次序看同样的句子：不带注意力、
# 隐藏维度 32；不带注意力、隐藏维度 64；带注意力、隐藏维度 32。
#
# 我们数的是从第一位到结束符全部写对的句子。先说说三条曲线会怎么走。（这里可以用教师强制来量：只要前面的词都对，
# 喂进去的词就和模型自己写的一样。）

# %%
digits_in = "zero one two three four five six seven eight nine".split()
digits_out = list("零一二三四五六七八九")
FIRST = END_ID + 1
backwards, longest, batches = False, 10, 1000


def pairs_of(lengths, seed):
    rng, shape = np.random.default_rng(seed), (len(lengths), max(lengths) + 1)
    source, target_in, target_out = (np.full(shape, PAD_ID, "int32") for _ in range(3))
    for row, n in enumerate(lengths):
        source[row, :n] = ids = rng.integers(FIRST, FIRST + 10, n)
        ids = ids[::-1] if backwards else ids
        target_in[row, : n + 1] = [START_ID, *ids]
        target_out[row, : n + 1] = [*ids, END_ID]
    return (source[:, :-1], target_in), target_out


def trained(units, attention):
    keras.utils.set_random_seed(0)
    model = RNNSeq2Seq(FIRST + 10, FIRST + 10, units, attention=attention)
    model.compile(
        optimizer=keras.optimizers.Adam(0.005),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    sizes = np.random.default_rng(1).integers(2, longest + 1, batches * 32)
    inputs, right = pairs_of(sizes, seed=2)
    real = (right != PAD_ID).astype("float32")
    model.fit(inputs, right, sample_weight=real, batch_size=32, epochs=1, verbose=0)
    return model


def all_right(model, n):
    inputs, right = pairs_of([n] * 200, seed=100 + n)
    written = ops.convert_to_numpy(model(inputs)).argmax(-1)
    return (written == right).all(axis=-1).mean()


models = {
    say("no attention, U = 32", "不带注意力，U = 32"): trained(32, False),
    say("no attention, U = 64", "不带注意力，U = 64"): trained(64, False),
    say("attention, U = 32", "带注意力，U = 32"): trained(32, True),
}
test_lengths = [2, 4, 6, 8, 10, 12, 14]
accuracy = {name: [all_right(m, n) for n in test_lengths] for name, m in models.items()}
for name, shares in accuracy.items():
    print(f"{models[name].count_params():6}", name, [f"{share:.2f}" for share in shares])
show(
    pictures.bottleneck(test_lengths, accuracy, longest),
    say(
        "The share of wholly right sentences against length. With attention it stays at the top "
        "for all lengths of the training and falls beyond them. Without attention it falls from "
        "the shortest sentences on, with 64 units later than with 32.",
        "全对的句子所占比例随长度的变化。带注意力时，在训练过的长度内一直处在高处，超出之后下降。"
        "不带注意力时，从短句开始就往下掉，隐藏维度 64 比 32 掉得晚一些。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** First: without attention the sentences get worse as they get longer, well within the lengths
# that were trained. Twice the units help, but they only put it off. With attention the same 32 units do: the sentence
# needn't fit into the state.
#
# Second, what the curves *don't* say. They don't say that 32 numbers can't hold ten digits: there is room enough in
# principle, and longer training would raise the curves. They say that it is hard to learn. It isn't a matter of more
# weights either: the first column is the number of weights, and the wide model has most. (For U = 32 they are what we
# counted by hand: $6688 + 7150 = 13838$ and $6688 + 12750 = 19438$.) And attention is no cure for everything: beyond
# the lengths it was trained on it breaks down too. One task and one seed are a demonstration, not a proof: change the
# seed, `batches`, and the units.
#
# Then set `backwards = True`: now the digits are written in the opposite order, so the one that was read last is
# written first. Is that harder or easier for the model without attention? Sutskever, Vinyals and Le (2014) fed their
# sentences in reverse.

# %% [markdown] lang="zh"
# **注意观察。** 第一，不带注意力时，句子越长越糟，在训练过的长度之内就是如此。隐藏维度加倍有帮助，但只是把问题推迟。
# 带注意力时，同样的隐藏维度 32 就够了：句子不必塞进状态里。
#
# 第二，这些曲线*没有*说什么。它们没有说 32 个数装不下十位数字：原则上装得下，训练久一些，曲线也会升高。它们说的是：
# 这很难学会。这也不是权重多少的问题：第一列是权重的个数，最宽的那个模型最多。（U = 32 的两个，
# 正是我们手算的 $6688 + 7150 = 13838$ 和 $6688 + 12750 = 19438$。）注意力也不是万能的：超出训练过的长度，它同样会垮。
# 一个任务、一个种子只是演示，不是证明：请改一改种子、`batches` 和隐藏维度。
#
# 再令 `backwards = True`：这时数字要倒过来写，最后读到的最先写。对不带注意力的模型来说，这更难还是更容易？Sutskever、
# Vinyals 和 Le（2014）就是把源句倒着喂进去的。

# %% [markdown] lang="en"
# **Where does it look?** The weights of the model with attention, for sentences that it hasn't seen. Drag the length
# beyond 10.

# %% [markdown] lang="zh"
# **它在看哪里？** 下面是带注意力的模型对没见过的句子给出的权重。把长度拖到 10 以上看看。

# %%
looking = models[say("attention, U = 32", "带注意力，U = 32")]
looks = {}
for n in (3, 6, 9, 12, 14):
    inputs, right = pairs_of([n], seed=n)
    looks[n] = (
        ops.convert_to_numpy(looking.attention_scores(*inputs)["layer_1"])[0, 0],
        [*(digits_out[i - FIRST] for i in right[0, :-1]), end],
        [digits_in[i - FIRST] for i in inputs[0][0]],
    )


def at_length(n):
    weights, queries, keys = looks[n]
    return plots.heatmap(
        weights, queries, keys, sides=(say("about to write", "将要写"), say("looks at", "看哪里"))
    )


def at_length_text(n):
    weights = looks[n][0]
    own = np.mean([weights[t, t] for t in range(n)])
    return say(
        f"Weights for {n} digits: Chinese down the side, English along the top. A digit gives its "
        f"own source word the mean weight {own:.2f}.",
        f"{n} 位数字的权重：竖边是中文，横边是英文。每个数字对它自己的源词，平均权重是 {own:.2f}。",
    )


explore(
    at_length,
    at_length_text,
    labels={"n": say("length", "长度")},
    start={"n": 6},
    n=list(looks),
)

# %% [markdown] lang="en"
# **What to notice.** Nobody told the model which word belongs to which; it found the diagonal by itself, from whole
# pairs of sentences. The row of the end token is different: there is no word that it would have to copy. Beyond 10
# digits see what becomes of the diagonal at the end of the sentence, at places that training never had.
#
# Finally let the models write by themselves: encode once, then take the likeliest word at each step
# ([greedy decoding](glossary.md#greedy-decoding)), until the end token comes.

# %% [markdown] lang="zh"
# **注意观察。** 没有人告诉模型哪个词对应哪个词；它只凭整句的配对，自己找到了对角线。结束符那一行不同：
# 它没有哪个词要抄。长度超过 10 时，请看句末的对角线变成了什么样：那些位置训练时从未出现过。
#
# 最后，让模型自己写：编码一次，然后每一步取最可能的词（[贪心解码](glossary.md#greedy-decoding)），直到写出结束符。

# %%
def write(model, source, limit=20):
    memory, ids = model.encode(ops.convert_to_tensor(source)), [START_ID]
    while len(ids) <= limit:
        logits = model.decode(ops.convert_to_tensor([ids], "int32"), memory)
        ids.append(int(ops.convert_to_numpy(logits)[0, -1].argmax()))
        if ids[-1] == END_ID:
            return ids[1:-1]
    return ids[1:]


for n in (3, 6, 9, 12):
    (source, _), right = pairs_of([n], seed=n)
    print(" ".join(digits_in[i - FIRST] for i in source[0]))
    for name, ids in (
        (say("right", "正确"), right[0, :-1]),
        *((name, write(model, source)) for name, model in models.items()),
    ):
        print("   ", "".join(digits_out[i - FIRST] if i >= FIRST else "?" for i in ids), f"  {name}")

# %% [markdown] lang="en"
# **What to notice.** Each line ends where the model chose to end. Nothing in the program knows the length; only the
# end token says that a sentence is over. Without attention the beginning is often right and the rest goes astray,
# sometimes with a wrong number of digits: once one word is wrong, the next steps build on it. At 12 digits, more than
# it was trained on, the model with attention may go astray too.

# %% [markdown] lang="zh"
# **注意观察。** 每一行都在模型自己决定停下的地方结束。程序并不知道长度，只有结束符表示一句话写完了。不带注意力时，
# 开头往往是对的，后面就走样了，有时连位数都不对：一个词写错，后面就在错的基础上接着写。到了 12 位，比训练时的都长，
# 带注意力的模型也可能出错。

# %% [markdown] lang="en"
# ## Questions to think about
#
# 1. Which part of the loop could be computed for all steps at once, and which could not? What if $R$ were 0?
# 2. Two paths lead from the first source word to the last target word: through the states, and through attention. How
#    many steps has each? What does that mean for the gradient?
# 3. The encoder here reads from left to right only, so the output at `I` knows nothing of `learning`. Bahdanau's encoder
#    reads in both directions. For which words would that help? Could the decoder do the same?
# 4. A GRU with $z = 1$ keeps its state forever. Why not start it there?
#
# ## Further reading
#
# - Elman 1990, *Finding Structure in Time*: the simple cell.
# - Hochreiter and Schmidhuber 1997, *Long Short-Term Memory*; Gers, Schmidhuber and Cummins 2000, *Learning to Forget*:
#   the forget gate.
# - Bengio, Simard and Frasconi 1994, *Learning Long-Term Dependencies with Gradient Descent Is Difficult*: vanishing
#   gradients.
# - Cho et al. 2014, *Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation*,
#   section 2: encoder, decoder and the GRU.
# - Sutskever, Vinyals and Le 2014, *Sequence to Sequence Learning with Neural Networks*, section 3.3: the reversed
#   source.
# - Bahdanau, Cho and Bengio 2015, *Neural Machine Translation by Jointly Learning to Align and Translate*, section 3,
#   and section 5 on long sentences.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 循环里的哪一部分可以对所有的步一次算完，哪一部分不行？如果 $R$ 是 0 呢？
# 2. 从第一个源词到最后一个目标词有两条路：经过一个个状态，或者经过注意力。各有多少步？这对梯度意味着什么？
# 3. 这里的编码器只从左往右读，所以 `I` 处的输出对 `learning` 一无所知。Bahdanau 等人的编码器从两个方向读。
#    这对哪些词有帮助？解码器也能这样做吗？
# 4. $z = 1$ 的 GRU 会永远保持它的状态。为什么不从那里开始训练？
#
# ## 延伸阅读
#
# - Elman，1990，*Finding Structure in Time*：最简单的循环单元。
# - Hochreiter、Schmidhuber，1997，*Long Short-Term Memory*；Gers、Schmidhuber、Cummins，2000，*Learning to Forget*：
#   遗忘门。
# - Bengio、Simard、Frasconi，1994，*Learning Long-Term Dependencies with Gradient Descent Is Difficult*：梯度消失。
# - Cho 等，2014，*Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation*，
#   第 2 节：编码器、解码器和 GRU。
# - Sutskever、Vinyals、Le，2014，*Sequence to Sequence Learning with Neural Networks*，第 3.3 节：倒着读的源句。
# - Bahdanau、Cho、Bengio，2015，*Neural Machine Translation by Jointly Learning to Align and Translate*，第 3 节，
#   以及第 5 节中关于长句的部分。
