"""The hidden suite of the attention unit: one property a check, 100 points; see claims.md."""

import functools

import numpy as np
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import battery
from autograder.hidden.attention import oracle as oracle
from autograder.hidden.battery import COMPILED, WRONG_VALUES, normal
from autograder.hidden.function_checks import Function
from autograder.hidden.layer_checks import STANDARD, Layer
from autograder.hidden.strategies import HUGE, arrays, chosen, shapes


def numbers(*shape):
    """Numbers of both signs, of which no two rows are alike."""
    return (np.arange(np.prod(shape), dtype="float32").reshape(shape) * 7) % 5 - np.float32(1.75)


# -- similarity ---------------------------------------------------------------------------------


SIMILARITY = Function(
    unit="attention",
    exercise="similarity",
    inputs=lambda rng: [normal(rng, 2, 5, 3)],
    right=oracle.similarity,
    specs=[(None, None, 3)],
)


@check("similarity", 2, "Every entry is an inner product of two rows", "每个元素都是两行的内积")
@for_all(x=arrays(shapes(2, 2)), always=[{"x": numbers(3, 2)}, {"x": numbers(1, 5)}])
def test_similarity_inner_products(student, x):
    expect.close(student.similarity(x), oracle.similarity(x), WRONG_VALUES)


@check("similarity", 2, "It works on batches, whatever the rank", "适用于任意秩的批量输入")
@for_all(x=arrays(shapes(3, 4, 3)), examples=4, always=[{"x": numbers(2, 5, 3)}])
def test_similarity_batches(student, x):
    because = text(
        "With axes before the last two, each sentence should be compared with itself only.",
        "前面还有批量轴时，每个句子应只与自己比较。",
    )
    expect.close(student.similarity(x), oracle.similarity(x), because)


@check("similarity", 1, "Moving words moves rows and columns alike", "调换词序，行和列随之调换")
def test_similarity_permutation(student, rng):
    x, order = normal(rng, 5, 3), rng.permutation(5)
    first, moved = expect.array(student.similarity(x)), student.similarity(x[order])
    expect.shape(first, (5, 5))
    battery.expect_varied(first)
    because = text(
        "The same words in another order should give the same products, in that order.",
        "同样的词换个顺序，内积应相同，只是位置随之改变。",
    )
    expect.same(moved, first[order][:, order], because)


test_similarity_unknown_sizes = SIMILARITY.unknown_sizes(1)
test_similarity_gradient = SIMILARITY.gradient(1)
test_similarity_half_precision = SIMILARITY.half_precision(1)


# -- softmax ------------------------------------------------------------------------------------


SOFTMAX = Function(
    unit="attention",
    exercise="softmax",
    inputs=lambda rng: [normal(rng, 3, 5) * np.float32(3)],
    right=oracle.softmax,
    specs=[(None, None)],
)
SCORES = [{"x": numbers(2, 3)}, {"x": np.array([[8.0, 0.0]], "float32")}]


@check("softmax", 2, "The weights are positive and sum to one", "权重为正，且和为一")
@for_all(x=arrays(shapes(1, 3)), always=SCORES)
def test_softmax_sums_to_one(student, x):
    got = expect.array(student.softmax(x))
    expect.shape(got, x.shape)
    because = text(
        "The weights don't sum to one along the last axis.", "权重沿最后一轴之和不为一。"
    )
    expect.same(got.sum(-1), np.ones(x.shape[:-1]), because)
    expect.that((got > 0).all(), text("A weight is not positive.", "有的权重不是正数。"), got)


@check("softmax", 3, "The weights follow the formula", "权重符合公式")
@for_all(x=arrays(shapes(1, 3)), always=SCORES)
def test_softmax_values(student, x):
    expect.close(student.softmax(x), oracle.softmax(x), WRONG_VALUES)


