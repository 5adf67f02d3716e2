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
# **Where we are.** To translate `I like deep learning` into 我喜欢深度学习, a recurrent network reads one
# word after the other and carries a state along: what it knows of the words so far. Each state is made
# of the last one, so the steps can't run side by side.
#
# **What you will write.** Three cells, the loop that runs them, and a translator in two halves. In the
# plain encoder-decoder all of a sentence has to fit into one vector of fixed length; attention lets the
# decoder look back instead.

# %% [markdown] lang="zh"
# # RNN：一步接着一步
#
# **我们在哪里。** 要把 `I like deep learning` 译成“我喜欢深度学习”，循环网络一个词接一个词地读，并随身带着一个状态：
# 到目前为止它所知道的一切。每个状态都由上一个状态算出，所以各步不能并行。
#
# **你要写什么。** 三种单元、运行它们的循环，以及由两半组成的翻译模型。朴素的编码器–解码器要把整句话装进一个固定长度的向量；
# 有了注意力，解码器就可以回头看。

# %% setup=true
# The builder puts the first cell here: see autograder/authoring/first_cell.py.

# %%
import math

import keras
import numpy as np
from keras import ops

from course.check import in_notebook
from course.kit import plots
from course.kit.language import say
from course.kit.loops import scan
from course.kit.showing import explore, show
from course.kit.softmax import masked_softmax
from course.kit.tokens import PAD_ID


# %% [markdown] lang="en"
# ## 1. `RNNCell`
#
# $$h' = \tanh(x W + h R + b)$$
#
# $x$ is this step's word, $(B, D)$; $h$ is the last state, $(B, U)$. Make the three weights in `build`.
#
# <details><summary>Hint</summary>Two matrix products, one sum, one tanh. Give the new state twice.</details>

# %% [markdown] lang="zh"
# ## 1. `RNNCell`
#
# $$h' = \tanh(x W + h R + b)$$
#
# $x$ 是这一步的词，$(B, D)$；$h$ 是上一个状态，$(B, U)$。三个权重在 `build` 里创建。
#
# <details><summary>提示</summary>两次矩阵乘法、一次相加、一次 tanh。新状态要返回两次。</details>

# %% exercise="RNNCell" points=8

# %% [markdown] lang="en"
# ## 2. `GRUCell`
#
# $$z = \sigma(x W_z + h R_z + b_z)\qquad r = \sigma(x W_r + h R_r + b_r)$$
# $$c = \tanh(x W_c + (r * h) R_c + b_c)\qquad h' = z * h + (1 - z) * c$$
#
# The gates decide how much stays. The columns of `kernel` belong to $z$, $r$ and $c$, in this order.
#
# <details><summary>Hint</summary>The candidate needs the reset gate before its product: it can't share one product with the gates.</details>

# %% [markdown] lang="zh"
# ## 2. `GRUCell`
#
# $$z = \sigma(x W_z + h R_z + b_z)\qquad r = \sigma(x W_r + h R_r + b_r)$$
# $$c = \tanh(x W_c + (r * h) R_c + b_c)\qquad h' = z * h + (1 - z) * c$$
#
# 门决定保留多少。`kernel` 的各列依次属于 $z$、$r$、$c$。
#
# <details><summary>提示</summary>候选在乘矩阵之前就要用重置门，所以不能和两个门合用一次乘法。</details>

# %% exercise="GRUCell" points=11

# %% [markdown] lang="en"
# ## 3. `LSTMCell`
#
# $$c' = \sigma(f) * c + \sigma(i) * \tanh(g)\qquad h' = \sigma(o) * \tanh(c')$$
#
# The four parts $i, f, g, o$ come from one product, in this order. The forget gate's bias starts at 1.
#
# <details><summary>Hint</summary>An initializer is a function of a shape that gives a tensor.</details>

# %% [markdown] lang="zh"
# ## 3. `LSTMCell`
#
# $$c' = \sigma(f) * c + \sigma(i) * \tanh(g)\qquad h' = \sigma(o) * \tanh(c')$$
#
# $i, f, g, o$ 四部分来自同一次乘法，次序如此。遗忘门的偏置从 1 开始。
#
# <details><summary>提示</summary>初始化器就是一个由形状给出张量的函数。</details>

# %% exercise="LSTMCell" points=10

# %% [markdown] lang="en"
# ## 4. `unroll`
#
# Run any cell over a sentence. A padded step changes nothing: states are carried over it, and the last output is given again. `scan` from the kit is a loop that also works where the length is unknown.
#
# <details><summary>Hint</summary>What is carried from step to step is the last output and the states.</details>

