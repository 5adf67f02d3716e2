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
# **Where we are.** All parts are there. [Multi-head attention](glossary.md#multi-head-attention) lets words look at one
# another, a [positional encoding](glossary.md#positional-encoding) tells each word where it stands. What is missing is
# the frame that holds them: an [encoder](glossary.md#encoder) that reads the source, a [decoder](glossary.md#decoder)
# that writes the target, and something that lets many layers be trained on top of each other.
#
# **What you will write.** Four pieces: `FeedForward`, a small network for each word; `EncoderLayer` and `DecoderLayer`,
# which put attention and network together; and `Transformer`, the whole model. At the end you train it on a task of
# one minute's size, put the course's trained weights into *your* layers, and look where they look.

# %% [markdown] lang="zh"
# # Transformer：把注意力、位置和小网络叠起来
#
# **我们在哪里。** 部件都齐了。[多头注意力](glossary.md#multi-head-attention)让词互相看，[位置编码](glossary.md#positional-encoding)告诉每个词它在哪里。
# 还缺一个框架：读源句的[编码器](glossary.md#encoder)，写目标句的[解码器](glossary.md#decoder)，以及让许多层叠在一起还能训练的办法。
#
# **你要写什么。** 四个部件：`FeedForward` 是给每个词用的小网络；`EncoderLayer` 和 `DecoderLayer` 把注意力和小网络合在一起；
# `Transformer` 是整个模型。最后，你会在一个一分钟左右的小任务上训练它，再把课程训练好的权重放进*你写的*层里，看看它们在看哪里。

# %% setup=true
# The builder puts the first cell here: see autograder/authoring/first_cell.py.

# %%
import math
import time

import keras
import numpy as np
from keras import ops

from course import trained_models
from course.check import in_notebook
from course.kit.notebook import plots
from course.kit.corpora.generated import generated_corpus
from course.kit.errors import UserError
from course.kit.language import say
from course.kit.notebook.pictures import transformer as pictures
from course.kit.notebook.show import explore, show
from course.kit.tokens import END_ID, PAD_ID, START_ID
from course.kit.models.translator import load, padded

# %% [markdown] lang="en"
# **One line chooses.** The parts of earlier units are given, so that an earlier mistake costs its points once. To build
# on your own work, import the same names from `course.own` in the next cell; the grader always uses the given ones.

# %% [markdown] lang="zh"
# **一行选择。** 前面单元的部件已经给出，这样早先的错误只扣一次分。想用自己写的，就在下一个单元格里从 `course.own` 导入同样的名字；
# 评分时总是使用给定的部件。

# %%
from course.kit.parts import MultiHeadAttention, PositionalEncoding, causal_mask

# %% [markdown] lang="en"
# ## 1. The map
#
# Read the picture from below. On the left the encoder turns the source into a [memory](glossary.md#memory). On the
# right the decoder takes the target *so far* and the memory, and gives scores for the next word at each place. Numbers
# in brackets tell in which section you will write a part.

# %% [markdown] lang="zh"
# ## 1. 全图
#
# 请从下往上看。左边，编码器把源句变成[记忆](glossary.md#memory)；右边，解码器接收*已写出的*目标句和这份记忆，为每个位置的下一个词打分。
# 方括号里的数字表示你将在哪一节写这个部件。

# %%
show(
    pictures.model_map(),
    say(
        "Two columns of boxes, read from below. Left, the encoder: source ids, embedding and position, "
        "then N times self-attention and feed-forward network, each followed by add and norm; on top "
        "the memory. Right, the decoder: target so far, embedding and position, then N times causal "
        "self-attention, cross-attention and feed-forward network; on top a Dense layer and logits. "
        "One arrow leads from the memory to cross-attention.",
        "两列方框，从下往上看。左边是编码器：源句编号，词嵌入加位置，然后是重复 N 次的自注意力和前馈网络，各跟着一次相加与归一化；"
        "顶上是记忆。右边是解码器：已写的目标句，词嵌入加位置，然后是重复 N 次的因果自注意力、交叉注意力和前馈网络；"
        "顶上是 Dense 层和 logits。一个箭头从记忆通向交叉注意力。",
    ),
)

# %% [markdown] lang="en"
# | symbol | shape | what it is |
# |---|---|---|
# | source | (B, S) | [token](glossary.md#token) ids of B sentences, S places each |
# | target so far | (B, T) | start id and the words before the next one |
# | $x$ | (B, S, D) or (B, T, D) | a vector of width D for each word; no layer changes this shape |
# | memory | (B, S, D) | what the encoder's last layer gives |
# | [logits](glossary.md#logits) | (B, T, V) | at each place, a score for each word of the [vocabulary](glossary.md#vocabulary) |
#
# Three things to see. Every layer takes and gives the same shape, so layers can be stacked like boxes. The memory is
# given to *every* decoder layer, not to the first alone. And a common explanation says of RNN, CNN and Transformer alike that
# the source is encoded as one vector of fixed length. Exactly, that holds for a plain RNN only: here the memory has
# one vector *for each source word*, and a longer sentence has a larger memory. What has a fixed size is D, the width
# of each vector.

