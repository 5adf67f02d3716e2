# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown] lang="en"
# # Attention: from X Xᵀ to Q, K, V
#
# **Where we are.** A [recurrent network](glossary.md#recurrent-network) reads one word after the other, and its plain
# [encoder](glossary.md#encoder)-[decoder](glossary.md#decoder) squeezes a whole sentence into one vector.
# A [convolution](glossary.md#convolution) sees a [window](glossary.md#window).
# [Attention](glossary.md#attention) lets every word look at every other word at once, and decide for itself how much of
# each it takes.
#
# **What you will write.** Seven small pieces, each a few lines long: similarities, [softmax](glossary.md#softmax),
# attention without any weights, scaled dot-product attention, two [masks](glossary.md#mask), and a Keras layer that
# puts them together. Use `keras` and `keras.ops` only; then your work runs on TensorFlow, JAX and
# PyTorch alike.
#
# After each exercise a cell runs its **public checks**. There are hidden checks too, which look
# at more: other shapes, huge numbers, masks, [gradients](glossary.md#gradient).

# %% [markdown] lang="zh"
# # 注意力：从 X Xᵀ 到 Q、K、V
#
# **我们在哪里。** [循环网络](glossary.md#recurrent-network)一个词接一个词地读，朴素的[编码器](glossary.md#encoder)–[解码器](glossary.md#decoder)
# 把整句话压进一个向量；[卷积](glossary.md#convolution)只看一个[窗口](glossary.md#window)。
# [注意力](glossary.md#attention)让每个词同时看到所有的词，并自己决定从每个词那里取多少。
#
# **你要写什么。** 七个小部件，每个只有几行：相似度、[softmax](glossary.md#softmax)、不带参数的注意力、缩放点积注意力、两种[掩码](glossary.md#mask)，
# 最后是把它们合在一起的 Keras 层。只使用 `keras` 和 `keras.ops`，这样你的代码在 TensorFlow、JAX 和
# PyTorch 上都能运行。
#
# 每个练习后面的单元格会运行它的**公开检查**。此外还有隐藏检查，它们看得更细：别的形状、极大的数、掩码、[梯度](glossary.md#gradient)。

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
from course.kit.notebook.pictures import attention as pictures
from course.kit.notebook.show import explore, show
from course.kit.tokens import PAD_ID

# %% [markdown] lang="en"
# ## 1. X Xᵀ: every word compared with every word
#
# Write a sentence as a matrix $X$ whose rows are word vectors, $T$ words of width $D$. The product
#
# $$X X^\top = \begin{bmatrix} A_1 \\ A_2 \end{bmatrix}\begin{bmatrix} A_1^\top & A_2^\top\end{bmatrix}
# = \begin{bmatrix} A_1\cdot A_1 & A_1\cdot A_2 \\ A_2\cdot A_1 & A_2\cdot A_2 \end{bmatrix}$$
#
# holds the [inner product](glossary.md#inner-product) of every row with every row. It is a $T\times T$ matrix, and symmetric.
#
# An inner product measures angle and length at once: $a\cdot b = |a|\,|b|\cos\theta$. It is the
# signed length of $b$'s [projection](glossary.md#projection) onto $a$, times the length of $a$. Vectors at a right angle give
# 0. (They are called [*orthogonal*](glossary.md#orthogonal); vectors can be linearly independent without that.)
#
# By hand, for the vectors of the picture: $a=(3,1)$, $b=(2,2)$ and $c=(-1,3)$ give
# $a\cdot b = 3\cdot 2+1\cdot 2 = 8$ and $a\cdot c = 3\cdot(-1)+1\cdot 3 = 0$. So $c$ has no share in the
# direction of $a$: its projection is the origin.

# %% [markdown] lang="zh"
# ## 1. X Xᵀ：每个词与每个词相比
#
# 把一句话写成矩阵 $X$，每一行是一个词向量，共 $T$ 个词，宽度为 $D$。乘积
#
# $$X X^\top = \begin{bmatrix} A_1 \\ A_2 \end{bmatrix}\begin{bmatrix} A_1^\top & A_2^\top\end{bmatrix}
# = \begin{bmatrix} A_1\cdot A_1 & A_1\cdot A_2 \\ A_2\cdot A_1 & A_2\cdot A_2 \end{bmatrix}$$
#
# 的每个元素都是两行的[内积](glossary.md#inner-product)。它是一个对称的 $T\times T$ 方阵。
#
# 内积同时反映夹角和长度：$a\cdot b = |a|\,|b|\cos\theta$，也就是 $b$ 在 $a$ 方向上的[投影](glossary.md#projection)（带正负号）乘以
# $a$ 的长度。夹角为 90° 时内积为 0，这叫[*正交*](glossary.md#orthogonal)。（两个向量不正交，也可以线性无关，这两个说法不能混用。）
#
# 手算一下图中的向量：$a=(3,1)$，$b=(2,2)$，$c=(-1,3)$，则 $a\cdot b = 3\cdot 2+1\cdot 2 = 8$，
# $a\cdot c = 3\cdot(-1)+1\cdot 3 = 0$。$c$ 在 $a$ 的方向上没有分量，它的投影就落在原点。

