"""The hidden suite of the positional unit: one property a check, 100 points; see claims.md."""

import numpy as np
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import battery
from autograder.hidden.attention.oracle import self_attention
from autograder.hidden.battery import COMPILED, WRONG_VALUES, normal
from autograder.hidden.layer_checks import Layer
from autograder.hidden.positional import oracle as oracle
from autograder.isolation.student_process import StudentError


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


def expect_floats(answer, right):
    """Fail unless an answer holds these numbers, as floats."""
    because = text(
        "Positions are to be added to words: floats.", "位置要与词向量相加：应为浮点数。"
    )
    expect.that(expect.array(answer).dtype.kind == "f", because)
    expect.close(answer, right, WRONG_VALUES)


# -- integer_positions and normalized_positions --------------------------------------------------


@check(
    "integer_positions", 4, "1 to T: 太阳晒屁股啦 is 1 to 6", "从 1 到 T：太阳晒屁股啦 是 1 到 6"
)
@for_all(length=st.integers(1, 12), examples=4)
def test_integer_positions_values(student, length):
    expect.close(student.integer_positions(length), oracle.integer_positions(length), WRONG_VALUES)


@check("integer_positions", 1, "The positions are floats", "位置是浮点数")
def test_integer_positions_floats(student):
    for length in (3, 3000):  # half precision counts to 2048
        expect_floats(student.integer_positions(length), oracle.integer_positions(length))


@check("normalized_positions", 3, "Evenly from 0 to 1", "从 0 到 1 均匀分布")
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
        expect.same(got[[0, -1]], [0.0, 1.0], because)


@check("normalized_positions", 1, "The positions are floats", "位置是浮点数")
def test_normalized_positions_floats(student):
    for length in (2, 3000):
        expect_floats(student.normalized_positions(length), oracle.normalized_positions(length))


@check("normalized_positions", 3, "A sentence of one word stands at 0", "只有一个词时位置为 0")
def test_normalized_positions_one_word(student):
    because = text(
        "One word alone stands at 0, not at NaN.", "只有一个词时位置应为 0，而不是 NaN。"
    )
    got = expect.finite(student.normalized_positions(1), because)
    expect.same(got, [0.0], because)


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
    expect.same(got[0], [0, 1] * 4, because)


@check("sinusoidal_encoding", 2, "Far positions are exact too", "远处的位置同样准确")
def test_sinusoidal_encoding_far(student):
    got = expect.array(student.sinusoidal_encoding(1000, 22))
    right = oracle.sinusoidal_encoding(1000, 22)
    expect.close(got, right, WRONG_VALUES, rtol=0, atol=1e-3)


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
        expect.same(along, np.full(len(along), along[0]), because, rtol=1e-3, atol=1e-3)


@check("sinusoidal_encoding", 3, "An odd width is refused", "奇数宽度会被拒绝")
def test_sinusoidal_encoding_odd_width(student):
    because = text("An odd d_model should raise ValueError.", "d_model 为奇数时应抛出 ValueError。")
    for d_model in (1, 5, 9):
        expect_refusal(lambda: student.sinusoidal_encoding(4, d_model), because)  # noqa: B023
    expect.shape(student.sinusoidal_encoding(4, 6), (4, 6))


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
    expect.finite(got, because)
    expect.close(encoding[: 16 - offset] @ got, encoding[offset:], because, atol=1e-4)


@check("shift_matrix", 3, "Backwards too", "也能向后移")
def test_shift_matrix_backwards(student):
    because = text("A negative offset should move back.", "负的 offset 应向后移动。")
    expect.close(student.shift_matrix(-3, 6), oracle.shift_matrix(-3, 6), because)
    expect.close(
        student.shift_matrix(-700, 10), oracle.shift_matrix(-700, 10), because, rtol=0, atol=5e-4
    )


@check("shift_matrix", 2, "Two shifts in a row add up", "连续两次移动相当于相加")
def test_shift_matrix_sum(student):
    first, second = (expect.array(student.shift_matrix(n, 6)) for n in (2, 5))
    expect.shape(first, (6, 6))
    expect.shape(second, (6, 6))
    because = text(
        "A shift by 2 and one by 5 should make a shift by 7.", "移动 2 再移动 5，应等于移动 7。"
    )
    expect.same(student.shift_matrix(7, 6), first @ second, because, atol=1e-4)


@check("shift_matrix", 2, "A shift by nothing is the identity", "不移动就是单位矩阵")
def test_shift_matrix_nothing(student):
    because = text("A shift by 0 should change nothing.", "移动 0 不应改变任何东西。")
    expect.same(student.shift_matrix(0, 8), np.eye(8), because)


