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
# **Where we are.** One head gives every word one distribution, and often most of it to the word itself.
# In 我养了一只猫，它很可爱 the word 它 stands for 猫, and 可爱 is said of it: two things to look at.
#
# **What you will write.** Split, attend, merge: several heads, each with a slice of the width.

# %% [markdown] lang="zh"
# # 多头注意力：多种看法
#
# **我们在哪里。** 一个头只给每个词一个分布，而且常常大半给了它自己。在“我养了一只猫，它很可爱”里，
# “它”指代“猫”，“可爱”又是说“它”的：有两样东西要看。
#
# **你要写什么。** 切分、关注、合并：几个头，各占宽度的一段。

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


# %% [markdown] lang="en"
# **One line chooses.** The parts of earlier units are given, so that an earlier mistake costs its points once. To build on your own work, import the same names from `course.own` in the next cell; the grader always uses the given ones.

# %% [markdown] lang="zh"
# **一行选择。** 前面单元的部件已经给出，这样早先的错误只扣一次分。想用自己写的，就在下一个单元格里从 `course.own` 导入同样的名字；评分时总是使用给定的部件。

# %%
from course.kit.parts import scaled_dot_product_attention

# %% [markdown] lang="en"
# ## 1. `split_heads`
#
# Cut the width $D$ into $H$ slices, and give each head a sentence of its own: $(B, T, D)$ becomes $(B, H, T, D/H)$.
#
# <details><summary>Hint</summary>A reshape cuts the last axis; a transpose moves the heads.</details>

# %% [markdown] lang="zh"
# ## 1. `split_heads`
#
# 把宽度 $D$ 切成 $H$ 段，让每个头都有自己的一句话：$(B, T, D)$ 变成 $(B, H, T, D/H)$。
#
# <details><summary>提示</summary>reshape 切开最后一个轴；transpose 移动头的轴。</details>

# %% exercise="split_heads" points=17

# %% [markdown] lang="en"
# ## 2. `merge_heads`
#
# Undo the split: the heads of each word stand side by side again.
#
# <details><summary>Hint</summary>The same two steps, backwards.</details>

# %% [markdown] lang="zh"
# ## 2. `merge_heads`
#
# 还原切分：每个词的各个头重新并排。
#
# <details><summary>提示</summary>同样的两步，倒过来做。</details>

# %% exercise="merge_heads" points=13

# %% [markdown] lang="en"
# ## 3. `MultiHeadAttention`
#
# $$\mathrm{MultiHead}(Q, K, V) = \mathrm{Concat}(\mathrm{head}_1, \ldots, \mathrm{head}_H) W_O$$
#
# Project, split, attend, merge, project. In training a share of the weights is dropped.
#
# <details><summary>Hint</summary>The mask needs an axis for the heads.</details>

# %% [markdown] lang="zh"
# ## 3. `MultiHeadAttention`
#
# $$\mathrm{MultiHead}(Q, K, V) = \mathrm{Concat}(\mathrm{head}_1, \ldots, \mathrm{head}_H) W_O$$
#
# 投影、切分、关注、合并、再投影。训练时丢弃一部分权重。
#
# <details><summary>提示</summary>掩码需要一个头的轴。</details>

# %% exercise="MultiHeadAttention" points=70

# %%
words = list("我养了一只猫，它很可爱")
keras.utils.set_random_seed(3)
vectors = np.random.default_rng(3).normal(size=(1, len(words), 16)).astype("float32")
x = ops.convert_to_tensor(vectors)
layer = MultiHeadAttention(16, 2)
_, weights = layer(x, x, return_attention_scores=True)
plots.heatmap(
    ops.convert_to_numpy(weights)[0, 0],
    words,
    words,
    say("One of two heads, before any training", "两个头之一，未经训练"),
);

# %% [markdown] lang="en"
# ## To think about
#
# 1. Why do eight heads of width 64 cost no more than one of width 512?
# 2. What would be lost without the output projection?
#
# **Further reading.** Vaswani et al. 2017, section 3.2.2.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 为什么八个宽 64 的头并不比一个宽 512 的头更费？
# 2. 没有输出投影，会失去什么？
#
# **延伸阅读。** Vaswani et al. 2017，第 3.2.2 节。
