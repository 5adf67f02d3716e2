"""The hidden suite of the positional unit: 32 checks, one property each, 100 points."""

import numpy as np
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import battery
from autograder.hidden.attention.oracle import self_attention
from autograder.hidden.battery import COMPILED, MIXED, WRONG_VALUES, normal
from autograder.hidden.positional import oracle as oracle
from autograder.isolation.client import StudentError


def expect_refusal(call, message):
    """Fail with the message unless the call raises a ValueError."""
    try:
        call()
    except StudentError as error:
        if error.kind in ("missing", "forbidden"):
            raise
        expect.that(error.type_name == "ValueError", message)
        return
    expect.fail(message)


# -- integer_positions and normalized_positions --------------------------------------------------


@check(
    "integer_positions", 4, "1 to T: 太阳晒屁股啦 is 1 to 6", "从 1 到 T：太阳晒屁股啦 是 1 到 6"
)
@for_all(length=st.integers(1, 12), examples=4)
def test_integer_positions_values(student, length):
    expect.close(student.integer_positions(length), oracle.integer_positions(length), WRONG_VALUES)


@check("integer_positions", 1, "The positions are floats", "位置是浮点数")
def test_integer_positions_floats(student):
    got = expect.array(student.integer_positions(3))
    because = text(
        "Positions are to be added to words: floats.", "位置要与词向量相加：应为浮点数。"
    )
    expect.that(got.dtype.kind == "f", because)


@check("normalized_positions", 4, "Evenly from 0 to 1", "从 0 到 1 均匀分布")
@for_all(length=st.integers(2, 12), examples=4)
def test_normalized_positions_values(student, length):
    got = student.normalized_positions(length)
    expect.close(got, oracle.normalized_positions(length), WRONG_VALUES)


@check(
    "normalized_positions",
    2,
    "The last word stands at 1, whatever the length",
    "不论多长，最后一个词都在 1",
)
def test_normalized_positions_ends(student):
    because = text(
        "The first word stands at 0 and the last at 1.", "第一个词在 0，最后一个词在 1。"
    )
    for length in (2, 6, 50):
        got = expect.array(student.normalized_positions(length))
        expect.shape(got, (length,))
        expect.close(got[[0, -1]], [0.0, 1.0], because)


@check("normalized_positions", 3, "A sentence of one word stands at 0", "只有一个词时位置为 0")
def test_normalized_positions_one_word(student):
    because = text(
        "One word alone stands at 0, not at NaN.", "只有一个词时位置应为 0，而不是 NaN。"
    )
    got = expect.finite(student.normalized_positions(1), because)
    expect.close(got, [0.0], because)


# -- sinusoidal_encoding -------------------------------------------------------------------------


@check("sinusoidal_encoding", 8, "Sines and cosines by the formula", "正弦和余弦符合公式")
@for_all(length=st.integers(1, 20), half=st.integers(1, 6), examples=5)
def test_sinusoidal_encoding_values(student, length, half):
    got = student.sinusoidal_encoding(length, 2 * half)
    expect.close(got, oracle.sinusoidal_encoding(length, 2 * half), WRONG_VALUES, atol=1e-4)


@check(
    "sinusoidal_encoding", 3, "The first position is 0, 1, 0, 1, ...", "第一个位置是 0、1、0、1……"
)
def test_sinusoidal_encoding_first(student):
    got = expect.array(student.sinusoidal_encoding(4, 8))
    expect.shape(got, (4, 8))
    because = text(
        "At position 0 every sine is 0 and every cosine 1.", "位置 0 处，正弦都是 0，余弦都是 1。"
    )
    expect.close(got[0], [0, 1] * 4, because)


@check("sinusoidal_encoding", 2, "Far positions are exact too", "远处的位置同样准确")
def test_sinusoidal_encoding_far(student):
    got = expect.array(student.sinusoidal_encoding(1000, 16))
    right = oracle.sinusoidal_encoding(1000, 16)
    expect.close(got, right, WRONG_VALUES, rtol=0, atol=3e-3)