@check("shift_matrix", 2, "It turns: lengths stay as they are", "它是旋转：长度不变")
def test_shift_matrix_rotation(student):
    got = expect.array(student.shift_matrix(4, 8)).astype("float64")
    expect.shape(got, (8, 8))
    because = text("M times its transpose should be the identity.", "M 乘以它的转置应为单位矩阵。")
    expect.same(got @ got.T, np.eye(8), because)


# -- PositionalEncoding --------------------------------------------------------------------------

TOO_LONG = text(
    "A sentence longer than max_length should raise ValueError.",
    "句子长于 max_length 时应抛出 ValueError。",
)


def encoded(weights, x):
    return x + oracle.sinusoidal_encoding(*x.shape[1:])


# JAX and PyTorch trace what has an unknown length with one of nearly 100.
def words(rng, sizes, width):
    """`[x]`, words `(B, T, D)`, of which one is all zeros: without a mask it is no padding."""
    x = normal(rng, sizes.batch, sizes.length, width)
    x[0, -1] = 0
    return [x]


ENCODING = Layer(
    unit="positional",
    exercise="PositionalEncoding",
    arguments={"max_length": 103, "d_model": 14},
    inputs=lambda rng, sizes: words(rng, sizes, 14),
    shapes={},
    right=encoded,
    other_arguments={"dropout": 0.25},
    defaults={"dropout": 0.0},
)
test_positional_encoding_layer_values = ENCODING.values(5)


@check(
    "PositionalEncoding",
    3,
    "Every sentence of a batch gets the same positions",
    "批量中每个句子的位置都相同",
)
def test_positional_encoding_layer_rows(student, rng):
    x = normal(rng, 3, 5, 4)
    got = expect.array(student.PositionalEncoding(8, 4)(x))
    expect.shape(got, (3, 5, 4))
    added = got - x
    because = text(
        "The sentences of a batch get different positions.", "同批的句子得到了不同的位置。"
    )
    expect.close(added[1:], added[:-1], because)
    told = text(
        "Words at different places get the same position.", "不同位置的词得到了相同的编码。"
    )
    expect.that(np.abs(added[0, 1:] - added[0, :-1]).max(-1).min() > 1e-3, told)


@check(
    "PositionalEncoding",
    2,
    "With positions, attention is no longer blind to order",
    "有了位置，注意力不再与词序无关",
)
def test_positional_encoding_layer_order(student, rng):
    layer = student.PositionalEncoding(8, 6)
    x, order = normal(rng, 1, 5, 6), np.array([4, 3, 2, 1, 0])
    first, moved = expect.array(layer(x)), expect.array(layer(x[:, order]))
    expect.shape(first, x.shape)
    told = text(
        "What is added should depend on the place alone, not on the word.",
        "加上的内容应只取决于位置，与词无关。",
    )
    expect.same(moved - x[:, order], first - x, told)
    because = text(
        "The words were moved, and attention over your result gives the same vectors, only moved.",
        "词序变了，在你的结果上做注意力，得到的向量却只是换了位置。",
    )
    turned = self_attention(moved) - self_attention(first)[:, order]
    expect.that(np.abs(turned).max() > 1e-2, because)


@check("PositionalEncoding", 3, "Longer than max_length is refused", "超过 max_length 会被拒绝")
def test_positional_encoding_layer_too_long(student, rng):
    layer, x = student.PositionalEncoding(4, 6), normal(rng, 1, 5, 6)
    expect_refusal(lambda: layer(x), TOO_LONG)
    expect_refusal(lambda: layer.graph(x, specs=[(None, 5, 6)]), TOO_LONG)
    expect.close(layer(x[:, :4]), encoded({}, x[:, :4]), WRONG_VALUES)


@check("PositionalEncoding", 1, "Nothing to train", "没有可训练的参数")
def test_positional_encoding_layer_weights(student, rng):
    layer, x = student.PositionalEncoding(4, 6), normal(rng, 1, 3, 6)
    expect.close(layer(x), encoded({}, x), WRONG_VALUES)
    because = text(
        "The sinusoids are fixed: the layer has nothing to train.",
        "正弦编码是固定的：这一层没有可训练的参数。",
    )
    found = battery.found_weights(layer)
    expect.that(not any(weight["trainable"] for weight in found), because)


