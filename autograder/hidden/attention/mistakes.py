"""Known mistakes of the attention unit. Read as text, never imported by the grader."""

import math

import keras
import numpy as np
from keras import ops

from autograder.grading.mistakes import mistake
from course.kit.tokens import PAD_ID
from solutions.attention import (
    SelfAttention,
    scaled_dot_product_attention,
    similarity,
    softmax,
)

# -- similarity ---------------------------------------------------------------------------------


@mistake(
    "columns-instead-of-rows",
    caught_by="inner_products",
    title=("XᵀX instead of XXᵀ", "算成了 XᵀX，而不是 XXᵀ"),
    hint=(
        "Words are the rows of X: the result has a row and a column for every word, "
        "whatever the width of the vectors.",
        "X 的每一行是一个词：无论向量多宽，结果都应是“词数×词数”的方阵。",
    ),
)
def similarity(x):
    return ops.matmul(ops.swapaxes(x, -1, -2), x)


@mistake(
    "cosine-instead-of-inner-product",
    caught_by="inner_products",
    title=("the vectors were normalised first", "先把向量归一化了"),
    hint=(
        "XXᵀ keeps the lengths of the vectors; the cosine of the angle is only a part of it.",
        "XXᵀ 保留向量的长度，夹角余弦只是其中一部分。",
    ),
)
def similarity(x):
    unit = x / (ops.sqrt(ops.sum(x * x, axis=-1, keepdims=True)) + 1e-9)
    return ops.matmul(unit, ops.swapaxes(unit, -1, -2))


@mistake(
    "all-axes-transposed",
    caught_by="batches",
    title=("the transpose turns every axis around", "转置把所有轴都翻转了"),
    hint=(
        "Only the last two axes change places; the batch stays where it is.",
        "只交换最后两个轴，批量轴保持不动。",
    ),
)
def similarity(x):
    return ops.matmul(x, ops.transpose(x))


# -- softmax ------------------------------------------------------------------------------------


@mistake(
    "unstable-exponent",
    caught_by="huge_scores",
    title=("the exponential overflows", "指数溢出"),
    hint=(
        "exp(100) is too large for float32. Softmax doesn't change when the same number is "
        "subtracted from every score of a row: choose one that makes all exponents safe.",
        "exp(100) 超出 float32 的范围。一行分数同时减去同一个数，softmax 不变："
        "选一个能让所有指数都安全的数。",
    ),
)
def softmax(x, axis=-1):
    powers = ops.exp(x)
    return powers / ops.sum(powers, axis=axis, keepdims=True)


@mistake(
    "axis-ignored",
    caught_by="axis",
    title=("the axis argument is not used", "没有使用 axis 参数"),
    hint=(
        "The maximum and the sum both belong along the axis that the caller names.",
        "求最大值和求和都应沿调用者指定的轴进行。",
    ),
)
def softmax(x, axis=-1):
    powers = ops.exp(x - ops.max(x, axis=-1, keepdims=True))
    return powers / ops.sum(powers, axis=-1, keepdims=True)


@mistake(
    "first-axis-normalised",
    caught_by="values",
    title=("it normalises along the first axis", "沿第一个轴归一化"),
    hint=(
        "By default the weights of a row sum to one: that is the last axis, not the first.",
        "默认每一行的权重之和为一：是最后一个轴，不是第一个。",
    ),
)
def softmax(x, axis=0):
    powers = ops.exp(x - ops.max(x, axis=axis, keepdims=True))
    return powers / ops.sum(powers, axis=axis, keepdims=True)


@mistake(
    "normalised-over-everything",
    caught_by="sums_to_one",
    title=("one sum over the whole array", "对整个数组求了一个总和"),
    hint=(
        "Each row is a distribution of its own: look at the axis of the sum.",
        "每一行各自是一个分布：检查求和的轴。",
    ),
)
def softmax(x, axis=-1):
    powers = ops.exp(x - ops.max(x))
    return powers / ops.sum(powers)


@mistake(
    "scores-clipped",
    caught_by="huge_scores",
    title=("scores are clipped before the exponential", "取指数前截断了分数"),
    hint=(
        "Clipping makes large scores equal. Move them together instead, so that their "
        "differences stay.",
        "截断会让不同的大分数变得相等。应整体平移，保持它们之间的差。",
    ),
)
def softmax(x, axis=-1):
    powers = ops.exp(ops.clip(x, -50.0, 50.0))
    return powers / ops.sum(powers, axis=axis, keepdims=True)


