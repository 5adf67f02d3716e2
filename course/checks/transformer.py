"""Public checks of the Transformer unit: small examples, worked out by hand.

Sub-layers are made to say something simple. A silent one adds nothing. With query and key set to
zero all scores are equal, and attention is an average of the words that may be looked at.
"""

import math

import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, tensor
from course.kit.language import say
from course.kit.parts import PositionalEncoding
from course.kit.public_checks import public_check

WIDTH, HEADS, INNER = 6, 3, 5
X = np.array(
    [
        [[1, -1, 2, 0, 4, 3], [0, 3, 1, -2, 2, 5], [2, 2, -1, 1, -3, 0]],
        [[-2, 0, 1, 1, 0, 3], [4, 1, 0, 2, -1, -1], [0, 0, 5, -1, 1, 2]],
    ],
    "float32",
)
MEMORY = np.array(
    [
        [[3, 0, 1, -1, 2, 0], [1, 1, 0, 4, 0, -2], [0, -3, 2, 1, 1, 1], [5, 5, 0, 0, -5, 1]],
        [[0, 2, 0, -2, 1, 3], [2, 0, 4, 0, 0, 1], [-1, 1, 1, 0, 3, 2], [0, 1, -4, 2, 2, 0]],
    ],
    "float32",
)
MASK = np.array([[True, True, False], [True, False, True]])
MEMORY_MASK = np.array([[True, False, True, False], [True, True, True, False]])
# The room that is left for the epsilon of a normalisation.
NORMALISED = 5e-3
WEIGHTS = ("weights, the second of the two that are returned", "权重，即返回的第二项")


def of(layer, name):
    part = getattr(layer, name, None)
    if part is None:
        raise Mismatch(
            say(f"a layer in self.{name}", f"self.{name} 中的一个层"), say("none", "没有")
        )
    return part


def fill(layer, weight, value):
    """Set a weight to one number, or to an array."""
    variable = of(layer, weight)
    variable.assign(np.broadcast_to(np.float32(value), tuple(variable.shape)))


def silence(layer, *names):
    """Set what these sub-layers say to zero."""
    for name in names:
        inner = of(layer, name)
        last = of(inner, "outer" if name == "feed_forward" else "output_projection")
        fill(last, "kernel", 0)
        fill(last, "bias", 0)


def average(layer, name):
    """Make an attention give the average of the words that it may look at."""
    attention = of(layer, name)
    for projection in ("query", "key", "value", "output"):
        plain = np.eye(WIDTH) if projection in ("value", "output") else 0
        fill(of(attention, f"{projection}_projection"), "kernel", plain)
        fill(of(attention, f"{projection}_projection"), "bias", 0)


def normalised(x):
    x = np.asarray(x, "float64")
    return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)


def means(x, seen):
    """The average of the words that each row of `seen` (B, T, S) marks."""
    seen = seen / seen.sum(-1, keepdims=True)
    return seen @ np.asarray(x, "float64")


def expect_some_dropped(layer, *inputs, part):
    """Fail where a layer that says ones and adds them to zeros says the same in training."""
    calm, wild = as_array(layer(*inputs)), as_array(layer(*inputs, training=True))
    if np.abs(calm).max() > 1e-3:
        raise Mismatch(say("nothing dropped outside of training", "不在训练时不丢弃"), part)
    if np.abs(wild).max() < 1e-3:
        raise Mismatch(
            say(
                f"a part of what {part} says is dropped in training", f"训练时丢弃 {part} 的一部分"
            ),
            say("all of it is there", "一点也没有丢弃"),
        )


# -- FeedForward ----------------------------------------------------------------------------------


@public_check(
    "FeedForward",
    title=("(a, b) becomes (|a|, 5 - max(0, 2b + 1))", "(a, b) 变为 (|a|, 5 - max(0, 2b + 1))"),
    hint=(
        "max(0, a) + max(0, -a) = |a|: the ReLU stands between the two layers, and only there.",
        "max(0, a) + max(0, -a) = |a|：ReLU 在两层之间，也只在那里。",
    ),
)
def test_feed_forward_layer_absolute(work):
    layer = work.FeedForward(2, 3)
    x = tensor([[[3, 1], [-2, 4]], [[0, -3], [-5, 0]]])
    layer(x)
    fill(of(layer, "inner"), "kernel", [[1, -1, 0], [0, 0, 2]])
    fill(of(layer, "inner"), "bias", [0, 0, 1])
    fill(of(layer, "outer"), "kernel", [[1, 0], [1, 0], [0, -1]])
    fill(of(layer, "outer"), "bias", [0, 5])
    expect_equal(layer(x), [[[3, 2], [2, -4]], [[0, 5], [5, 4]]], x=x)


