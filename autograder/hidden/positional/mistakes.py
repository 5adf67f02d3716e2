"""Known mistakes of the positional unit. Read as text, never imported by the grader."""

import math

from keras import ops

from autograder.grading.mistakes import mistake
from solutions.positional import (
    LearnedPositions,
    PositionalEncoding,
    integer_positions,
    normalized_positions,
    shift_matrix,
    sinusoidal_encoding,
)


@mistake(
    "counted-from-zero",
    caught_by="values",
    title=("the count begins at 0", "从 0 开始数"),
    hint=(
        "Here the first word has the number 1 and the last the number T.",
        "这里第一个词是 1，最后一个词是 T。",
    ),
)
def integer_positions(length):
    return ops.arange(length, dtype="float32")


@mistake(
    "last-word-left-out",
    caught_by="values",
    title=("the last word has no number", "最后一个词没有编号"),
    hint=(
        "A range ends before its second argument: how many numbers come out?",
        "区间不包含终点：一共得到几个数？",
    ),
)
def integer_positions(length):
    return ops.arange(1, length, dtype="float32")


@mistake(
    "integers-as-integers",
    caught_by="floats",
    title=("the positions are integers", "位置是整数类型"),
    hint=(
        "Word vectors are floats, and so is what is added to them.",
        "词向量是浮点数，与它相加的也应是浮点数。",
    ),
)
def integer_positions(length):
    return ops.arange(1, length + 1, dtype="int32")


@mistake(
    "divided-by-length",
    caught_by="values",
    title=("divided by T instead of T - 1", "除以了 T，而不是 T - 1"),
    hint=(
        "From the first word to the last there are T - 1 steps, and the last stands at 1.",
        "从第一个词到最后一个词共有 T - 1 步，最后一个词应在 1。",
    ),
)
def normalized_positions(length):
    return ops.arange(length, dtype="float32") / length


@mistake(
    "normalized-from-one",
    caught_by="values",
    title=("t / T with t from 1", "用了 t / T，且 t 从 1 开始"),
    hint=("The first word stands at 0.", "第一个词应在 0。"),
)
def normalized_positions(length):
    return ops.arange(1, length + 1, dtype="float32") / length


@mistake(
    "one-word-gives-nan",
    caught_by="one_word",
    title=("0 divided by 0 for a single word", "只有一个词时出现 0 除以 0"),
    hint=(
        "With one word there is no step to divide by: what should its position be?",
        "只有一个词时没有可除的步数：它的位置应是多少？",
    ),
)
def normalized_positions(length):
    return ops.arange(length, dtype="float32") / ops.cast(length - 1, "float32")


def encoded(length, d_model, frequency, cosine_first=False, start=0):
    """The sinusoids of given frequencies, interleaved."""
    if d_model % 2:
        raise ValueError("odd")
    angle = ops.arange(start, length + start, dtype="float32")[:, None] * frequency
    pair = [ops.cos(angle), ops.sin(angle)] if cosine_first else [ops.sin(angle), ops.cos(angle)]
    return ops.reshape(ops.stack(pair, axis=-1), (length, d_model))


def frequencies(d_model, base=10000.0):
    return base ** (-ops.arange(0, d_model, 2, dtype="float32") / d_model)


@mistake(
    "sines-and-cosines-in-halves",
    caught_by="values",
    title=("all sines first, then all cosines", "先放全部正弦，再放全部余弦"),
    hint=(
        "Here sine and cosine of one frequency are neighbours: even columns, odd columns.",
        "这里同一频率的正弦和余弦相邻：偶数列是正弦，奇数列是余弦。",
    ),
)
def sinusoidal_encoding(length, d_model):
    if d_model % 2:
        raise ValueError("odd")
    angle = ops.arange(length, dtype="float32")[:, None] * frequencies(d_model)
    return ops.concatenate([ops.sin(angle), ops.cos(angle)], axis=-1)


@mistake(
    "cosine-first",
    caught_by="values",
    title=("cosine in even columns, sine in odd ones", "偶数列放了余弦，奇数列放了正弦"),
    hint=("At position 0 the first column is sin 0.", "位置 0 的第一列是 sin 0。"),
)
def sinusoidal_encoding(length, d_model):
    return encoded(length, d_model, frequencies(d_model), cosine_first=True)


@mistake(
    "exponent-not-paired",
    caught_by="values",
    title=("every column has a frequency of its own", "每一列各用了一个频率"),
    hint=("The columns 2i and 2i + 1 share one frequency.", "第 2i 列和第 2i + 1 列共用一个频率。"),
)
def sinusoidal_encoding(length, d_model):
    if d_model % 2:
        raise ValueError("odd")
    column = ops.arange(d_model, dtype="float32")
    angle = ops.arange(length, dtype="float32")[:, None] * 10000.0 ** (-column / d_model)
    return ops.where(ops.arange(d_model) % 2 == 0, ops.sin(angle), ops.cos(angle))


