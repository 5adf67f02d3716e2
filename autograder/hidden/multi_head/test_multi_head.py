"""The hidden suite of the multi-head unit: one property a check, 100 points; see claims.md."""

import functools

import numpy as np
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import battery
from autograder.hidden.battery import WRONG_VALUES, normal
from autograder.hidden.function_checks import Function
from autograder.hidden.layer_checks import STANDARD, Layer
from autograder.hidden.multi_head import oracle as oracle
from autograder.isolation.student_process import StudentError


def numbered(*shape):
    """Every entry its own number: a wrong order shows at once."""
    return np.arange(np.prod(shape), dtype="float32").reshape(shape)


SIZES = {
    "batch": st.integers(1, 3),
    "length": st.integers(1, 4),
    "heads": st.integers(1, 4),
    "width": st.integers(1, 3),
}
ALWAYS = [
    {"batch": batch, "length": length, "heads": heads, "width": width}
    for batch, length, heads, width in ((2, 5, 3, 7), (1, 1, 2, 3), (3, 2, 1, 1), (1, 4, 3, 1))
]


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


SPLIT = Function(
    unit="multi_head",
    exercise="split_heads",
    inputs=lambda rng: [normal(rng, 2, 5, 21)],
    right=oracle.split_heads,
    specs=[(None, None, 21)],
    keywords={"num_heads": 3},
)


@check("split_heads", 5, "Each head gets its slice of every word", "每个头得到每个词的一段")
@for_all(**SIZES, examples=4, always=ALWAYS)
def test_split_heads_slices(student, batch, length, heads, width):
    x = numbered(batch, length, heads * width)
    expect.close(student.split_heads(x, heads), oracle.split_heads(x, heads), WRONG_VALUES)


@check("split_heads", 2, "The shape is (B, H, T, D/H)", "形状是 (B, H, T, D/H)")
def test_split_heads_shape(student, rng):
    expect.shape(student.split_heads(normal(rng, 2, 5, 12), 3), (2, 3, 5, 4))


@check("split_heads", 3, "A width that can't be shared is refused", "不能整除的宽度会被拒绝")
def test_split_heads_refusal(student):
    for width, heads in ((10, 4), (10, 3), (21, 35)):
        x = np.zeros((1, 2, width), "float32")  # whose text shows no number of heads
        refused(lambda x=x, heads=heads: student.split_heads(x, heads), width, heads)
    expect.shape(student.split_heads(np.zeros((1, 2, 10), "float32"), 5), (1, 5, 2, 2))


test_split_heads_unknown_sizes = SPLIT.unknown_sizes(3)


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
    expect.shape(second, (1, 2, 4, 3))
    expect.same(second[:, :, others], first[:, :, others], because)
    battery.expect_varied(second - first)


test_split_heads_half_precision = SPLIT.half_precision(1)
test_split_heads_gradient = SPLIT.gradient(1)


# -- merge_heads --------------------------------------------------------------------------------


MERGE = Function(
    unit="multi_head",
    exercise="merge_heads",
    inputs=lambda rng: [normal(rng, 2, 3, 5, 7)],
    right=oracle.merge_heads,
    specs=[(None, 3, None, 7)],
)


@check("merge_heads", 5, "A word's heads stand side by side", "同一个词的各头并排放好")
@for_all(**SIZES, examples=4, always=ALWAYS)
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
        expect.same(student.merge_heads(split), x, because)


test_merge_heads_unknown_sizes = MERGE.unknown_sizes(3)
test_merge_heads_half_precision = MERGE.half_precision(1)
test_merge_heads_gradient = MERGE.gradient(1)


# -- MultiHeadAttention -------------------------------------------------------------------------

D_MODEL, HEADS = 21, 3
NAMES = ("query", "key", "value", "output")


def shapes(d_model):
    kernels = {f"{name}_projection.kernel": (d_model, d_model) for name in NAMES}
    return kernels | {f"{name}_projection.bias": (d_model,) for name in NAMES}


def masks(rng, sizes):
    """A mask (B, T, S) with a row that sees nothing, and all forms that broadcast to it."""
    mask = rng.random(sizes) < 0.5
    mask[..., 0] = True
    mask[1, 2] = False
    return [mask, mask[:, :1], mask[:1], mask[0], mask[:, :, :1]]