@check(
    "sinusoidal_encoding",
    2,
    "Bounded by 1, and every position distinct",
    "不超过 1，且每个位置互不相同",
)
def test_sinusoidal_encoding_distinct(student):
    got = expect.array(student.sinusoidal_encoding(200, 16))
    expect.shape(got, (200, 16))
    bounded = text("An entry is outside of -1 to 1.", "有的元素超出了 -1 到 1。")
    expect.that(np.abs(got).max() <= 1 + 1e-5, bounded)
    gaps = np.linalg.norm(got[:, None] - got[None], axis=-1) + 9 * np.eye(200)
    expect.that(gaps.min() > 0.05, text("Two positions are alike.", "有两个位置的编码相同。"))


@check(
    "sinusoidal_encoding",
    2,
    "The nearness of two positions depends on their distance alone",
    "两个位置的相近程度只取决于距离",
)
def test_sinusoidal_encoding_distance(student):
    got = expect.array(student.sinusoidal_encoding(30, 8)).astype("float64")
    expect.shape(got, (30, 8))
    products = got @ got.T
    because = text(
        "The inner product of two positions should be the same wherever the pair stands.",
        "只要距离相同，两个位置的内积就应相同，与它们在哪里无关。",
    )
    for distance in (0, 1, 5):
        along = np.diagonal(products, distance)
        expect.close(along, np.full(len(along), along[0]), because, rtol=1e-3, atol=1e-3)


@check("sinusoidal_encoding", 3, "An odd width is refused", "奇数宽度会被拒绝")
def test_sinusoidal_encoding_odd_width(student):
    because = text("An odd d_model should raise ValueError.", "d_model 为奇数时应抛出 ValueError。")
    expect_refusal(lambda: student.sinusoidal_encoding(4, 5), because)


# -- shift_matrix --------------------------------------------------------------------------------


@check("shift_matrix", 7, "It moves every position by the offset", "它把每个位置移动同样的距离")
@for_all(offset=st.integers(0, 9), half=st.integers(1, 4), examples=5)
def test_shift_matrix_moves(student, offset, half):
    encoding = oracle.sinusoidal_encoding(16, 2 * half)
    got = expect.array(student.shift_matrix(offset, 2 * half))
    expect.shape(got, (2 * half, 2 * half))
    because = text(
        "encoding[t] @ M should be encoding[t + offset] for every t.",
        "对每个 t，encoding[t] @ M 应等于 encoding[t + offset]。",
    )
    expect.close(encoding[: 16 - offset] @ got, encoding[offset:], because, atol=1e-4)


@check("shift_matrix", 3, "Backwards too", "也能向后移")
def test_shift_matrix_backwards(student):
    got = expect.array(student.shift_matrix(-3, 6))
    because = text("A negative offset should move back.", "负的 offset 应向后移动。")
    expect.close(got, oracle.shift_matrix(-3, 6), because)


@check("shift_matrix", 2, "Two shifts in a row add up", "连续两次移动相当于相加")
def test_shift_matrix_sum(student):
    first, second = (expect.array(student.shift_matrix(n, 6)) for n in (2, 5))
    expect.shape(first, (6, 6))
    expect.shape(second, (6, 6))
    because = text(
        "A shift by 2 and one by 5 should make a shift by 7.", "移动 2 再移动 5，应等于移动 7。"
    )
    expect.close(student.shift_matrix(7, 6), first @ second, because, atol=1e-4)


@check("shift_matrix", 2, "A shift by nothing is the identity", "不移动就是单位矩阵")
def test_shift_matrix_nothing(student):
    because = text("A shift by 0 should change nothing.", "移动 0 不应改变任何东西。")
    expect.close(student.shift_matrix(0, 8), np.eye(8), because)


@check("shift_matrix", 2, "It turns: lengths stay as they are", "它是旋转：长度不变")
def test_shift_matrix_rotation(student):
    got = expect.array(student.shift_matrix(4, 8)).astype("float64")
    expect.shape(got, (8, 8))
    because = text("M times its transpose should be the identity.", "M 乘以它的转置应为单位矩阵。")
    expect.close(got @ got.T, np.eye(8), because)


# -- PositionalEncoding --------------------------------------------------------------------------


@check("PositionalEncoding", 6, "It adds the encoding to the words", "把编码加到词上")
def test_positional_encoding_layer_values(student, rng):
    layer, x = student.PositionalEncoding(10, 6), normal(rng, 2, 4, 6)
    right = x + oracle.sinusoidal_encoding(4, 6)
    expect.close(layer(x), right, WRONG_VALUES, atol=1e-4)


