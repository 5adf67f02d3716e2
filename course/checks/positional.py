"""Public checks of the positional unit: small examples, worked out by hand."""

import math

import numpy as np

from course.kit.checking import (
    Mismatch,
    array_text,
    as_array,
    expect_equal,
    expect_mask_kept,
    tensor,
    without,
)
from course.kit.language import say
from course.kit.public_checks import public_check

BUILT_IN = ("course.kit.parts.PositionalEncoding.__init__",)


def expect_value_error(call, reason):
    try:
        call()
    except ValueError:
        return
    raise Mismatch(f"ValueError: {reason}", say("no error", "没有报错"))


@public_check(
    "integer_positions",
    title=("Six characters", "太阳晒屁股啦，六个字"),
    hint=(
        "From 1 to T, the last included; floats, for they are added to words.",
        "从 1 到 T，包含最后一个；用浮点数，因为要与词向量相加。",
    ),
)
def test_integer_positions_six(work):
    got = as_array(work.integer_positions(6))
    expect_equal(got, [1, 2, 3, 4, 5, 6], length=6)
    if got.dtype.kind in "bui":
        raise Mismatch(say("floats", "浮点数"), str(got.dtype), inputs="length = 6")


@public_check(
    "integer_positions",
    title=("One word", "一个词"),
    hint=("The first position is 1.", "第一个位置是 1。"),
)
def test_integer_positions_one(work):
    expect_equal(work.integer_positions(1), [1], length=1)


@public_check(
    "normalized_positions",
    title=("Six characters from 0 to 1", "太阳晒屁股啦，从 0 到 1"),
    hint=(
        "Six words make five steps; the last word stands at 1.",
        "六个字之间有五步；最后一个字在 1。",
    ),
)
def test_normalized_positions_six(work):
    expect_equal(work.normalized_positions(6), [0, 0.2, 0.4, 0.6, 0.8, 1], length=6)


@public_check(
    "normalized_positions",
    title=("One word stands at 0", "只有一个词时在 0"),
    hint=("Without a step there is nothing to divide by.", "没有步数时，不能用它做除数。"),
)
def test_normalized_positions_one(work):
    expect_equal(work.normalized_positions(1), [0], length=1)


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
    expect_equal(work.sinusoidal_encoding(3, 2), expected, length=3, d_model=2)


@public_check(
    "sinusoidal_encoding",
    title=("Four columns: the second pair is a hundred times slower", "四列：第二对慢一百倍"),
    hint=(
        "Columns 2 and 3 have i = 1 and D = 4: 10000^(2/4) = 100.",
        "第 2、3 列的 i = 1，D = 4：10000^(2/4) = 100。",
    ),
)
def test_sinusoidal_encoding_four_columns(work):
    expected = [
        [0, 1, 0, 1],
        [math.sin(1), math.cos(1), math.sin(0.01), math.cos(0.01)],
    ]
    expect_equal(work.sinusoidal_encoding(2, 4), expected, length=2, d_model=4)


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
    expected = [[cosine, -sine], [sine, cosine]]
    expect_equal(work.shift_matrix(1, 2), expected, offset=1, d_model=2)


@public_check(
    "shift_matrix",
    title=("Four columns: the second pair turns a hundred times less", "四列：第二对转得慢一百倍"),
    hint=(
        "Each pair has a block of its own on the diagonal; everywhere else are zeros.",
        "每一对在对角线上有自己的小方块，其余都是零。",
    ),
)
def test_shift_matrix_two_pairs(work):
    expected = np.zeros((4, 4))
    for first, angle in ((0, 3), (2, 0.03)):
        sine, cosine = math.sin(angle), math.cos(angle)
        expected[first : first + 2, first : first + 2] = [[cosine, -sine], [sine, cosine]]
    expect_equal(work.shift_matrix(3, 4), expected, offset=3, d_model=4)


@public_check(
    "shift_matrix",
    title=("A shift by 0 changes nothing", "移动 0 不改变任何东西"),
    hint=("sin 0 = 0 and cos 0 = 1.", "想一想：sin 0 = 0，cos 0 = 1。"),
)
def test_shift_matrix_zero(work):
    expect_equal(work.shift_matrix(0, 4), np.eye(4), offset=0, d_model=4)