@check(
    "softmax", 2, "Adding a number to every score changes nothing", "所有分数加同一个数，结果不变"
)
@for_all(x=arrays(shapes(1, 2)), shift=st.integers(-50, 50), examples=6)
def test_softmax_shift_invariance(student, x, shift):
    first = expect.array(student.softmax(x))
    expect.shape(first, x.shape)
    because = text("Shifted scores give other weights.", "分数整体平移后权重变了。")
    expect.same(student.softmax(x + np.float32(shift)), first, because)
    battery.expect_varied(student.softmax(np.array([0, 1], "float32")))


@check("softmax", 4, "Huge scores give finite weights", "分数极大时权重仍为有限值")
@for_all(
    x=chosen(shapes(1, 2, 3), HUGE),
    always=[
        {"x": np.array(row, "float32")}
        for row in (
            [[1e4, 9999.0]],
            [[-3e38, -3e38]],
            [[3e38, -3e38]],
            [-1e3, -1001.0],
            [1e5, 0.0],
            [-1e5, -2e5],
        )
    ],
)
def test_softmax_huge_scores(student, x):
    because = text(
        "For large finite scores the weights should be finite.", "分数虽大但有限，权重应为有限值。"
    )
    got = expect.finite(student.softmax(x), because)
    expect.close(got, oracle.softmax(x), WRONG_VALUES)


@check("softmax", 3, "A score of -inf has the weight 0", "分数为 -inf 时权重为 0")
@for_all(
    x=chosen(shapes(1, 2, 4), (0.0, -np.inf, 2.0, -1.5)),
    always=[{"x": np.array([[0.0, -np.inf, 2.0], [0.0, -np.inf, -np.inf]], "float32")}],
)
def test_softmax_minus_infinity(student, x):
    x = x.copy()
    x[..., 0] = 0.0  # one finite score a row
    because = text(
        "A row that holds -inf and a finite score should have finite weights.",
        "一行中既有 -inf 又有有限分数时，权重应为有限值。",
    )
    got = expect.finite(student.softmax(x), because)
    expect.close(got, oracle.softmax(x), WRONG_VALUES)
    none = text("A score of -inf should have no weight at all.", "分数为 -inf 时，权重应正好是 0。")
    expect.that(not np.any(got[np.isneginf(x)]), none)


@check("softmax", 3, "It normalises along the axis that is asked for", "沿指定的轴归一化")
@for_all(
    x=arrays((2, 3, 5)),
    axis=st.sampled_from([0, 1, 2, -1, -2, -3]),
    examples=2,
    always=[{"x": numbers(2, 3, 5), "axis": axis} for axis in (0, 1, 2, -1, -2, -3)],
)
def test_softmax_axis(student, x, axis):
    because = text(
        f"With axis={axis} the weights should sum to one along that axis.",
        f"axis={axis} 时，权重应沿该轴归一化。",
    )
    expect.close(student.softmax(x, axis=axis), oracle.softmax(x, axis), because)


test_softmax_half_precision = SOFTMAX.half_precision(1)
test_softmax_unknown_sizes = SOFTMAX.unknown_sizes(1)
test_softmax_gradient = SOFTMAX.gradient(1)


# -- self_attention -----------------------------------------------------------------------------


SELF_ATTENTION = Function(
    unit="attention",
    exercise="self_attention",
    inputs=lambda rng: [normal(rng, 2, 5, 3)],
    right=oracle.self_attention,
    specs=[(None, None, 3)],
)


@check("self_attention", 2, "Each row is the weighted sum of all rows", "每一行都是所有行的加权和")
@for_all(x=arrays(shapes(2, 2), 2.0), always=[{"x": numbers(3, 2)}, {"x": numbers(3, 5)}])
def test_self_attention_values(student, x):
    expect.close(student.self_attention(x), oracle.self_attention(x), WRONG_VALUES)


