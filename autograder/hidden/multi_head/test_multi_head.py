"""The hidden suite of the multi-head unit: 30 checks, one property each, 100 points."""

import numpy as np
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import battery
from autograder.hidden.battery import COMPILED, MIXED, ROWS, WRONG_VALUES, normal
from autograder.hidden.multi_head import oracle as oracle
from autograder.isolation.client import StudentError


def numbered(*shape):
    """Every entry its own number: a wrong order shows at once."""
    return np.arange(np.prod(shape), dtype="float32").reshape(shape)


def refused(call, *named):
    """Fail unless a call raises a ValueError that names all of these numbers."""
    try:
        call()
    except StudentError as error:
        if error.kind in ("missing", "forbidden"):
            raise
        because = text(
            "A width that the heads can't share should raise ValueError, not another error.",
            "宽度不能被头数整除时应抛出 ValueError，而不是别的错误。",
        )
        expect.that(error.type_name == "ValueError", because)
        naming = text(
            "The error's message should name the width and the number of heads.",
            "错误信息应同时给出宽度和头数。",
        )
        expect.that(all(str(number) in error.message for number in named), naming)
        return
    expect.fail(
        text(
            "A width that the heads can't share should raise ValueError.",
            "宽度不能被头数整除时应抛出 ValueError。",
        )
    )


# -- split_heads --------------------------------------------------------------------------------


@check("split_heads", 6, "Each head gets its slice of every word", "每个头得到每个词的一段")
@for_all(
    batch=st.integers(1, 3),
    length=st.integers(1, 4),
    heads=st.integers(1, 4),
    width=st.integers(1, 3),
)
def test_split_heads_slices(student, batch, length, heads, width):
    x = numbered(batch, length, heads * width)
    expect.close(student.split_heads(x, heads), oracle.split_heads(x, heads), WRONG_VALUES)


@check("split_heads", 2, "The shape is (B, H, T, D/H)", "形状是 (B, H, T, D/H)")
def test_split_heads_shape(student, rng):
    expect.shape(student.split_heads(normal(rng, 2, 5, 12), 3), (2, 3, 5, 4))


@check("split_heads", 3, "A width that can't be shared is refused", "不能整除的宽度会被拒绝")
def test_split_heads_refusal(student, rng):
    x = normal(rng, 1, 2, 10)
    refused(lambda: student.split_heads(x, 4), 10, 4)