@mistake(
    "exponent-doubled",
    caught_by="values",
    title=("the exponent grows twice as fast", "指数增长快了一倍"),
    hint=(
        "In 2i / D the 2i is the number of the column, not twice that number.",
        "2i / D 里的 2i 就是列号，不是列号的两倍。",
    ),
)
def sinusoidal_encoding(length, d_model):
    pair = 2 * ops.arange(0, d_model, 2, dtype="float32")
    return encoded(length, d_model, 10000.0 ** (-pair / d_model))


@mistake(
    "exponent-halved",
    caught_by="values",
    title=("i / D in place of 2i / D", "用了 i / D，而不是 2i / D"),
    hint=(
        "The i-th pair has the exponent 2i / D; the slowest hand comes near 1 / 10000.",
        "第 i 对的指数是 2i / D；最慢的指针接近 1 / 10000。",
    ),
)
def sinusoidal_encoding(length, d_model):
    pair = ops.arange(d_model // 2, dtype="float32")
    return encoded(length, d_model, 10000.0 ** (-pair / d_model))


@mistake(
    "base-ten",
    caught_by="values",
    title=("the base is not 10000", "底数不是 10000"),
    hint=(
        "The wavelengths go from 2 pi to nearly 10000 times 2 pi.",
        "波长从 2π 一直到将近 10000 乘 2π。",
    ),
)
def sinusoidal_encoding(length, d_model):
    return encoded(length, d_model, frequencies(d_model, 1000.0))


@mistake(
    "encoding-from-one",
    caught_by="values",
    title=("positions count from 1", "位置从 1 开始数"),
    hint=("The first position is 0: there every sine is 0.", "第一个位置是 0：那里的正弦都是 0。"),
)
def sinusoidal_encoding(length, d_model):
    return encoded(length, d_model, frequencies(d_model), start=1)


@mistake(
    "odd-width-accepted",
    caught_by="odd_width",
    title=("an odd width is made even in silence", "奇数宽度被悄悄处理掉了"),
    hint=(
        "Sine and cosine come in pairs: an odd d_model deserves a ValueError.",
        "正弦余弦成对出现：d_model 为奇数时应抛出 ValueError。",
    ),
)
def sinusoidal_encoding(length, d_model):
    even = d_model + d_model % 2
    pair = ops.arange(0, even, 2, dtype="float32")
    angle = ops.arange(length, dtype="float32")[:, None] * 10000.0 ** (-pair / d_model)
    both = ops.reshape(ops.stack([ops.sin(angle), ops.cos(angle)], axis=-1), (length, even))
    return both[:, :d_model]


@mistake(
    "shifted-backwards",
    caught_by="moves",
    title=("the matrix turns the other way", "矩阵转反了方向"),
    hint=(
        "The encoding is a row that stands before the matrix: encoding[t] @ M.",
        "编码是行向量，乘在矩阵的左边：encoding[t] @ M。",
    ),
)
def shift_matrix(offset, d_model):
    pair = ops.arange(0, d_model, 2, dtype="float32")
    turn = offset * ops.exp(pair * (-math.log(10000.0) / d_model))
    sine, cosine = ops.sin(turn), ops.cos(turn)
    turns = ops.stack([ops.stack([cosine, sine], -1), ops.stack([-sine, cosine], -1)], 1)
    placed = ops.eye(d_model // 2)[:, None, :, None] * turns[:, :, None, :]
    return ops.reshape(placed, (d_model, d_model))


@mistake(
    "shift-for-halves",
    caught_by="moves",
    title=("the blocks are laid out for halves", "矩阵按“前半正弦、后半余弦”排布"),
    hint=(
        "Sine and cosine of one frequency are neighbours, so its block lies on the diagonal.",
        "同一频率的正弦余弦相邻，所以它的小方块在对角线上。",
    ),
)
def shift_matrix(offset, d_model):
    turn = offset * frequencies(d_model)
    sine, cosine = ops.diag(ops.sin(turn)), ops.diag(ops.cos(turn))
    upper = ops.concatenate([cosine, -sine], axis=1)
    return ops.concatenate([upper, ops.concatenate([sine, cosine], axis=1)], axis=0)


@mistake(
    "same-turn-for-every-pair",
    caught_by="moves",
    title=("every pair is turned by the same angle", "每一对都转了同样的角度"),
    hint=(
        "Each pair has a frequency of its own, so the same offset turns it differently.",
        "每一对的频率不同，同样的 offset 转过的角度也不同。",
    ),
)
def shift_matrix(offset, d_model):
    turn = offset * ops.ones((d_model // 2,))
    sine, cosine = ops.sin(turn), ops.cos(turn)
    turns = ops.stack([ops.stack([cosine, -sine], -1), ops.stack([sine, cosine], -1)], 1)
    placed = ops.eye(d_model // 2)[:, None, :, None] * turns[:, :, None, :]
    return ops.reshape(placed, (d_model, d_model))


def placed(layer, x, training=None):
    """The sum and the dropout of the reference."""
    encoding = sinusoidal_encoding(layer.max_length, layer.d_model)[: ops.shape(x)[1]]
    return layer.dropout_layer(x + ops.cast(encoding, x.dtype), training=training)


@mistake(
    "encoding-instead-of-sum",
    caught_by="values",
    title=("the words are gone: only the encoding is given", "只返回了编码，词向量不见了"),
    hint=("The layer adds: words plus positions.", "这一层做的是加法：词加上位置。"),
)
class PositionalEncoding(PositionalEncoding):
    def call(self, x, training=None):
        return placed(self, ops.zeros_like(x), training)


@mistake(
    "encoding-multiplied",
    caught_by="values",
    title=("multiplied in place of added", "用了乘法而不是加法"),
    hint=(
        "At position 0 the sines are 0: a product would wipe the word out.",
        "位置 0 处正弦为 0：乘法会把词抹掉。",
    ),
)
class PositionalEncoding(PositionalEncoding):
    def call(self, x, training=None):
        encoding = sinusoidal_encoding(self.max_length, self.d_model)[: ops.shape(x)[1]]
        return self.dropout_layer(x * ops.cast(encoding, x.dtype), training=training)


@mistake(
    "position-of-the-batch-row",
    caught_by="rows",
    title=("the sentence is numbered, not the word", "给句子编了号，而不是给词"),
    hint=("Which axis of x counts the words?", "x 的哪个轴是词？"),
)
class PositionalEncoding(PositionalEncoding):
    def call(self, x, training=None):
        encoding = sinusoidal_encoding(self.max_length, self.d_model)[: ops.shape(x)[0]]
        return self.dropout_layer(x + encoding[:, None, :], training=training)


@mistake(
    "words-scaled-here",
    caught_by="values",
    title=("the words are scaled by sqrt(D) in this layer", "在这一层里把词乘了 sqrt(D)"),
    hint=(
        "That factor belongs to the embedding; this layer only adds.",
        "那个系数属于词嵌入；这一层只做加法。",
    ),
)
class PositionalEncoding(PositionalEncoding):
    def call(self, x, training=None):
        return placed(self, x * math.sqrt(self.d_model), training)


@mistake(
    "too-long-cut-off",
    caught_by="too_long",
    title=("a long sentence is cut off", "把过长的句子截断了"),
    hint=(
        "Losing words in silence is worse than an error: raise ValueError.",
        "悄悄丢词比报错更糟：应抛出 ValueError。",
    ),
)
class PositionalEncoding(PositionalEncoding):
    def call(self, x, training=None):
        return placed(self, x[:, : self.max_length], training)


@mistake(
    "dropout-always-on",
    caught_by="inference",
    title=("dropout works outside of training too", "不在训练时 dropout 也起作用"),
    hint=(
        "Whether anything is dropped is for the caller to say: hand training on.",
        "是否丢弃由调用者决定：把 training 传下去。",
    ),
)
class PositionalEncoding(PositionalEncoding):
    def call(self, x, training=None):
        return placed(self, x, True)


@mistake(
    "dropout-forgotten",
    caught_by="dropout",
    title=("nothing is dropped in training", "训练时没有丢弃"),
    hint=(
        "The sums of words and positions are dropped out in training.",
        "训练时，词与位置之和要经过 dropout。",
    ),
)
class PositionalEncoding(PositionalEncoding):
    def call(self, x, training=None):
        return placed(self, x, False)


@mistake(
    "all-positions-start-at-zero",
    caught_by="weights",
    title=("every position begins with the same vector", "所有位置的初始向量都相同"),
    hint=(
        "Positions that start alike tell nothing apart: draw them at random.",
        "初始相同的位置无法区分先后：应随机初始化。",
    ),
)
class LearnedPositions(LearnedPositions):
    def build(self, input_shape):
        self.embeddings = self.add_weight(
            shape=(self.max_length, input_shape[-1]), initializer="zeros", name="embeddings"
        )


@mistake(
    "table-not-trainable",
    caught_by="weights",
    title=("the table can't be trained", "这张表不可训练"),
    hint=(
        "Learned vectors are weights like any other.",
        "学习得到的向量与其他权重一样，都要训练。",
    ),
)
class LearnedPositions(LearnedPositions):
    def build(self, input_shape):
        self.embeddings = self.add_weight(
            shape=(self.max_length, input_shape[-1]),
            initializer="uniform",
            trainable=False,
            name="embeddings",
        )


@mistake(
    "last-rows-in-place-of-first",
    caught_by="values",
    title=("the table's last rows are used", "用了表的最后几行"),
    hint=(
        "The word at 0 gets row 0, however short the sentence is.",
        "无论句子多短，第 0 个词都用第 0 行。",
    ),
)
class LearnedPositions(LearnedPositions):
    def call(self, x):
        if x.shape[1] is not None and x.shape[1] > self.max_length:
            raise ValueError("too long")
        return x + self.embeddings[self.max_length - x.shape[1] :]


@mistake(
    "one-vector-for-all",
    caught_by="values",
    title=("every word gets the vector of position 0", "每个词都加了位置 0 的向量"),
    hint=("The word at t gets row t.", "第 t 个词用第 t 行。"),
)
class LearnedPositions(LearnedPositions):
    def call(self, x):
        if x.shape[1] is not None and x.shape[1] > self.max_length:
            raise ValueError("too long")
        return x + self.embeddings[0]
