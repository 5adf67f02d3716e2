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
# **Where we are.** Three families of models, one face. A translator learns to guess the next word of
# right translations; it writes by guessing again and again, from its own words.
#
# **What you will write.** The shifted target, the loss, the learning rate, greedy and beam search, BLEU.

# %% [markdown] lang="zh"
# # 翻译：模型怎样学，怎样写
#
# **我们在哪里。** 三个家族的模型，同一个接口。翻译模型学的是猜出正确译文的下一个词；写作时，它根据自己写出的词一次次地猜。
#
# **你要写什么。** 右移的目标句、损失、学习率、贪心搜索与束搜索、BLEU。

# %% setup=true
# The builder puts the first cell here: see autograder/authoring/first_cell.py.

# %%
import math
from collections import Counter

import keras
import numpy as np
from keras import ops

from course.check import in_notebook
from course.kit import plots
from course.kit.language import say
from course.kit.showing import explore, show
from course.kit.tokens import END_ID, PAD_ID, START_ID


# %% [markdown] lang="en"
# ## 1. `shift_right`
#
# What the decoder is fed: the start id, then all but the last column.
#
# <details><summary>Hint</summary>One column in front, one less behind.</details>

# %% [markdown] lang="zh"
# ## 1. `shift_right`
#
# 输入解码器的是：开始符，以及除最后一列之外的全部。
#
# <details><summary>提示</summary>前面多一列，后面少一列。</details>

# %% exercise="shift_right" points=10

# %% [markdown] lang="en"
# ## 2. `masked_cross_entropy`
#
# $$-\sum_v q_v \log p_v$$
#
# averaged over real tokens. With smoothing, $q$ is spread over the vocabulary.
#
# <details><summary>Hint</summary>Padding counts neither above nor below the line.</details>

# %% [markdown] lang="zh"
# ## 2. `masked_cross_entropy`
#
# $$-\sum_v q_v \log p_v$$
#
# 在真实词元上求平均。使用平滑时，$q$ 分散到整个词表。
#
# <details><summary>提示</summary>填充既不进分子，也不进分母。</details>

# %% exercise="masked_cross_entropy" points=25

# %% [markdown] lang="en"
# ## 3. `WarmupInverseSqrt`
#
# $$D^{-0.5} \min(n^{-0.5}, n \cdot w^{-1.5})$$
#
# $n$ counts from 1, Keras from 0.
#
# <details><summary>Hint</summary>Cast the step to a float first.</details>

# %% [markdown] lang="zh"
# ## 3. `WarmupInverseSqrt`
#
# $$D^{-0.5} \min(n^{-0.5}, n \cdot w^{-1.5})$$
#
# $n$ 从 1 数起，Keras 从 0 数起。
#
# <details><summary>提示</summary>先把步数转成浮点数。</details>

# %% exercise="WarmupInverseSqrt" points=11

# %% [markdown] lang="en"
# ## 4. `greedy_decode`
#
# Feed the start id and all words written; take the likeliest next word; stop when all have ended.
#
# <details><summary>Hint</summary>Read the source once, before the loop.</details>

# %% [markdown] lang="zh"
# ## 4. `greedy_decode`
#
# 输入开始符和已写出的词，取最可能的下一个词，全部结束时停下。
#
# <details><summary>提示</summary>源句只读一次，在循环之前。</details>

# %% exercise="greedy_decode" points=20

# %% [markdown] lang="en"
# ## 5. `beam_search`
#
# $$\log P(Y) / \mathrm{lp}(Y)\qquad \mathrm{lp}(Y) = ((5 + |Y|) / 6)^{\alpha}$$
#
# Keep the best beginnings instead of one.
#
# <details><summary>Hint</summary>Whoever has ended competes on, unchanged.</details>

# %% [markdown] lang="zh"
# ## 5. `beam_search`
#
# $$\log P(Y) / \mathrm{lp}(Y)\qquad \mathrm{lp}(Y) = ((5 + |Y|) / 6)^{\alpha}$$
#
# 保留几个最好的开头，而不是一个。
#
# <details><summary>提示</summary>已结束的原样继续参与竞争。</details>

# %% exercise="beam_search" points=20

# %% [markdown] lang="en"
# ## 6. `corpus_bleu`
#
# $$100 \cdot BP \cdot (p_1 p_2 p_3 p_4)^{1/4}$$
#
# <details><summary>Hint</summary>Sum over the corpus first, then divide.</details>

# %% [markdown] lang="zh"
# ## 6. `corpus_bleu`
#
# $$100 \cdot BP \cdot (p_1 p_2 p_3 p_4)^{1/4}$$
#
# <details><summary>提示</summary>先在整个语料上累加，再相除。</details>

# %% exercise="corpus_bleu" points=14

# %%
schedule = WarmupInverseSqrt(128, 400)
steps = list(range(0, 4000, 20))
plots.curves(
    steps,
    {"w = 400": np.array([float(schedule(step)) for step in steps])},
    say("update", "更新次数"),
    say("learning rate", "学习率"),
    say("Warm up, then cool down", "先升温，再降温"),
);

# %% [markdown] lang="en"
# ## To think about
#
# 1. What does a model learn that is fed its target without the shift?
# 2. Why do short translations win without a length penalty?
# 3. Can two good translations of one sentence have a BLEU of 0 between them?
#
# **Further reading.** Papineni et al. 2002; Wu et al. 2016; Post 2018.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 如果目标句不右移就输入，模型会学到什么？
# 2. 没有长度修正，为什么短译文会赢？
# 3. 同一句话的两个好译文，彼此的 BLEU 会是 0 吗？
#
# **延伸阅读。** Papineni et al. 2002；Wu et al. 2016；Post 2018。