# %% [markdown] lang="zh"
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | 源句 | (B, S) | B 个句子的[词元](glossary.md#token)编号，每句 S 个位置 |
# | 已写的目标句 | (B, T) | 起始符，以及下一个词之前的词 |
# | $x$ | (B, S, D) 或 (B, T, D) | 每个词一个宽为 D 的向量；没有哪一层会改变这个形状 |
# | 记忆 | (B, S, D) | 编码器最后一层的输出 |
# | [logits](glossary.md#logits) | (B, T, V) | 每个位置上，给[词表](glossary.md#vocabulary)中每个词的分数 |
#
# 有三点值得注意。第一，每一层的输入和输出形状相同，所以层可以像积木一样叠起来。第二，记忆交给*每一个*解码层，而不只是第一个。
# 第三，常见的说法是，RNN、CNN、Transformer 都把源句编码成一个固定长度的向量。准确地说，只有朴素的 RNN 是这样；
# 这里的记忆是*每个源词一个向量*，句子越长，记忆越大。固定的是每个向量的宽度 D。

# %% [markdown] lang="en"
# ## 2. `FeedForward`: each word by itself
#
# Attention moves things between words: what comes out is a weighted sum of [values](glossary.md#value). Then each word
# has to make something of what it got. That is the job of the [feed-forward network](glossary.md#feed-forward-network):
# two dense layers with a ReLU between them. The same weights for every word, and no word sees another.
#
# $$\mathrm{FFN}(x) = \max(0,\; x W_1 + b_1)\, W_2 + b_2$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $x$ | (D,) | one word; in the layer (B, T, D), all words at once |
# | $W_1$, $b_1$ | (D, d_ff), (d_ff,) | to the width in between, usually wider than D |
# | $W_2$, $b_2$ | (d_ff, D), (D,) | back to the width D |
#
# **By hand**, with D = 2 and d_ff = 3:
#
# $$W_1=\begin{bmatrix}1&0&-1\\0&1&1\end{bmatrix},\quad b_1=(0,1,0),\quad
# W_2=\begin{bmatrix}2&0\\0&3\\1&1\end{bmatrix},\quad b_2=(0,1)$$
#
# For $x=(1,-2)$: $xW_1+b_1=(1,-1,-3)$. The ReLU makes it $(1,0,0)$. The output is $(2,0)+(0,1)=(2,1)$. Now do
# $x=(-1,2)$, the same vector with its signs turned. If you get $(3,13)$, it is right. Without the ReLU the two
# outputs would be mirrored, apart from the biases. So it is the ReLU that makes the network more than one matrix.

# %% [markdown] lang="zh"
# ## 2. `FeedForward`：每个词各自加工
#
# 注意力在词与词之间搬运内容：得到的是[值](glossary.md#value)的加权和。接下来，每个词还要把得到的东西加工一番。
# 这就是[前馈网络](glossary.md#feed-forward-network)的工作：两个全连接层，中间一个 ReLU。每个词用同一组权重，谁也看不到别的词。
#
# $$\mathrm{FFN}(x) = \max(0,\; x W_1 + b_1)\, W_2 + b_2$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $x$ | (D,) | 一个词；在层里是 (B, T, D)，所有的词一起算 |
# | $W_1$、$b_1$ | (D, d_ff)、(d_ff,) | 变到中间的宽度，通常比 D 宽 |
# | $W_2$、$b_2$ | (d_ff, D)、(D,) | 再变回宽度 D |
#
# **手算**，D = 2，d_ff = 3：
#
# $$W_1=\begin{bmatrix}1&0&-1\\0&1&1\end{bmatrix},\quad b_1=(0,1,0),\quad
# W_2=\begin{bmatrix}2&0\\0&3\\1&1\end{bmatrix},\quad b_2=(0,1)$$
#
# 取 $x=(1,-2)$，则 $xW_1+b_1=(1,-1,-3)$，经过 ReLU 变成 $(1,0,0)$，输出为 $(2,0)+(0,1)=(2,1)$。
# 请再算 $x=(-1,2)$，也就是把正负号都反过来。得到 $(3,13)$ 就对了。如果没有 ReLU，除去偏置，两个输出也只是正负相反。
# 正是 ReLU 让这个网络不止是一个矩阵。

# %% [markdown] lang="en"
# **Exercise.** `FeedForward(d_model, d_ff)` takes $(B, T, D)$ and gives $(B, T, D)$. Its two layers are called `inner`
# and `outer`; the checks put known weights there.
#
# <details><summary>Hint 1</summary>Which of the two has an activation, and how wide is each?</details>
# <details><summary>Hint 2</summary>A <code>Dense</code> layer works on the last axis and leaves the others alone, so words need no loop.</details>
# <details><summary>Hint 3</summary>In <code>build</code>, call <code>build</code> of both. The second is given the first one's output: the same shape but for its last number.</details>

# %% [markdown] lang="zh"
# **练习。** `FeedForward(d_model, d_ff)` 接收 $(B, T, D)$，返回 $(B, T, D)$。里面的两个层名为 `inner` 和 `outer`，
# 检查会把已知的权重放进去。
#
# <details><summary>提示一</summary>两个层里，哪个带激活函数？各有多宽？</details>
# <details><summary>提示二</summary><code>Dense</code> 只作用于最后一个轴，其余的轴不动，所以不需要对词写循环。</details>
# <details><summary>提示三</summary>在 <code>build</code> 里调用两者的 <code>build</code>。第二个层接收第一个层的输出：形状只有最后一个数不同。</details>

# %% exercise="FeedForward"

# %%
by_hand = FeedForward(2, 3)
by_hand(ops.zeros((1, 1, 2)))
by_hand.inner.kernel.assign([[1.0, 0.0, -1.0], [0.0, 1.0, 1.0]])
by_hand.inner.bias.assign([0.0, 1.0, 0.0])
by_hand.outer.kernel.assign([[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]])
by_hand.outer.bias.assign([0.0, 1.0])
print(ops.convert_to_numpy(by_hand(ops.convert_to_tensor([[[1.0, -2.0], [-1.0, 2.0]]]))))

words = ["我", "养了", "一只", "猫", "，", "它", "很", "可爱"]
place = 3
before = np.random.default_rng(0).normal(size=(1, len(words), 16)).astype("float32")
after = before.copy()
after[0, place] = np.random.default_rng(1).normal(size=16)


def change(run, *inputs):
    one, other = (ops.convert_to_numpy(run(ops.convert_to_tensor(x))) for x in inputs)
    return np.abs(one - other).max(-1)[0]


keras.utils.set_random_seed(0)
attention, network = MultiHeadAttention(16, 2), FeedForward(16, 32)
changes = {
    say("attention", "注意力"): change(lambda x: attention(x, x), before, after),
    say("feed-forward network", "前馈网络"): change(network, before, after),
}
show(
    pictures.changes(changes, words, place),
    say(
        "Bars: how much the output at each word changes when 猫 is exchanged. With attention every word "
        "changes; with the feed-forward network only 猫 does, and all other bars are 0.",
        "柱状图：换掉“猫”之后，每个词的输出变了多少。用注意力时，每个词都变；用前馈网络时，只有“猫”变，其余的柱子都是 0。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** 猫 (“cat”) was exchanged for another vector. After attention all eight words have noticed; after
# the network only 猫 itself. So a layer needs both: attention is the only place where words talk to each other, and the
# network the only place, besides the [softmax](glossary.md#softmax) and the norms, that isn't linear. Change `place`.

# %% [markdown] lang="zh"
# **注意观察。** 我们把“猫”换成了另一个向量。经过注意力，八个词都察觉了；经过小网络，只有“猫”自己变了。所以一个层两样都要：
# 词与词只在注意力里交流；而除了 [softmax](glossary.md#softmax) 和归一化，只有小网络不是线性的。请改一改 `place`。

# %% [markdown] lang="en"
# ## 3. Residual connection and layer normalisation
#
# Around each sub-layer (an attention or a network) stands the same frame. A [residual
# connection](glossary.md#residual-connection) adds the sub-layer's input to its output: $x + f(x)$. So a sub-layer
# needn't say again what is known already, only what should change. Then [layer
# normalisation](glossary.md#layer-normalization) brings each word's vector to mean 0 and variance 1:
#
# $$\mathrm{LayerNorm}(v) = \gamma\,\frac{v-\mu}{\sqrt{\sigma^2+\varepsilon}} + \beta,\qquad
# \mu=\frac1D\sum_i v_i,\qquad \sigma^2=\frac1D\sum_i (v_i-\mu)^2$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $v$ | (D,) | one word's vector |
# | $\mu$, $\sigma^2$ | numbers | its mean and variance: over the D numbers of *this* word, of no other word or sentence |
# | $\gamma$, $\beta$ | (D,) | learned; 1 and 0 at first |
# | $\varepsilon$ | a number | keeps a division by 0 away; 0.001 in Keras |
#
# There are two places for the norm:
#
# | | formula | who |
# |---|---|---|
# | post-norm | $\mathrm{LayerNorm}(x + f(x))$ | the paper of 2017, **and this unit** |
# | pre-norm | $x + f(\mathrm{LayerNorm}(x))$ | many later models |
#
# **By hand**, with D = 4 and a sub-layer that only moves numbers: $f(a,b,c,d)=(c,a,d,b)$. Let $x=(0,0,4,4)$; take
# $\gamma = 1$, $\beta=\varepsilon=0$.
#
# - Post-norm: $f(x)=(4,0,4,0)$. The sum is $(4,0,8,4)$. Its mean is 4, its variance $\frac{0+16+16+0}{4}=8$. So the
#   result is $(0,-4,4,0)/\sqrt8\approx(0,\,-1.41,\,1.41,\,0)$.
# - Pre-norm: $x$ has the mean 2 and the variance 4, so its norm is $(-1,-1,1,1)$. Then $f$ gives $(1,-1,1,-1)$, and the
#   sum is $(1,-1,5,3)$.

# %% [markdown] lang="zh"
# ## 3. 残差连接与层归一化
#
# 每个子层（一个注意力，或一个小网络）外面都有同样的框架。[残差连接](glossary.md#residual-connection)把子层的输入加到输出上：
# $x + f(x)$。这样，子层不必重复已知的内容，只要说出该改什么。然后，[层归一化](glossary.md#layer-normalization)把每个词的向量调整为均值 0、方差 1：
#
# $$\mathrm{LayerNorm}(v) = \gamma\,\frac{v-\mu}{\sqrt{\sigma^2+\varepsilon}} + \beta,\qquad
# \mu=\frac1D\sum_i v_i,\qquad \sigma^2=\frac1D\sum_i (v_i-\mu)^2$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $v$ | (D,) | 一个词的向量 |
# | $\mu$、$\sigma^2$ | 数 | 均值和方差：只对*这一个*词的 D 个数计算，与别的词、别的句子无关 |
# | $\gamma$、$\beta$ | (D,) | 学习得到；起初为 1 和 0 |
# | $\varepsilon$ | 一个数 | 防止除以 0；在 Keras 里是 0.001 |
#
# 归一化可以放在两个地方：
#
# | | 公式 | 谁在用 |
# |---|---|---|
# | 后归一化（post-norm） | $\mathrm{LayerNorm}(x + f(x))$ | 2017 年的论文，**本单元也是** |
# | 前归一化（pre-norm） | $x + f(\mathrm{LayerNorm}(x))$ | 后来的许多模型 |
#
# **手算**：D = 4，子层只是调换位置：$f(a,b,c,d)=(c,a,d,b)$。设 $x=(0,0,4,4)$，取 $\gamma = 1$，$\beta=\varepsilon=0$。
#
# - 后归一化：$f(x)=(4,0,4,0)$，和为 $(4,0,8,4)$。均值为 4，方差为 $\frac{0+16+16+0}{4}=8$。
#   结果是 $(0,-4,4,0)/\sqrt8\approx(0,\,-1.41,\,1.41,\,0)$。
# - 前归一化：$x$ 的均值为 2，方差为 4，归一化得 $(-1,-1,1,1)$。$f$ 把它变成 $(1,-1,1,-1)$，和为 $(1,-1,5,3)$。

# %%
def layer_norm(v):
    return (v - v.mean()) / np.sqrt(v.var())


def moved(v):
    return v[[2, 0, 3, 1]]


x = np.array([0.0, 0.0, 4.0, 4.0])
stages = {
    say("post-norm", "后归一化"): {
        "x": x,
        "f(x)": moved(x),
        "x + f(x)": x + moved(x),
        "LN(x + f(x))": layer_norm(x + moved(x)),
    },
    say("pre-norm", "前归一化"): {
        "x": x,
        "LN(x)": layer_norm(x),
        "f(LN(x))": moved(layer_norm(x)),
        "x + f(LN(x))": x + moved(layer_norm(x)),
    },
}
show(
    pictures.stages(stages),
    say(
        "Two rows of four tables with four numbers each. Post-norm: x, f(x), their sum, and the norm of "
        "the sum: 0, -1.41, 1.41, 0. Pre-norm: x, its norm, f of it, and the sum 1, -1, 5, 3.",
        "两行，每行四个表，每个表四个数。后归一化：x、f(x)、两者之和、和的归一化 0、-1.41、1.41、0。"
        "前归一化：x、x 的归一化、f 的结果、和 1、-1、5、3。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** With post-norm what leaves the layer has mean 0 and variance 1, whatever came in (as long as
# $\gamma=1$ and $\beta=0$). With pre-norm the sum
# is left as it is: a straight path leads from the bottom to the top on which nothing is ever divided, and along
# which numbers may grow from layer to layer. (That is why pre-norm models have one more norm at the very end.)
#
# **An experiment: does the frame help deep stacks?** We stack random sub-layers, small networks 64 wide, and measure
# how strong the [gradient](glossary.md#gradient) is when it has come back from the top to each layer: without any
# residual connection, with post-norm, and with pre-norm. Drag the depth. Before that: which curve will be level?

# %% [markdown] lang="zh"
# **注意观察。** 后归一化时，不管进来的是什么，离开这一层的向量都是均值 0、方差 1（只要 $\gamma=1$、$\beta=0$）。前归一化时，和就原样留着：从底到顶有一条笔直的通路，
# 上面从不做除法，数值却可能一层层变大。（所以前归一化的模型在最后还要再归一化一次。）
#
# **实验：这个框架对深层网络有帮助吗？** 我们把随机的子层（宽 64 的小网络）叠起来，量一量[梯度](glossary.md#gradient)从顶上传回每一层时还有多强：
# 没有残差连接、后归一化、前归一化，三种情形。请拖动深度。先猜一猜：哪条曲线会是平的？

# %%
depths = [2, 6, 12, 24]
come_back = {depth: pictures.gradients_by_layer(depth, width=64, seed=0) for depth in depths}


def through(depth):
    return pictures.gradients(come_back[depth])


def through_text(depth):
    plain, post, pre = (curve[0] for curve in come_back[depth].values())
    return say(
        f"Gradient at each of {depth} layers, relative to the top, on a logarithmic scale. At the "
        f"bottom there is left: {plain:.2g} without residual connections, {post:.2g} with post-norm, "
        f"{pre:.2g} with pre-norm.",
        f"{depth} 层中每一层的梯度（相对于顶层，对数坐标）。传到最底层时：没有残差连接剩下 {plain:.2g}，"
        f"后归一化 {post:.2g}，前归一化 {pre:.2g}。",
    )


explore(through, through_text, labels={"depth": say("layers", "层数")}, start={"depth": 12}, depth=depths)

# %% [markdown] lang="en"
# **What to notice.** Without a residual connection each layer lets through about two thirds of the gradient. For 2
# layers that is harmless; for 12 about 0.006 is left at the bottom, for 24 less than a ten-thousandth: the gradient
# [vanishes](glossary.md#vanishing-gradient). Both frames keep it at the same order of size all the way down, for the
# $x$ in $x + f(x)$ is a way around every sub-layer. With post-norm it shrinks a little, with pre-norm it grows a
# little.
#
# Read this for what it is: random networks before any training, and no attention among them. It doesn't say that
# post-norm is as easy to train as pre-norm. Xiong et al. 2020 found that post-norm needs a
# [warm-up](glossary.md#warm-up) of the learning rate where pre-norm can do without; the unit on translation has one.

# %% [markdown] lang="zh"
# **注意观察。** 没有残差连接时，每一层大约只放过三分之二的梯度。2 层时没什么大碍；12 层时，最底层只剩 0.006 左右；
# 24 层时不到万分之一：[梯度消失](glossary.md#vanishing-gradient)了。两种框架都能让梯度一直到最底层保持同样的量级，
# 因为 $x + f(x)$ 里的 $x$ 是一条绕过每个子层的路。后归一化时梯度略微变小，前归一化时略微变大。
#
# 这个实验能说明的也就这么多：网络是随机的，还没有训练，里面也没有注意力。它并不表示后归一化和前归一化一样好训练。
# Xiong 等（2020）发现，后归一化需要学习率[预热](glossary.md#warm-up)，前归一化则可以不用；翻译单元里就有预热。

# %% [markdown] lang="en"
# ## 4. `EncoderLayer`
#
# Two sub-layers, each in its frame (post-norm, as in the paper). First the words look at one another,
# [self-attention](glossary.md#self-attention); then each is worked on alone:
#
# $$y = \mathrm{LayerNorm}(x + \mathrm{Dropout}(\mathrm{Attention}(x, x))),\qquad
# z = \mathrm{LayerNorm}(y + \mathrm{Dropout}(\mathrm{FFN}(y)))$$
#
# Note that the second frame begins with $y$, not with $x$: what is added to the network's output is what the network
# was given. And the [dropout](glossary.md#dropout) stands on what the sub-layer says, before the sum; the straight
# path is never dropped.
#
# The layer is told by a [mask](glossary.md#mask) `(B, S)` which words are real. The attention wants a mask that fits
# (B, T, S), *who looks* before *who is looked at*:
#
# | | axis 1 | axis 2 | axis 3 |
# |---|---|---|---|
# | what the attention wants | sentence | query | key |
# | the mask must be | B | 1 (the same for each query) | S |
#
# **Exercise.** `EncoderLayer(d_model, num_heads, d_ff, dropout)` with `call(x, mask=None, training=None)`. Names:
# `attention`, `feed_forward`, `attention_norm`, `feed_forward_norm`.
#
# <details><summary>Hint 1</summary>Write down the two formulas as two pairs of lines: what the sub-layer says, then the norm of the sum.</details>
# <details><summary>Hint 2</summary>In self-attention, query and value are the same tensor. The mask says who may be looked at: its S belongs on the last axis, and the missing axis comes before it.</details>
# <details><summary>Hint 3</summary>Two norms, for each has a γ and a β of its own. One Dropout layer can serve twice. Hand <code>training</code> on to everything that drops.</details>

# %% [markdown] lang="zh"
# ## 4. `EncoderLayer`
#
# 两个子层，各有各的框架（后归一化，与论文相同）。先让词互相看，这是[自注意力](glossary.md#self-attention)；再让每个词各自加工：
#
# $$y = \mathrm{LayerNorm}(x + \mathrm{Dropout}(\mathrm{Attention}(x, x))),\qquad
# z = \mathrm{LayerNorm}(y + \mathrm{Dropout}(\mathrm{FFN}(y)))$$
#
# 请注意，第二个框架从 $y$ 开始，不是从 $x$ 开始：小网络的输入是什么，加到它输出上的就是什么。
# [随机失活](glossary.md#dropout)作用在子层的输出上，在相加之前；那条笔直的通路从不丢弃。
#
# 哪些词是真实的，由形状为 `(B, S)` 的[掩码](glossary.md#mask)告诉这一层。注意力要的掩码应与 (B, T, S) 相配，*谁在看*排在*看谁*前面：
#
# | | 轴 1 | 轴 2 | 轴 3 |
# |---|---|---|---|
# | 注意力要的 | 句子 | 查询 | 键 |
# | 掩码应为 | B | 1（每个查询都一样） | S |
#
# **练习。** `EncoderLayer(d_model, num_heads, d_ff, dropout)`，调用方式是 `call(x, mask=None, training=None)`。名称：
# `attention`、`feed_forward`、`attention_norm`、`feed_forward_norm`。
#
# <details><summary>提示一</summary>把两个公式写成两组代码：先是子层的输出，再是和的归一化。</details>
# <details><summary>提示二</summary>自注意力里，查询和值是同一个张量。掩码说明可以看谁：S 应在最后一个轴，缺的那个轴在它前面。</details>
# <details><summary>提示三</summary>要两个归一化层，因为各有各的 γ 和 β。Dropout 层一个就够，用两次。凡是会丢弃的地方，都要传入 <code>training</code>。</details>

# %% exercise="EncoderLayer"

# %%
keras.utils.set_random_seed(0)
encoder_layer = EncoderLayer(16, 2, 32)
real = np.array([[True] * 6 + [False] * 2])
changed_padding = before.copy()
changed_padding[0, 6:] += 3
for title, mask in (
    (say("no mask", "没有掩码"), None),
    (say("with the mask", "有掩码"), ops.convert_to_tensor(real)),
):
    by_word = change(lambda x: encoder_layer(x, mask=mask), before, changed_padding)
    print(f"{title}:", "  ".join(f"{c:.3f}" for c in by_word))

order = np.array([7, 2, 5, 0, 3, 6, 1, 4])
straight = ops.convert_to_numpy(encoder_layer(before))[0]
shuffled = ops.convert_to_numpy(encoder_layer(before[:, order]))[0]
print(
    say("shuffled in, shuffled out; largest difference:", "打乱进，打乱出；最大差别："),
    f"{np.abs(straight[order] - shuffled).max():.1e}",
)
print(
    say("each word's mean and variance:", "每个词的均值和方差："),
    "  ".join(f"{m:+.2f}/{v:.2f}" for m, v in zip(straight.mean(-1), straight.var(-1))),
)

# %% [markdown] lang="en"
# **What to notice.** The last two of the eight words are [padding](glossary.md#padding) here, and were given other
# numbers. With the mask the six real words don't change at all. Then: shuffle the words, and the layer's outputs are
# the same, shuffled alike, up to rounding ([permutation equivariance](glossary.md#permutation-equivariance)). So
# nothing in the layer knows the order; it has to be in $x$ before the first layer. And each word leaves with mean 0
# and variance 1 (just below it, because of $\varepsilon$).

# %% [markdown] lang="zh"
# **注意观察。** 这里，八个词中的最后两个是[填充](glossary.md#padding)，我们给它们换了数。有掩码时，六个真实的词丝毫不变。
# 接着打乱词序：输出还是那些，只是跟着打乱，差别只是舍入误差（[置换等变](glossary.md#permutation-equivariance)）。
# 可见这一层里没有任何东西知道次序，次序必须在进入第一层之前就放进 $x$。最后，每个词离开时均值为 0、方差为 1
# （因为有 $\varepsilon$，略小于 1）。

# %% [markdown] lang="en"
# ## 5. Which mask goes where
#
# The model has three kinds of attention. Each has another pair *who looks / who is looked at*, so each needs another
# mask:
#
# | attention | query from | key, value from | mask | shape that fits |
# |---|---|---|---|---|
# | encoder self-attention | source | source | source padding | (B, 1, S) |
# | decoder self-attention | target | target | [causal](glossary.md#causal-mask) **and** target padding | (B, T, T) |
# | [cross-attention](glossary.md#cross-attention) | target | memory | source padding | (B, 1, S) |
#
# The last row is the one that goes wrong most often. In cross-attention the *queries* are target words, but what must
# not be looked at are padded *source* words. And no causal mask there: the whole source has been read before the first
# word is written.

# %% [markdown] lang="zh"
# ## 5. 哪个掩码用在哪里
#
# 模型里有三种注意力。“谁在看、看谁”各不相同，所以掩码也各不相同：
#
# | 注意力 | 查询来自 | 键和值来自 | 掩码 | 相配的形状 |
# |---|---|---|---|---|
# | 编码器自注意力 | 源句 | 源句 | 源句填充 | (B, 1, S) |
# | 解码器自注意力 | 目标句 | 目标句 | [因果](glossary.md#causal-mask)**并且**目标句填充 | (B, T, T) |
# | [交叉注意力](glossary.md#cross-attention) | 目标句 | 记忆 | 源句填充 | (B, 1, S) |
#
# 最后一行最容易写错。在交叉注意力里，*查询*是目标句的词，而不许看的是*源句*的填充。这里也不用因果掩码：写第一个词之前，
# 整个源句早已读完。

# %%
pad = say("(pad)", "（填充）")
source_words = ["I", "like", "cats", ".", pad]
target_words = [say("(start)", "（起始）"), "我", "喜欢", "猫", "。", pad, pad]
S, T = len(source_words), len(target_words)
source_real = np.array([word != pad for word in source_words])
target_real = np.array([word != pad for word in target_words])
earlier = np.arange(T)[:, None] >= np.arange(T)[None]
show(
    pictures.maps(
        {
            say("encoder self-attention", "编码器自注意力"): (
                np.broadcast_to(source_real, (S, S)), source_words, source_words
            ),
            say("decoder self-attention", "解码器自注意力"): (
                earlier & target_real, target_words, target_words
            ),
            say("cross-attention", "交叉注意力"): (
                np.broadcast_to(source_real, (T, S)), target_words, source_words
            ),
        },
        sides=(say("who looks (query)", "谁在看（查询）"), say("who is looked at (key)", "看谁（键）")),
    ),
    say(
        "Three masks, 1 where a query may look. Encoder: five by five, the last column 0. Decoder: seven "
        "by seven, 0 right of the diagonal and in the last two columns. Cross-attention: seven rows of "
        "target words, five columns of source words, the last column 0.",
        "三个掩码，1 表示可以看。编码器：五行五列，最后一列为 0。解码器：七行七列，对角线右边和最后两列为 0。"
        "交叉注意力：七行目标词，五列源词，最后一列为 0。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Padding always hides a *column*. The rows of padded target words are there as well: they compute
# something that nobody needs, and the loss leaves it out. In the middle picture the first row has just one 1: at
# the start id, the decoder knows nothing of the target, and all it can go by is the source.
#
# **Exercise.** `DecoderLayer(d_model, num_heads, d_ff, dropout)`: three sub-layers in three frames.
#
# $$\begin{aligned}
# x_1 &= \mathrm{LayerNorm}(x + \mathrm{Dropout}(\mathrm{SelfAttention}(x, x)))\\
# x_2 &= \mathrm{LayerNorm}(x_1 + \mathrm{Dropout}(\mathrm{CrossAttention}(x_1, \mathrm{memory})))\\
# x_3 &= \mathrm{LayerNorm}(x_2 + \mathrm{Dropout}(\mathrm{FFN}(x_2)))
# \end{aligned}$$
#
# `call(target, memory, target_mask=None, memory_mask=None, training=None, return_attention_scores=False)`
# takes `(B, T, D)` and `(B, S, D)` and gives `(B, T, D)`; with `return_attention_scores=True` the weights of the
# *cross*-attention `(B, H, T, S)` too. It is causal by itself, even where no mask is given. Names: `self_attention`,
# `cross_attention`, `feed_forward`, and a norm for each, `self_attention_norm` and so on.
#
# <details><summary>Hint 1</summary>Not later, and not padding: two masks become one. Which comes first is all the same.</details>
# <details><summary>Hint 2</summary>The causal mask is (1, T, T). Give the target mask the axis that it lacks, and <code>ops.logical_and</code> broadcasts the two to (B, T, T).</details>
# <details><summary>Hint 3</summary>In cross-attention the query is the running x, the value is the memory. Ask the attention for its scores there, and keep them.</details>

# %% [markdown] lang="zh"
# **注意观察。** 填充屏蔽的总是一*列*。目标句填充的那几行也在：它们算出的东西没人需要，计算损失时会略去。中间那张图的第一行只有一个 1：
# 在起始符处，解码器对目标句一无所知，能依据的只有源句。
#
# **练习。** `DecoderLayer(d_model, num_heads, d_ff, dropout)`：三个子层，三个框架。
#
# $$\begin{aligned}
# x_1 &= \mathrm{LayerNorm}(x + \mathrm{Dropout}(\mathrm{SelfAttention}(x, x)))\\
# x_2 &= \mathrm{LayerNorm}(x_1 + \mathrm{Dropout}(\mathrm{CrossAttention}(x_1, \mathrm{memory})))\\
# x_3 &= \mathrm{LayerNorm}(x_2 + \mathrm{Dropout}(\mathrm{FFN}(x_2)))
# \end{aligned}$$
#
# `call(target, memory, target_mask=None, memory_mask=None, training=None, return_attention_scores=False)`
# 接收 `(B, T, D)` 和 `(B, S, D)`，返回 `(B, T, D)`；若 `return_attention_scores=True`，还要返回*交叉*注意力的权重 `(B, H, T, S)`。
# 即使没有给掩码，这一层自己也是因果的。名称：`self_attention`、`cross_attention`、`feed_forward`，以及各自的归一化层，
# `self_attention_norm` 等等。
#
# <details><summary>提示一</summary>不在后面，也不是填充：两个掩码合成一个。谁先谁后都一样。</details>
# <details><summary>提示二</summary>因果掩码的形状是 (1, T, T)。给目标句掩码补上缺的轴，<code>ops.logical_and</code> 就会把两者广播成 (B, T, T)。</details>
# <details><summary>提示三</summary>在交叉注意力里，查询是正在处理的 x，值是记忆。在那里向注意力要权重，并留下来。</details>

# %% exercise="DecoderLayer"

# %% [markdown] lang="en"
# **An experiment: who notices?** Exchange one word, measure how much each output changes; do this for every word in
# turn. Row: the output. Column: the word that was exchanged. A square is coloured where the output noticed. Which
# shapes do you expect for an encoder layer, for the target of a decoder layer, and for its memory?

# %% [markdown] lang="zh"
# **实验：谁会察觉？** 换掉一个词，量一量每个输出变了多少；对每个词依次这样做。行：输出；列：被换掉的词。输出有所察觉的格子会变亮。
# 编码层、解码层的目标句、解码层的记忆，你预计各是什么形状？

# %%
rng = np.random.default_rng(4)
target_x, memory_x = (rng.normal(size=(1, n, 16)).astype("float32") for n in (T, S))
keras.utils.set_random_seed(0)
decoder_layer = DecoderLayer(16, 2, 32)
memory_mask = ops.convert_to_tensor(source_real[None])


def noticed(run, x):
    found = []
    for n in range(x.shape[1]):
        other = x.copy()
        other[0, n] = np.random.default_rng(n).normal(size=x.shape[-1])
        found.append(change(run, x, other) > 0)
    return np.stack(found, axis=1)


show(
    pictures.maps(
        {
            say("encoder layer: target alone", "编码层：只有目标句"): (
                noticed(encoder_layer, target_x), target_words, target_words
            ),
            say("decoder layer: a target word", "解码层：换一个目标词"): (
                noticed(lambda x: decoder_layer(x, memory_x), target_x), target_words, target_words
            ),
            say("decoder layer: a memory word", "解码层：换一个记忆词"): (
                noticed(lambda m: decoder_layer(target_x, m, memory_mask=memory_mask), memory_x),
                target_words,
                source_words,
            ),
        },
        sides=(say("output", "输出"), say("exchanged word", "被换掉的词")),
    ),
    say(
        "Three maps, 1 where an output noticed. Encoder layer: all 1. Decoder layer, target: 1 on and "
        "below the diagonal, 0 above. Decoder layer, memory: all 1 but the last column, the padding.",
        "三张图，1 表示输出有所察觉。编码层：全是 1。解码层，目标句：对角线及其下方为 1，上方为 0。"
        "解码层，记忆：除最后一列（填充）外全是 1。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The first map is full: an encoder layer may not be used as a decoder. In the second, every
# output above the diagonal is *exactly* as it was, though no mask was given: the layer is causal by itself. In the
# third, every target word sees all of the source but its padding. The layer's design can be read from what it
# notices: this is a good way to test any model, whatever is inside.

# %% [markdown] lang="zh"
# **注意观察。** 第一张图是满的：编码层不能当解码层用。第二张图里，对角线上方的输出与原来*完全*一样，虽然没有给任何掩码：这一层自己就是因果的。
# 第三张图里，每个目标词都看得到源句的全部，只看不到填充。从“谁会察觉”就能读出一个层的设计：不管里面是什么，这都是检验模型的好办法。

# %% [markdown] lang="en"
# ## 6. `Transformer`
#
# What remains is the way in and the way out. In: an [embedding](glossary.md#embedding) for each token, times
# $\sqrt D$, plus its position. Out: a `Dense` layer with V numbers for each place.
#
# **Why $\sqrt D$?** The positions are sines and cosines; each pair has $\sin^2+\cos^2=1$, so a position's vector has
# the length $\sqrt{D/2}$. A fresh Keras embedding has entries between −0.05 and 0.05, evenly spread: their mean
# square is $0.05^2/3$, so a word's vector has about the length $0.029\,\sqrt D$. **By hand**, for D = 64: the position
# $\sqrt{32}\approx 5.7$, the word $0.029\cdot 8\approx 0.23$. Times $\sqrt{64}=8$, the word is about 1.8.

# %% [markdown] lang="zh"
# ## 6. `Transformer`
#
# 剩下的是入口和出口。入口：每个词元的[词嵌入](glossary.md#embedding)乘以 $\sqrt D$，再加上位置。出口：一个 `Dense` 层，每个位置给出 V 个数。
#
# **为什么乘 $\sqrt D$？** 位置是正弦和余弦，每一对都有 $\sin^2+\cos^2=1$，所以位置向量的长度是 $\sqrt{D/2}$。
# 全新的 Keras 词嵌入，元素均匀分布在 −0.05 到 0.05 之间，平方的平均是 $0.05^2/3$，所以词向量的长度大约是 $0.029\,\sqrt D$。
# **手算** D = 64：位置是 $\sqrt{32}\approx 5.7$，词是 $0.029\cdot 8\approx 0.23$。乘以 $\sqrt{64}=8$ 之后，词大约是 1.8。

# %%
depth_of = [16, 64, 256, 1024]
lengths = {say("word", "词"): [], say("word times √D", "词乘以 √D"): [], say("position", "位置"): []}
for D in depth_of:
    keras.utils.set_random_seed(0)
    table = keras.layers.Embedding(100, D)
    word = np.linalg.norm(ops.convert_to_numpy(table(ops.arange(100))), axis=-1).mean()
    position = np.linalg.norm(ops.convert_to_numpy(PositionalEncoding(8, D)(ops.zeros((1, 8, D))))[0, 5])
    for values, value in zip(lengths.values(), (word, word * math.sqrt(D), position)):
        values.append(float(value))
    print(f"D = {D}:", ", ".join(f"{name} {values[-1]:.2f}" for name, values in lengths.items()))
figure = plots.curves(depth_of, lengths, "D", say("length of the vector", "向量的长度"), log="xy")
figure.axes[0].set_xticks([], minor=True)
figure.axes[0].set_xticks(depth_of, [str(D) for D in depth_of])
show(
    figure,
    say(
        "Length of the vectors against D on logarithmic axes. The plain word is far below the position "
        "everywhere; the word times √D rises faster, and crosses the position's line only beyond 256.",
        "向量的长度随 D 的变化（对数坐标）。原来的词向量始终远低于位置；乘以 √D 的词上升得更快，但要到 256 以后才超过位置。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Without the factor, a fresh word is small beside its position at every width. With the factor,
# word and position come into the same order of size: at D = 64 the word is still smaller, at 1024 larger. So the factor
# doesn't make them equal; it keeps words from being drowned at the start, and training moves the embeddings from there.
# (The paper gives no reason for the factor. There, the embedding also serves as the matrix of the last layer, which is
# another reason for small entries; here the two are separate.)
#
# **Exercise.** `Transformer(source_vocabulary_size, target_vocabulary_size, d_model, num_heads, d_ff, num_layers,
# dropout, max_length)`:
#
# | method | takes | gives |
# |---|---|---|
# | `encode` | source (B, S) | `(memory (B, S, D), source_mask (B, S))` |
# | `decode` | target so far (B, T), what `encode` gave | logits (B, T, V); with scores, a list of (B, H, T, S) too |
# | `call` | the pair (source, target so far) | logits (B, T, V) |
# | `attention_scores` | source, target so far | `{"layer_1": (B, H, T, S), …}` |
#
# Names: `source_embedding`, `target_embedding`, `positions`, `encoder_layers`, `decoder_layers`, `output_projection`.
#
# <details><summary>Hint 1</summary>Masks come from ids, not from vectors: compare with <code>PAD_ID</code> before the embedding.</details>
# <details><summary>Hint 2</summary><code>encode</code> ends in the source mask; <code>decode</code> unpacks the pair, and gives memory and mask to every decoder layer.</details>
# <details><summary>Hint 3</summary>Source and target positions are the same table, so one <code>PositionalEncoding</code> serves both; it has the dropout of the sums in it.</details>
# <details><summary>Hint 4</summary><code>call</code> and <code>attention_scores</code> need no new ideas: both are <code>encode</code>, then <code>decode</code>.</details>

# %% [markdown] lang="zh"
# **注意观察。** 不乘这个因子，无论多宽，全新的词向量与位置相比都很小。乘了以后，词和位置到了同一个量级：D = 64 时词仍小一些，1024 时则大一些。
# 所以这个因子并不是让两者相等，而是让词一开始不至于被淹没；之后训练会从这里出发调整词嵌入。（论文没有说明为什么要乘。
# 论文里的词嵌入还兼作最后一层的矩阵，这也是元素要小的一个理由；这里两者是分开的。）
#
# **练习。** `Transformer(source_vocabulary_size, target_vocabulary_size, d_model, num_heads, d_ff, num_layers,
# dropout, max_length)`：
#
# | 方法 | 接收 | 返回 |
# |---|---|---|
# | `encode` | 源句 (B, S) | `(memory (B, S, D), source_mask (B, S))` |
# | `decode` | 已写的目标句 (B, T)，`encode` 的结果 | logits (B, T, V)；要权重时还有一列 (B, H, T, S) |
# | `call` | 一对：(源句，已写的目标句) | logits (B, T, V) |
# | `attention_scores` | 源句，已写的目标句 | `{"layer_1": (B, H, T, S), …}` |
#
# 名称：`source_embedding`、`target_embedding`、`positions`、`encoder_layers`、`decoder_layers`、`output_projection`。
#
# <details><summary>提示一</summary>掩码来自编号，不是来自向量：在词嵌入之前与 <code>PAD_ID</code> 相比。</details>
# <details><summary>提示二</summary><code>encode</code> 结果的最后一项是源句掩码；<code>decode</code> 把这一对拆开，把记忆和掩码交给每一个解码层。</details>
# <details><summary>提示三</summary>源句和目标句的位置是同一张表，一个 <code>PositionalEncoding</code> 就够两边用；对和的随机失活已经在里面了。</details>
# <details><summary>提示四</summary><code>call</code> 和 <code>attention_scores</code> 不需要新的想法：都是先 <code>encode</code>，再 <code>decode</code>。</details>

# %% exercise="Transformer"

# %%
keras.utils.set_random_seed(3)
model = Transformer(40, 40, d_model=32, num_heads=4, d_ff=64, num_layers=2, max_length=64)
source = np.array([[4, 5, 6, 7, END_ID]])
target_in = np.array([[START_ID, 8, 9, 10, 11, 12]])
print("logits", tuple(model((source, target_in)).shape))
for n in (3, 6, 12):
    memory, mask = model.encode(ops.convert_to_tensor([list(range(4, 4 + n))]))
    print(say(f"{n} source words: memory", f"{n} 个源词：记忆"), tuple(memory.shape))

place = 3
later = target_in.copy()
later[0, place] = 30
one, other = (ops.convert_to_numpy(model((source, ids)))[0] for ids in (target_in, later))
print(
    say(f"target token {place} exchanged, logits change by:", f"换掉目标词元 {place}，logits 的变化："),
    "  ".join(f"{c:.4f}" for c in np.abs(one - other).max(-1)),
)

# %% [markdown] lang="en"
# **What to notice.** The memory grows with the sentence: here is the difference from one vector of fixed length. And
# though there are now two layers, a network and a memory between input and logits, the places before the exchanged
# token don't change: exactly 0. The place of the token itself may change, for it predicts the *next* word. Change
# `place`, and try a token of the source instead.

# %% [markdown] lang="zh"
# **注意观察。** 记忆随句子变长：这就是它与“一个固定长度的向量”的区别。虽然从输入到 logits 之间隔着两层，还有小网络和记忆，
# 被换掉的词元之前各处丝毫不变：恰好是 0。词元自己所在的位置可以变，因为它预测的是*下一个*词。请改一改 `place`，
# 再试试换一个源句的词元。

# %% [markdown] lang="en"
# ## 7. Trained all at once, written step by step
#
# In training the whole target is known. The decoder is fed the right words so far at *every* place
# ([teacher forcing](glossary.md#teacher-forcing)), and thanks to the causal mask one call gives the logits of all T
# places. When it writes, word t has to be there before word t + 1 can be asked for: T calls, one after the other.
#
# **By hand**, for T = 4. Training: one pass over 4 places. Writing with a table of fixed length: 4 passes over 4
# places, 16 in all. Writing only the words so far: $1+2+3+4=10$. And if the [keys](glossary.md#key) and values of
# earlier words are kept, since they never change: 4 places, but still in 4 passes that wait for each other.
#
# **An experiment.** We time both with your model on this machine. For the loop we take the fixed table: all shapes stay
# the same, and padding hides what isn't written yet. How will the ratio of the two times change with T?

# %% [markdown] lang="zh"
# ## 7. 训练时一次算完，解码（生成）时逐步进行
#
# 训练时，整个目标句是已知的。在*每个*位置，解码器看到的都是正确的前文（[教师强制](glossary.md#teacher-forcing)）；有了因果掩码，
# 调用一次就得到全部 T 个位置的 logits。解码（生成）时，第 t 个词写出来之后，才能问第 t + 1 个词：要调用 T 次，一次接一次。
#
# **手算** T = 4。训练：一遍，算 4 个位置。解码，用固定长度的表：4 遍，每遍 4 个位置，共 16 个。只算已写的词：$1+2+3+4=10$ 个。
# 前面各词的[键](glossary.md#key)和值不会再变，如果把它们留着：只算 4 个位置，但仍是 4 遍，后一遍要等前一遍。
#
# **实验。** 我们在这台机器上用你的模型测一测两种时间。解码的循环用固定长度的表：所有形状不变，还没写的地方由填充屏蔽。
# 两种时间之比会怎样随 T 变化？

# %%
def write(source, length):
    read = model.encode(source)
    ids = np.full((len(source), length + 1), PAD_ID)
    ids[:, 0] = START_ID
    for t in range(length):
        logits = ops.convert_to_numpy(model.decode(ops.convert_to_tensor(ids[:, :-1]), read))
        ids[:, t + 1] = 4 + logits[:, t, 4:].argmax(-1)
    return ids


def at_once(source, ids):
    read = model.encode(source)
    return ops.convert_to_numpy(model.decode(ops.convert_to_tensor(ids[:, :-1]), read))


def seconds(run, *inputs):
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        run(*inputs)
        taken.append(time.perf_counter() - begin)
    return min(taken[1:])


lengths = [4, 8, 16, 32]
times = {say("all at once", "一次算完"): [], say("step by step", "逐步进行"): []}
source_ids = ops.convert_to_tensor(np.random.default_rng(0).integers(4, 40, (8, 10)))
for length in lengths:
    written = write(source_ids, length)
    once, steps = seconds(at_once, source_ids, written), seconds(write, source_ids, length)
    for values, value in zip(times.values(), (once, steps)):
        values.append(1000 * value)
    again = 4 + at_once(source_ids, written)[:, :, 4:].argmax(-1)
    print(
        f"T = {length}: {1000 * once:.0f} ms, {1000 * steps:.0f} ms;",
        say("the same words:", "写出的词相同："), bool((again == written[:, 1:]).all()),
    )
figure = plots.curves(lengths, times, "T", say("milliseconds", "毫秒"), log="xy")
figure.axes[0].set_xticks([], minor=True)
figure.axes[0].set_xticks(lengths, [str(n) for n in lengths])
show(
    figure,
    say(
        "Time against T on logarithmic axes, as measured here: step by step lies above all at once, and "
        "the distance grows with T.",
        "时间随 T 的变化（对数坐标），由本机测得：“逐步进行”在“一次算完”上方，T 越大相差越多。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** Twice as many words take about twice as long step by step, since there are twice as many
# passes; all at once they hardly take longer at these sizes. So the ratio grows with T. (It needn't reach T: both
# ways read the source only once.) And feed the written sentence
# in all at once: at every place the same word comes out on top. That is the causal mask again. It makes the one pass of
# training give the same as the many passes of writing, on the same beginnings. So exactly: “the Transformer is
# parallel” is true of training along the sentence, and of reading the source. It's not true of writing. (And its
# layers are one after the other in any case.)

# %% [markdown] lang="zh"
# **注意观察。** 词数加倍，逐步进行的时间也大约加倍，因为遍数加倍了；一次算完的时间在这样的规模下几乎不变。所以两者之比随 T 增大。
# （比值不一定到 T：两种办法都只读一遍源句。）再把写好的句子一次送进去：每个位置上得分最高的还是同一个词。
# 这又是因果掩码的功劳：在同样的开头上，训练时的一遍与解码时的许多遍结果相同。所以准确地说：“Transformer 能并行”，
# 指的是训练时沿句子并行，以及读源句时并行；解码时并非如此。（各层之间也总是一层接一层的。）

# %% [markdown] lang="en"
# ## 8. A small task: write it backwards
#
# Source: three to eight symbols. Target: the same, backwards. Whoever wants to do that has to know where each symbol
# *stands*. So here is a question for an experiment: what happens if we take the positions out of your model? Guess
# first: does it fail completely, or only partly? The causal mask, after all, tells the decoder something of the order.
#
# Both models are small: D = 32, two heads, one layer. Watch the share of sentences that are right from the first
# symbol to the end.

# %% [markdown] lang="zh"
# ## 8. 小任务：倒着写
#
# 源句：三到八个符号。目标句：同样的符号，倒过来写。要做到这一点，就得知道每个符号*在哪里*。于是有了一个实验的题目：
# 如果从你的模型里拿掉位置，会怎样？先猜一猜：是完全失败，还是只失败一部分？毕竟，因果掩码也给解码器透露了一点次序。
#
# 两个模型都很小：D = 32，两个头，一层。请看从第一个符号到结束全对的句子占多少。

# %%
FIRST, symbols, longest = 4, 10, 8


def backwards(count, seed, size=None):
    draw = np.random.default_rng(seed)
    source = np.full((count, longest), PAD_ID)
    target_in, target_out = (np.full((count, longest + 1), PAD_ID) for _ in range(2))
    for row in range(count):
        n = size or draw.integers(3, longest + 1)
        source[row, :n] = ids = draw.integers(FIRST, FIRST + symbols, n)
        target_in[row, : n + 1] = [START_ID, *ids[::-1]]
        target_out[row, : n + 1] = [*ids[::-1], END_ID]
    return (source, target_in), target_out


def right(model, inputs, wanted):
    written = ops.convert_to_numpy(model(inputs)).argmax(-1)
    return float(((written == wanted) | (wanted == PAD_ID)).all(-1).mean())


def trained(with_positions, epochs=7, rate=0.004):
    keras.utils.set_random_seed(0)
    size = FIRST + symbols
    model = Transformer(size, size, d_model=32, num_heads=2, d_ff=64, num_layers=1, dropout=0.0)
    if not with_positions:
        model.positions = keras.layers.Dropout(0.0)
    model.compile(
        optimizer=keras.optimizers.Adam(rate),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    inputs, wanted = backwards(4000, seed=1)
    fresh = backwards(300, seed=2)
    shares = []
    model.fit(
        inputs,
        wanted,
        sample_weight=(wanted != PAD_ID).astype("float32"),
        batch_size=64,
        epochs=epochs,
        callbacks=[
            keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: shares.append(right(model, *fresh)))
        ],
        verbose=0,
    )
    return model, shares


with_them, shares_with = trained(True)
without, shares_without = trained(False)
share_of = {say("with positions", "有位置"): shares_with, say("without", "没有位置"): shares_without}
(task_source, task_in), task_out = backwards(1, seed=5, size=6)
looked = {
    title: ops.convert_to_numpy(each.attention_scores(task_source, task_in)["layer_1"])[0].mean(0)[:7, :6]
    for title, each in zip(share_of, (with_them, without))
}
show(
    pictures.task(
        share_of,
        looked,
        [f"→ {i - FIRST}" for i in task_out[0, :6]] + [say("→ end", "→ 结束")],
        [str(i - FIRST) for i in task_source[0, :6]],
    ),
    say(
        f"Left: share of wholly right sentences by epoch; at the end {shares_with[-1]:.2f} with positions "
        f"and {shares_without[-1]:.2f} without. Middle and right: cross-attention of either model on a "
        "sentence of six symbols, rows what is to be written, columns the source.",
        f"左图：每轮之后全对的句子所占的比例；最后有位置的为 {shares_with[-1]:.2f}，没有位置的为 {shares_without[-1]:.2f}。"
        "中图和右图：两个模型在一个六符号句子上的交叉注意力，行是要写的符号，列是源句。",
    ),
)
for n in (3, 4, 6, 8):
    exam = backwards(200, seed=50 + n, size=n)
    print(
        say(f"{n} symbols, wholly right:", f"{n} 个符号，全对："),
        ", ".join(f"{name} {right(each, *exam):.2f}" for name, each in zip(share_of, (with_them, without))),
    )

# %% [markdown] lang="en"
# **What to notice.** With positions the small model learns the task within a few epochs. (The curve may jump up and
# down on its way: one wrong symbol makes a sentence wrong.) In its map the weight runs from the upper right to the
# lower left: the first symbol that is written looks at the end of the source. The diagonal is blurred, and yet the
# symbols are right: the weights say where a word looks, not everything that it knows.
#
# Without positions it gets almost no sentence right, but it hasn't failed altogether. Look at the numbers by length:
# of three symbols about a fifth is right. That is near what guessing would give: three different symbols can be
# arranged in six ways. The memory without positions is a bag: it tells *which* symbols there are, not where. The
# decoder's causal mask does tell how many have been written, but that is the order of the target, not that of the
# source.
#
# **Try:** `trained(True, epochs=3)`, or another `rate`. And for sentences longer than any in training?
# Set `longest = 10` in a new cell and look at `right(with_them, *backwards(200, seed=9, size=10))`.

# %% [markdown] lang="zh"
# **注意观察。** 有位置时，小模型几轮就学会了。（曲线中途可能忽高忽低：错一个符号，整句就算错。）它的图里，权重从右上排到左下：
# 最先写的符号看的是源句的末尾。这条对角线有些模糊，写出的符号却是对的：权重只说明一个词在看哪里，并不是它知道的全部。
#
# 没有位置时，几乎没有一句全对，但也不是彻底失败。请看按长度列出的数：三个符号的句子大约有五分之一是对的，和瞎猜差不多，因为三个不同的符号有六种排法。
# 没有位置的记忆像一个口袋：里面*有哪些*符号是知道的，各在哪里却不知道。解码器的因果掩码确实透露了已经写了几个，
# 但那是目标句的次序，不是源句的次序。
#
# **试一试。** `trained(True, epochs=3)`，或者换一个 `rate`。句子比训练中的都长时，结果怎样？
# 在新的单元格里令 `longest = 10`，再看 `right(with_them, *backwards(200, seed=9, size=10))`。

# %% [markdown] lang="en"
# ## 9. What a trained model looks at
#
# The course brings weights of a Transformer that has learned from 32,000 generated pairs (D = 128, four
# [heads](glossary.md#head), two layers). They fit *your* `Transformer`, if its parts have the names that the exercises
# give. We load them, let it translate a sentence, and look at the weights of cross-attention: a row for each character
# that is written, a column for each word that is read. *choose* and *guitar* never stood in one sentence in training.
# Its translation in words: doctor, last summer, choose, (particle), guitar, not, old. Drag the layer and the head;
# head 0 is the mean of all four. (If you've trained a Transformer with `python -m course train`, your own weights are
# taken.)

# %% [markdown] lang="zh"
# ## 9. 训练好的模型在看哪里
#
# 本课程备有一个 Transformer 的权重，它学过 32000 个生成的句对（D = 128，四个[头](glossary.md#head)，两层）。
# 只要部件的名称与练习一致，这些权重就能放进*你的* `Transformer`。我们载入权重，让它翻译一句话，再看交叉注意力的权重：
# 每写一个字一行，每读一个词一列。训练中从没有一句话里同时出现“选”和“吉他”。请拖动层和头；头 0 是四个头的平均。
# （如果你已经用 `python -m course train` 训练过 Transformer，用的就是你自己的权重。）

# %%
beginning = "The guitar that the doctor"
pair = next(p for p in generated_corpus().compositional if p.english.startswith(beginning))
sentence = pair.english
try:
    translator = load(trained_models.find("transformer"), Transformer)
except UserError as problem:
    translator = None
    print(problem)
else:
    found = translator.translate([sentence])[0]
    print(sentence, "→", found.text)
    print(say("in the corpus:", "语料中的译文："), pair.chinese)
    source_ids = padded([translator.source.encode(sentence)])
    target_ids = [[START_ID, *translator.target.encode(found.text)]]
    scores = translator.model.attention_scores(source_ids, np.array(target_ids))
    by_layer = [ops.convert_to_numpy(weights)[0] for weights in scores.values()]
    rows = [*found.tokens, say("(end)", "（结束）")]

    def looks(layer, head):
        weights = by_layer[layer - 1]
        return weights[head - 1] if head else weights.mean(0)

    def look(layer, head):
        name = say(f"head {head}", f"头 {head}") if head else say("mean of the heads", "各头平均")
        return plots.heatmap(
            looks(layer, head),
            rows,
            found.source_tokens,
            say(f"layer {layer}, {name}", f"第 {layer} 层，{name}"),
            sides=(say("written", "写出的字"), say("read", "读到的词")),
        )

    def look_text(layer, head):
        weights = looks(layer, head)
        most = ", ".join(f"{r} → {found.source_tokens[w.argmax()]}" for r, w in zip(rows, weights))
        return say(
            f"Weights of layer {layer}, {f'head {head}' if head else 'mean of the heads'}. What each "
            f"row looks at most: {most}.",
            f"第 {layer} 层{f'头 {head}' if head else '各头平均'}的权重。各行看得最多的是：{most}。",
        )

    explore(
        look,
        look_text,
        labels={"layer": say("layer", "层"), "head": say("head", "头")},
        start={"layer": len(by_layer), "head": 0},
        layer=list(range(1, len(by_layer) + 1)),
        head=list(range(len(by_layer[0]) + 1)),
    )

# %% [markdown] lang="en"
# **What to notice.** In layer 2, what belongs together finds itself across the whole sentence. 医 (the beginning of 医生,
# “doctor”) looks at *doctor*, 选 at *chose*, 吉 and 他 (吉他, “guitar”) at *guitar*, 旧 (“old”) at *old*. *guitar* stands
# near the beginning in English and near the end in Chinese: this is no diagonal, the order is really another one.
#
# But not every row has a reason. 生, the second half of “doctor”, looks mostly at *guitar*: after 医 the decoder knows
# by itself what comes, so it hardly needs the source. 的, a particle without a word of its own in English, spreads
# its weight. In layer 1 much looks like noise. So such a map is a clue to an [alignment](glossary.md#alignment), and
# not a proof of what the model relies on; there is a debate about that (see below). A *bright* square isn't always an
# *important* one.

# %% [markdown] lang="zh"
# **注意观察。** 在第 2 层，相对应的词隔着整句话也能找到对方。“医”看 *doctor*，“选”看 *chose*，“吉”和“他”看 *guitar*，“旧”看 *old*。
# *guitar* 在英文里靠近句首，在中文里靠近句尾：这不是一条对角线，词序真的变了。
#
# 但并不是每一行都有道理。“医生”的“生”看得最多的是 *guitar*：写出“医”之后，解码器自己就知道下一个是什么，几乎用不着源句。
# “的”在英文里没有自己对应的词，权重就分散开来。第 1 层里有许多看上去像噪声。所以，这样的图是[对齐](glossary.md#alignment)的线索，
# 并不能证明模型依据的是什么；对此学界有争论（见文末）。格子*亮*，不等于*重要*。

# %% [markdown] lang="en"
# ## 10. Where the parameters are
#
# **By hand**, for the course's model: D = 128, d_ff = 256, two layers, 348 source tokens and 310 target tokens.
#
# | part | formula | number |
# |---|---|---|
# | two embeddings | $(348+310)\cdot 128$ | 84,224 |
# | one attention | $4(D^2+D)$ | 66,048 |
# | one network | $2\,D\,d_{ff}+d_{ff}+D$ | 65,920 |
# | one norm | $2D$ | 256 |
# | encoder layer | attention + network + 2 norms | 132,480 |
# | decoder layer | 2 attentions + network + 3 norms | 198,784 |
# | last layer | $128\cdot 310+310$ | 39,990 |
#
# Together: $84{,}224+2\cdot 132{,}480+2\cdot 198{,}784+39{,}990=786{,}742$. Positions have none: they are computed.
# We count in your model, and set beside it the sizes of the paper's base model, D = 512, d_ff = 2048, six layers,
# with 37,000 tokens; there one table serves source, target and last layer.

# %% [markdown] lang="zh"
# ## 10. 参数都在哪里
#
# **手算**课程的模型：D = 128，d_ff = 256，两层，源词表 348 个词元，目标词表 310 个。
#
# | 部件 | 公式 | 个数 |
# |---|---|---|
# | 两个词嵌入 | $(348+310)\cdot 128$ | 84224 |
# | 一个注意力 | $4(D^2+D)$ | 66048 |
# | 一个小网络 | $2\,D\,d_{ff}+d_{ff}+D$ | 65920 |
# | 一个归一化 | $2D$ | 256 |
# | 编码层 | 注意力 + 小网络 + 2 个归一化 | 132480 |
# | 解码层 | 2 个注意力 + 小网络 + 3 个归一化 | 198784 |
# | 最后一层 | $128\cdot 310+310$ | 39990 |
#
# 合计：$84224+2\cdot 132480+2\cdot 198784+39990=786742$。位置没有参数，它是算出来的。我们在你的模型里数一数，
# 再与论文的基础模型相比：D = 512，d_ff = 2048，六层，37000 个词元；那里源句、目标句和最后一层共用一张表。

# %%
counted = Transformer(348, 310, d_model=128, num_heads=4, d_ff=256, num_layers=2)
counted((np.array([[4, 5]]), np.array([[START_ID, 4]])))
encoders, decoders = counted.encoder_layers, counted.decoder_layers
parts = {
    say("embeddings", "词嵌入"): [counted.source_embedding, counted.target_embedding],
    say("encoder: attention", "编码器：注意力"): [layer.attention for layer in encoders],
    say("encoder: networks", "编码器：小网络"): [layer.feed_forward for layer in encoders],
    say("decoder: self-attention", "解码器：自注意力"): [layer.self_attention for layer in decoders],
    say("decoder: cross-attention", "解码器：交叉注意力"): [layer.cross_attention for layer in decoders],
    say("decoder: networks", "解码器：小网络"): [layer.feed_forward for layer in decoders],
    say("last layer", "最后一层"): [counted.output_projection],
}
yours = {name: sum(each.count_params() for each in layers) for name, layers in parts.items()}
yours[say("norms", "归一化")] = counted.count_params() - sum(yours.values())
print(say("all together:", "合计："), f"{counted.count_params():,}")

N, D, d_ff, V = 6, 512, 2048, 37_000
attends, network = 4 * (D * D + D), 2 * D * d_ff + d_ff + D
encoder, decoder = (N * attends, N * network), (N * attends, N * attends, N * network)
base = dict(zip(yours, (V * D, *encoder, *decoder, 0, 5 * N * 2 * D)))
print(say("the paper's base model:", "论文的基础模型："), f"{sum(base.values()):,}")
show(
    pictures.parameters(
        {
            say("course, D = 128", "课程，D = 128"): yours,
            say("paper's base, D = 512", "论文基础模型，D = 512"): base,
        }
    ),
    say(
        "Bars of the share of all parameters by part, for the course's model and the paper's base "
        "model. In the course's model cross- and self-attention and networks have about a sixth each; in "
        "the paper's the two kinds of networks together have the most. Norms are hardly visible.",
        "各部件占全部参数的比例，课程的模型与论文的基础模型并列。课程的模型里，各种注意力和小网络各占约六分之一；"
        "论文的模型里，两处小网络加起来最多。归一化几乎看不见。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The count in your model equals the one by hand. In the small model the five kinds of attention
# and network have the same size, about a sixth each, for with d_ff = 2D a network is as large as an attention. With
# d_ff = 4D, as in the paper, it's twice as large, so there the networks have the most; the one shared table has as
# much as all attentions together. Our 63 million is close to the 65 million of the paper's table 3 (the size of its
# vocabulary is given as “about 37,000”). **Try:** halve D in the last cell. Which bars fall to a half, and which to a
# quarter?

# %% [markdown] lang="zh"
# **注意观察。** 在你的模型里数出来的与手算相同。小模型里，五种注意力和小网络一样大，各占约六分之一：d_ff = 2D 时，一个小网络和一个注意力一样大。
# 论文里 d_ff = 4D，小网络是注意力的两倍，所以占得最多；共用的那张表，和所有注意力加起来一样大。
# 我们数出来的 6300 万，与论文表 3 的 6500 万接近（论文说词表“大约 37000”）。**试一试。** 把最后一个单元格里的 D 减半。
# 哪些柱子变成一半，哪些变成四分之一？

# %% [markdown] lang="en"
# ## Questions to think about
#
# 1. Suppose somebody forgets the causal mask. Will the training loss warn them? What will the translations look like?
# 2. Why is the *sum* normalised in post-norm, and not the sub-layer's output alone: $x + \mathrm{LayerNorm}(f(x))$?
# Think of    what happens to the length of $x$ over many layers.
# 3. Writing with kept keys and values takes T passes over one place each. What has to be kept for each layer, and how
#    large is it? Why could it not be kept if the decoder were not causal?
#
# ## Further reading
#
# - Vaswani et al. 2017, *Attention Is All You Need*, section 3 (the model), 5.4 (dropout).
# - He et al. 2016, *Deep Residual Learning for Image Recognition*: the residual connection.
# - Ba, Kiros and Hinton 2016, *Layer Normalization*.
# - Xiong et al. 2020, *On Layer Normalization in the Transformer Architecture*: post-norm, pre-norm and the gradients.
# - Jain and Wallace 2019, *Attention is not Explanation*; Wiegreffe and Pinter 2019, *Attention is not not
# Explanation*:   how far one may read weights as reasons.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 假如有人忘了因果掩码，训练损失会提醒他吗？译文会是什么样子？
# 2. 后归一化里，归一化的为什么是*和*，而不只是子层的输出，即 $x + \mathrm{LayerNorm}(f(x))$？
#    想想经过许多层之后，$x$ 的长度会怎样。
# 3. 留着键和值来解码，只需 T 遍，每遍算一个位置。每一层要留下什么，有多大？如果解码器不是因果的，为什么就不能留着用？
#
# ## 延伸阅读
#
# - Vaswani 等，2017，*Attention Is All You Need*，第 3 节（模型）、第 5.4 节（随机失活）。
# - He 等，2016，*Deep Residual Learning for Image Recognition*：残差连接。
# - Ba、Kiros、Hinton，2016，*Layer Normalization*：层归一化。
# - Xiong 等，2020，*On Layer Normalization in the Transformer Architecture*：后归一化、前归一化与梯度。
# - Jain、Wallace，2019，*Attention is not Explanation*；Wiegreffe、Pinter，2019，*Attention is not not Explanation*：
#   权重能在多大程度上当作理由来读。
