# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # Positions: where a word stands
#
# **Where we are.** Attention is blind to order: move the words, and the results move with them. So each
# word has to be told its position. 太阳晒屁股啦 may be counted 1 to 6, or spread from 0 to 1.
#
# **What you will write.** Counting, spreading, sinusoids, and vectors that are learned. The sinusoids
# encode absolute positions; it is the step from one to another that is a linear map.

# %% [markdown] lang="zh"
# # 位置编码：词在哪里
#
# **我们在哪里。** 注意力与词序无关：调换词序，结果也只是跟着调换。所以要把位置告诉每个词。
# “太阳晒屁股啦”可以数成 1 到 6，也可以均匀放在 0 到 1 之间。
#
# **你要写什么。** 计数、均分、正弦编码，以及学习得到的向量。正弦编码表示的是绝对位置；从一个位置移到另一个位置，才是线性映射。

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
# ## 1. `integer_positions`
#
# $1, 2, \ldots, T$. The numbers grow without bound.
#
# <details><summary>Hint</summary>Floats, the last one included.</details>

# %% [markdown] lang="zh"
# ## 1. `integer_positions`
#
# $1, 2, \ldots, T$。数字会无限增大。
#
# <details><summary>提示</summary>用浮点数，包含最后一个。</details>

# %% exercise="integer_positions" points=5

# %% [markdown] lang="en"
# ## 2. `normalized_positions`
#
# $$t / (T - 1)$$
#
# Bounded, but neighbours are nearer in a longer sentence.
#
# <details><summary>Hint</summary>One word alone has no step to divide by.</details>

# %% [markdown] lang="zh"
# ## 2. `normalized_positions`
#
# $$t / (T - 1)$$
#
# 有界，但句子越长，相邻的词就越近。
#
# <details><summary>提示</summary>只有一个词时，没有可除的步数。</details>

# %% exercise="normalized_positions" points=9

# %% [markdown] lang="en"
# ## 3. `sinusoidal_encoding`
#
# $$PE(t, 2i) = \sin(t / 10000^{2i/D})\qquad PE(t, 2i+1) = \cos(t / 10000^{2i/D})$$
#
# <details><summary>Hint</summary>Stack sine and cosine on a new last axis, then reshape.</details>

# %% [markdown] lang="zh"
# ## 3. `sinusoidal_encoding`
#
# $$PE(t, 2i) = \sin(t / 10000^{2i/D})\qquad PE(t, 2i+1) = \cos(t / 10000^{2i/D})$$
#
# <details><summary>提示</summary>把正弦和余弦叠在新的最后一轴上，再 reshape。</details>

# %% exercise="sinusoidal_encoding" points=20

# %% [markdown] lang="en"
# ## 4. `shift_matrix`
#
# $$PE(t + k) = PE(t) M_k$$
#
# A shift turns every pair by its own angle.
#
# <details><summary>Hint</summary>Write sin(a + b) and cos(a + b) with sin a and cos a.</details>

# %% [markdown] lang="zh"
# ## 4. `shift_matrix`
#
# $$PE(t + k) = PE(t) M_k$$
#
# 移动就是让每一对各转一个角度。
#
# <details><summary>提示</summary>用 sin a 和 cos a 写出 sin(a + b) 和 cos(a + b)。</details>

# %% exercise="shift_matrix" points=16

# %% [markdown] lang="en"
# ## 5. `PositionalEncoding`
#
# A layer that adds the encoding to the words.
#
# <details><summary>Hint</summary>Too long is an error, where the length is known.</details>

# %% [markdown] lang="zh"
# ## 5. `PositionalEncoding`
#
# 把编码加到词上的层。
#
# <details><summary>提示</summary>长度已知而过长时，应当报错。</details>

# %% exercise="PositionalEncoding" points=31

# %% [markdown] lang="en"
# ## 6. `LearnedPositions`
#
# A layer with a table: row $t$ is added to the word at $t$.
#
# <details><summary>Hint</summary>Make the table in build.</details>

# %% [markdown] lang="zh"
# ## 6. `LearnedPositions`
#
# 带一张表的层：第 $t$ 行加到第 $t$ 个词上。
#
# <details><summary>提示</summary>在 build 里创建这张表。</details>

# %% exercise="LearnedPositions" points=19

# %%
encoding = ops.convert_to_numpy(sinusoidal_encoding(20, 16))
plots.curves(
    list(range(20)),
    {say(f"column {column}", f"第 {column} 列"): encoding[:, column] for column in (0, 4, 8)},
    say("position", "位置"),
    say("value", "值"),
    say("Fast hands and slow ones", "快的指针与慢的指针"),
);

# %% [markdown] lang="en"
# ## To think about
#
# 1. Why must the slowest hand be slower than the longest sentence?
# 2. What can't a table of learned positions do that sinusoids can?
#
# **Further reading.** Vaswani et al. 2017, section 3.5; Gehring et al. 2017, section 3.1.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 为什么最慢的指针要比最长的句子还慢？
# 2. 有什么是正弦编码能做、学习得到的表做不到的？
#
# **延伸阅读。** Vaswani et al. 2017，第 3.5 节；Gehring et al. 2017，第 3.1 节。