# %% [markdown] lang="zh"
# ## 4. `unroll`
#
# 让任意单元走完一句话。填充的步什么都不改变：状态原样传过去，并再次给出上一个输出。课程提供的 `scan` 是长度未知时也能用的循环。
#
# <details><summary>提示</summary>从一步传到下一步的是上一个输出和各个状态。</details>

# %% exercise="unroll" points=17

# %% [markdown] lang="en"
# ## 5. `AdditiveAttention`
#
# $$s_i = v \cdot \tanh(q W + k_i U)\qquad a = \mathrm{softmax}(s)\qquad c = \sum_i a_i k_i$$
#
# The query is what the decoder knows, the keys are what the encoder has read.
#
# <details><summary>Hint</summary>Projected query and keys have different ranks: which axis does the query lack?</details>

# %% [markdown] lang="zh"
# ## 5. `AdditiveAttention`
#
# $$s_i = v \cdot \tanh(q W + k_i U)\qquad a = \mathrm{softmax}(s)\qquad c = \sum_i a_i k_i$$
#
# 查询是解码器所知道的，键是编码器读到的。
#
# <details><summary>提示</summary>投影后的查询和键秩不同：查询缺哪个轴？</details>

# %% exercise="AdditiveAttention" points=12

# %% [markdown] lang="en"
# ## 6. `RNNEncoder`
#
# Embed the words, run a GRU, give all outputs and the state of the last real word: the famous fixed-length vector.
#
# <details><summary>Hint</summary>Real words are those that aren't `PAD_ID`.</details>

# %% [markdown] lang="zh"
# ## 6. `RNNEncoder`
#
# 嵌入各词，运行 GRU，返回全部输出和最后一个真实词的状态，也就是那个固定长度的向量。
#
# <details><summary>提示</summary>真实的词就是不等于 `PAD_ID` 的词。</details>

# %% exercise="RNNEncoder" points=12

# %% [markdown] lang="en"
# ## 7. `RNNDecoder`
#
# Without attention the encoder's state is the first state, and all that comes from the source. With attention each step first looks back, asking with the state so far.
#
# <details><summary>Hint</summary>One step: attend, concatenate word and context, run the cell, keep state and context for the logits.</details>

# %% [markdown] lang="zh"
# ## 7. `RNNDecoder`
#
# 不带注意力时，编码器的状态是初始状态，也是来自源句的全部。带注意力时，每一步先用当前状态回头看。
#
# <details><summary>提示</summary>一步：做注意力，拼接词与上下文，运行单元，留下状态与上下文来算 logits。</details>

# %% exercise="RNNDecoder" points=16

# %% [markdown] lang="en"
# ## 8. `RNNSeq2Seq`
#
# Encoder and decoder behind the interface that every model of the course has: `encode`, `decode`, `attention_scores`.
#
# <details><summary>Hint</summary>The last item of the memory is the source mask.</details>

# %% [markdown] lang="zh"
# ## 8. `RNNSeq2Seq`
#
# 把编码器和解码器放在全课程统一的接口之后：`encode`、`decode`、`attention_scores`。
#
# <details><summary>提示</summary>记忆的最后一项是源句掩码。</details>

# %% exercise="RNNSeq2Seq" points=14

# %%
cell = LSTMCell(1)
steps = list(range(12))
marks = ops.zeros((1, 12, 1))
unroll(cell, marks, [ops.zeros((1, 1)), ops.ones((1, 1))])  # makes the cell's weights
shares = {}
for bias in (-1.0, 1.0, 3.0):
    cell.bias.assign([0.0, bias, 0.0, 0.0])
    memory, shares[f"b = {bias:.0f}"] = ops.ones((1, 1)), []
    for _ in steps:
        shares[f"b = {bias:.0f}"].append(float(memory[0, 0]))
        _, (_, memory) = cell(marks[:, 0], [ops.zeros((1, 1)), memory])
plots.curves(
    steps,
    {name: np.array(values) for name, values in shares.items()},
    say("steps", "步数"),
    say("what is left of the memory", "记忆还剩多少"),
    say("The forget gate's bias decides how long a cell remembers", "遗忘门的偏置决定能记多久"),
);

# %% [markdown] lang="en"
# ## To think about
#
# 1. Which step of the loop could run in parallel, and which could not?
# 2. A sentence of forty words and one of four get the same fixed-length vector. What is lost first?
# 3. Why does the forget gate start open?
#
# **Further reading.** Cho et al. 2014; Sutskever et al. 2014; Bahdanau et al. 2015.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 循环的哪一部分可以并行，哪一部分不行？
# 2. 四十个词的句子和四个词的句子得到同样长的向量。最先丢失的是什么？
# 3. 遗忘门为什么一开始是打开的？
#
# **延伸阅读。** Cho et al. 2014；Sutskever et al. 2014；Bahdanau et al. 2015。