@public_check(
    "FeedForward",
    title=("Two Dense layers", "两个 Dense 层"),
    hint=("d_ff wide inside, d_model wide outside.", "中间宽 d_ff，输出宽 d_model。"),
)
def test_feed_forward_layer_weights(work):
    layer = work.FeedForward(3, 5)
    layer(tensor(np.zeros((1, 2, 3))))
    shapes = sorted(tuple(weight.shape) for weight in layer.weights)
    if shapes != [(3,), (3, 5), (5,), (5, 3)]:
        raise Mismatch("(3, 5), (5,), (5, 3), (3,)", str(shapes))


# -- EncoderLayer ---------------------------------------------------------------------------------


@public_check(
    "EncoderLayer",
    title=("With silent sub-layers only the norms are left", "子层不出声时只剩归一化"),
    hint=(
        "LayerNorm(x + sublayer(x)): x comes through, normalised by each of the two norms.",
        "LayerNorm(x + 子层(x))：x 通过，并先后经过两个归一化。",
    ),
)
def test_encoder_layer_layer_silent(work):
    layer = work.EncoderLayer(WIDTH, HEADS, INNER)
    layer(tensor(X))
    silence(layer, "attention", "feed_forward")
    fill(of(layer, "feed_forward_norm"), "gamma", 2)
    fill(of(layer, "feed_forward_norm"), "beta", 1)
    expect_equal(layer(tensor(X)), 2 * normalised(X) + 1, NORMALISED, x=X)


@public_check(
    "EncoderLayer",
    title=("With equal scores each word gets the average", "分数相等时每个词得到平均值"),
    hint=(
        "Every real word looks at all real words. The mask (B, S) becomes (B, 1, S). Each of the "
        "two sums adds to what came out just before.",
        "每个真实的词都看所有真实的词。掩码 (B, S) 变成 (B, 1, S)。两次相加都加到前一步的结果上。",
    ),
)
def test_encoder_layer_layer_mask(work):
    layer = work.EncoderLayer(WIDTH, HEADS, INNER)
    layer(tensor(X))
    average(layer, "attention")
    silence(layer, "feed_forward")
    bias = np.arange(WIDTH)
    fill(of(of(layer, "feed_forward"), "outer"), "bias", bias)
    got = layer(tensor(X), mask=tensor(MASK, "bool"))
    right = normalised(normalised(X + means(X, MASK[:, None, :])) + bias)
    part = say("the real words", "真实的词"), say("the real words", "真实的词")
    expect_equal(as_array(got)[MASK], right[MASK], NORMALISED, part, x=X, mask=MASK)


@public_check(
    "EncoderLayer",
    title=("Each sub-layer's output is dropped, in training alone", "只在训练时丢弃各子层的输出"),
    hint=(
        "Dropout stands between a sub-layer and the sum. Hand training on.",
        "dropout 在子层与相加之间。把 training 传下去。",
    ),
)
def test_encoder_layer_layer_dropout(work):
    x, parts = tensor(np.zeros((2, 7, WIDTH))), ("attention", "feed_forward")
    layer = work.EncoderLayer(WIDTH, HEADS, INNER, dropout=0.5)
    layer(x)
    for name in parts:
        silence(layer, *parts)
        last = "outer" if name == "feed_forward" else "output_projection"
        fill(of(of(layer, name), last), "bias", 1)
        expect_some_dropped(layer, x, part=name)


# -- DecoderLayer ---------------------------------------------------------------------------------


@public_check(
    "DecoderLayer",
    title=("With equal scores a word gets the average of the past", "分数相等时得到过去的平均值"),
    hint=(
        "The layer is causal by itself: word t looks at the real words up to t, itself too.",
        "这一层自己就是因果的：词 t 看到 t 为止的真实的词，也看自己。",
    ),
)
def test_decoder_layer_layer_future(work):
    layer = work.DecoderLayer(WIDTH, HEADS, INNER)
    layer(tensor(X), tensor(MEMORY))
    average(layer, "self_attention")
    silence(layer, "cross_attention", "feed_forward")
    got = layer(tensor(X), tensor(MEMORY), target_mask=tensor(MASK, "bool"))
    right = normalised(X + means(X, np.tri(3) * MASK[:, None, :]))
    part = say("the real words", "真实的词"), say("the real words", "真实的词")
    expect_equal(as_array(got)[MASK], right[MASK], NORMALISED, part, target=X, target_mask=MASK)