@mistake(
    "proportional-not-exponential",
    caught_by="values",
    title=("scores divided by their sum, without exp", "直接除以总和，没有取指数"),
    hint=(
        "Scores may be negative; the exponential makes each of them a positive weight.",
        "分数可能为负；先取指数，才能得到正的权重。",
    ),
)
def softmax(x, axis=-1):
    return x / ops.sum(x, axis=axis, keepdims=True)


@mistake(
    "left-the-graph",
    caught_by="unknown_sizes",
    compiled_only=True,
    title=("NumPy in the middle of the computation", "计算中途用了 NumPy"),
    hint=(
        "A NumPy array has no gradient and can't be compiled: stay with keras.ops.",
        "NumPy 数组没有梯度，也无法编译：请始终使用 keras.ops。",
    ),
)
def softmax(x, axis=-1):
    x = np.asarray(ops.convert_to_numpy(x))
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return ops.convert_to_tensor(powers / np.sum(powers, axis=axis, keepdims=True))


# -- self_attention -----------------------------------------------------------------------------


@mistake(
    "weights-returned",
    caught_by="values",
    title=("the weights are given, not the weighted sum", "返回的是权重，而不是加权和"),
    hint=(
        "softmax(XXᵀ) says how much; one product with X is still missing.",
        "softmax(XXᵀ) 只是权重；还差与 X 相乘。",
    ),
)
def self_attention(x):
    return softmax(similarity(x))


@mistake(
    "no-softmax",
    caught_by="values",
    title=("XXᵀX without the softmax", "算成了 XXᵀX，缺少 softmax"),
    hint=(
        "The similarities have to become weights before they can average anything.",
        "相似度要先变成权重，才能做加权平均。",
    ),
)
def self_attention(x):
    return ops.matmul(similarity(x), x)


@mistake(
    "softmax-over-queries-in-self-attention",
    caught_by="values",
    title=("softmax over the rows' axis", "softmax 沿行的方向做了"),
    hint=(
        "Row i holds what word i looks at: its entries sum to one, not the columns'.",
        "第 i 行是第 i 个词的关注分布：应当行和为一，而不是列和。",
    ),
)
def self_attention(x):
    return ops.matmul(softmax(similarity(x), axis=-2), x)


# -- scaled_dot_product_attention ---------------------------------------------------------------


def attend(scores, value, mask):
    """The reference's end: mask, softmax, weighted sum. For the known mistakes before it."""
    if mask is None:
        weights = softmax(scores)
    else:
        mask = ops.cast(mask, "bool")
        scores = ops.where(mask, scores, -math.inf)
        scores = ops.where(ops.any(mask, axis=-1, keepdims=True), scores, 0.0)
        weights = ops.where(mask, softmax(scores), 0.0)
    return ops.matmul(weights, value), weights


def scaled(query, key):
    """The reference's beginning: scores, divided. For the known mistakes after it."""
    return ops.matmul(query, ops.swapaxes(key, -1, -2)) / math.sqrt(key.shape[-1])