@check("split_heads", 3, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_split_heads_unknown_sizes(student):
    x = numbered(2, 3, 4)
    got = student.split_heads.graph(x, 2, specs=[(None, None, 4)])
    expect.close(got, oracle.split_heads(x, 2), COMPILED)


@check("split_heads", 2, "Words keep to themselves", "词与词互不相混")
def test_split_heads_words(student, rng):
    x = normal(rng, 1, 4, 6)
    first = expect.array(student.split_heads(x, 2))
    expect.shape(first, (1, 2, 4, 3))
    changed = x.copy()
    changed[:, 2] += 1
    second = expect.array(student.split_heads(changed, 2))
    because = text(
        "One word was changed, and heads of another word changed with it.",
        "只改动了一个词，别的词的头也跟着变了。",
    )
    others = [0, 1, 3]
    expect.close(second[:, :, others], first[:, :, others], because)


@check("split_heads", 1, "The dtype stays", "dtype 不变")
def test_split_heads_half_precision(student, rng):
    expect.dtype(student.split_heads(normal(rng, 1, 2, 4).astype("float16"), 2), "float16")


# -- merge_heads --------------------------------------------------------------------------------


@check("merge_heads", 6, "A word's heads stand side by side", "同一个词的各头并排放好")
@for_all(
    batch=st.integers(1, 3),
    length=st.integers(1, 4),
    heads=st.integers(1, 4),
    width=st.integers(1, 3),
)
def test_merge_heads_side_by_side(student, batch, length, heads, width):
    x = numbered(batch, heads, length, width)
    expect.close(student.merge_heads(x), oracle.merge_heads(x), WRONG_VALUES)


@check("merge_heads", 3, "It undoes the split", "它能还原切分")
def test_merge_heads_round_trip(student, rng):
    x = normal(rng, 2, 5, 12)
    because = text(
        "Splitting and merging again should give the words back.",
        "先切分再合并，应得到原来的词向量。",
    )
    for heads in (1, 3, 12):
        split = oracle.split_heads(x, heads).astype("float32")
        expect.close(student.merge_heads(split), x, because)


@check("merge_heads", 3, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_merge_heads_unknown_sizes(student):
    x = numbered(2, 3, 4, 2)
    got = student.merge_heads.graph(x, specs=[(None, 3, None, 2)])
    expect.close(got, oracle.merge_heads(x), COMPILED)


@check("merge_heads", 1, "The dtype stays", "dtype 不变")
def test_merge_heads_half_precision(student, rng):
    expect.dtype(student.merge_heads(normal(rng, 1, 2, 3, 2).astype("float16")), "float16")


# -- MultiHeadAttention -------------------------------------------------------------------------

NAMES = ("query", "key", "value", "output")


def shapes(d_model):
    kernels = {f"{name}_projection.kernel": (d_model, d_model) for name in NAMES}
    return kernels | {f"{name}_projection.bias": (d_model,) for name in NAMES}


def transplanted(student, rng, d_model=6, num_heads=2, **arguments):
    """A layer with weights that the grader has chosen, and those weights."""
    sizes, inputs = (d_model, num_heads), [np.zeros((1, n, d_model), "float32") for n in (2, 3)]
    layer = student.shared("MultiHeadAttention", *sizes, **arguments, built_on=inputs)
    weights = battery.draw(rng, shapes(d_model))
    layer.assign(weights)
    return layer, weights


@check(
    "MultiHeadAttention",
    9,
    "With given weights it gives the formula's values",
    "给定权重时与公式一致",
)
def test_multi_head_attention_layer_values(student, rng):
    layer, weights = transplanted(student, rng)
    query, value = normal(rng, 2, 3, 6), normal(rng, 2, 4, 6)
    right, _ = oracle.multi_head_attention(weights, 2, query, value)
    expect.close(layer(query, value), right, WRONG_VALUES)


@check(
    "MultiHeadAttention",
    5,
    "The scores are (B, H, T, S), a distribution each row",
    "分数为 (B, H, T, S)，每行是一个分布",
)
def test_multi_head_attention_layer_scores(student, rng):
    layer, weights = transplanted(student, rng)
    query, value = normal(rng, 2, 3, 6), normal(rng, 2, 4, 6)
    output, scores = expect.pair(layer(query, value, return_attention_scores=True))
    because = text(
        "A head's weights should sum to one over the keys.", "每个头的权重沿键求和应为一。"
    )
    right_output, right_scores = oracle.multi_head_attention(weights, 2, query, value)
    with expect.attention(scores, right_scores):
        expect.shape(scores, (2, 2, 3, 4), text("The scores", "分数"))
        expect.close(scores.sum(-1), np.ones((2, 2, 3)), because)
        expect.close(scores, right_scores, WRONG_VALUES)
        expect.close(output, right_output, WRONG_VALUES)


@check("MultiHeadAttention", 4, "Keys may differ from values", "键可以与值不同")
def test_multi_head_attention_layer_keys(student, rng):
    layer, weights = transplanted(student, rng)
    query, value, key = normal(rng, 2, 3, 6), normal(rng, 2, 4, 6), normal(rng, 2, 4, 6)
    right, _ = oracle.multi_head_attention(weights, 2, query, value, key)
    because = text("With a key of its own the result is wrong.", "另给 key 时结果不正确。")
    expect.close(layer(query, value, key=key), right, because)


@check(
    "MultiHeadAttention", 5, "It obeys attention_mask, in every head", "每个头都遵守 attention_mask"
)
def test_multi_head_attention_layer_mask(student, rng):
    layer, weights = transplanted(student, rng)
    query, value = normal(rng, 2, 3, 6), normal(rng, 2, 4, 6)
    mask = rng.random((2, 3, 4)) < 0.5
    mask[..., 0] = True
    answer = layer(query, value, attention_mask=mask, return_attention_scores=True)
    output, scores = expect.pair(answer)
    right_output, right_scores = oracle.multi_head_attention(weights, 2, query, value, mask=mask)
    because = text(
        "With an attention_mask the result is wrong.", "使用 attention_mask 时结果不正确。"
    )
    exact = text("A masked weight should be exactly 0.", "被掩盖的权重应恰好为 0。")
    with expect.attention(scores, right_scores):
        expect.close(scores, right_scores, because)
        expect.close(output, right_output, because)
        hidden = np.broadcast_to(~mask[:, None], scores.shape)
        expect.that(not scores[hidden].any(), exact)


@check("MultiHeadAttention", 4, "Masks broadcast to (B, T, S)", "掩码可广播到 (B, T, S)")
def test_multi_head_attention_layer_mask_shapes(student, rng):
    layer, weights = transplanted(student, rng)
    x = normal(rng, 2, 4, 6)
    because = text(
        "A mask that broadcasts to (B, T, S) gives a wrong result.",
        "可广播到 (B, T, S) 的掩码得到错误结果。",
    )
    padding = np.array([[[True, True, True, False]], [[True, True, False, False]]])
    for mask in (padding, np.tri(4, dtype=bool)[None], padding & np.tri(4, dtype=bool)):
        right, _ = oracle.multi_head_attention(weights, 2, x, x, mask=mask)
        expect.close(layer(x, x, attention_mask=mask), right, because)


@check("MultiHeadAttention", 2, "What is masked has no influence", "被掩盖的内容没有影响")
def test_multi_head_attention_layer_masked_content(student, rng):
    layer, _ = transplanted(student, rng)
    query, value = normal(rng, 1, 3, 6), normal(rng, 1, 4, 6)
    mask = np.array([[[True, True, False, False]]])
    first = expect.array(layer(query, value, attention_mask=mask))
    value[:, 2:] += 100
    expect.close(layer(query, value, attention_mask=mask), first, battery.MASKED)


@check("MultiHeadAttention", 2, "Sentences of a batch don't mix", "批量中的句子互不影响")
def test_multi_head_attention_layer_rows(student, rng):
    layer, _ = transplanted(student, rng)
    x = normal(rng, 3, 4, 6)
    whole = expect.array(layer(x, x))
    expect.shape(whole, (3, 4, 6))
    expect.close(layer(x[1:2], x[1:2]), whole[1:2], ROWS)


@check(
    "MultiHeadAttention",
    3,
    "It is blind to order: moving words only moves rows",
    "与词序无关：调换词序只调换行",
)
def test_multi_head_attention_layer_permutation(student, rng):
    layer, _ = transplanted(student, rng)
    x, order = normal(rng, 1, 5, 6), rng.permutation(5)
    first = expect.array(layer(x, x))
    expect.shape(first, (1, 5, 6))
    because = text(
        "The same words in another order should give the same vectors, in that order.",
        "同样的词换个顺序，得到的向量应相同，只是位置随之改变。",
    )
    expect.close(layer(x[:, order], x[:, order]), first[:, order], because)


@check("MultiHeadAttention", 4, "The heads work apart", "各头独立工作")
def test_multi_head_attention_layer_heads(student, rng):
    layer, weights = transplanted(student, rng)
    query, value = normal(rng, 1, 3, 6), normal(rng, 1, 4, 6)
    _, first = expect.pair(layer(query, value, return_attention_scores=True))
    expect.shape(first, (1, 2, 3, 4), text("The scores", "分数"))
    # The second head's columns of the query projection: the first head must not notice.
    kernel = weights["query_projection.kernel"].copy()
    kernel[:, 3:] += 1
    layer.assign({"query_projection.kernel": kernel})
    _, second = expect.pair(layer(query, value, return_attention_scores=True))
    because = text(
        "The weights of one head change with the projection of another.",
        "改动一个头的投影，另一个头的权重也变了。",
    )
    expect.close(second[:, 0], first[:, 0], because)
    unchanged = np.allclose(second[:, 1], first[:, 1], atol=1e-4)
    alive = text("A head doesn't use its own projection.", "有的头没有用到自己的投影。")
    expect.that(not unchanged, alive)


@check(
    "MultiHeadAttention", 3, "One head, and a head for every column", "只有一个头，以及每列一个头"
)
def test_multi_head_attention_layer_other_heads(student, rng):
    x = normal(rng, 2, 3, 4)
    for heads in (1, 4):
        layer, weights = transplanted(student, rng, d_model=4, num_heads=heads)
        right, _ = oracle.multi_head_attention(weights, heads, x, x)
        expect.close(layer(x, x), right, WRONG_VALUES)


@check("MultiHeadAttention", 3, "Four Dense layers and nothing else", "四个 Dense 层，别无其他")
def test_multi_head_attention_layer_weights(student):
    layer = student.MultiHeadAttention(6, 2)
    for shape in ((1, 2, 6), (2, 3, 6)):
        layer(np.zeros(shape, "float32"), np.zeros(shape, "float32"))
    because = text(
        "It should have four matrices (6, 6) and four biases (6,), made once.",
        "应有四个 (6, 6) 的矩阵和四个 (6,) 的偏置，只创建一次。",
    )
    battery.expect_weights(layer, list(shapes(6).values()), because)


@check("MultiHeadAttention", 2, "A width that can't be shared is refused", "不能整除的宽度会被拒绝")
def test_multi_head_attention_layer_refusal(student, rng):
    x = normal(rng, 1, 2, 10)
    refused(lambda: student.MultiHeadAttention(10, 4)(x, x), 10, 4)


@check("MultiHeadAttention", 2, "Nothing is dropped at inference", "推理时不丢弃")
def test_multi_head_attention_layer_inference(student, rng):
    layer, weights = transplanted(student, rng, dropout=0.5)
    x = normal(rng, 2, 3, 6)
    right, _ = oracle.multi_head_attention(weights, 2, x, x)
    because = text(
        "Outside of training dropout should change nothing.", "不在训练时，dropout 不应起作用。"
    )
    expect.close(layer(x, x), right, because)
    expect.close(layer(x, x, training=False), right, because)


@check(
    "MultiHeadAttention",
    4,
    "In training, weights are dropped at the rate",
    "训练时按给定比例丢弃权重",
)
def test_multi_head_attention_layer_dropout(student):
    size, rate = 32, 0.25
    layer = student.MultiHeadAttention(size, 1, dropout=rate)
    x = np.zeros((2, size, size), "float32")
    layer(x, x)
    # Equal scores, values that are the identity: what comes out are the weights, 1 / S each.
    blank = {path: np.zeros(shape, "float32") for path, shape in shapes(size).items()}
    identity = np.eye(size, dtype="float32")
    layer.assign(
        blank | {"value_projection.kernel": identity, "output_projection.kernel": identity}
    )
    value = np.stack([identity] * 2)
    output = expect.array(layer(value, value, training=True))
    expect.shape(output, (2, size, size))
    battery.expect_dropped(output * size, rate)


@check("MultiHeadAttention", 4, "The gradients are right", "梯度正确")
def test_multi_head_attention_layer_gradient(student, rng):
    layer, weights = transplanted(student, rng, d_model=4)
    query, value, cotangent = normal(rng, 1, 2, 4), normal(rng, 1, 3, 4), normal(rng, 1, 2, 4)
    # Softmax doesn't move with the keys' bias: its gradient is 0, and says nothing.
    telling = {path: value for path, value in weights.items() if path != "key_projection.bias"}
    battery.expect_weight_gradients(
        layer,
        [query, value],
        telling,
        lambda w: oracle.multi_head_attention({**weights, **w}, 2, query, value)[0],
        [cotangent],
        rng,
    )


@check("MultiHeadAttention", 2, "Its configuration makes it again", "可由配置重建")
def test_multi_head_attention_layer_config(student, rng):
    layer = student.MultiHeadAttention(6, 2, dropout=0.5, name="looks")
    x = normal(rng, 1, 3, 6)
    copy = battery.expect_clone(layer, [x, x], (1, 3, 6), "looks")
    _, scores = expect.pair(copy(x, x, return_attention_scores=True))
    expect.shape(scores, (1, 2, 3, 3), text("The copy's scores", "副本的分数"))


@check(
    "MultiHeadAttention",
    4,
    "A functional model of it comes back from a file the same",
    "用它搭建的函数式模型，保存后再载入，结果不变",
)
def test_multi_head_attention_layer_saving(student, rng):
    layer, weights = transplanted(student, rng)
    query, value = normal(rng, 2, 3, 6), normal(rng, 2, 4, 6)
    right, _ = oracle.multi_head_attention(weights, 2, query, value)
    battery.expect_reload(layer, [query, value], right, [(None, None, 6)] * 2)


@check(
    "MultiHeadAttention", 3, "Other batch sizes and lengths, down to one", "别的批量和长度，直到一"
)
def test_multi_head_attention_layer_other_sizes(student, rng):
    layer, weights = transplanted(student, rng)
    for batch, t, s in [(1, 1, 1), (3, 1, 5), (2, 6, 2)]:
        query, value = normal(rng, batch, t, 6), normal(rng, batch, s, 6)
        right, _ = oracle.multi_head_attention(weights, 2, query, value)
        expect.close(layer(query, value), right, WRONG_VALUES)


@check("MultiHeadAttention", 2, "It works in mixed precision", "支持混合精度")
def test_multi_head_attention_layer_mixed_precision(student, rng):
    student.use_policy("mixed_float16")
    layer, weights = transplanted(student, rng)
    x, mask = normal(rng, 2, 3, 6), np.tri(3, dtype=bool)[None]
    output = layer(x, x, attention_mask=mask)
    expect.dtype(output, "float16")
    right, _ = oracle.multi_head_attention(weights, 2, x, x, mask=mask)
    expect.close(output, right, MIXED, rtol=3e-2, atol=3e-2)


@check("MultiHeadAttention", 3, "It compiles under XLA", "可用 XLA 编译")
def test_multi_head_attention_layer_xla(student, rng):
    layer, weights = transplanted(student, rng)
    query, value = normal(rng, 2, 3, 6), normal(rng, 2, 4, 6)
    right, _ = oracle.multi_head_attention(weights, 2, query, value)
    expect.close(layer.xla(query, value), right, COMPILED)