@check(
    "self_attention",
    1,
    "It is blind to order: moving words only moves rows",
    "与词序无关：调换词序只调换行",
)
def test_self_attention_permutation(student, rng):
    x, order = normal(rng, 6, 3), rng.permutation(6)
    first = expect.array(student.self_attention(x))
    expect.shape(first, (6, 3))
    alone = text("Each word should get a share of the others.", "每个词都应得到其他词的一部分。")
    expect.that(not np.allclose(first, x, atol=1e-3), alone)
    battery.expect_varied(first)
    because = text(
        "The same words in another order should give the same vectors, in that order.",
        "同样的词换个顺序，得到的向量应相同，只是位置随之改变。",
    )
    expect.same(student.self_attention(x[order]), first[order], because)


@check("self_attention", 1, "Sentences of a batch don't mix", "批量中的句子互不影响")
def test_self_attention_batches(student, rng):
    because = text(
        "A sentence should give the same alone and in a batch.", "句子单独计算与在批量中应一致。"
    )
    for shape in [(1, 3, 4), (3, 2, 4), (2, 2, 3, 4), (2, 1, 1)]:
        x = normal(rng, *shape)
        expect.close(student.self_attention(x), oracle.self_attention(x), because)


test_self_attention_unknown_sizes = SELF_ATTENTION.unknown_sizes(1)
test_self_attention_gradient = SELF_ATTENTION.gradient(1)
test_self_attention_half_precision = SELF_ATTENTION.half_precision(1)


# -- scaled_dot_product_attention ---------------------------------------------------------------


@st.composite
def attention_inputs(draw, masked=False, limit=2.0):
    """Queries, keys and values whose four sizes differ, so that no size passes for another."""
    t, s, d_k, d_v = draw(st.permutations([2, 3, 5, 7]))
    inputs = {
        "query": draw(arrays((t, d_k), limit)),
        "key": draw(arrays((s, d_k), limit)),
        "value": draw(arrays((s, d_v), limit)),
    }
    if masked:
        inputs["mask"] = draw(chosen((t, s), (True, False), "bool"))
        inputs["mask"][:, draw(st.integers(0, s - 1))] = True  # something for every query
    return inputs


def example(mask=None, t=3, s=5, d_k=2, d_v=7):
    """Inputs that are the same at every seed."""
    inputs = {"query": numbers(t, d_k), "key": numbers(s, d_k), "value": numbers(s, d_v)}
    return inputs if mask is None else {**inputs, "mask": mask}


A_MASK = np.array([[True, False, True, True, False], [False] * 4 + [True], [True] * 5])


def oracle_weights(query, key, value, mask=None):
    return oracle.scaled_dot_product_attention(query, key, value, mask)[1]


def attend(student, query, key, value, mask=None):
    return expect.pair(student.scaled_dot_product_attention(query, key, value, mask=mask))


@check("scaled_dot_product_attention", 3, "The output follows the formula", "输出符合公式")
@for_all(attention_inputs(), examples=4, always=[example()])
def test_scaled_dot_product_attention_output(student, query, key, value):
    output, weights = attend(student, query, key, value)
    right_output, right_weights = oracle.scaled_dot_product_attention(query, key, value)
    with expect.attention(weights, right_weights):
        expect.close(output, right_output, WRONG_VALUES)


@check(
    "scaled_dot_product_attention",
    2,
    "The second result is the weights",
    "第二个返回值是注意力权重",
)
@for_all(attention_inputs(), examples=4, always=[example()])
def test_scaled_dot_product_attention_weights(student, query, key, value):
    _, weights = attend(student, query, key, value)
    because = text("The weights of a query should sum to one.", "每个查询的权重之和应为一。")
    right = oracle_weights(query, key, value)
    with expect.attention(weights, right):
        expect.shape(weights, (len(query), len(key)), text("The weights", "权重"))
        expect.same(weights.sum(-1), np.ones(len(query)), because)
        expect.close(weights, right, WRONG_VALUES)