@check(
    "PositionalEncoding",
    3,
    "Every sentence of a batch gets the same positions",
    "批量中每个句子的位置都相同",
)
def test_positional_encoding_layer_rows(student):
    got = expect.array(student.PositionalEncoding(8, 4)(np.zeros((3, 5, 4), "float32")))
    expect.shape(got, (3, 5, 4))
    because = text(
        "The sentences of a batch get different positions.", "同批的句子得到了不同的位置。"
    )
    expect.close(got[1:], got[:-1], because)
    told = text(
        "Words at different places get the same position.", "不同位置的词得到了相同的编码。"
    )
    expect.that(np.abs(got[0, 1:] - got[0, :-1]).max(-1).min() > 1e-3, told)


@check(
    "PositionalEncoding",
    3,
    "With positions, attention is no longer blind to order",
    "有了位置，注意力不再与词序无关",
)
def test_positional_encoding_layer_order(student, rng):
    layer = student.PositionalEncoding(8, 6)
    x, order = normal(rng, 1, 5, 6), np.array([4, 3, 2, 1, 0])
    first = self_attention(expect.array(layer(x)))
    moved = self_attention(expect.array(layer(x[:, order])))
    because = text(
        "The words were moved, and attention over your result gives the same vectors, only moved.",
        "词序变了，在你的结果上做注意力，得到的向量却只是换了位置。",
    )
    expect.that(np.abs(moved - first[:, order]).max() > 1e-2, because)


@check("PositionalEncoding", 3, "Longer than max_length is refused", "超过 max_length 会被拒绝")
def test_positional_encoding_layer_too_long(student):
    layer = student.PositionalEncoding(4, 6)
    because = text(
        "A sentence longer than max_length should raise ValueError.",
        "句子长于 max_length 时应抛出 ValueError。",
    )
    expect_refusal(lambda: layer(np.zeros((1, 5, 6), "float32")), because)
    expect.shape(layer(np.zeros((1, 4, 6), "float32")), (1, 4, 6))


@check("PositionalEncoding", 2, "Nothing to train", "没有可训练的参数")
def test_positional_encoding_layer_weights(student):
    layer = student.PositionalEncoding(4, 6)
    layer(np.zeros((1, 3, 6), "float32"))
    because = text(
        "The sinusoids are fixed: the layer has nothing to train.",
        "正弦编码是固定的：这一层没有可训练的参数。",
    )
    found = battery.found_weights(layer)
    expect.that(not any(weight["trainable"] for weight in found), because)


@check("PositionalEncoding", 2, "Nothing is dropped at inference", "推理时不丢弃")
def test_positional_encoding_layer_inference(student, rng):
    layer, x = student.PositionalEncoding(10, 6, dropout=0.5), normal(rng, 2, 4, 6)
    right = x + oracle.sinusoidal_encoding(4, 6)
    because = text(
        "Outside of training dropout should change nothing.", "不在训练时，dropout 不应起作用。"
    )
    expect.close(layer(x), right, because, atol=1e-4)
    expect.close(layer(x, training=False), right, because, atol=1e-4)


@check(
    "PositionalEncoding", 4, "In training, sums are dropped at the rate", "训练时按给定比例丢弃总和"
)
def test_positional_encoding_layer_dropout(student):
    rate = 0.25
    layer = student.PositionalEncoding(32, 32, dropout=rate)
    # Words that make every sum 1.
    x = 1 - oracle.sinusoidal_encoding(32, 32).astype("float32")
    battery.expect_dropped(layer(np.stack([x, x]), training=True), rate)


@check("PositionalEncoding", 2, "Its configuration makes it again", "可由配置重建")
def test_positional_encoding_layer_config(student):
    layer = student.PositionalEncoding(7, 6, dropout=0.5, name="where")
    layer(np.zeros((1, 3, 6), "float32"))
    copy = battery.expect_clone(layer, [np.zeros((1, 7, 6), "float32")], (1, 7, 6), "where")
    because = text("The copy has another max_length.", "副本的 max_length 不同。")
    expect_refusal(lambda: copy(np.zeros((1, 8, 6), "float32")), because)