@check(
    "PositionalEncoding", 4, "In training, sums are dropped at the rate", "训练时按给定比例丢弃总和"
)
def test_positional_encoding_layer_dropout(student, rng):
    for rate, length, width in ((0.25, 37, 54), (0.6, 54, 38)):
        sums = rng.uniform(1, 2, (2, length, width)) * rng.choice([-1, 1], (2, length, width))
        x = (sums - oracle.sinusoidal_encoding(length, width)).astype("float32")
        layer = student.PositionalEncoding(length, width, dropout=rate)
        first, second = (expect.array(layer(x, training=True)) for _ in range(2))
        expect.shape(first, x.shape)
        expect.shape(second, x.shape)
        battery.expect_dropped(first / sums, rate)
        because = text(
            "Each sum should be dropped or kept by itself, and anew in each call.",
            "每个总和应各自独立地决定是否丢弃，且每次调用重新抽取。",
        )
        dropped = first == 0
        expect.that((dropped != (second == 0)).any(), because)
        for axis in range(3):
            expect.that((dropped != dropped.take([0], axis)).any(), because)


@check("PositionalEncoding", 1, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_positional_encoding_layer_unknown_sizes(student, rng):
    layer, weights = ENCODING.transplanted(student, rng)
    x = normal(rng, 2, 3, 14)
    for specs in ([(None, None, 14)], [(2, None, 14)]):
        expect.close(layer.graph(x, specs=specs), encoded(weights, x), COMPILED)


test_positional_encoding_layer_inference = ENCODING.inference(2)
test_positional_encoding_layer_other_sizes = ENCODING.other_sizes(1)
test_positional_encoding_layer_gradient = ENCODING.gradient(1)
test_positional_encoding_layer_masking = ENCODING.masking(1)
test_positional_encoding_layer_config = ENCODING.config(1)
test_positional_encoding_layer_saving = ENCODING.saving(3)
test_positional_encoding_layer_mixed_precision = ENCODING.mixed_precision(2)
test_positional_encoding_layer_xla = ENCODING.xla(1)


# -- LearnedPositions ----------------------------------------------------------------------------

LEARNED = Layer(
    unit="positional",
    exercise="LearnedPositions",
    arguments={"max_length": 103},
    inputs=lambda rng, sizes: words(rng, sizes, 7),
    shapes={"embeddings": (103, 7)},
    right=lambda weights, x: x + weights["embeddings"][: x.shape[1]],
)
test_learned_positions_layer_values = LEARNED.values(
    5, "It adds row t to the word at t", "把第 t 行加到第 t 个词上"
)


@check(
    "LearnedPositions",
    3,
    "One table, max_length high, trainable",
    "一张可训练的表，共 max_length 行",
)
def test_learned_positions_layer_weights(student, rng):
    layer = student.LearnedPositions(6)
    for shape in ((1, 2, 4), (2, 5, 4)):
        layer(normal(rng, *shape))
    because = text(
        "It should have one table (6, 4), made once.", "应只有一张 (6, 4) 的表，只创建一次。"
    )
    battery.expect_weights(layer, [(6, 4)], because)
    table = expect.array(layer.value("embeddings"))
    expect.shape(table, (6, 4), text("The table", "表"))
    alike = text(
        "At the start, every position has the same vector.", "初始时每个位置的向量都相同。"
    )
    expect.that(np.abs(table[1:] - table[:-1]).max() > 1e-6, alike)


@check("LearnedPositions", 2, "Longer than max_length is refused", "超过 max_length 会被拒绝")
def test_learned_positions_layer_too_long(student, rng):
    layer, x, table = student.LearnedPositions(6), normal(rng, 1, 7, 4), normal(rng, 6, 4)
    layer(x[:, :2])
    layer.assign(embeddings=table)
    expect_refusal(lambda: layer(x), TOO_LONG)
    expect_refusal(lambda: layer.graph(x, specs=[(None, 7, 4)]), TOO_LONG)
    expect.close(layer(x[:, :6]), x[:, :6] + table, WRONG_VALUES)


@check("LearnedPositions", 1, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_learned_positions_layer_unknown_sizes(student, rng):
    layer, weights = LEARNED.transplanted(student, rng)
    x = normal(rng, 2, 3, 7)
    for specs in ([(None, None, 7)], [(2, None, 7)]):
        expect.close(layer.graph(x, specs=specs), LEARNED.right(weights, x), COMPILED)


test_learned_positions_layer_other_sizes = LEARNED.other_sizes(1)
test_learned_positions_layer_gradient = LEARNED.gradient(2)
test_learned_positions_layer_masking = LEARNED.masking(1)
test_learned_positions_layer_config = LEARNED.config(1)
test_learned_positions_layer_saving = LEARNED.saving(2)
test_learned_positions_layer_mixed_precision = LEARNED.mixed_precision(1)
