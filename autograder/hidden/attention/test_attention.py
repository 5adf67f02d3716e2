"""The hidden suite of the attention unit: 44 checks, one property each, 100 points."""

import functools

import numpy as np
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden.attention import oracle as oracle
from autograder.hidden.slopes import gradient
from autograder.hidden.strategies import HUGE, arrays, chosen, shapes

WRONG_VALUES = text("The values are not those of the formula.", "数值与公式不符。")


def normal(rng, *shape):
    return rng.normal(size=shape).astype("float32")


# -- similarity ---------------------------------------------------------------------------------


@check("similarity", 3, "Every entry is an inner product of two rows", "每个元素都是两行的内积")
@for_all(x=arrays(shapes(2, 2)))
def test_similarity_inner_products(student, x):
    expect.close(student.similarity(x), oracle.similarity(x), WRONG_VALUES)


@check("similarity", 2, "It works on batches, whatever the rank", "适用于任意秩的批量输入")
@for_all(x=arrays(shapes(3, 4, 3)), examples=6)
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
    because = text(
        "The same words in another order should give the same products, in that order.",
        "同样的词换个顺序，内积应相同，只是位置随之改变。",
    )
    expect.close(moved, first[order][:, order], because)


@check("similarity", 2, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_similarity_unknown_sizes(student, rng):
    x = normal(rng, 2, 4, 3)
    got = student.similarity.graph(x, specs=[(None, None, 3)])
    because = text("In a compiled function the values differ.", "在编译后的函数里，结果不同。")
    expect.close(got, oracle.similarity(x), because)


# -- softmax ------------------------------------------------------------------------------------


@check("softmax", 2, "The weights are positive and sum to one", "权重为正，且和为一")
@for_all(x=arrays(shapes(1, 3)))
def test_softmax_sums_to_one(student, x):
    got = expect.array(student.softmax(x))
    expect.shape(got, x.shape)
    because = text(
        "The weights don't sum to one along the last axis.", "权重沿最后一轴之和不为一。"
    )
    expect.close(got.sum(-1), np.ones(x.shape[:-1]), because)
    expect.that((got > 0).all(), text("A weight is not positive.", "有的权重不是正数。"), got)


@check("softmax", 3, "The weights follow the formula", "权重符合公式")
@for_all(x=arrays(shapes(1, 3)))
def test_softmax_values(student, x):
    expect.close(student.softmax(x), oracle.softmax(x), WRONG_VALUES)


@check(
    "softmax", 2, "Adding a number to every score changes nothing", "所有分数加同一个数，结果不变"
)
@for_all(x=arrays(shapes(1, 2)), shift=st.integers(-50, 50), examples=6)
def test_softmax_shift_invariance(student, x, shift):
    first = expect.array(student.softmax(x))
    because = text("Shifted scores give other weights.", "分数整体平移后权重变了。")
    expect.close(student.softmax(x + np.float32(shift)), first, because)


@check("softmax", 4, "Huge scores give finite weights", "分数极大时权重仍为有限值")
@for_all(x=chosen(shapes(1, 2, 3), HUGE))
def test_softmax_huge_scores(student, x):
    because = text(
        "For large finite scores the weights should be finite.", "分数虽大但有限，权重应为有限值。"
    )
    got = expect.finite(student.softmax(x), because)
    expect.close(got, oracle.softmax(x), WRONG_VALUES)


@check("softmax", 3, "A score of -inf has the weight 0", "分数为 -inf 时权重为 0")
@for_all(x=chosen(shapes(1, 2, 4), (0.0, -np.inf, 2.0, -1.5)), examples=10)
def test_softmax_minus_infinity(student, x):
    x = x.copy()
    x[..., 0] = 0.0  # one finite score a row
    because = text(
        "A row that holds -inf and a finite score should have finite weights.",
        "一行中既有 -inf 又有有限分数时，权重应为有限值。",
    )
    got = expect.finite(student.softmax(x), because)
    expect.close(got, oracle.softmax(x), WRONG_VALUES)


@check("softmax", 3, "It normalises along the axis that is asked for", "沿指定的轴归一化")
@for_all(x=arrays((2, 3, 4)), axis=st.sampled_from([0, 1, 2, -1, -2, -3]), examples=8)
def test_softmax_axis(student, x, axis):
    because = text(
        f"With axis={axis} the weights should sum to one along that axis.",
        f"axis={axis} 时，权重应沿该轴归一化。",
    )
    expect.close(student.softmax(x, axis=axis), oracle.softmax(x, axis), because)


@check("softmax", 1, "float16 scores give float16 weights", "float16 的分数给出 float16 的权重")
def test_softmax_half_precision(student, rng):
    x = (normal(rng, 3, 5) * 8).astype("float16")
    got = student.softmax(x)
    expect.dtype(got, "float16")
    expect.close(got, oracle.softmax(x), WRONG_VALUES, rtol=1e-2, atol=2e-3)


@check("softmax", 1, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_softmax_unknown_sizes(student, rng):
    x = normal(rng, 3, 5)
    got = student.softmax.graph(x, specs=[(None, None)])
    expect.close(
        got,
        oracle.softmax(x),
        text("In a compiled function the values differ.", "在编译后的函数里，结果不同。"),
    )


@check("softmax", 1, "Its gradient is right", "梯度正确")
def test_softmax_gradient(student, rng):
    x, cotangent = normal(rng, 2, 4), normal(rng, 2, 4)
    slope = _gradients(student.softmax, [x], [cotangent])[0]
    (right,) = gradient(oracle.softmax, [x], cotangent)
    because = text(
        "The gradient is not that of the formula; does everything stay in keras.ops?",
        "梯度与公式不符；是否始终使用 keras.ops？",
    )
    expect.close(slope, right, because, rtol=1e-3, atol=1e-4)


def _gradients(target, inputs, cotangents):
    """The gradients to the inputs, each there and an array, or a failed check."""
    answer = target.gradients(*inputs, cotangents=cotangents)
    slopes = answer.get("inputs") if isinstance(answer, dict) else None
    there = isinstance(slopes, list) and len(slopes) == len(inputs)
    message = text(
        "No gradient reaches the input; does everything stay in keras.ops?",
        "梯度传不到输入；是否始终使用 keras.ops？",
    )
    expect.that(there and all(slope is not None for slope in slopes), message)
    return slopes


# -- self_attention -----------------------------------------------------------------------------


@check("self_attention", 3, "Each row is the weighted sum of all rows", "每一行都是所有行的加权和")
@for_all(x=arrays(shapes(2, 2), 2.0))
def test_self_attention_values(student, x):
    expect.close(student.self_attention(x), oracle.self_attention(x), WRONG_VALUES)


@check(
    "self_attention",
    2,
    "It is blind to order: moving words only moves rows",
    "与词序无关：调换词序只调换行",
)
def test_self_attention_permutation(student, rng):
    x, order = normal(rng, 6, 3), rng.permutation(6)
    first = expect.array(student.self_attention(x))
    expect.shape(first, (6, 3))
    because = text(
        "The same words in another order should give the same vectors, in that order.",
        "同样的词换个顺序，得到的向量应相同，只是位置随之改变。",
    )
    expect.close(student.self_attention(x[order]), first[order], because)


@check("self_attention", 2, "Sentences of a batch don't mix", "批量中的句子互不影响")
def test_self_attention_batches(student, rng):
    because = text(
        "A sentence should give the same alone and in a batch.", "句子单独计算与在批量中应一致。"
    )
    for shape in [(1, 3, 4), (3, 2, 4), (2, 2, 3, 4), (2, 1, 1)]:
        x = normal(rng, *shape)
        expect.close(student.self_attention(x), oracle.self_attention(x), because)


# -- scaled_dot_product_attention ---------------------------------------------------------------


@st.composite
def attention_inputs(draw, masked=False, limit=2.0):
    """Queries, keys and values whose four sizes differ, so that no size passes for another."""
    t, s, d_k, d_v = draw(st.permutations([2, 3, 4, 5]))
    inputs = {
        "query": draw(arrays((t, d_k), limit)),
        "key": draw(arrays((s, d_k), limit)),
        "value": draw(arrays((s, d_v), limit)),
    }
    if masked:
        inputs["mask"] = draw(chosen((t, s), (True, False), "bool"))
        inputs["mask"][:, draw(st.integers(0, s - 1))] = True  # something for every query
    return inputs


def oracle_weights(query, key, value, mask=None):
    return oracle.scaled_dot_product_attention(query, key, value, mask)[1]


def attend(student, query, key, value, mask=None):
    return expect.pair(student.scaled_dot_product_attention(query, key, value, mask=mask))


@check("scaled_dot_product_attention", 3, "The output follows the formula", "输出符合公式")
@for_all(attention_inputs())
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
@for_all(attention_inputs(), examples=6)
def test_scaled_dot_product_attention_weights(student, query, key, value):
    _, weights = attend(student, query, key, value)
    because = text("The weights of a query should sum to one.", "每个查询的权重之和应为一。")
    right = oracle_weights(query, key, value)
    with expect.attention(weights, right):
        expect.shape(weights, (len(query), len(key)), text("The weights", "权重"))
        expect.close(weights.sum(-1), np.ones(len(query)), because)
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
    for t, s, d_k, d_v in [(3, 5, 16, 2), (7, 2, 4, 9), (2, 9, 1, 4), (4, 4, 64, 4)]:
        inputs = normal(rng, t, d_k), normal(rng, s, d_k), normal(rng, s, d_v)
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
@for_all(attention_inputs(masked=True))
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


@check("scaled_dot_product_attention", 2, "What is masked has no influence", "被掩盖的内容毫无影响")
def test_scaled_dot_product_attention_masked_content(student, rng):
    query, key, value = normal(rng, 3, 4), normal(rng, 5, 4), normal(rng, 5, 2)
    mask = np.array([[True, True, False, True, False]])
    first, _ = attend(student, query, key, value, mask)
    key, value = key.copy(), value.copy()
    key[[2, 4]], value[[2, 4]] = 1e4, -1e4
    second, _ = attend(student, query, key, value, mask)
    because = text(
        "Other keys and values at masked positions change the output.",
        "改动被掩盖位置的键和值，输出不应改变。",
    )
    expect.close(second, first, because)


@check(
    "scaled_dot_product_attention",
    3,
    "A query that may see nothing gets zeros",
    "没有可关注对象的查询得到零",
)
def test_scaled_dot_product_attention_nothing_to_see(student, rng):
    inputs = normal(rng, 3, 4), normal(rng, 5, 4), normal(rng, 5, 2)
    mask = np.ones((3, 5), bool)
    mask[1] = False
    output, weights = attend(student, *inputs, mask)
    because = text(
        "A query whose mask is False everywhere should get zeros.",
        "掩码全为 False 的查询应得到零。",
    )
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
    expect.close(second, first, because)
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
    inputs = normal(rng, 2, 3, 4), normal(rng, 2, 5, 4), normal(rng, 2, 5, 3)
    mask = np.array([[[True, True, False, True, False]], [[True, True, True, True, True]]])
    right, _ = oracle.scaled_dot_product_attention(*inputs, mask)
    because = text("In a compiled function the values differ.", "在编译后的函数里，结果不同。")
    specs = [(None, None, 4), (None, None, 4), (None, None, 3), (None, 1, None)]
    answer = student.scaled_dot_product_attention.graph(*inputs, mask, specs=specs)
    expect.close(expect.pair(answer)[0], right, because)


@check(
    "scaled_dot_product_attention",
    2,
    "Its gradients are right, beside a mask too",
    "梯度正确，有掩码时也是",
)
def test_scaled_dot_product_attention_gradient(student, rng):
    inputs = [normal(rng, 3, 2), normal(rng, 4, 2), normal(rng, 4, 3)]
    cotangent = normal(rng, 3, 3)
    mask = np.array([[True, False, True, True]] * 2 + [[False] * 4])
    answer = student.scaled_dot_product_attention.gradients(
        *inputs, cotangents=[cotangent, None], mask=mask
    )
    slopes = answer.get("inputs") if isinstance(answer, dict) else None
    right = gradient(lambda *a: oracle.scaled_dot_product_attention(*a, mask)[0], inputs, cotangent)
    because = text(
        "A gradient is missing or wrong; does everything stay in keras.ops?",
        "梯度缺失或有误；是否始终使用 keras.ops？",
    )
    expect.that(isinstance(slopes, list) and len(slopes) == 3, because)
    expect.that(all(slope is not None for slope in slopes), because)
    for slope, wanted in zip(slopes, right, strict=True):
        expect.close(slope, wanted, because, rtol=1e-3, atol=1e-4)


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
    because = text("In float16 the result is wrong.", "在 float16 下结果不正确。")
    right_output, right_weights = oracle.scaled_dot_product_attention(*inputs, mask)
    with expect.attention(weights, right_weights):
        expect.close(weights, right_weights, because, rtol=1e-2, atol=5e-3)
        expect.close(output, right_output, because, rtol=1e-2, atol=5e-3)


# -- padding_mask and causal_mask ---------------------------------------------------------------


@check("padding_mask", 3, "True at real tokens, False at padding", "真实词元为 True，填充为 False")
@for_all(token_ids=chosen(shapes(2, 2, 5), (0, 1, 2, 3), "int32"), examples=6)
def test_padding_mask_values(student, token_ids):
    got = expect.array(student.padding_mask(token_ids))
    expect.shape(got, (token_ids.shape[0], 1, token_ids.shape[1]))
    because = text("True belongs at every id but 0.", "除 0 以外的编号都应为 True。")
    expect.close(got.astype(bool), (token_ids != 0)[:, None, :], because)


@check("padding_mask", 1, "It is boolean", "掩码为布尔型")
def test_padding_mask_boolean(student):
    expect.dtype(student.padding_mask(np.array([[4, 0]], "int32")), "bool")


@check("padding_mask", 1, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_padding_mask_unknown_sizes(student):
    token_ids = np.array([[4, 5, 0], [6, 0, 0]], "int32")
    got = student.padding_mask.graph(token_ids, specs=[(None, None)])
    expect.close(
        got,
        (token_ids != 0)[:, None, :],
        text("In a compiled function the values differ.", "在编译后的函数里，结果不同。"),
    )


@check("causal_mask", 3, "Position t sees the positions up to t", "位置 t 只能看到 t 及之前的位置")
@for_all(length=st.integers(1, 9), examples=6)
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
    expect.dtype(student.causal_mask(3), "bool")


# -- SelfAttention ------------------------------------------------------------------------------

NAMES = ("query_projection", "key_projection", "value_projection")


def transplanted(student, rng, d_model=5, d_k=3, d_v=4):
    """A layer with weights that the grader has chosen, and those weights."""
    inputs = np.zeros((1, 2, d_model), "float32")
    layer = student.shared("SelfAttention", d_k, d_v=d_v, built_on=[inputs])
    kernels = [normal(rng, d_model, width) for width in (d_k, d_k, d_v)]
    layer.assign(**{f"{name}__kernel": k for name, k in zip(NAMES, kernels, strict=True)})
    return layer, kernels


def right_answer(x, kernels, mask=None):
    return oracle.scaled_dot_product_attention(*(x @ kernel for kernel in kernels), mask)


@check(
    "SelfAttention",
    4,
    "With given weights it gives the reference's values",
    "给定权重时与参考实现一致",
)
def test_self_attention_layer_values(student, rng):
    layer, kernels = transplanted(student, rng)
    x = normal(rng, 2, 4, 5)
    output, weights = expect.pair(layer(x))
    right_output, right_weights = right_answer(x, kernels)
    with expect.attention(weights, right_weights):
        expect.close(output, right_output, WRONG_VALUES)
        expect.close(weights, right_weights, WRONG_VALUES)


@check("SelfAttention", 3, "Three matrices and nothing else", "只有三个矩阵，别无其他")
def test_self_attention_layer_weights(student):
    layer = student.SelfAttention(3, d_v=4)
    layer(np.zeros((1, 2, 5), "float32"))
    layer(np.zeros((2, 3, 5), "float32"))
    found = _weights(layer)
    sizes = sorted(weight["value"].shape for weight in found)
    because = text(
        f"It should have trainable matrices of the shapes (5, 3), (5, 3) and (5, 4), made once and "
        f"without bias; it has {len(found)} weights.",
        f"应有三个可训练矩阵，形状为 (5, 3)、(5, 3)、(5, 4)，只创建一次且无偏置；"
        f"实际有 {len(found)} 个权重。",
    )
    expect.that(sizes == [(5, 3), (5, 3), (5, 4)], because)
    expect.that(all(weight["trainable"] is True for weight in found), because)


def _weights(layer):
    """The layer's weights as data that has been looked at, or a failed check."""
    found = layer.weights()
    message = text("The layer's weights can't be read.", "无法读取该层的权重。")
    expect.that(isinstance(found, list), message)
    for weight in found:
        expect.that(isinstance(weight, dict) and "value" in weight, message)
        weight["value"] = expect.array(weight["value"])
    return found


@check("SelfAttention", 2, "d_v is d_k where it isn't given", "未给出 d_v 时等于 d_k")
def test_self_attention_layer_default_width(student, rng):
    x = normal(rng, 2, 3, 6)
    for arguments, width in (({"d_k": 2}, 2), ({"d_k": 2, "d_v": 7}, 7)):
        output, weights = expect.pair(student.SelfAttention(**arguments)(x))
        expect.shape(output, (2, 3, width), text("The output", "输出"))
        expect.shape(weights, (2, 3, 3), text("The weights", "权重"))


@check("SelfAttention", 3, "It obeys attention_mask", "遵守 attention_mask")
def test_self_attention_layer_mask(student, rng):
    layer, kernels = transplanted(student, rng)
    x = normal(rng, 2, 4, 5)
    because = text(
        "With an attention_mask the result is wrong.", "使用 attention_mask 时结果不正确。"
    )
    for mask in (np.tri(4, dtype=bool)[None], np.array([[[True, True, False, False]]] * 2)):
        output, weights = expect.pair(layer(x, attention_mask=mask))
        right_output, right_weights = right_answer(x, kernels, mask)
        with expect.attention(weights, right_weights):
            expect.close(weights, right_weights, because)
            expect.close(output, right_output, because)


@check("SelfAttention", 2, "Its configuration makes it again", "可由配置重建")
def test_self_attention_layer_config(student, rng):
    layer = student.SelfAttention(3, d_v=4, name="looks")
    copy = layer.clone()
    because = text(
        "A layer made from get_config() should have the same widths and name.",
        "由 get_config() 重建的层应有相同的宽度和名字。",
    )
    expect.that(copy.value("name") == "looks", because)
    expect.shape(expect.pair(copy(normal(rng, 1, 2, 5)))[0], (1, 2, 4), text("The copy", "副本"))


@check(
    "SelfAttention",
    5,
    "A functional model of it comes back from a file the same",
    "用它搭建的函数式模型，保存后再载入，结果不变",
)
def test_self_attention_layer_saving(student, rng):
    layer, kernels = transplanted(student, rng)
    x = normal(rng, 2, 3, 5)
    output, _ = expect.pair(layer.reload(x, specs=[(None, None, 5)]))
    because = text("After saving and loading the output differs.", "保存并载入后，输出不同。")
    expect.close(output, right_answer(x, kernels)[0], because)


@check(
    "SelfAttention",
    2,
    "It takes other batch sizes and lengths than at first",
    "接受与首次不同的批量和长度",
)
def test_self_attention_layer_other_sizes(student, rng):
    layer, kernels = transplanted(student, rng)
    for shape in [(1, 1, 5), (3, 7, 5), (2, 2, 5)]:
        x = normal(rng, *shape)
        expect.close(expect.pair(layer(x))[0], right_answer(x, kernels)[0], WRONG_VALUES)


@check("SelfAttention", 3, "Every weight gets its gradient", "每个权重都得到梯度")
def test_self_attention_layer_gradient(student, rng):
    layer, kernels = transplanted(student, rng, d_model=3, d_k=2, d_v=2)
    x, cotangent = normal(rng, 1, 3, 3), normal(rng, 1, 3, 2)
    answer = layer.gradients(x, cotangents=[cotangent, None])
    slopes = answer.get("weights") if isinstance(answer, dict) else None
    because = text("A weight's gradient is missing or wrong.", "有权重的梯度缺失或有误。")
    expect.that(isinstance(slopes, list) and len(slopes) == 3, because)
    expect.that(all(slope is not None for slope in slopes), because)
    right = gradient(lambda *k: right_answer(x, k)[0], kernels, cotangent)
    found = [expect.array(slope) for slope in slopes]
    # The order in which a layer made its matrices is its own.
    for wanted in right:
        near = [
            np.allclose(slope, wanted, rtol=1e-2, atol=1e-3)
            for slope in found
            if slope.shape == wanted.shape
        ]
        expect.that(any(near), because)


@check("SelfAttention", 2, "It works in mixed precision", "支持混合精度")
def test_self_attention_layer_mixed_precision(student, rng):
    student.use_policy("mixed_float16")
    layer, kernels = transplanted(student, rng)
    x = normal(rng, 2, 3, 5)
    mask = np.tri(3, dtype=bool)[None]
    output, _ = expect.pair(layer(x, attention_mask=mask))
    expect.dtype(output, "float16")
    because = text("In mixed precision the result is wrong.", "混合精度下结果不正确。")
    expect.close(output, right_answer(x, kernels, mask)[0], because, rtol=3e-2, atol=3e-2)


@check("SelfAttention", 2, "It compiles under XLA", "可用 XLA 编译")
def test_self_attention_layer_xla(student, rng):
    layer, kernels = transplanted(student, rng)
    x = normal(rng, 2, 3, 5)
    because = text("In a compiled function the values differ.", "在编译后的函数里，结果不同。")
    expect.close(expect.pair(layer.xla(x))[0], right_answer(x, kernels)[0], because)