# %%
a, b, c = np.array([3.0, 1.0]), np.array([2.0, 2.0]), np.array([-1.0, 3.0])
for first, second, name in ((a, b, "a·b"), (a, c, "a·c")):
    cosine = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
    print(f"{name} = {first @ second:.1f}, {say('angle', '夹角')} = {np.degrees(np.arccos(cosine)):.0f}°")
show(
    plots.arrows(
        {"a": a, "b": b, "c": c},
        say("Projections of b and c onto a", "b 和 c 在 a 上的投影"),
        projections=[("b", "a"), ("c", "a")],
    ),
    say(
        "Three arrows from the origin. The dashed line from b meets the line of a at most of its "
        "length; c stands at a right angle to a, and its dashed line ends at the origin.",
        "从原点出发的三个箭头。由 b 引出的虚线落在 a 上较远处；c 与 a 垂直，由它引出的虚线落在原点。",
    ),
)

# %% [markdown] lang="en"
# **Exercise.** `similarity(x)` gives $X X^\top$. In front of the last two axes there may be others,
# a [batch](glossary.md#batch) of sentences for example; they stay as they are.
#
# <details><summary>Hint 1</summary>Which two axes change places in the second factor?</details>
# <details><summary>Hint 2</summary><code>ops.swapaxes</code> and <code>ops.matmul</code> both work on batches.</details>

# %% [markdown] lang="zh"
# **练习。** `similarity(x)` 返回 $X X^\top$。最后两个轴之前可能还有别的轴，例如一个[批量](glossary.md#batch)的句子；它们保持不变。
#
# <details><summary>提示一</summary>第二个因子里，哪两个轴交换了位置？</details>
# <details><summary>提示二</summary><code>ops.swapaxes</code> 和 <code>ops.matmul</code> 都支持批量。</details>

# %% exercise="similarity"

# %% [markdown] lang="en"
# ## 2. Softmax: scores become weights
#
# $$\mathrm{softmax}(z)_i = \frac{e^{z_i}}{\sum_{c} e^{z_c}}$$
#
# The exponential makes every [score](glossary.md#score) positive, the division makes them sum to one. By hand, for
# the scores $\ln 1, \ln 2, \ln 3$: the exponentials are 1, 2 and 3, their sum is 6, so the weights
# are $\tfrac16, \tfrac26, \tfrac36$.
#
# A computer needs one thing more. $e^{100}$ is too large for float32, so the formula as it stands
# gives inf/inf. But adding the same number to every score changes nothing: numerator and
# denominator grow by the same factor. Use that freedom.

# %% [markdown] lang="zh"
# ## 2. Softmax：分数变成权重
#
# $$\mathrm{softmax}(z)_i = \frac{e^{z_i}}{\sum_{c} e^{z_c}}$$
#
# 指数让每个[分数](glossary.md#score)变成正数，除法让它们的和为一。手算一例：分数为 $\ln 1, \ln 2, \ln 3$ 时，指数分别是 1、2、3，
# 总和为 6，所以权重是 $\tfrac16, \tfrac26, \tfrac36$。
#
# 计算机还需要多想一步。$e^{100}$ 超出 float32 的范围，照搬公式会得到 inf/inf。不过，所有分数加上同一个数，
# 结果不变：分子和分母放大了同样的倍数。请利用这一性质。

# %% [markdown] lang="en"
# **Exercise.** `softmax(x, axis=-1)`, finite for every finite input. `keras.ops.softmax` and its
# kin are off limits: here you write it.
#
# <details><summary>Hint 1</summary>Which number, subtracted from every score, keeps all exponents at 0 or below?</details>
# <details><summary>Hint 2</summary><code>keepdims=True</code> makes the result of a maximum or a sum fit its input again.</details>