@check(
    "scaled_dot_product_attention",
    3,
    "The scale depends on the width of a key alone",
    "缩放只取决于键的宽度",
)
def test_scaled_dot_product_attention_scale(student, rng):
    because = text(
        "The scale is not right for keys of this width and sentences of these lengths.",
        "对于这样的键宽和句长，缩放不正确。",
    )
    for t, s, d_k, d_v in [(3, 5, 16, 2), (7, 2, 6, 3), (2, 9, 1, 5), (5, 4, 300, 7)]:
        # Scores far apart: a scale that is off in its fourth digit shows in the weights.
        query, key = normal(rng, t, d_k) * np.float32(3), normal(rng, s, d_k) + np.float32(1)
        inputs = query, key, normal(rng, s, d_v)
        _, weights = attend(student, *inputs)
        right = oracle_weights(*inputs)
        with expect.attention(weights, right):
            expect.close(weights, right, because)


@check(
    "scaled_dot_product_attention",
    3,
    "With a mask the output follows the formula",
    "有掩码时输出符合公式",
)
@for_all(attention_inputs(masked=True), examples=4, always=[example(A_MASK)])
def test_scaled_dot_product_attention_masked(student, query, key, value, mask):
    output, weights = attend(student, query, key, value, mask)
    right_output, right_weights = oracle.scaled_dot_product_attention(query, key, value, mask)
    because = text(
        "With a mask (True: may be attended to) the result is wrong.",
        "使用掩码（True 表示可以关注）时结果不正确。",
    )
    with expect.attention(weights, right_weights):
        expect.close(weights, right_weights, because)
        expect.close(output, right_output, because)


@check("scaled_dot_product_attention", 2, "Masked weights are exactly 0", "被掩盖的权重恰好为 0")
def test_scaled_dot_product_attention_exact_zeros(student, rng):
    because = text("A masked weight is not exactly 0.", "有被掩盖的权重不恰好为 0。")
    mask = rng.random((4, 6)) < 0.5
    mask[:, 2] = True
    for scale in (1.0, 30.0, -30.0):
        query, key = normal(rng, 4, 3) * scale, np.abs(normal(rng, 6, 3)) * 30
        inputs = query, key, normal(rng, 6, 2), mask
        _, weights = attend(student, *inputs)
        with expect.attention(weights, functools.partial(oracle_weights, *inputs)):
            expect.shape(weights, (4, 6), text("The weights", "权重"))
            expect.that((weights[~mask] == 0).all(), because)
            expect.that(weights[mask].any(), because)


@check(
    "scaled_dot_product_attention", 1, "Scores far apart stay finite", "分数相差极大时仍为有限值"
)
def test_scaled_dot_product_attention_far_apart(student):
    # Over sqrt(4) the scores are 200, 203.125, -200 and 0 or the opposite: exp gives inf and 0.
    query = np.array([[[400.0, 0, 0, 0], [-400, 0, 0, 0]], [[-400, 0, 0, 0], [400, 0, 0, 0]]])
    key = np.zeros((2, 4, 4))
    key[..., 0] = [1, 1.015625, -1, 0]
    value = np.arange(24).reshape(2, 4, 3)
    inputs = [array.astype("float32") for array in (query, key, value)]
    because = text(
        "With scores far apart the weights are wrong; what is masked must not count either.",
        "分数相差极大时权重有误；被掩盖的分数也不应起作用。",
    )
    # The second mask leaves one of two queries scores far below the others', and below 0.
    for mask in (None, np.array([[True, True, False, False]]), np.array([[False], [True]])):
        output, weights = attend(student, *inputs, mask)
        right_output, right_weights = oracle.scaled_dot_product_attention(*inputs, mask)
        with expect.attention(weights, right_weights):
            expect.close(weights, right_weights, because)
            expect.close(output, right_output, because)


