"""Public checks of the positional unit: small examples, worked out by hand."""

import math

import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, public_check, tensor
from course.kit.language import say


def expect_value_error(call, reason):
    try:
        call()
    except ValueError:
        return
    raise Mismatch(f"ValueError: {reason}", say("no error", "没有报错"))


@public_check(
    "integer_positions",
    title=("Six characters", "太阳晒屁股啦，六个字"),
    hint=("From 1 to T, the last included.", "从 1 到 T，包含最后一个。"),
)
def test_integer_positions_six(work):
    expect_equal(work.integer_positions(6), [1, 2, 3, 4, 5, 6])


@public_check(
    "integer_positions",
    title=("One word", "一个词"),
    hint=("The first position is 1.", "第一个位置是 1。"),
)
def test_integer_positions_one(work):
    expect_equal(work.integer_positions(1), [1])


@public_check(
    "normalized_positions",
    title=("Six characters from 0 to 1", "太阳晒屁股啦，从 0 到 1"),
    hint=(
        "Six words make five steps; the last word stands at 1.",
        "六个字之间有五步；最后一个字在 1。",
    ),
)
def test_normalized_positions_six(work):
    expect_equal(work.normalized_positions(6), [0, 0.2, 0.4, 0.6, 0.8, 1])


@public_check(
    "normalized_positions",
    title=("One word stands at 0", "只有一个词时在 0"),
    hint=("Without a step there is nothing to divide by.", "没有步数时，不能用它做除数。"),
)
def test_normalized_positions_one(work):
    expect_equal(work.normalized_positions(1), [0])


@public_check(
    "sinusoidal_encoding",
    title=("Two columns: sin t and cos t", "两列：sin t 和 cos t"),
    hint=(
        "The first pair turns one radian a step: its frequency is 10000^0 = 1.",
        "第一对每步转一弧度：频率是 10000^0 = 1。",
    ),
)
def test_sinusoidal_encoding_two_columns(work):
    expected = [[0, 1], [math.sin(1), math.cos(1)], [math.sin(2), math.cos(2)]]
    expect_equal(work.sinusoidal_encoding(3, 2), expected)


@public_check(
    "sinusoidal_encoding",
    title=("Four columns: the second pair is a hundred times slower", "四列：第二对慢一百倍"),
    hint=(
        "Columns 2 and 3 have i = 1 and D = 4: 10000^(2/4) = 100.",
        "第 2、3 列的 i = 1，D = 4：10000^(2/4) = 100。",
    ),
)
def test_sinusoidal_encoding_four_columns(work):
    got = as_array(work.sinusoidal_encoding(2, 4))
    expected = [
        [0, 1, 0, 1],
        [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)],
    ]
    expect_equal(got, expected)


@public_check(
    "sinusoidal_encoding",
    title=("An odd width is refused", "奇数宽度会被拒绝"),
    hint=("Raise ValueError where d_model is odd.", "d_model 为奇数时抛出 ValueError。"),
)
def test_sinusoidal_encoding_odd(work):
    expect_value_error(lambda: work.sinusoidal_encoding(2, 3), "d_model = 3")


@public_check(
    "shift_matrix",
    title=("One step on, from position 0", "从位置 0 前进一步"),
    hint=(
        "The row (0, 1) times M has to be (sin 1, cos 1): that is M's second row.",
        "行向量 (0, 1) 乘以 M 应得 (sin 1, cos 1)：这就是 M 的第二行。",
    ),
)
def test_shift_matrix_one_step(work):
    sine, cosine = math.sin(1), math.cos(1)
    expect_equal(work.shift_matrix(1, 2), [[cosine, -sine], [sine, cosine]])


@public_check(
    "shift_matrix",
    title=("A shift by 0 changes nothing", "移动 0 不改变任何东西"),
    hint=("sin 0 = 0 and cos 0 = 1.", "想一想：sin 0 = 0，cos 0 = 1。"),
)
def test_shift_matrix_zero(work):
    expect_equal(work.shift_matrix(0, 4), np.eye(4))


@public_check(
    "PositionalEncoding",
    title=("Zeros become their positions", "零向量变成它的位置"),
    hint=("Words plus encoding, row t for word t.", "词加上编码，第 t 个词加第 t 行。"),
)
def test_positional_encoding_layer_zeros(work):
    got = work.PositionalEncoding(5, 2)(tensor(np.zeros((1, 2, 2))))
    expect_equal(got, [[[0, 1], [math.sin(1), math.cos(1)]]])


@public_check(
    "PositionalEncoding",
    title=("Both sentences of a batch alike, nothing dropped", "批量中两句一样，且不丢弃"),
    hint=(
        "The position goes along the axis of the words; dropout is for training only.",
        "位置沿词的轴变化；dropout 只用于训练。",
    ),
)
def test_positional_encoding_layer_batch(work):
    got = work.PositionalEncoding(5, 2, dropout=0.9)(tensor(np.ones((2, 1, 2))))
    expect_equal(got, [[[1, 2]], [[1, 2]]])


@public_check(
    "PositionalEncoding",
    title=("Three words where two are the most", "最多两个词，却来了三个"),
    hint=(
        "Raise ValueError where x.shape[1] is larger than max_length.",
        "x.shape[1] 大于 max_length 时抛出 ValueError。",
    ),
)
def test_positional_encoding_layer_too_long(work):
    layer = work.PositionalEncoding(2, 4)
    expect_value_error(lambda: layer(tensor(np.zeros((1, 3, 4)))), "3 > 2")


def learned(work):
    layer = work.LearnedPositions(3)
    layer(tensor(np.zeros((1, 2, 2))))
    if not hasattr(layer, "embeddings"):
        raise Mismatch(say("a weight in self.embeddings", "self.embeddings 中的权重"), "-")
    return layer


@public_check(
    "LearnedPositions",
    title=("The first rows of the table are added", "加上表的前几行"),
    hint=("A sentence of two words gets the rows 0 and 1.", "两个词的句子用第 0 行和第 1 行。"),
)
def test_learned_positions_layer_rows(work):
    layer = learned(work)
    layer.embeddings.assign(np.array([[1, 2], [3, 4], [5, 6]], "float32"))
    expect_equal(layer(tensor([[[0, 0], [10, 10]]])), [[[1, 2], [13, 14]]])


@public_check(
    "LearnedPositions",
    title=("One table, three rows high", "一张三行的表"),
    hint=("add_weight in build, max_length rows.", "在 build 里用 add_weight，共 max_length 行。"),
)
def test_learned_positions_layer_table(work):
    layer = learned(work)
    shapes = [tuple(weight.shape) for weight in layer.trainable_weights]
    if shapes != [(3, 2)]:
        raise Mismatch("[(3, 2)]", str(shapes))