@check("PositionalEncoding", 4, "A saved model comes back the same", "模型保存后再载入，结果不变")
def test_positional_encoding_layer_saving(student, rng):
    x = normal(rng, 2, 3, 4)
    right = x + oracle.sinusoidal_encoding(3, 4)
    layer = student.PositionalEncoding(8, 4)
    battery.expect_reload(layer, [x], right, atol=1e-4)


@check("PositionalEncoding", 2, "It works in mixed precision", "支持混合精度")
def test_positional_encoding_layer_mixed_precision(student, rng):
    student.use_policy("mixed_float16")
    x = normal(rng, 1, 5, 4)
    output = student.PositionalEncoding(8, 4)(x)
    expect.dtype(output, "float16")
    expect.close(output, x + oracle.sinusoidal_encoding(5, 4), MIXED, rtol=1e-2, atol=1e-2)


# -- LearnedPositions ----------------------------------------------------------------------------


def learned(student, rng):
    layer = student.LearnedPositions(6)
    layer(np.zeros((1, 2, 4), "float32"))
    table = normal(rng, 6, 4)
    layer.assign(embeddings=table)
    return layer, table


@check("LearnedPositions", 6, "It adds row t to the word at t", "把第 t 行加到第 t 个词上")
def test_learned_positions_layer_values(student, rng):
    layer, table = learned(student, rng)
    for batch, length in ((2, 3), (1, 1), (3, 6)):
        x = normal(rng, batch, length, 4)
        expect.close(layer(x), x + table[:length], WRONG_VALUES)


@check(
    "LearnedPositions",
    3,
    "One table, max_length high, trainable",
    "一张可训练的表，共 max_length 行",
)
def test_learned_positions_layer_weights(student):
    layer = student.LearnedPositions(6)
    for shape in ((1, 2, 4), (2, 5, 4)):
        layer(np.zeros(shape, "float32"))
    because = text(
        "It should have one table (6, 4), made once.", "应只有一张 (6, 4) 的表，只创建一次。"
    )
    battery.expect_weights(layer, [(6, 4)], because)
    table = expect.array(layer.value("embeddings"))
    alike = text(
        "At the start, every position has the same vector.", "初始时每个位置的向量都相同。"
    )
    expect.that(np.abs(table[1:] - table[:-1]).max() > 1e-6, alike)


@check("LearnedPositions", 2, "Longer than max_length is refused", "超过 max_length 会被拒绝")
def test_learned_positions_layer_too_long(student, rng):
    layer, _ = learned(student, rng)
    because = text(
        "A sentence longer than max_length should raise ValueError.",
        "句子长于 max_length 时应抛出 ValueError。",
    )
    expect_refusal(lambda: layer(np.zeros((1, 7, 4), "float32")), because)


@check(
    "LearnedPositions",
    3,
    "The used rows get their gradient, the others none",
    "用到的行有梯度，没用到的没有",
)
def test_learned_positions_layer_gradient(student, rng):
    layer, _ = learned(student, rng)
    x, cotangent = normal(rng, 2, 3, 4), normal(rng, 2, 3, 4)
    answer = layer.gradients(x, cotangents=[cotangent], wrt=["embeddings"])
    slopes = answer.get("weights") if isinstance(answer, dict) else None
    because = text("The gradient of the table is missing or wrong.", "表的梯度缺失或有误。")
    expect.that(isinstance(slopes, list) and len(slopes) == 1, because)
    right = np.zeros((6, 4))
    right[:3] = cotangent.sum(0)
    expect.close(slopes[0], right, because, rtol=1e-3, atol=1e-4)


@check(
    "LearnedPositions",
    4,
    "A functional model of it comes back from a file the same",
    "用它搭建的函数式模型，保存后再载入，结果不变",
)
def test_learned_positions_layer_saving(student, rng):
    layer, table = learned(student, rng)
    x = normal(rng, 2, 3, 4)
    battery.expect_reload(layer, [x], x + table[:3])


@check("LearnedPositions", 1, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_learned_positions_layer_unknown_sizes(student, rng):
    layer, table = learned(student, rng)
    x = normal(rng, 2, 3, 4)
    expect.close(layer.graph(x, specs=[(None, None, 4)]), x + table[:3], COMPILED)