@check("scaled_dot_product_attention", 1, "What is masked has no influence", "被掩盖的内容毫无影响")
def test_scaled_dot_product_attention_masked_content(student, rng):
    query, key, value = normal(rng, 3, 4), normal(rng, 5, 4), normal(rng, 5, 2)
    mask = np.array([[True, True, False, True, False]])
    first, _ = attend(student, query, key, value, mask)
    expect.shape(first, (3, 2))
    battery.expect_varied(first)
    key, value = key.copy(), value.copy()
    key[[2, 4]], value[[2, 4]] = 1e4, -1e4
    second, _ = attend(student, query, key, value, mask)
    because = text(
        "Other keys and values at masked positions change the output.",
        "改动被掩盖位置的键和值，输出不应改变。",
    )
    expect.same(second, first, because)


@check(
    "scaled_dot_product_attention",
    3,
    "A query that may see nothing gets zeros",
    "没有可关注对象的查询得到零",
)
def test_scaled_dot_product_attention_nothing_to_see(student, rng):
    because = text(
        "A query whose mask is False everywhere should get zeros.",
        "掩码全为 False 的查询应得到零。",
    )
    for keys in (5, 1):
        inputs = normal(rng, 3, 4), normal(rng, keys, 4), normal(rng, keys, 2)
        mask = np.ones((3, keys), bool)
        mask[1] = False
        output, weights = attend(student, *inputs, mask)
        right_output, right_weights = oracle.scaled_dot_product_attention(*inputs, mask)
        with expect.attention(weights, right_weights):
            expect.finite(output, because)
            expect.close(weights, right_weights, because)
            expect.close(output, right_output, because)


@check(
    "scaled_dot_product_attention",
    2,
    "Masks broadcast over batches, heads and queries",
    "掩码可沿批量、头和查询广播",
)
def test_scaled_dot_product_attention_mask_shapes(student, rng):
    because = text(
        "A mask that broadcasts to (..., T, S) gives a wrong result.",
        "可广播到 (..., T, S) 的掩码得到错误结果。",
    )
    inputs = normal(rng, 2, 3, 4, 5), normal(rng, 2, 3, 6, 5), normal(rng, 2, 3, 6, 2)
    for shape in [(4, 6), (1, 6), (2, 1, 1, 6), (2, 1, 4, 6), (1, 3, 4, 6)]:
        mask = rng.random(shape) < 0.6
        mask[..., 0] = True
        output, weights = attend(student, *inputs, mask)
        right_output, right_weights = oracle.scaled_dot_product_attention(*inputs, mask)
        with expect.attention(weights, right_weights):
            expect.close(weights, right_weights, because)
            expect.close(output, right_output, because)


@check("scaled_dot_product_attention", 1, "The order of keys doesn't matter", "键的顺序无关紧要")
def test_scaled_dot_product_attention_key_order(student, rng):
    query, key, value = normal(rng, 3, 4), normal(rng, 6, 4), normal(rng, 6, 2)
    order = rng.permutation(6)
    first, _ = attend(student, query, key, value)
    second, _ = attend(student, query, key[order], value[order])
    because = text(
        "Keys and values moved together should give the same output.",
        "键和值一起调换顺序，输出应不变。",
    )
    expect.same(second, first, because)
    expect.close(first, oracle.scaled_dot_product_attention(query, key, value)[0], WRONG_VALUES)


@check(
    "scaled_dot_product_attention",
    2,
    "Ranks 2, 3 and 4, and sentences of one word",
    "秩 2、3、4 以及只有一个词的句子",
)
def test_scaled_dot_product_attention_ranks(student, rng):
    for lead in [(), (1,), (3,), (2, 3)]:
        for t, s in [(1, 1), (1, 4), (3, 1)]:
            inputs = normal(rng, *lead, t, 2), normal(rng, *lead, s, 2), normal(rng, *lead, s, 5)
            output, weights = attend(student, *inputs)
            right_output, right_weights = oracle.scaled_dot_product_attention(*inputs)
            expect.close(output, right_output, WRONG_VALUES)
            expect.close(weights, right_weights, WRONG_VALUES)