@public_check(
    "DecoderLayer",
    title=("Then each word gets the average of the memory", "然后得到记忆的平均值"),
    hint=(
        "First its own words, then the source. memory_mask belongs to the second attention.",
        "先看自己的词，再看源句。memory_mask 属于第二个注意力。",
    ),
)
def test_decoder_layer_layer_memory_mask(work):
    layer = work.DecoderLayer(WIDTH, HEADS, INNER)
    layer(tensor(X), tensor(MEMORY))
    average(layer, "self_attention")
    average(layer, "cross_attention")
    silence(layer, "feed_forward")
    got = layer(tensor(X), tensor(MEMORY), memory_mask=tensor(MEMORY_MASK, "bool"))
    own = normalised(X + means(X, np.tri(3)[None]))
    right = normalised(normalised(own + means(MEMORY, MEMORY_MASK[:, None, :])))
    inputs = {"target": X, "memory": MEMORY, "memory_mask": MEMORY_MASK}
    expect_equal(got, right, NORMALISED, **inputs)


@public_check(
    "DecoderLayer",
    title=("Its scores over the source", "对源句的分数"),
    hint=(
        "Asked for scores, it gives a pair: the output, and the second attention's weights.",
        "要求给出分数时返回一对：输出，以及第二个注意力的权重。",
    ),
)
def test_decoder_layer_layer_scores(work):
    layer = work.DecoderLayer(WIDTH, HEADS, INNER)
    layer(tensor(X), tensor(MEMORY))
    average(layer, "cross_attention")
    options = {"memory_mask": tensor(MEMORY_MASK, "bool"), "return_attention_scores": True}
    answer = layer(tensor(X), tensor(MEMORY), **options)
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Mismatch(
            say("a pair (output, weights)", "二元组 (output, weights)"), say("one", "一个")
        )
    weights = MEMORY_MASK / MEMORY_MASK.sum(-1, keepdims=True)
    right = np.broadcast_to(weights[:, None, None], (2, HEADS, 3, 4))
    expect_equal(answer[1], right, part=WEIGHTS, memory_mask=MEMORY_MASK)


@public_check(
    "DecoderLayer",
    title=("With silent sub-layers only the norms are left", "子层不出声时只剩归一化"),
    hint=(
        "Three sub-layers, each LayerNorm(x + sublayer(x)).",
        "三个子层，每个都是 LayerNorm(x + 子层(x))。",
    ),
)
def test_decoder_layer_layer_silent(work):
    layer = work.DecoderLayer(WIDTH, HEADS, INNER)
    layer(tensor(X), tensor(MEMORY))
    silence(layer, "self_attention", "cross_attention", "feed_forward")
    fill(of(layer, "feed_forward_norm"), "gamma", 2)
    fill(of(layer, "feed_forward_norm"), "beta", 1)
    got = layer(tensor(X), tensor(MEMORY))
    expect_equal(got, 2 * normalised(X) + 1, NORMALISED, target=X)


@public_check(
    "DecoderLayer",
    title=("Each sub-layer's output is dropped, in training alone", "只在训练时丢弃各子层的输出"),
    hint=(
        "Dropout stands between a sub-layer and the sum. Hand training on.",
        "dropout 在子层与相加之间。把 training 传下去。",
    ),
)
def test_decoder_layer_layer_dropout(work):
    parts = ("self_attention", "cross_attention", "feed_forward")
    x = tensor(np.zeros((2, 7, WIDTH)))
    layer = work.DecoderLayer(WIDTH, HEADS, INNER, dropout=0.5)
    layer(x, x)
    for name in parts:
        silence(layer, *parts)
        last = "outer" if name == "feed_forward" else "output_projection"
        fill(of(of(layer, name), last), "bias", 1)
        expect_some_dropped(layer, x, x, part=name)


# -- Transformer ----------------------------------------------------------------------------------

SOURCE = np.array([[4, 5, 3, 0], [5, 4, 4, 3]], "int32")
TARGET = np.array([[2, 4, 6], [2, 5, 4]], "int32")


def model(work, dropout=0.1):
    made = work.Transformer(7, 8, WIDTH, HEADS, INNER, 2, dropout=dropout, max_length=9)
    made((tensor(SOURCE, "int32"), tensor(TARGET, "int32")))
    return made


def silence_all(translator):
    for layer in of(translator, "encoder_layers"):
        silence(layer, "attention", "feed_forward")
    for layer in of(translator, "decoder_layers"):
        silence(layer, "self_attention", "cross_attention", "feed_forward")


def embedded(ids, table):
    """sqrt(D) times the words' vectors, plus the positions, normalised."""
    words = math.sqrt(WIDTH) * table[ids]
    return normalised(as_array(PositionalEncoding(9, WIDTH)(tensor(words))))


