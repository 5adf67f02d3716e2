# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # Transformer: attention, positions and a small network, stacked
#
# **Where we are.** All parts are there. An encoder layer lets the source words look at one another; a
# decoder layer lets each target word look at those before it, and then at the source. The memory is a
# vector for every source word, not one for all.
#
# **What you will write.** The small network, the two layers, and the whole model.

# %% [markdown] lang="zh"
# # Transformer：把注意力、位置和小网络叠起来
#
# **我们在哪里。** 部件都齐了。编码层让源句的词互相看；解码层让每个目标词先看它前面的词，再看源句。
# 记忆是每个源词一个向量，不是全句一个。
#
# **你要写什么。** 小网络、两种层，以及整个模型。

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
from course.kit.tokens import PAD_ID


# %% [markdown] lang="en"
# **One line chooses.** The parts of earlier units are given, so that an earlier mistake costs its points once. To build on your own work, import the same names from `course.own` in the next cell; the grader always uses the given ones.

# %% [markdown] lang="zh"
# **一行选择。** 前面单元的部件已经给出，这样早先的错误只扣一次分。想用自己写的，就在下一个单元格里从 `course.own` 导入同样的名字；评分时总是使用给定的部件。

# %%
from course.kit.parts import MultiHeadAttention, PositionalEncoding, causal_mask

# %% [markdown] lang="en"
# ## 1. `FeedForward`
#
# $$\max(0, x W_1 + b_1) W_2 + b_2$$
#
# <details><summary>Hint</summary>Two Dense layers, a ReLU between them.</details>

# %% [markdown] lang="zh"
# ## 1. `FeedForward`
#
# $$\max(0, x W_1 + b_1) W_2 + b_2$$
#
# <details><summary>提示</summary>两个 Dense 层，中间一个 ReLU。</details>

# %% exercise="FeedForward" points=10

# %% [markdown] lang="en"
# ## 2. `EncoderLayer`
#
# $$\mathrm{LayerNorm}(x + \mathrm{Dropout}(\mathrm{sublayer}(x)))$$
#
# Once around the attention, once around the network.
#
# <details><summary>Hint</summary>The mask says who may be looked at: it belongs on the last axis.</details>

# %% [markdown] lang="zh"
# ## 2. `EncoderLayer`
#
# $$\mathrm{LayerNorm}(x + \mathrm{Dropout}(\mathrm{sublayer}(x)))$$
#
# 注意力外面一次，网络外面一次。
#
# <details><summary>提示</summary>掩码说明可以看谁：它属于最后一个轴。</details>

# %% exercise="EncoderLayer" points=29

# %% [markdown] lang="en"
# ## 3. `DecoderLayer`
#
# Three sub-layers: causal self-attention, attention to the memory, the network. Each mask belongs to one of the attentions.
#
# <details><summary>Hint</summary>Not later, and not padding: two masks become one.</details>

# %% [markdown] lang="zh"
# ## 3. `DecoderLayer`
#
# 三个子层：因果自注意力、对记忆的注意力、小网络。每个掩码各属于一个注意力。
#
# <details><summary>提示</summary>不在后面，也不是填充：两个掩码合成一个。</details>

# %% exercise="DecoderLayer" points=29

# %% [markdown] lang="en"
# ## 4. `Transformer`
#
# Embeddings times $\sqrt{D}$, positions, layers, logits.
#
# <details><summary>Hint</summary>encode ends in the source mask; decode gives it to every layer.</details>

# %% [markdown] lang="zh"
# ## 4. `Transformer`
#
# 词嵌入乘以 $\sqrt{D}$，加位置，过各层，得到 logits。
#
# <details><summary>提示</summary>encode 的最后一项是源句掩码；decode 把它交给每一层。</details>

# %% exercise="Transformer" points=32

# %%
keras.utils.set_random_seed(3)
model = Transformer(12, 12, 16, 2, 32, 1)
source, target = np.array([[4, 5, 6, 7, 3]]), np.array([[2, 8, 9, 10]])
scores = model.attention_scores(source, target)["layer_1"]
plots.heatmap(
    ops.convert_to_numpy(scores)[0, 0],
    ["", "我", "喜欢", "深度"],
    ["I", "like", "deep", "learning", "."],
    say("Who looks at whom, before any training", "谁在看谁，未经训练"),
);

# %% [markdown] lang="en"
# ## To think about
#
# 1. Which parts of the decoder can run side by side in training, and which can't when it writes?
# 2. Why is the sum normalised, and not the sub-layer's output?
#
# **Further reading.** Vaswani et al. 2017, section 3.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 解码器的哪些部分训练时可以并行，写作时却不行？
# 2. 为什么归一化的是和，而不是子层的输出？
#
# **延伸阅读。** Vaswani et al. 2017，第 3 节。