def encoding_layer(work, *arguments, **options):
    with without(*BUILT_IN):
        return work.PositionalEncoding(*arguments, **options)


@public_check(
    "PositionalEncoding",
    title=("Each word gets the position of its place", "每个词加上它所在位置的编码"),
    hint=(
        "Words plus encoding, row t for word t; the position goes along the axis of the words.",
        "词加上编码，第 t 个词加第 t 行；位置沿词的轴变化。",
    ),
)
def test_positional_encoding_layer_two_sentences(work):
    x = tensor([[[0, 0], [10, 20], [5, 0]], [[1, 2], [3, 4], [0, 7]]])
    positions = [[0, 1], [math.sin(1), math.cos(1)], [math.sin(2), math.cos(2)]]
    expect_equal(encoding_layer(work, 5, 2)(x), as_array(x) + positions, x=x)


@public_check(
    "PositionalEncoding",
    title=("In training the sums are dropped, elsewhere nothing", "训练时丢弃总和，其他时候不丢弃"),
    hint=(
        "The sum of word and position goes through the dropout layer; hand training on.",
        "词与位置之和要经过 dropout 层；把 training 传下去。",
    ),
)
def test_positional_encoding_layer_dropout(work):
    layer, x = encoding_layer(work, 5, 2, dropout=0.5), tensor(np.full((3, 5, 2), 4))
    sums = as_array(x) + as_array(work.PositionalEncoding(5, 2)(x))[0] - 4
    expect_equal(layer(x), sums, x=x, dropout=0.5)
    trained = as_array(layer(x, training=True))
    expected = say("each sum doubled or 0", "每个总和要么加倍，要么为 0")
    if trained.shape != sums.shape:
        raise Mismatch(expected, f"{say('the shape', '形状')} {trained.shape}")
    dropped = np.abs(trained) < 1e-6
    if not dropped.any() or not np.allclose(trained[~dropped], 2 * sums[~dropped], atol=1e-4):
        raise Mismatch(expected, str(trained[0, :2]))


@public_check(
    "PositionalEncoding",
    title=("Three words where two are the most", "最多两个词，却来了三个"),
    hint=(
        "Raise ValueError where x.shape[1] is larger than max_length.",
        "x.shape[1] 大于 max_length 时抛出 ValueError。",
    ),
)
def test_positional_encoding_layer_too_long(work):
    layer = encoding_layer(work, 2, 4)
    expect_value_error(lambda: layer(tensor(np.zeros((1, 3, 4)))), "3 > 2")


@public_check(
    "PositionalEncoding",
    title=("A mask that the words bring along goes on", "词自带的掩码会继续传递"),
    hint=(
        "self.supports_masking = True in the constructor: Keras then hands the mask on by itself.",
        "在构造函数中写 self.supports_masking = True，Keras 就会自动传递掩码。",
    ),
)
def test_positional_encoding_layer_attached_mask(work):
    x = tensor([[[3, 4], [0, 0]], [[5, 6], [7, 8]]])
    expect_mask_kept(encoding_layer(work, 5, 2), x, [[True, False], [True, True]])


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
    x = tensor([[[0, 0], [10, 20]], [[7, 0], [0, 0]], [[1, 1], [2, 2]]])
    right = [[[1, 2], [13, 24]], [[8, 2], [3, 4]], [[2, 3], [5, 6]]]
    expect_equal(layer(x), right, x=x)


@public_check(
    "LearnedPositions",
    title=("One table, three rows high", "一张三行的表"),
    hint=(
        "add_weight in build, max_length rows, drawn at random: positions that start alike tell "
        "nothing apart.",
        "在 build 里用 add_weight，共 max_length 行，随机初始化：初始相同的位置无法区分。",
    ),
)
def test_learned_positions_layer_table(work):
    layer = learned(work)
    shapes = [tuple(weight.shape) for weight in layer.trainable_weights]
    if shapes != [(3, 2)]:
        raise Mismatch("[(3, 2)]", str(shapes))
    table = as_array(layer.embeddings)
    if np.allclose(table[1:], table[:-1]):
        raise Mismatch(say("rows that differ", "互不相同的行"), array_text(table))