@public_check(
    "Transformer",
    title=(
        "With silent layers: words and positions, normalised",
        "各层不出声时：词与位置，再归一化",
    ),
    hint=(
        "Embeddings times sqrt(D), plus positions, through every layer, then the projection. "
        "Both sides begin alike, and logits are no probabilities.",
        "词嵌入乘以 sqrt(D)，加上位置，经过每一层，再投影。源句和目标句开头相同；logits 不是概率。",
    ),
)
def test_transformer_layer_order(work):
    translator = model(work)
    silence_all(translator)
    table = np.random.default_rng(0).normal(size=(8, WIDTH)).astype("float32")
    for side, size in (("source", 7), ("target", 8)):
        fill(of(translator, f"{side}_embedding"), "embeddings", table[:size])
    fill(of(translator, "output_projection"), "kernel", np.eye(WIDTH, 8))
    fill(of(translator, "output_projection"), "bias", 0)
    memory = translator.encode(tensor(SOURCE, "int32"))[0]
    part = ("the encoder's vectors", "编码器给出的向量")
    expect_equal(memory, embedded(SOURCE, table), NORMALISED, part, source=SOURCE)
    logits = translator((tensor(SOURCE, "int32"), tensor(TARGET, "int32")))
    right = embedded(TARGET, table) @ np.eye(WIDTH, 8)
    expect_equal(logits, right, NORMALISED, ("logits", "logits"), target_in=TARGET)


@public_check(
    "Transformer",
    title=("Padding behind the source changes nothing", "源句后的填充不起作用"),
    hint=(
        "The source mask goes to the encoder's layers and to the decoder's.",
        "源句掩码要交给编码层，也要交给解码层。",
    ),
)
def test_transformer_layer_padding(work):
    translator, target = model(work), tensor(TARGET, "int32")
    first = translator((tensor(SOURCE, "int32"), target))
    wider = np.pad(SOURCE, [(0, 0), (0, 2)])
    got = translator((tensor(wider, "int32"), target))
    expect_equal(got, as_array(first), 1e-4, source=wider, target_in=TARGET)


@public_check(
    "Transformer",
    title=("A later word changes no earlier logit", "后面的词不影响前面的 logits"),
    hint=("The decoder's layers are causal by themselves.", "解码层自己就是因果的。"),
)
def test_transformer_layer_future(work):
    translator, source = model(work), tensor(SOURCE, "int32")
    other = TARGET.copy()
    other[:, 2] = 7
    first = as_array(translator((source, tensor(TARGET, "int32"))))
    second = as_array(translator((source, tensor(other, "int32"))))
    part = ("the logits of the first two words", "前两个词的 logits")
    expect_equal(second[:, :2], first[:, :2], 1e-4, part, target_in=other)


@public_check(
    "Transformer",
    title=("Two layers a side, each with its own weights and scores", "每边两层，各有权重和分数"),
    hint=(
        "Make a new layer each time; attention_scores has an entry for each of the decoder's.",
        "每次都新建一层；attention_scores 为解码器的每一层给出一项。",
    ),
)
def test_transformer_layer_scores(work):
    translator = model(work)
    for side in ("encoder_layers", "decoder_layers"):
        layers = list(of(translator, side))
        if len(layers) != 2 or layers[0] is layers[1]:
            raise Mismatch(say(f"two layers in {side}", f"{side} 中有两层"), str(len(set(layers))))
    scores = translator.attention_scores(tensor(SOURCE, "int32"), tensor(TARGET, "int32"))
    shapes = {name: tuple(as_array(value).shape) for name, value in scores.items()}
    if shapes != {"layer_1": (2, HEADS, 3, 4), "layer_2": (2, HEADS, 3, 4)}:
        raise Mismatch(f"layer_1, layer_2: (2, {HEADS}, 3, 4)", str(shapes))


@public_check(
    "Transformer",
    title=("Embeddings and layers drop at the model's rate", "词嵌入和各层都按模型的比例丢弃"),
    hint=(
        "The rate goes to the positions and to every layer.",
        "把比例交给位置编码，也交给每一层。",
    ),
)
def test_transformer_layer_dropout(work):
    pair = tensor(SOURCE, "int32"), tensor(TARGET, "int32")
    never, often = model(work, dropout=0.0), model(work, dropout=0.5)
    part = ("logits in training, with dropout=0.0", "训练时的 logits，dropout=0.0")
    expect_equal(never(pair, training=True), as_array(never(pair)), 1e-4, part)
    silence_all(often)
    if np.allclose(as_array(often(pair, training=True)), as_array(often(pair)), atol=1e-4):
        raise Mismatch(
            say("words and positions dropped in training", "训练时丢弃词与位置之和的一部分"),
            say("nothing dropped", "什么也没有丢弃"),
        )