def attend(weights, query, value, key=None, attention_mask=None):
    return oracle.multi_head_attention(weights, HEADS, query, value, key, attention_mask)


def inputs(rng, sizes):
    return [normal(rng, *sizes[:2], D_MODEL), normal(rng, sizes.batch, sizes.source, D_MODEL)]


LAYER = Layer(
    unit="multi_head",
    exercise="MultiHeadAttention",
    arguments={"d_model": D_MODEL, "num_heads": HEADS},
    inputs=inputs,
    shapes=shapes(D_MODEL),
    right=lambda *arguments, **keywords: attend(*arguments, **keywords)[0],
    other_arguments={"dropout": 0.25},
    defaults={"dropout": 0.0},
    masks={"attention_mask": masks},
)
SCORES = text("The scores", "分数")


def expect_scores(answer, right, because):
    """Fail unless an answer is the right pair of output and scores; return the scores."""
    output, scores = expect.pair(answer)
    with expect.attention(scores, right[1]):
        expect.shape(scores, right[1].shape, SCORES)
        expect.close(scores, right[1], because)
        expect.close(output, right[0], because)
    return scores


test_multi_head_attention_layer_values = LAYER.values(9)


@check(
    "MultiHeadAttention",
    4,
    "The scores are (B, H, T, S), a distribution each row",
    "分数为 (B, H, T, S)，每行是一个分布",
)
def test_multi_head_attention_layer_scores(student, rng):
    layer, weights = LAYER.transplanted(student, rng)
    query, value = inputs(rng, STANDARD)
    answer = layer(query, value, return_attention_scores=True)
    scores = expect_scores(answer, attend(weights, query, value), WRONG_VALUES)
    because = text(
        "A head's weights should sum to one over the keys.", "每个头的权重沿键求和应为一。"
    )
    expect.same(scores.sum(-1), np.ones(scores.shape[:-1]), because)


@check("MultiHeadAttention", 4, "Keys may differ from values", "键可以与值不同")
def test_multi_head_attention_layer_keys(student, rng):
    layer, weights = LAYER.transplanted(student, rng)
    query, value = inputs(rng, STANDARD)
    key = normal(rng, *value.shape)
    right = attend(weights, query, value, key)
    because = text("With a key of its own the result is wrong.", "另给 key 时结果不正确。")
    expect_scores(layer(query, value, key=key, return_attention_scores=True), right, because)
    # In a layer that was never called before, and with the key as the third argument.
    fresh = student.shared("MultiHeadAttention", D_MODEL, HEADS, built_on=[query, value, key])
    fresh.assign(weights)
    expect.close(fresh(query, value, key), right[0], because)


@check(
    "MultiHeadAttention", 5, "It obeys attention_mask, in every head", "每个头都遵守 attention_mask"
)
def test_multi_head_attention_layer_mask(student, rng):
    layer, weights = LAYER.transplanted(student, rng)
    query, value = inputs(rng, STANDARD)
    mask = masks(rng, STANDARD)[0]
    right = attend(weights, query, value, attention_mask=mask)
    because = text(
        "With an attention_mask the result is wrong.", "使用 attention_mask 时结果不正确。"
    )
    answer = layer(query, value, attention_mask=mask, return_attention_scores=True)
    scores = expect_scores(answer, right, because)
    exact = text("A masked weight should be exactly 0.", "被掩盖的权重应恰好为 0。")
    expect.that(not scores[right[1] == 0].any(), exact)


test_multi_head_attention_layer_mask_shapes = LAYER.mask(4, "attention_mask", name="mask_shapes")


@check("MultiHeadAttention", 2, "What is masked has no influence", "被掩盖的内容没有影响")
def test_multi_head_attention_layer_masked_content(student, rng):
    layer, _ = LAYER.transplanted(student, rng)
    query, value = inputs(rng, STANDARD)
    mask = np.array([[[True, True, False, True, False]]])
    first = expect.array(layer(query, value, attention_mask=mask))
    expect.shape(first, query.shape)
    value[:, [2, 4]] += 100
    expect.same(layer(query, value, attention_mask=mask), first, battery.MASKED)
    value[:, [0, 1]] += normal(rng, 2, D_MODEL)
    third = expect.array(layer(query, value, attention_mask=mask))
    expect.shape(third, first.shape)
    battery.expect_varied(third - first)