# %% [markdown] lang="zh"
# **练习。** `softmax(x, axis=-1)`，对任何有限的输入都给出有限的结果。这里不能用 `keras.ops.softmax` 及其同类：
# 你来写。
#
# <details><summary>提示一</summary>所有分数减去哪个数，指数就都不大于 0？</details>
# <details><summary>提示二</summary><code>keepdims=True</code> 让最大值或总和的形状仍能与输入相配。</details>

# %% exercise="softmax"

# %% [markdown] lang="en"
# **An experiment.** Divide the scores by a [*temperature*](glossary.md#temperature) before the softmax. What happens when it
# goes to 0, and when it becomes large? Drag the slider, and say beforehand what you expect.

# %% [markdown] lang="zh"
# **实验。** 在 softmax 之前把分数除以一个[*温度*](glossary.md#temperature)。温度趋近 0 时会怎样？变得很大时呢？
# 先猜一猜，再拖动滑块。

# %%
scores = np.array([1.0, 2.0, 3.0, 4.0], dtype="float32")
shares = {
    t: ops.convert_to_numpy(softmax(ops.convert_to_tensor(scores / np.float32(t))))
    for t in (0.1, 0.3, 1.0, 3.0, 10.0)
}


def at_temperature(t):
    return pictures.temperature(scores, shares, t)


def at_temperature_text(t):
    low, high = shares[t][0], shares[t][-1]
    return say(
        f"At temperature {t:g} the largest of four scores gets the weight {high:.2f}, the smallest "
        f"{low:.2f}. The curves beside it meet at a quarter on the hot side and part on the cold.",
        f"温度为 {t:g} 时，四个分数中最大的权重是 {high:.2f}，最小的是 {low:.2f}。旁边的曲线在高温一侧"
        "趋向四分之一，在低温一侧分开。",
    )


explore(
    at_temperature,
    at_temperature_text,
    labels={"t": say("temperature", "温度")},
    start={"t": 1.0},
    t=list(shares),
)

# %% [markdown] lang="en"
# **What to notice.** At 0.1 the largest score has practically all the weight; at 10 the four weights
# are close to a quarter each. The order of the weights never changes, for the quotient of two
# weights is $e^{(z_i-z_j)/t}$: the temperature decides how much a difference of scores counts.
# Remember this when we divide by $\sqrt{d_k}$ below: that is a temperature too.

# %% [markdown] lang="zh"
# **注意观察。** 温度为 0.1 时，最大的分数几乎独占全部权重；温度为 10 时，四个权重都接近四分之一。权重的大小次序始终不变，
# 因为两个权重之比是 $e^{(z_i-z_j)/t}$：温度决定分数的差距有多大分量。后面除以 $\sqrt{d_k}$ 时请想起这一点：
# 那也是一种温度。

# %% [markdown] lang="en"
# ## 3. softmax(X Xᵀ) X: each word becomes a weighted sum
#
# The row $i$ of $\mathrm{softmax}(XX^\top)$ says how much word $i$ takes of each word. The product
# with $X$ takes it: every word becomes an average of all words, itself included. Since the sentence
# looks at itself, this is [*self*-attention](glossary.md#self-attention).
#
# Take 早上好, “good morning”, character by character: 早 early, 上 up, 好 good. The first two make up
# the word 早上, “morning”, so we give them, by hand, vectors that point about the same way. Then 早
# attends to 上 more than to 好.

# %% [markdown] lang="zh"
# ## 3. softmax(X Xᵀ) X：每个词变成加权和
#
# $\mathrm{softmax}(XX^\top)$ 的第 $i$ 行说明第 $i$ 个词从每个词取多少；再乘以 $X$ 就真正取了过来：每个词都变成
# 所有词（包括自己）的加权平均。句子看的是它自己，所以叫[*自*注意力](glossary.md#self-attention)。
#
# 以“早上好”为例。“早”和“上”合成“早上”一词，所以我们手工给它们设定方向相近的向量。于是“早”对“上”的关注多于对
# “好”的关注。

# %% [markdown] lang="en"
# **Exercise.** `self_attention(x)`: softmax(X Xᵀ) X, from the two functions that you have.
#
# <details><summary>Hint</summary>Rows of weights meet rows of words: which one stands on the left?</details>

# %% [markdown] lang="zh"
# **练习。** `self_attention(x)`：用你已有的两个函数写出 softmax(X Xᵀ) X。
#
# <details><summary>提示</summary>权重的行与词的行相乘：哪个在左边？</details>

# %% exercise="self_attention"