@check("scaled_dot_product_attention", 2, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_scaled_dot_product_attention_unknown_sizes(student, rng):
    inputs = normal(rng, 2, 3, 4), normal(rng, 2, 5, 4), normal(rng, 2, 5, 7)
    mask = np.array([[[True, True, False, True, False]], [[True, True, True, True, True]]])
    specs = [(None, None, 4), (None, None, 4), (None, None, 7), (None, 1, None)]
    for count in (3, 4):
        arguments = [*inputs, mask][:count]
        answer = student.scaled_dot_product_attention.graph(*arguments, specs=specs[:count])
        for output, right in zip(
            expect.pair(answer), oracle.scaled_dot_product_attention(*arguments), strict=True
        ):
            expect.close(output, right, COMPILED)


@check(
    "scaled_dot_product_attention",
    2,
    "Its gradients are right, beside a mask too",
    "梯度正确，有掩码时也是",
)
def test_scaled_dot_product_attention_gradient(student, rng):
    inputs = [normal(rng, 3, 2), normal(rng, 5, 2), normal(rng, 5, 7)]
    cotangents = [normal(rng, 3, 7), normal(rng, 3, 5)]
    # The second query sees nothing: a softmax of nothing but -inf has no gradient.
    mask = np.array([[True, False, True, True, False], [False] * 5, [True] * 5])
    for keywords in ({}, {"mask": mask}):
        battery.expect_joint_input_gradients(
            student.scaled_dot_product_attention,
            inputs,
            functools.partial(oracle.scaled_dot_product_attention, **keywords),
            cotangents,
            rng,
            **keywords,
        )


@check(
    "scaled_dot_product_attention",
    1,
    "float16 works, beside a mask too",
    "支持 float16，有掩码时也是",
)
def test_scaled_dot_product_attention_half_precision(student, rng):
    inputs = [normal(rng, 2, n, 4).astype("float16") for n in (3, 5, 5)]
    mask = np.array([[[True, False, True, True, False]], [[False] * 5]])
    output, weights = attend(student, *inputs, mask)
    expect.dtype(output, "float16")
    expect.dtype(weights, "float16")
    because = text("In float16 the result is wrong.", "在 float16 下结果不正确。")
    right_output, right_weights = oracle.scaled_dot_product_attention(*inputs, mask)
    with expect.attention(weights, right_weights):
        expect.close(weights, right_weights, because, rtol=1e-2, atol=5e-3)
        expect.close(output, right_output, because, rtol=1e-2, atol=5e-3)


# -- padding_mask and causal_mask ---------------------------------------------------------------


@check("padding_mask", 3, "True at real tokens, False at padding", "真实词元为 True，填充为 False")
@for_all(
    token_ids=chosen(shapes(2, 2, 5), (0, 1, 2, 256, 65536), "int32"),
    examples=4,
    always=[{"token_ids": np.array([[3, 0, 256], [0, 0, 65536]], "int32")}],
)
def test_padding_mask_values(student, token_ids):
    got = expect.array(student.padding_mask(token_ids))
    expect.shape(got, (token_ids.shape[0], 1, token_ids.shape[1]))
    because = text("True belongs at every id but 0.", "除 0 以外的编号都应为 True。")
    expect.close(got.astype(bool), (token_ids != 0)[:, None, :], because)


@check("padding_mask", 1, "It is boolean", "掩码为布尔型")
def test_padding_mask_boolean(student):
    got = student.padding_mask(np.array([[4, 0]], "int32"))
    expect.dtype(got, "bool")
    battery.expect_varied(got)


@check("padding_mask", 1, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_padding_mask_unknown_sizes(student):
    token_ids = np.array([[4, 5, 0], [6, 0, 0]], "int32")
    got = student.padding_mask.graph(token_ids, specs=[(None, None)])
    expect.close(
        got,
        (token_ids != 0)[:, None, :],
        COMPILED,
    )


@check("causal_mask", 3, "Position t sees the positions up to t", "位置 t 只能看到 t 及之前的位置")
@for_all(length=st.integers(1, 9), examples=2, always=[{"length": n} for n in (1, 2, 5, 300)])
def test_causal_mask_values(student, length):
    got = expect.array(student.causal_mask(length))
    expect.shape(got, (1, length, length))
    because = text(
        "Row t (the query) should be True up to column t, t included.",
        "第 t 行（查询）应在第 t 列及之前为 True（含 t）。",
    )
    expect.close(got.astype(bool), np.tri(length, dtype=bool)[None], because)


@check("causal_mask", 1, "It is boolean", "掩码为布尔型")
def test_causal_mask_boolean(student):
    got = student.causal_mask(3)
    expect.dtype(got, "bool")
    battery.expect_varied(got)


# -- SelfAttention ------------------------------------------------------------------------------

D_MODEL, D_K, D_V = 10, 7, 3
NAMES = ("query_projection", "key_projection", "value_projection")


def masks(rng, sizes):
    """A mask (B, T, T) with a row that sees nothing, and all forms that broadcast to it."""
    mask = rng.random((sizes.batch, sizes.length, sizes.length)) < 0.5
    mask[..., 0] = True
    mask[1, 2] = False
    return [mask, mask[:, :1], mask[:1], mask[0], mask[:, :, :1]]


def self_attention_layer(weights, x, attention_mask=None):
    projected = (x @ weights[f"{name}.kernel"] for name in NAMES)
    return oracle.scaled_dot_product_attention(*projected, attention_mask)


LAYER = Layer(
    unit="attention",
    exercise="SelfAttention",
    arguments={"d_k": D_K, "d_v": D_V},
    inputs=lambda rng, sizes: [normal(rng, sizes.batch, sizes.length, D_MODEL)],
    shapes={f"{n}.kernel": (D_MODEL, w) for n, w in zip(NAMES, (D_K, D_K, D_V), strict=True)},
    right=self_attention_layer,
    attention=1,
    masks={"attention_mask": masks},
)
test_self_attention_layer_values = LAYER.values(4)
test_self_attention_layer_weights = LAYER.weights(3)


@check("SelfAttention", 2, "d_v is d_k where it isn't given", "未给出 d_v 时等于 d_k")
def test_self_attention_layer_default_width(student, rng):
    x = normal(rng, 2, 3, 6)
    for arguments, width in (({"d_k": 5}, 5), ({"d_k": 5, "d_v": 7}, 7)):
        output, weights = expect.pair(student.SelfAttention(**arguments)(x))
        expect.shape(output, (2, 3, width), text("The output", "输出"))
        expect.shape(weights, (2, 3, 3), text("The weights", "权重"))


test_self_attention_layer_mask = LAYER.mask(3, "attention_mask", name="mask")
test_self_attention_layer_config = LAYER.config(2)
test_self_attention_layer_saving = LAYER.saving(5)
test_self_attention_layer_other_sizes = LAYER.other_sizes(2)
test_self_attention_layer_gradient = LAYER.gradient(2)


@check("SelfAttention", 1, "The gradients are right beside a mask", "有掩码时梯度也正确")
def test_self_attention_layer_masked_gradient(student, rng):
    layer, weights = LAYER.transplanted(student, rng)
    arguments, mask = LAYER.inputs(rng, STANDARD), masks(rng, STANDARD)[0]
    right = functools.partial(LAYER.right, attention_mask=mask)
    cotangents = [normal(rng, *output.shape) for output in right(weights, *arguments)]
    battery.expect_weight_gradients(
        layer,
        arguments,
        weights,
        lambda values: right(values, *arguments),
        cotangents,
        rng,
        attention_mask=mask,
    )


test_self_attention_layer_mixed_precision = LAYER.mixed_precision(2, "attention_mask")
test_self_attention_layer_xla = LAYER.xla(2)