@mistake(
    "not-scaled",
    caught_by="scale",
    title=("the scores are not divided by sqrt(d_k)", "分数没有除以 sqrt(d_k)"),
    hint=(
        "The wider the keys, the larger their inner products become; what brings them back?",
        "键越宽，内积的波动越大；公式里哪一项把它拉回来？",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    return attend(ops.matmul(query, ops.swapaxes(key, -1, -2)), value, mask)


@mistake(
    "scaled-by-d-k",
    caught_by="scale",
    title=("divided by d_k instead of its root", "除以了 d_k，而不是它的平方根"),
    hint=(
        "The variance grows with d_k, so the typical size grows with its square root.",
        "方差与 d_k 成正比，所以典型大小与 d_k 的平方根成正比。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / key.shape[-1]
    return attend(scores, value, mask)


@mistake(
    "scaled-by-value-width",
    caught_by="scale",
    title=("scaled by the width of a value", "用值的宽度做缩放"),
    hint=(
        "The inner products are of queries and keys: their width decides, not the value's.",
        "内积来自查询和键：由它们的宽度决定，与值的宽度无关。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / math.sqrt(value.shape[-1])
    return attend(scores, value, mask)


@mistake(
    "scaled-by-length",
    caught_by="scale",
    title=("scaled by the length of the sentence", "用句子长度做缩放"),
    hint=(
        "d_k is the last size of the keys; the one before it counts the words.",
        "d_k 是键的最后一维；倒数第二维是词数。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    length = ops.cast(ops.shape(key)[-2], query.dtype)
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / ops.sqrt(length)
    return attend(scores, value, mask)


@mistake(
    "multiplied-by-root",
    caught_by="scale",
    title=("multiplied by sqrt(d_k)", "乘以了 sqrt(d_k)"),
    hint=(
        "The scale should make the scores smaller where keys are wide.",
        "键越宽，缩放应让分数越小，而不是越大。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) * math.sqrt(key.shape[-1])
    return attend(scores, value, mask)


@mistake(
    "softmax-over-queries",
    caught_by="output",
    title=("softmax ran over the queries", "softmax 沿查询的轴做了"),
    hint=(
        "Each query shares out a weight of one among the keys: which axis counts the keys?",
        "每个查询把总量为一的权重分给各个键：哪个轴是键？",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = ops.where(ops.cast(mask, "bool"), scores, -1e9)
    weights = softmax(scores, axis=-2)
    return ops.matmul(weights, value), weights


@mistake(
    "key-not-transposed",
    caught_by="output",
    title=("the keys are not transposed", "键没有转置"),
    hint=(
        "QKᵀ compares every query with every key: the widths have to meet in the product.",
        "QKᵀ 让每个查询与每个键相乘：相乘时应是两者的宽度对齐。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    return attend(ops.matmul(query, key) / math.sqrt(key.shape[-1]), value, mask)


@mistake(
    "key-used-as-value",
    caught_by="output",
    title=("the keys are averaged, not the values", "加权求和的是键，而不是值"),
    hint=(
        "Keys decide how much; what is handed out is the value.",
        "键决定权重的大小；真正被取出的是值。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    _, weights = attend(scaled(query, key), value, mask)
    return ops.matmul(weights, key), weights


@mistake(
    "results-swapped",
    caught_by="output",
    title=("weights and output change places", "权重与输出的顺序反了"),
    hint=("The pair is (output, weights), in this order.", "返回的顺序是 (output, weights)。"),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    output, weights = attend(scaled(query, key), value, mask)
    return weights, output


@mistake(
    "mask-inverted",
    caught_by="masked",
    title=("the mask is read the other way round", "掩码的含义弄反了"),
    hint=(
        "Here True means: may be attended to. Some libraries mean the opposite.",
        "这里 True 表示“可以关注”。有些库的约定正好相反。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    if mask is not None:
        mask = ops.logical_not(ops.cast(mask, "bool"))
    return attend(scaled(query, key), value, mask)


@mistake(
    "mask-after-softmax",
    caught_by="masked",
    title=("masked after the softmax", "在 softmax 之后才做掩码"),
    hint=(
        "What is left of a row doesn't sum to one: mask the scores, not the weights.",
        "这样剩下的权重之和不再为一：应掩盖分数，而不是权重。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    weights = softmax(scaled(query, key))
    if mask is not None:
        weights = weights * ops.cast(mask, weights.dtype)
    return ops.matmul(weights, value), weights


@mistake(
    "mask-multiplied",
    caught_by="masked",
    title=("the scores are multiplied by the mask", "用掩码去乘分数"),
    hint=(
        "A score of 0 is a score like any other: exp(0) is 1. What score has the weight 0?",
        "分数 0 也有权重：exp(0) = 1。什么样的分数权重才是 0？",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = scores * ops.cast(mask, scores.dtype)
    weights = softmax(scores)
    return ops.matmul(weights, value), weights


@mistake(
    "mask-added-as-zero-and-one",
    caught_by="masked",
    title=("the mask is added as 0 and 1", "把掩码当作 0 和 1 加到分数上"),
    hint=(
        "A difference of one only makes a weight e times smaller, not zero.",
        "分数只差 1，权重只会相差 e 倍，不会变成零。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = scores + ops.cast(mask, scores.dtype)
    weights = softmax(scores)
    return ops.matmul(weights, value), weights


@mistake(
    "mask-too-small",
    caught_by="masked",
    title=("-1e-9 instead of a large negative number", "写成了 -1e-9，而不是很大的负数"),
    hint=(
        "Look at the sign of the exponent: 1e-9 is almost nothing, the mask has no effect.",
        "检查指数的符号：1e-9 几乎为零，掩码等于没有。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = scores + (1.0 - ops.cast(mask, scores.dtype)) * -1e-9
    weights = softmax(scores)
    return ops.matmul(weights, value), weights


@mistake(
    "nothing-to-see-gives-nan",
    caught_by="nothing_to_see",
    title=("a row of -inf gives NaN", "整行都是 -inf 时得到 NaN"),
    hint=(
        "A row that is masked everywhere has no softmax; such a query gets zeros.",
        "整行都被掩盖时 softmax 没有意义；这样的查询应得到零。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = ops.where(ops.cast(mask, "bool"), scores, -math.inf)
    weights = softmax(scores)
    return ops.matmul(weights, value), weights


@mistake(
    "nothing-to-see-sees-all",
    caught_by="nothing_to_see",
    title=(
        "a query that may see nothing averages everything",
        "没有可关注对象的查询变成了对全部取平均",
    ),
    hint=(
        "When every score is the same large negative number, softmax shares evenly. "
        "Masked weights are exactly 0, in such a row too.",
        "所有分数都是同一个大负数时，softmax 会平均分配。即使在这样的行里，"
        "被掩盖的权重也应恰好为 0。",
    ),
)
def scaled_dot_product_attention(query, key, value, mask=None):
    scores = scaled(query, key)
    if mask is not None:
        scores = ops.where(ops.cast(mask, "bool"), scores, -30000.0)
    weights = softmax(scores)
    return ops.matmul(weights, value), weights


# -- padding_mask and causal_mask ---------------------------------------------------------------


@mistake(
    "padding-marked",
    caught_by="values",
    title=("True stands at the padding", "把填充位置标成了 True"),
    hint=(
        "True means that a token may be attended to: the real ones.",
        "True 表示可以关注：也就是真实词元。",
    ),
)
def padding_mask(token_ids):
    return ops.equal(token_ids, PAD_ID)[:, None, :]


@mistake(
    "no-axis-for-queries",
    caught_by="values",
    title=("the axis for the queries is missing", "缺少查询那一维"),
    hint=(
        "Scores are (B, T, S): a mask of the keys needs an axis in the middle to broadcast.",
        "分数的形状是 (B, T, S)：键的掩码需要中间多一维才能广播。",
    ),
)
def padding_mask(token_ids):
    return ops.not_equal(token_ids, PAD_ID)


@mistake(
    "padding-mask-of-numbers",
    caught_by="boolean",
    title=("numbers instead of booleans", "返回的是数字而不是布尔值"),
    hint=(
        "Masks of this course are boolean; a comparison already gives one.",
        "本课程的掩码是布尔型；比较运算的结果就是布尔值。",
    ),
)
def padding_mask(token_ids):
    return ops.cast(ops.not_equal(token_ids, PAD_ID), "float32")[:, None, :]


@mistake(
    "sees-the-future",
    caught_by="values",
    title=("the triangle is the wrong one", "三角形的方向反了"),
    hint=(
        "Rows are queries: the first row may see one position, the last row all.",
        "行是查询：第一行只能看到一个位置，最后一行能看到全部。",
    ),
)
def causal_mask(length):
    position = ops.arange(length)
    return (position[:, None] <= position[None, :])[None]


@mistake(
    "blind-to-itself",
    caught_by="values",
    title=("a position doesn't see itself", "位置看不到自己"),
    hint=(
        "Position t may see t itself; otherwise the first one sees nothing at all.",
        "位置 t 可以看到自己；否则第一个位置什么也看不到。",
    ),
)
def causal_mask(length):
    position = ops.arange(length)
    return (position[:, None] > position[None, :])[None]


@mistake(
    "causal-mask-of-numbers",
    caught_by="boolean",
    title=("numbers instead of booleans", "返回的是数字而不是布尔值"),
    hint=(
        "Masks of this course are boolean; a comparison already gives one.",
        "本课程的掩码是布尔型；比较运算的结果就是布尔值。",
    ),
)
def causal_mask(length):
    return ops.tril(ops.ones((1, length, length)))


# -- SelfAttention ------------------------------------------------------------------------------
# Most are the reference's layer with one thing otherwise.


@mistake(
    "one-projection-for-query-and-key",
    caught_by="weights",
    title=("queries and keys share a projection", "查询和键共用一个投影"),
    hint=(
        "Then every word is most like itself. W_Q and W_K are matrices of their own.",
        "这样每个词总与自己最相似。W_Q 和 W_K 应是各自独立的矩阵。",
    ),
)
@keras.saving.register_keras_serializable(package="course")
class SelfAttention(SelfAttention):
    def __init__(self, d_k, d_v=None, **kwargs):
        super().__init__(d_k, d_v, **kwargs)
        self.key_projection = self.query_projection

    def build(self, input_shape):
        self.query_projection.build(input_shape)
        self.value_projection.build(input_shape)


@mistake(
    "projections-with-bias",
    caught_by="weights",
    title=("the projections have a bias", "投影带有偏置"),
    hint=(
        "Q = X W_Q is a product with a matrix alone; Dense adds a bias unless told.",
        "Q = X W_Q 只是矩阵相乘；Dense 默认会加偏置。",
    ),
)
@keras.saving.register_keras_serializable(package="course")
class SelfAttention(SelfAttention):
    def __init__(self, d_k, d_v=None, **kwargs):
        super().__init__(d_k, d_v, **kwargs)
        self.query_projection = keras.layers.Dense(self.d_k)
        self.key_projection = keras.layers.Dense(self.d_k)
        self.value_projection = keras.layers.Dense(self.d_v)


@mistake(
    "query-and-key-swapped",
    caught_by="values",
    title=("queries and keys change places", "查询和键弄反了"),
    hint=(
        "W_Q makes the queries, which are the rows of the scores.",
        "W_Q 产生查询，查询对应分数矩阵的行。",
    ),
)
@keras.saving.register_keras_serializable(package="course")
class SelfAttention(SelfAttention):
    def call(self, x, attention_mask=None):
        query, key = self.key_projection(x), self.query_projection(x)
        return scaled_dot_product_attention(query, key, self.value_projection(x), attention_mask)


@mistake(
    "layer-ignores-its-mask",
    caught_by="mask",
    title=("attention_mask is taken and never used", "接收了 attention_mask 却没有使用"),
    hint=(
        "Follow the argument through call: where does it go?",
        "在 call 中跟踪这个参数：它传到哪里去了？",
    ),
)
@keras.saving.register_keras_serializable(package="course")
class SelfAttention(SelfAttention):
    def call(self, x, attention_mask=None):
        return super().call(x)


@mistake(
    "value-width-ignored",
    caught_by="default_width",
    title=("values get the width d_k", "值的宽度也用了 d_k"),
    hint=(
        "d_v, where it is given, is the width of the values and of the output.",
        "给出 d_v 时，它就是值和输出的宽度。",
    ),
)
@keras.saving.register_keras_serializable(package="course")
class SelfAttention(SelfAttention):
    def __init__(self, d_k, d_v=None, **kwargs):
        super().__init__(d_k, d_v, **kwargs)
        self.value_projection = keras.layers.Dense(self.d_k, use_bias=False)


@mistake(
    "projections-made-in-call",
    caught_by="weights",
    title=("layers are made inside call", "在 call 里创建层"),
    hint=(
        "Every call then has new random weights, and none of them is ever trained. "
        "Make them once, in __init__ or build.",
        "这样每次调用都是新的随机权重，永远得不到训练。应在 __init__ 或 build 中只创建一次。",
    ),
)
@keras.saving.register_keras_serializable(package="course")
class SelfAttention(keras.layers.Layer):
    def __init__(self, d_k, d_v=None, **kwargs):
        super().__init__(**kwargs)
        self.d_k, self.d_v = d_k, d_k if d_v is None else d_v

    def call(self, x, attention_mask=None):
        query = keras.layers.Dense(self.d_k, use_bias=False)(x)
        key = keras.layers.Dense(self.d_k, use_bias=False)(x)
        value = keras.layers.Dense(self.d_v, use_bias=False)(x)
        return scaled_dot_product_attention(query, key, value, attention_mask)

    def get_config(self):
        return {**super().get_config(), "d_k": self.d_k, "d_v": self.d_v}