# %%
words = list("早上好")
X = ops.convert_to_tensor([[1.5, 1.0, 0.0], [1.2, 1.2, 0.2], [0.2, 0.3, 1.6]])
weights = ops.convert_to_numpy(softmax(similarity(X)))
print(
    say(
        f"早 looks at 上 with {weights[0, 1]:.2f}, at 好 with {weights[0, 2]:.2f}",
        f"“早”对“上”的权重为 {weights[0, 1]:.2f}，对“好”为 {weights[0, 2]:.2f}",
    )
)
show(
    plots.heatmap(weights, words, title="softmax(X Xᵀ)"),
    say(
        "A three by three map of weights: 早 and 上 share most of their weight with each other, and "
        "好 keeps most of its own for itself.",
        "三行三列的权重图：“早”和“上”的权重大多在彼此之间，“好”的权重大多留给自己。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** 早 takes more of 上 than of 好, and most of all of itself. That is no accident:
# among vectors of one length, the inner product is largest with itself. Only a longer vector can
# win: look at the row of 上, which takes more of 早 than of itself. So $XX^\top$ can't express that
# “early” should look at “up” more than at itself, unless lengths help. And nothing was learned; two
# words attend to each other because their vectors happen to be alike. The next step changes both.

# %% [markdown] lang="zh"
# **注意观察。** “早”从“上”取的比从“好”取的多，但最多的还是从自己那里取。这不是偶然：长度相同的向量里，一个向量与
# 自己的内积最大；只有更长的向量才能胜过它，请看“上”这一行，它从“早”取的反而比从自己取的多。所以，仅靠 $XX^\top$，
# 除非借助长度，否则无法表达“早”对“上”的关注多于对自己。而且这里没有学到任何东西，两个词互相关注，只因为它们的向量碰巧相似。
# 下一步会改变这两点。

# %% [markdown] lang="en"
# ## 4. Q, K, V: three roles, and why sqrt(d_k)
#
# A word asks, is compared with, and gives. Each role gets a matrix that is learned:
# $Q = XW^Q$, $K = XW^K$, $V = XW^V$. Then
#
# $$\mathrm{Attention}(Q,K,V)=\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V$$
#
# | symbol | shape | what it is |
# |---|---|---|
# | $Q$ | (T, d_k) | a [query](glossary.md#query) for each word that looks |
# | $K$ | (S, d_k) | a [key](glossary.md#key) for each word that is looked at |
# | $V$ | (S, d_v) | the [value](glossary.md#value): what each of them gives |
# | $QK^\top$ | (T, S) | scores |
#
# **Why divide?** [$d_k$](glossary.md#d-k) is the width of a key. It is sometimes called a variance; exactly, it is this: if
# the entries of $q$ and $k$ are independent with mean 0 and variance 1, then $q\cdot k$, a sum of
# $d_k$ such products, has the variance $d_k$. Large scores push the softmax to where one weight is
# almost 1, and there its gradient is almost 0. Dividing by $\sqrt{d_k}$ brings the variance back
# to 1 whatever the width.
#
# **An experiment.** Draw 500 queries at random, with ten keys each, and drag the width $d_k$. On the
# left, how far the scores lie apart; on the right, how the softmax shares out: the mean weight of the
# key that gets most, of the second, and so on.

# %% [markdown] lang="zh"
# ## 4. Q、K、V：三个角色，以及为什么除以 sqrt(d_k)
#
# 一个词会提问，会被比较，也会给出内容。每个角色各有一个可学习的矩阵：
# $Q = XW^Q$，$K = XW^K$，$V = XW^V$。于是
#
# $$\mathrm{Attention}(Q,K,V)=\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right)V$$
#
# | 符号 | 形状 | 含义 |
# |---|---|---|
# | $Q$ | (T, d_k) | 每个“在看”的词的[查询](glossary.md#query) |
# | $K$ | (S, d_k) | 每个“被看”的词的[键](glossary.md#key) |
# | $V$ | (S, d_v) | [值](glossary.md#value)：它们各自给出的内容 |
# | $QK^\top$ | (T, S) | 分数 |
#
# **为什么要除？** [$d_k$](glossary.md#d-k) 是键的宽度。有一种常见的说法，说它是方差，准确的说法是：若 $q$、$k$ 的各分量独立，均值为 0、方差为 1，
# 则 $q\cdot k$ 是 $d_k$ 个这样的乘积之和，方差为 $d_k$。分数一大，softmax 就会让某个权重接近 1，
# 那里的梯度几乎为 0。除以 $\sqrt{d_k}$ 后，无论宽度多少，方差都回到 1。
#
# **实验。** 随机抽取 500 个查询，每个配十个键，再拖动宽度 $d_k$。左图是分数的分布；右图是 softmax 怎样分配：
# 得到最多的键、第二多的键……各自的平均权重。

# %%
rng = np.random.default_rng(0)
widths = [1, 4, 16, 64, 256]
drawn_scores, drawn_weights = {}, {}
for d_k in widths:
    q, k = rng.normal(size=(2, 500, 10, d_k))
    raw = np.einsum("nd,nsd->ns", q[:, 0], k)
    drawn_scores[d_k] = {"q·k": raw, "q·k / sqrt(d_k)": raw / math.sqrt(d_k)}
    drawn_weights[d_k] = {
        name: ops.convert_to_numpy(softmax(ops.convert_to_tensor(z.astype("float32"))))
        for name, z in drawn_scores[d_k].items()
    }


def at_width(d_k):
    return pictures.spread(drawn_scores[d_k], drawn_weights[d_k])


def at_width_text(d_k):
    raw, scaled = (p.max(-1).mean() for p in drawn_weights[d_k].values())
    return say(
        f"For d_k = {d_k}, the key that gets most has the mean weight {raw:.2f} with q·k and "
        f"{scaled:.2f} with q·k divided by sqrt(d_k). The scores of the first spread more widely "
        "the larger d_k is.",
        f"d_k = {d_k} 时，得到最多的键平均权重是：用 q·k 为 {raw:.2f}，除以 sqrt(d_k) 后为 {scaled:.2f}。"
        "d_k 越大，前者的分数散得越开。",
    )


explore(at_width, at_width_text, start={"d_k": 64}, d_k=widths)

# %% [markdown] lang="en"
# Now all widths at once. On the left the variance of the scores. On the right
# $\sum_i p_i(1-p_i)$: the derivatives $\partial p_i/\partial z_i$ of the softmax, added up.

# %% [markdown] lang="zh"
# 现在把所有宽度放在一起看。左图是分数的方差；右图画的是 $\sum_i p_i(1-p_i)$，即 softmax 的导数
# $\partial p_i/\partial z_i$ 之和。

# %%
variance = {name: [drawn_scores[d][name].var() for d in widths] for name in drawn_scores[1]}
slope = {
    name: [(p * (1 - p)).sum(-1).mean() for p in (drawn_weights[d][name] for d in widths)]
    for name in variance
}
figure, axes = plots.figure(columns=2)
plots.curves(widths, variance, "d_k", say("variance of the scores", "分数的方差"), log="xy", axes=axes[0])
plots.curves(widths, slope, "d_k", say("gradient that is left", "剩余的梯度"), log="x", axes=axes[1])
show(
    figure,
    say(
        "Left: the variance of q·k rises with d_k along a straight line on logarithmic axes; divided "
        "by sqrt(d_k) it stays near 1. Right: what is left of the gradient falls with d_k for q·k, "
        "and stays level when divided.",
        "左图：在对数坐标里，q·k 的方差随 d_k 沿直线上升；除以 sqrt(d_k) 后始终在 1 附近。"
        "右图：用 q·k 时，剩余的梯度随 d_k 下降；除过之后保持平稳。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** On the left, the variance of $q\cdot k$ follows $d_k$ itself: a straight line
# on logarithmic axes. On the right, that leaves ever less gradient to learn from. Divided by
# $\sqrt{d_k}$, neither depends on the width.
#
# **By hand.** Let $d_k = 4$, and let a query have the scores $0$ and $2\ln 3$ with two keys. Divided
# by $\sqrt 4$ they are $0$ and $\ln 3$; the exponentials are 1 and 3, the weights $\tfrac14$ and
# $\tfrac34$. With the values 4 and 8 the output is $\tfrac14\cdot 4+\tfrac34\cdot 8 = 7$. Hide the
# second key: the weights become 1 and 0, the output 4. Hide both: there is nothing to share out,
# the weights are 0 and 0, and so is the output.

# %% [markdown] lang="zh"
# **注意观察。** 左图中，$q\cdot k$ 的方差就跟着 $d_k$ 走，在对数坐标里是一条直线；右图中，可供学习的梯度因此越来越少。
# 除以 $\sqrt{d_k}$ 之后，两者都不再随宽度变化。
#
# **手算。** 设 $d_k = 4$，一个查询与两个键的分数是 $0$ 和 $2\ln 3$。除以 $\sqrt 4$ 得 $0$ 和 $\ln 3$，指数为 1 和 3，
# 权重为 $\tfrac14$ 和 $\tfrac34$。若两个值是 4 和 8，输出就是 $\tfrac14\cdot 4+\tfrac34\cdot 8 = 7$。屏蔽第二个键，
# 权重变成 1 和 0，输出为 4。两个都屏蔽，就没有什么可分的了：权重是 0 和 0，输出也是 0。

# %% [markdown] lang="en"
# **Exercise.** `scaled_dot_product_attention(query, key, value, mask=None)` gives the output and
# the weights. A mask is True where a query may attend to a key, and broadcasts to the scores.
# Masked weights are exactly 0; a query that may see nothing gets zeros, never NaN.
#
# <details><summary>Hint 1</summary>A mask belongs on the scores, before the softmax. Which score has the weight 0?</details>
# <details><summary>Hint 2</summary><code>ops.where(mask, this, that)</code> chooses entry by entry.</details>
# <details><summary>Hint 3</summary>A row of nothing but -inf gives NaN. What could stand there instead, if its weights are set to 0 afterwards anyway?</details>

# %% [markdown] lang="zh"
# **练习。** `scaled_dot_product_attention(query, key, value, mask=None)` 返回输出和权重。掩码为 True 表示
# 查询可以关注该键，它可广播到分数的形状。被屏蔽的权重恰好为 0；什么都看不到的查询得到零，绝不能是 NaN。
#
# <details><summary>提示一</summary>掩码作用于分数，在 softmax 之前。什么样的分数，权重为 0？</details>
# <details><summary>提示二</summary><code>ops.where(mask, this, that)</code> 逐个元素地选择。</details>
# <details><summary>提示三</summary>整行都是 -inf 会得到 NaN。既然之后反正要把权重置零，这一行可以先放什么？</details>

# %% exercise="scaled_dot_product_attention"

# %% [markdown] lang="en"
# ## 5. Two masks
#
# Sentences of a batch are padded to one length with the id 0; nobody should attend to
# [padding](glossary.md#padding). And
# a decoder that writes from left to right must not see what it has not written yet: that takes a
# [causal mask](glossary.md#causal-mask).
#
# | | shape | True where |
# |---|---|---|
# | `padding_mask(token_ids)` | (B, 1, S) | the key is a real [token](glossary.md#token) |
# | `causal_mask(length)` | (1, T, T) | the key's position is not after the query's |
#
# Both [broadcast](glossary.md#broadcasting) over what they don't know, so `padding & causal` is (B, T, T). By hand, for T = 3:
# the rows of the causal mask are True False False, True True False, True True True.
#
# **Exercise.** Write both masks, boolean, from `PAD_ID` and positions alone.
#
# <details><summary>Hint 1</summary>A new axis comes from indexing with <code>None</code>, in the place where it should stand.</details>
# <details><summary>Hint 2</summary>Compare a column of positions (the queries) with a row of positions (the keys): <code>ops.arange</code> makes them.</details>

# %% [markdown] lang="zh"
# ## 5. 两种掩码
#
# 一个批量里的句子用编号 0 补到同样的长度，谁都不该关注[填充](glossary.md#padding)。从左往右写的解码器，也不能看到还没写出的内容，
# 为此要用[因果掩码](glossary.md#causal-mask)。
#
# | | 形状 | 何处为 True |
# |---|---|---|
# | `padding_mask(token_ids)` | (B, 1, S) | 键是真实[词元](glossary.md#token) |
# | `causal_mask(length)` | (1, T, T) | 键的位置不在查询之后 |
#
# 两者都能沿自己不关心的轴[广播](glossary.md#broadcasting)，所以 `padding & causal` 的形状是 (B, T, T)。手算 T = 3：因果掩码的三行依次是
# True False False、True True False、True True True。
#
# **练习。** 只用 `PAD_ID` 和位置写出这两个布尔掩码。
#
# <details><summary>提示一</summary>在想要新轴的位置上用 <code>None</code> 取下标，就多出一个轴。</details>
# <details><summary>提示二</summary>让一列位置（查询）与一行位置（键）相比；位置由 <code>ops.arange</code> 生成。</details>

# %% exercise="padding_mask"

# %% exercise="causal_mask"

# %%
token_ids = ops.convert_to_tensor([[5, 6, 7, PAD_ID]])
padding, causal = padding_mask(token_ids), causal_mask(4)
both = ops.logical_and(padding, causal)
names = ["早", "上", "好", say("(pad)", "（填充）")]
show(
    pictures.maps(
        {
            say("padding", "填充掩码"): np.repeat(ops.convert_to_numpy(padding)[0], 4, axis=0),
            say("causal", "因果掩码"): ops.convert_to_numpy(causal)[0],
            say("padding and causal", "两者同时"): ops.convert_to_numpy(both)[0],
        },
        names,
    ),
    say(
        "Three masks of four by four, 1 where a query may look. Padding: the last column is 0 in "
        "every row. Causal: everything right of the diagonal is 0. Both: 1 only where both are.",
        "三个四行四列的掩码，1 表示可以看。填充掩码：每一行的最后一列都是 0。因果掩码：对角线右边全是 0。"
        "两者同时：只有两个都是 1 的地方才是 1。",
    ),
)

# %% [markdown] lang="en"
# **What to notice.** The padding mask hides a *column*: nobody sees the padding. The row of the
# padding itself is left alone; what it computes is thrown away later. The causal mask hides a
# triangle, and it leaves the diagonal: a word may always see itself, so no row is empty.
#
# **An experiment.** Does a mask keep its promise? Exchange the last of four words for another, and
# measure how much the output of each word changes, first without a mask, then with the causal one.
# Then put other numbers where the padding is, with the padding mask. Before you run it: which of
# the numbers must be exactly 0? Change `place`, too.

# %% [markdown] lang="zh"
# **注意观察。** 填充掩码屏蔽的是一*列*：谁都看不到填充。填充自己那一行没有动，它算出的结果以后会丢掉。因果掩码屏蔽的是一个
# 三角形，而对角线留着：一个词总能看到自己，所以没有哪一行是空的。
#
# **实验。** 掩码真的起作用吗？把四个词中的最后一个换掉，量一量每个词的输出变了多少：先不用掩码，再用因果掩码。然后在填充的位置放上
# 别的数，用填充掩码再量一次。运行之前先想：哪些数必须恰好是 0？也请改一改 `place`。

# %%
place = 3
before = np.random.default_rng(1).normal(size=(1, 4, 8)).astype("float32")
after = before.copy()
after[0, place] = np.random.default_rng(2).normal(size=8)
for title, mask in (
    (say("no mask", "没有掩码"), None),
    (say("causal mask", "因果掩码"), causal_mask(4)),
    (say("padding mask", "填充掩码"), padding_mask(token_ids)),
):
    one, other = (
        ops.convert_to_numpy(scaled_dot_product_attention(query, keys, keys, mask)[0])
        for query, keys in ((x, x) for x in map(ops.convert_to_tensor, (before, after)))
    )
    change = np.abs(one - other).max(-1)[0]
    print(f"{title}: ", "  ".join(f"{c:.4f}" for c in change))

# %% [markdown] lang="en"
# **What to notice.** Without a mask, the change reaches every word. With the causal mask, the three
# words before it are exactly as they were: that is what lets us train a decoder on all positions at
# once without its peeking. With the padding mask, too, the real words don't notice what stands in
# the padding; only the padding's own row changes, since its query did. With `place = 1`, the causal
# mask protects only the first word.

# %% [markdown] lang="zh"
# **注意观察。** 没有掩码时，变化波及每一个词。有了因果掩码，它前面的三个词丝毫未变：正因为如此，训练解码器时可以同时算所有位置，
# 而不会偷看答案。用填充掩码时，真实的词同样察觉不到填充处放了什么；只有填充自己那一行变了，因为它的查询变了。若令 `place = 1`，
# 因果掩码只保护得了第一个词。

# %% [markdown] lang="en"
# ## 6. The layer
#
# **Exercise.** `SelfAttention(d_k, d_v=None)`: three `Dense` layers without bias, named
# `query_projection`, `key_projection` and `value_projection`, and the attention that you wrote. The
# names matter: the checks put known weights there.
#
# Afterwards a fresh layer looks at 我养了一只猫，它很可爱: “I have a cat, it is very cute”. What should
# 它 (“it”) look at, once the layer is trained? And what does it look at now?
#
# <details><summary>Hint 1</summary>Make the three layers in <code>__init__</code>, never in <code>call</code>: each call would make new weights.</details>
# <details><summary>Hint 2</summary>A sublayer has a method <code>build(input_shape)</code>.</details>

# %% [markdown] lang="zh"
# ## 6. 合成一个层
#
# **练习。** `SelfAttention(d_k, d_v=None)`：三个不带偏置的 `Dense` 层，名为 `query_projection`、
# `key_projection`、`value_projection`，加上你写好的注意力。名字很重要：检查会把已知的权重放进去。
#
# 写好之后，让一个全新的层看看“我养了一只猫，它很可爱”。训练好以后，“它”应该看谁？现在它看的又是谁？
#
# <details><summary>提示一</summary>在 <code>__init__</code> 里创建这三个层，不要在 <code>call</code> 里：否则每次调用都会产生新的权重。</details>
# <details><summary>提示二</summary>子层有一个方法 <code>build(input_shape)</code>。</details>

# %% exercise="SelfAttention"

# %%
sentence = list("我养了一只猫，它很可爱")
it = sentence.index("它")
vectors = np.random.default_rng(3).normal(size=(1, len(sentence), 16)).astype("float32")
keras.utils.set_random_seed(3)
layer = SelfAttention(d_k=8)
_, seen = layer(ops.convert_to_tensor(vectors))
_, seen_before = layer(
    ops.convert_to_tensor(vectors), attention_mask=causal_mask(len(sentence))
)
show(
    pictures.maps(
        {
            say("untrained: it looks anywhere", "未经训练：注意力分布是随机的"): ops.convert_to_numpy(seen)[0],
            say("the same with a causal mask", "同一层，加因果掩码"): ops.convert_to_numpy(seen_before)[0],
        },
        sentence,
    ),
    say(
        "Two maps of the eleven characters. Left: light and dark squares without any order. Right: "
        "nothing right of the diagonal, and the first character looks only at itself.",
        "十一个字的两张权重图。左图：明暗杂乱，看不出规律。右图：对角线右边全空，第一个字只看自己。",
    ),
)

# %% [markdown] lang="en"
# **An experiment.** What does 它 look at most, in ten fresh layers that differ only in the random
# numbers that they began with?

# %% [markdown] lang="zh"
# **实验。** 取十个全新的层，它们只有初始的随机数不同。“它”看得最多的各是哪个字？

# %%
for seed in range(10):
    keras.utils.set_random_seed(seed)
    _, fresh = SelfAttention(d_k=8)(ops.convert_to_tensor(vectors))
    row = ops.convert_to_numpy(fresh)[0, it]
    print(f"{seed}: {sentence[row.argmax()]} {row.max():.2f}", end="   ")

# %% [markdown] lang="en"
# **What to notice.** Each layer has another favourite: the pattern in the picture is luck, not
# grammar. The matrices only offer the *possibility* that 它 looks at 猫 (“cat”); training has to
# find it. With the causal mask the same layer gives each row fewer words to share among, so what is
# left gets more: compare the first rows of both maps.

# %% [markdown] lang="zh"
# **注意观察。** 每个层偏爱的字都不一样：图里的花纹是运气，不是语法。这些矩阵只是让“它看猫”成为*可能*，真正做到要靠训练。
# 加上因果掩码后，同一个层的每一行可分的字变少了，留下的就分得更多：请比较两张图的前几行。

# %% [markdown] lang="en"
# ## Questions to think about
#
# 1. With one shared matrix for Q and K, what would the score matrix always be? Why would that be a
#    poor choice for “the cat chased the mouse”?
# 2. Shuffle the words of a sentence. What does self-attention give now? What does that say about
#    word order, and who will have to supply it?
# 3. Attention compares all pairs: for 1,000 words, how many scores are there? How does a recurrent
#    network's work grow, and which of the two can be computed in parallel?
#
# ## Further reading
#
# - Vaswani et al. 2017, *Attention Is All You Need*, sections 3.2 and 4.
# - Bahdanau, Cho and Bengio 2015, *Neural Machine Translation by Jointly Learning to Align and
#   Translate*: where attention for translation began.
# - Bridle 1990, *Probabilistic Interpretation of Feedforward Classification Network Outputs*: the
#   softmax.

# %% [markdown] lang="zh"
# ## 想一想
#
# 1. 如果 Q 和 K 共用一个矩阵，分数矩阵总会是什么样？对“猫追老鼠”这样的句子，为什么这不是好主意？
# 2. 打乱一句话的词序，自注意力的结果如何变化？这说明它对词序了解多少？词序该由谁来提供？
# 3. 注意力要比较所有的词对：1000 个词有多少个分数？循环网络的计算量怎样增长？两者之中哪个可以并行？
#
# ## 延伸阅读
#
# - Vaswani 等，2017，*Attention Is All You Need*，第 3.2 节和第 4 节。
# - Bahdanau、Cho、Bengio，2015，*Neural Machine Translation by Jointly Learning to Align and Translate*：
#   翻译中的注意力由此开始。
# - Bridle，1990，*Probabilistic Interpretation of Feedforward Classification Network Outputs*：softmax 的来历。