test_multi_head_attention_layer_rows = LAYER.rows(2)


@check("MultiHeadAttention", 1, "Scores far apart stay finite", "分数相差极大时仍为有限值")
def test_multi_head_attention_layer_far_apart(student):
    layer, _ = LAYER.transplanted(student, np.random.default_rng(0))
    weights = {path: np.zeros(shape, "float32") for path, shape in shapes(D_MODEL).items()}
    identity = np.eye(D_MODEL, dtype="float32")
    weights |= {f"{name}_projection.kernel": identity for name in NAMES}
    layer.assign(weights)
    query, value = np.zeros((2, 2, D_MODEL), "float32"), np.zeros((2, 4, D_MODEL), "float32")
    query[..., 0], value[..., 0] = [[400, -400], [-400, 400]], [1, 1.015625, -1, 0]
    value[..., -1] = np.arange(8).reshape(2, 4)
    because = text(
        "With scores far apart the weights are wrong; what is masked must not count either.",
        "分数相差极大时权重有误；被掩盖的分数也不应起作用。",
    )
    for keywords in ({}, {"attention_mask": np.array([[True, True, False, False]])}):
        answer = layer(query, value, return_attention_scores=True, **keywords)
        expect_scores(answer, attend(weights, query, value, **keywords), because)


@check(
    "MultiHeadAttention",
    1,
    "It is blind to order: moving words only moves rows",
    "与词序无关：调换词序只调换行",
)
def test_multi_head_attention_layer_permutation(student, rng):
    layer, _ = LAYER.transplanted(student, rng)
    x, order = normal(rng, 1, 5, D_MODEL), rng.permutation(5)
    first = expect.array(layer(x, x))
    expect.shape(first, (1, 5, D_MODEL))
    battery.expect_varied(first - x)
    because = text(
        "The same words in another order should give the same vectors, in that order.",
        "同样的词换个顺序，得到的向量应相同，只是位置随之改变。",
    )
    expect.same(layer(x[:, order], x[:, order]), first[:, order], because)


@check("MultiHeadAttention", 4, "The heads work apart", "各头独立工作")
def test_multi_head_attention_layer_heads(student, rng):
    layer, weights = LAYER.transplanted(student, rng)
    query, value = inputs(rng, STANDARD)
    _, first = expect.pair(layer(query, value, return_attention_scores=True))
    expect.shape(first, (STANDARD.batch, HEADS, STANDARD.length, STANDARD.source), SCORES)
    # The second head's columns of the query projection: the other heads must not notice.
    kernel = weights["query_projection.kernel"].copy()
    kernel[:, 7:14] += 1
    layer.assign({"query_projection.kernel": kernel})
    _, second = expect.pair(layer(query, value, return_attention_scores=True))
    because = text(
        "The weights of one head change with the projection of another.",
        "改动一个头的投影，另一个头的权重也变了。",
    )
    expect.same(second[:, [0, 2]], first[:, [0, 2]], because)
    unchanged = np.allclose(second[:, 1], first[:, 1], atol=1e-4)
    alive = text("A head doesn't use its own projection.", "有的头没有用到自己的投影。")
    expect.that(not unchanged, alive)


@check(
    "MultiHeadAttention", 3, "One head, and a head for every column", "只有一个头，以及每列一个头"
)
def test_multi_head_attention_layer_other_heads(student, rng):
    query, value = inputs(rng, STANDARD)
    for heads in (1, D_MODEL):
        layer, weights = LAYER.transplanted(student, rng, num_heads=heads)
        right, _ = oracle.multi_head_attention(weights, heads, query, value)
        expect.close(layer(query, value), right, WRONG_VALUES)


test_multi_head_attention_layer_weights = LAYER.weights(3)


@check("MultiHeadAttention", 2, "A width that can't be shared is refused", "不能整除的宽度会被拒绝")
def test_multi_head_attention_layer_refusal(student, rng):
    for d_model, heads in ((10, 4), (10, 3), (21, 35)):
        x = normal(rng, 1, 2, d_model)
        refused(
            lambda x=x, sizes=(d_model, heads): student.MultiHeadAttention(*sizes)(x, x),
            d_model,
            heads,
        )
    x = normal(rng, 1, 2, 10)
    expect.shape(student.MultiHeadAttention(10, 5)(x, x), x.shape)


