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
# **Where we are.** A convolution looks at a few neighbouring words at a time: `I like`, `like deep`,
# `deep learning`. Its windows don't wait for one another, so all of them are computed side by side. One
# layer doesn't cover the sentence; windows over windows do.
#
# **What you will write.** The receptive field, a gated unit, a convolution that never sees the future,
# and the translator of Gehring et al. 2017 made of them.

# %% [markdown] lang="zh"
# # CNN：在句子上滑动的窗口
#
# **我们在哪里。** 卷积一次看相邻的几个词：`I like`、`like deep`、`deep learning`。窗口之间互不等待，所以可以并行计算。
# 一层盖不住整句话，窗口之上再叠窗口就可以。
#
# **你要写什么。** 感受野、门控单元、看不到未来的卷积，以及由它们组成的翻译模型（Gehring et al. 2017）。

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
from course.kit.showing import explore, show
from course.kit.softmax import masked_softmax
from course.kit.tokens import PAD_ID


# %% [markdown] lang="en"
# ## 1. `receptive_field`
#
# $$1 + n (K - 1) d$$
#
# How many words can one output see through $n$ layers with windows of $K$ and dilation $d$?
#
# <details><summary>Hint</summary>Begin with no layer at all.</details>

# %% [markdown] lang="zh"
# ## 1. `receptive_field`
#
# $$1 + n (K - 1) d$$
#
# 窗口为 $K$、空隙为 $d$ 的 $n$ 层卷积，一个输出能看到多少个词？
#
# <details><summary>提示</summary>先想想一层也没有的情形。</details>

# %% exercise="receptive_field" points=5

# %% [markdown] lang="en"
# ## 2. `gated_linear_unit`
#
# $$a * \sigma(b)$$
#
# One half of the features decides how much of the other half passes.
#
# <details><summary>Hint</summary>Cut the last axis in the middle.</details>

# %% [markdown] lang="zh"
# ## 2. `gated_linear_unit`
#
# $$a * \sigma(b)$$
#
# 一半特征决定另一半通过多少。
#
# <details><summary>提示</summary>把最后一个轴从中间切开。</details>

# %% exercise="gated_linear_unit" points=7

# %% [markdown] lang="en"
# ## 3. `CausalConv1D`
#
# $$y_t = b + \sum_{k=0}^{K-1} x_{t-(K-1)+k} W_k$$
#
# The window ends at its word. Before the first word stand $K - 1$ zeros.
#
# <details><summary>Hint</summary>Pad on one side only, then convolve without padding.</details>

# %% [markdown] lang="zh"
# ## 3. `CausalConv1D`
#
# $$y_t = b + \sum_{k=0}^{K-1} x_{t-(K-1)+k} W_k$$
#
# 窗口以当前词结束。第一个词之前有 $K - 1$ 个零。
#
# <details><summary>提示</summary>只在一侧补零，然后做不补零的卷积。</details>

# %% exercise="CausalConv1D" points=27

# %% [markdown] lang="en"
# ## 4. `ConvBlock`
#
# $$(x + \mathrm{GLU}(\mathrm{conv}(x))) \sqrt{0.5}$$
#
# In the encoder the window surrounds its word, with $K // 2$ words to the right.
#
# <details><summary>Hint</summary>A centred window is a causal one, read a few steps later.</details>

# %% [markdown] lang="zh"
# ## 4. `ConvBlock`
#
# $$(x + \mathrm{GLU}(\mathrm{conv}(x))) \sqrt{0.5}$$
#
# 在编码器里窗口居中，右侧有 $K // 2$ 个词。
#
# <details><summary>提示</summary>居中的窗口就是晚几步读取的因果窗口。</details>

# %% exercise="ConvBlock" points=21

# %% [markdown] lang="en"
# ## 5. `ConvAttention`
#
# $$q_t = h_t W + b + g_t\qquad a_t = \mathrm{softmax}(q_t \cdot z_s)\qquad c_t = \left(\sum_s a_{ts} (z_s + e_s)\right) W' + b'$$
#
# <details><summary>Hint</summary>Keys are the memory alone; values are memory plus embedding.</details>

# %% [markdown] lang="zh"
# ## 5. `ConvAttention`
#
# $$q_t = h_t W + b + g_t\qquad a_t = \mathrm{softmax}(q_t \cdot z_s)\qquad c_t = \left(\sum_s a_{ts} (z_s + e_s)\right) W' + b'$$
#
# <details><summary>提示</summary>键只是记忆；值是记忆加词嵌入。</details>

# %% exercise="ConvAttention" points=15

# %% [markdown] lang="en"
# ## 6. `ConvSeq2Seq`
#
# Embeddings plus positions, a stack of blocks on either side, and an attention after every block of the decoder. Its memory is not one fixed-length vector: it has a vector for every word.
#
# <details><summary>Hint</summary>After each attention: state plus context, times the same factor as in the block.</details>

# %% [markdown] lang="zh"
# ## 6. `ConvSeq2Seq`
#
# 词嵌入加位置，两边各一叠块，解码器的每个块之后做一次注意力。它的记忆不是一个固定长度的向量，而是每个词一个向量。
#
# <details><summary>提示</summary>每次注意力之后：状态加上下文，再乘以与块里相同的系数。</details>

# %% exercise="ConvSeq2Seq" points=25

# %%
layers = list(range(9))
plots.curves(
    layers,
    {f"K = {k}": np.array([receptive_field(k, n) for n in layers]) for k in (2, 3, 5)},
    say("layers", "层数"),
    say("words seen", "看到的词数"),
    say("Windows over windows", "窗口之上的窗口"),
);

# %% [markdown] lang="en"
# ## To think about
#
# 1. How many layers with windows of three does a sentence of 21 words need?
# 2. Why is padding set to zero before a convolution, and not after it?
# 3. What would a decoder with centred windows learn?
#
# **Further reading.** Dauphin et al. 2017; Gehring et al. 2017.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 21 个词的句子，需要多少层窗口为三的卷积？
# 2. 为什么要在卷积之前、而不是之后把填充置零？
# 3. 如果解码器的窗口居中，它会学到什么？
#
# **延伸阅读。** Dauphin et al. 2017；Gehring et al. 2017。
