"""Known mistakes of the multi-head unit. Read as text, never imported by the grader."""

import keras
from keras import ops

from autograder.grading.mistakes import mistake
from course.kit.parts import scaled_dot_product_attention
from solutions.multi_head import MultiHeadAttention, merge_heads, split_heads

# -- split_heads and merge_heads ----------------------------------------------------------------


@mistake(
    "split-without-transpose",
    caught_by="slices",
    title=("reshaped to (B, H, T, D/H) in one go", "直接 reshape 成 (B, H, T, D/H)"),
    hint=(
        "A reshape keeps the order of the numbers: this one cuts the sentence, not the "
        "width. First cut the width, then move the heads' axis.",
        "reshape 不改变数的先后：这样切开的是句子，不是宽度。先切宽度，再移动头的轴。",
    ),
)
def split_heads(x, num_heads):
    batch, length, width = x.shape
    if width % num_heads:
        raise ValueError(f"{width} by {num_heads}")
    return ops.reshape(x, (batch, num_heads, length, width // num_heads))


@mistake(
    "heads-interleaved",
    caught_by="slices",
    title=("a head takes every H-th column", "每个头隔 H 列取一列"),
    hint=(
        "A head's columns are neighbours: the slice h * D/H to (h + 1) * D/H - 1.",
        "一个头的列是相邻的：从 h * D/H 到 (h + 1) * D/H - 1。",
    ),
)
def split_heads(x, num_heads):
    batch, length, _ = ops.shape(x)
    width = x.shape[-1]
    if width % num_heads:
        raise ValueError(f"{width} by {num_heads}")
    heads = ops.reshape(x, (batch, length, width // num_heads, num_heads))
    return ops.transpose(heads, (0, 3, 1, 2))


@mistake(
    "heads-after-words",
    caught_by="shape",
    title=("the heads' axis stays behind the words'", "头的轴仍在词的轴之后"),
    hint=(
        "Each head wants a sentence of its own, so the heads come before the words.",
        "每个头都要有自己的一整句话，所以头的轴在词的轴之前。",
    ),
)
def split_heads(x, num_heads):
    batch, length, _ = ops.shape(x)
    width = x.shape[-1]
    if width % num_heads:
        raise ValueError(f"{width} by {num_heads}")
    return ops.reshape(x, (batch, length, num_heads, width // num_heads))


@mistake(
    "remainder-not-refused",
    caught_by="refusal",
    title=("columns that don't fit are left out", "多出来的列被悄悄丢掉"),
    hint=(
        "Where the heads can't share the width evenly, say so with a ValueError.",
        "宽度不能被头数整除时，应抛出 ValueError 说明。",
    ),
)
def split_heads(x, num_heads):
    batch, length, _ = ops.shape(x)
    width = x.shape[-1] // num_heads
    heads = ops.reshape(x[..., : num_heads * width], (batch, length, num_heads, width))
    return ops.transpose(heads, (0, 2, 1, 3))


@mistake(
    "merge-without-transpose",
    caught_by="side_by_side",
    title=("merged by a reshape alone", "只用 reshape 合并"),
    hint=(
        "The heads of one word have to be neighbours before the last two axes become one.",
        "合并最后两个轴之前，同一个词的各头要先排到一起。",
    ),
)
def merge_heads(x):
    batch, heads, length, width = x.shape
    return ops.reshape(x, (batch, length, heads * width))


@mistake(
    "merged-in-the-wrong-order",
    caught_by="side_by_side",
    title=("the columns of the heads alternate", "各头的列交错排列"),
    hint=(
        "First all columns of head 0, then all of head 1: which axis comes last?",
        "先是第 0 个头的全部列，再是第 1 个头的：哪个轴应在最后？",
    ),
)
def merge_heads(x):
    batch, _, length, _ = ops.shape(x)
    words = ops.transpose(x, (0, 2, 3, 1))
    return ops.reshape(words, (batch, length, x.shape[1] * x.shape[3]))


@mistake(
    "heads-averaged",
    caught_by="side_by_side",
    title=("the heads are averaged", "对各头取了平均"),
    hint=(
        "Nothing is lost in a merge: its result is H times as wide as one head.",
        "合并不丢信息：结果的宽度是一个头的 H 倍。",
    ),
)
def merge_heads(x):
    return ops.mean(x, axis=1)


# -- MultiHeadAttention -------------------------------------------------------------------------


def attended(layer, query, key, value, mask, training=None, scale=1.0):
    """The reference's second half: split, attend, drop, merge, project."""
    query, key, value = (split_heads(x, layer.num_heads) for x in (query, key, value))
    output, weights = scaled_dot_product_attention(query * scale, key, value, mask)
    if layer.dropout:
        output = ops.matmul(layer.dropout_layer(weights, training=training), value)
    return layer.output_projection(merge_heads(output)), weights


def over_heads(mask):
    return None if mask is None else ops.expand_dims(mask, axis=-3)


def answer(output, weights, wanted):
    return (output, weights) if wanted else output


@mistake(
    "one-head-only",
    caught_by="values",
    title=("num_heads is not used", "没有用到 num_heads"),
    hint=(
        "One attention over the whole width is one head: split before, merge after.",
        "对整个宽度只做一次注意力，就只有一个头：之前要切分，之后要合并。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        output, weights = scaled_dot_product_attention(
            self.query_projection(query),
            self.key_projection(key),
            self.value_projection(value),
            attention_mask,
        )
        return answer(self.output_projection(output), weights, return_attention_scores)


@mistake(
    "no-output-projection",
    caught_by="values",
    title=("the output projection is not applied", "没有使用输出投影"),
    hint=(
        "After the merge one matrix is left: it lets the heads' findings mix.",
        "合并之后还有一个矩阵：它让各头的结果相互融合。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = (
            self.query_projection(query),
            self.key_projection(key),
            self.value_projection(value),
        )
        q, k, v = (split_heads(x, self.num_heads) for x in (q, k, v))
        output, weights = scaled_dot_product_attention(q, k, v, over_heads(attention_mask))
        return answer(merge_heads(output), weights, return_attention_scores)


@mistake(
    "scaled-by-model-width",
    caught_by="values",
    title=("scaled by the model's width, not the head's", "用模型宽度而不是头的宽度缩放"),
    hint=("d_k is the width of a key as a head sees it.", "d_k 是每个头里键的宽度。"),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = (
            self.query_projection(query),
            self.key_projection(key),
            self.value_projection(value),
        )
        scale = self.num_heads**-0.5
        both = attended(self, q, k, v, over_heads(attention_mask), training, scale)
        return answer(*both, return_attention_scores)


@mistake(
    "one-softmax-over-all-heads",
    caught_by="scores",
    title=("one softmax over all heads together", "所有头一起做了一个 softmax"),
    hint=(
        "Each head shares out a whole of its own: its weights sum to one over the keys.",
        "每个头各有自己的“总量一”：它的权重沿键求和为一。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = (
            self.query_projection(query),
            self.key_projection(key),
            self.value_projection(value),
        )
        q, k, v = (split_heads(x, self.num_heads) for x in (q, k, v))
        scores = ops.matmul(q, ops.swapaxes(k, -1, -2)) / q.shape[-1] ** 0.5
        if attention_mask is not None:
            scores = ops.where(over_heads(attention_mask), scores, -1e9)
        powers = ops.exp(scores - ops.max(scores, axis=(1, 3), keepdims=True))
        weights = powers / ops.sum(powers, axis=(1, 3), keepdims=True)
        output = self.output_projection(merge_heads(ops.matmul(weights, v)))
        return answer(output, weights, return_attention_scores)


@mistake(
    "key-argument-ignored",
    caught_by="keys",
    title=("the key argument is not used", "没有使用 key 参数"),
    hint=(
        "Where a key is given, it is compared with; the value is only what is fetched.",
        "给出 key 时，用它来比较；value 只是取出的内容。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        q, k, v = (
            self.query_projection(query),
            self.key_projection(value),
            self.value_projection(value),
        )
        both = attended(self, q, k, v, over_heads(attention_mask), training)
        return answer(*both, return_attention_scores)


@mistake(
    "third-argument-is-the-value",
    caught_by="keys",
    title=("keys and values have changed places", "键和值对调了"),
    hint=(
        "The order of the arguments is query, value, key, as in Keras.",
        "参数的顺序是 query、value、key，与 Keras 相同。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = (
            self.query_projection(query),
            self.key_projection(value),
            self.value_projection(key),
        )
        both = attended(self, q, k, v, over_heads(attention_mask), training)
        return answer(*both, return_attention_scores)


@mistake(
    "one-projection-for-all",
    caught_by="values",
    title=("the key projection serves queries and values too", "查询和值也用了键的投影"),
    hint=(
        "Three roles, three matrices: look at which projection each of them goes through.",
        "三种角色，三个矩阵：检查它们各自经过哪个投影。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = self.key_projection(query), self.key_projection(key), self.key_projection(value)
        both = attended(self, q, k, v, over_heads(attention_mask), training)
        return answer(*both, return_attention_scores)


@mistake(
    "mask-ignored",
    caught_by="mask",
    title=("attention_mask is accepted, but not used", "接收了 attention_mask 却没有使用"),
    hint=(
        "Follow the mask from the arguments of call to the softmax.",
        "从 call 的参数一路跟到 softmax，看掩码去了哪里。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = (
            self.query_projection(query),
            self.key_projection(key),
            self.value_projection(value),
        )
        return answer(*attended(self, q, k, v, None, training), return_attention_scores)


@mistake(
    "mask-inverted",
    caught_by="mask",
    title=("True was read as forbidden", "把 True 当成了不允许"),
    hint=(
        "In this course, as in Keras, True means: may be attended to.",
        "本课程与 Keras 一致：True 表示可以关注。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = (
            self.query_projection(query),
            self.key_projection(key),
            self.value_projection(value),
        )
        mask = None if attention_mask is None else ops.logical_not(over_heads(attention_mask))
        return answer(*attended(self, q, k, v, mask, training), return_attention_scores)


@mistake(
    "mask-without-heads-axis",
    caught_by="mask",
    title=("the mask's batch axis meets the heads", "掩码的批量轴对到了头的轴上"),
    hint=(
        "The scores have an axis more than the mask: where must the mask get a new one?",
        "分数比掩码多一个轴：掩码应在哪里补一个轴？",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = (
            self.query_projection(query),
            self.key_projection(key),
            self.value_projection(value),
        )
        both = attended(self, q, k, v, attention_mask, training)
        return answer(*both, return_attention_scores)


@mistake(
    "dropout-always-on",
    caught_by="inference",
    title=("dropout works outside of training too", "不在训练时 dropout 也起作用"),
    hint=(
        "Whether anything is dropped is for the caller to say: hand training on.",
        "是否丢弃由调用者决定：把 training 传下去。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = (
            self.query_projection(query),
            self.key_projection(key),
            self.value_projection(value),
        )
        both = attended(self, q, k, v, over_heads(attention_mask), True)
        return answer(*both, return_attention_scores)


@mistake(
    "dropout-forgotten",
    caught_by="dropout",
    title=("nothing is dropped in training", "训练时没有丢弃"),
    hint=(
        "The weights are dropped out, after the softmax and before they meet the values.",
        "丢弃发生在 softmax 之后、与值相乘之前，对象是权重。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        key = value if key is None else key
        q, k, v = (
            self.query_projection(query),
            self.key_projection(key),
            self.value_projection(value),
        )
        both = attended(self, q, k, v, over_heads(attention_mask), False)
        return answer(*both, return_attention_scores)


@mistake(
    "projections-without-bias",
    caught_by="weights",
    title=("the Dense layers have no bias", "Dense 层没有偏置"),
    hint=(
        "Here the projections are Dense layers as Keras makes them, bias included.",
        "这里的投影是 Keras 默认的 Dense 层，带偏置。",
    ),
)
class MultiHeadAttention(MultiHeadAttention):
    def __init__(self, d_model, num_heads, dropout=0.0, **kwargs):
        super().__init__(d_model, num_heads, dropout, **kwargs)
        for name in ("query", "key", "value", "output"):
            setattr(self, f"{name}_projection", keras.layers.Dense(d_model, use_bias=False))