test_multi_head_attention_layer_inference = LAYER.inference(2)


@check(
    "MultiHeadAttention",
    4,
    "In training, weights are dropped at the rate",
    "训练时按给定比例丢弃权重",
)
def test_multi_head_attention_layer_dropout(student):
    heads, length, source, rate = 2, 13, 16, 0.25
    width = 2 * source
    layer = student.MultiHeadAttention(heads * width, heads, dropout=rate)
    query = np.zeros((3, length, heads * width), "float32")
    # Equal scores, and values that are -S times the identity, twice beside itself in each head:
    # what comes out are the weights, 1 / S each, times -S, twice.
    value = np.stack([np.tile(-source * np.eye(source, dtype="float32"), 2 * heads)] * 3)
    layer(query, value)
    sizes = shapes(heads * width)
    blank = {path: np.zeros(shape, "float32") for path, shape in sizes.items()}
    plain = {f"{name}_projection.kernel": np.eye(heads * width) for name in ("value", "output")}
    layer.assign(blank | {path: kernel.astype("float32") for path, kernel in plain.items()})
    output = expect.array(layer(query, value, training=True))
    expect.shape(output, query.shape)
    dropped = output.reshape(3, length, heads, 2, source)
    battery.expect_dropped(-dropped[:, :, :, 0], rate)
    because = text(
        "In training, something else than the attention weights is dropped.",
        "训练时被丢弃的不是注意力权重，或不只是注意力权重。",
    )
    expect.same(dropped[:, :, :, 1], dropped[:, :, :, 0], because)
    again = text(
        "Each call in training should drop other weights.", "训练时每次调用应丢弃不同的权重。"
    )
    expect.that(not np.array_equal(layer(query, value, training=True), output), again)


@check(
    "MultiHeadAttention",
    2,
    "The scores are those before dropout, and nothing else is dropped",
    "返回的分数是丢弃之前的，别处也不丢弃",
)
def test_multi_head_attention_layer_scores_in_training(student, rng):
    because = text(
        "In training, the scores should be the weights before any is dropped.",
        "训练时返回的分数应是丢弃之前的权重。",
    )
    query, value = inputs(rng, STANDARD)
    layer, weights = LAYER.transplanted(student, rng, dropout=0.5)
    for mask in (None, masks(rng, STANDARD)[0]):
        keywords = {} if mask is None else {"attention_mask": mask}
        answer = layer(query, value, training=True, return_attention_scores=True, **keywords)
        _, right = attend(weights, query, value, **keywords)
        _, scores = expect.pair(answer)
        with expect.attention(scores, right):
            expect.close(scores, right, because)
    paths = [f"{name}_projection.kernel" for name in NAMES]
    cotangents = [normal(rng, *query.shape)]
    battery.expect_every_gradient(layer, [query, value], cotangents, wrt=paths, training=True)
    # The rate is 0 where it isn't given.
    layer, weights = LAYER.transplanted(student, rng)
    default = text("Without a rate nothing should be dropped.", "未给出比例时不应丢弃。")
    LAYER.expect_right(layer(query, value, training=True), weights, [query, value], default)


test_multi_head_attention_layer_gradient = LAYER.gradient(3)


@check("MultiHeadAttention", 1, "The gradients are right beside a mask", "有掩码时梯度也正确")
def test_multi_head_attention_layer_masked_gradient(student, rng):
    layer, weights = LAYER.transplanted(student, rng)
    arguments, mask = inputs(rng, STANDARD), masks(rng, STANDARD)[0]
    right = functools.partial(LAYER.right, attention_mask=mask)
    cotangents = [normal(rng, *arguments[0].shape)]
    battery.expect_weight_gradients(
        layer,
        arguments,
        weights,
        lambda values: right(values, *arguments),
        cotangents,
        rng,
        attention_mask=mask,
    )


test_multi_head_attention_layer_config = LAYER.config(2)
test_multi_head_attention_layer_saving = LAYER.saving(4)
test_multi_head_attention_layer_other_sizes = LAYER.other_sizes(3)
test_multi_head_attention_layer_mixed_precision = LAYER.mixed_precision(2, "attention_mask")
test_multi_head_attention_layer_xla = LAYER.xla(3)
