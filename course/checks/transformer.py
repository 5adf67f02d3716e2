"""Public checks of the Transformer unit: small examples, worked out by hand."""

import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, public_check, tensor
from course.kit.language import say

WIDTH = 4
WORDS = np.array([[[1, -1, 2, 0], [0, 3, 1, -2], [2, 2, -1, 1]]], "float32")


def of(layer, name):
    part = getattr(layer, name, None)
    if part is None:
        raise Mismatch(
            say(f"a layer in self.{name}", f"self.{name} 中的一个层"), say("none", "没有")
        )
    return part


@public_check(
    "FeedForward",
    title=("One number in, two inside: |x|", "一个数进去，中间两个：|x|"),
    hint=(
        "max(0, x) + max(0, -x) = |x|: the ReLU stands between the two layers.",
        "max(0, x) + max(0, -x) = |x|：ReLU 在两层之间。",
    ),
)
def test_feed_forward_layer_absolute(work):
    layer = work.FeedForward(1, 2)
    layer(tensor([[[0]]]))
    of(layer, "inner").kernel.assign([[1.0, -1.0]])
    of(layer, "outer").kernel.assign([[1.0], [1.0]])
    expect_equal(layer(tensor([[[3], [-2]]])), [[[3], [2]]])


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


def silence(layer, *names):
    """Set what these sub-layers say to zero."""
    for name in names:
        inner = of(layer, name)
        last = of(inner, "outer" if name == "feed_forward" else "output_projection")
        last.kernel.assign(np.zeros(tuple(last.kernel.shape), "float32"))
        last.bias.assign(np.zeros(tuple(last.bias.shape), "float32"))


def normalised(x):
    x = np.asarray(x, "float64")
    return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)


@public_check(
    "EncoderLayer",
    title=("With silent sub-layers only the norms are left", "子层不出声时只剩归一化"),
    hint=(
        "LayerNorm(x + sublayer(x)): x comes through, normalised.",
        "LayerNorm(x + 子层(x))：x 通过，并被归一化。",
    ),
)
def test_encoder_layer_layer_silent(work):
    layer = work.EncoderLayer(WIDTH, 2, 3)
    layer(tensor(WORDS))
    silence(layer, "attention", "feed_forward")
    expect_equal(layer(tensor(WORDS)), normalised(WORDS), 1e-2)


@public_check(
    "EncoderLayer",
    title=("Padding doesn't reach real words", "填充不影响真实的词"),
    hint=(
        "The mask (B, S) becomes (B, 1, S): it says who may be looked at.",
        "掩码 (B, S) 变成 (B, 1, S)：它说明可以看谁。",
    ),
)
def test_encoder_layer_layer_mask(work):
    layer = work.EncoderLayer(WIDTH, 2, 3)
    mask = tensor([[True, True, False]], "bool")
    first = as_array(layer(tensor(WORDS), mask=mask))
    other = WORDS.copy()
    other[:, 2] = 9
    expect_equal(as_array(layer(tensor(other), mask=mask))[:, :2], first[:, :2], 1e-4)


@public_check(
    "EncoderLayer",
    title=("Nothing is dropped outside of training", "不在训练时不丢弃"),
    hint=("Hand training on to every dropout.", "把 training 传给每个 dropout。"),
)
def test_encoder_layer_layer_inference(work):
    layer = work.EncoderLayer(WIDTH, 2, 3, dropout=0.9)
    first = as_array(layer(tensor(WORDS)))
    expect_equal(layer(tensor(WORDS)), first)


@public_check(
    "DecoderLayer",
    title=("A later word changes no earlier one", "后面的词不影响前面的词"),
    hint=(
        "The layer is causal by itself: give its self-attention a causal mask.",
        "这一层自己就是因果的：给自注意力加上因果掩码。",
    ),
)
def test_decoder_layer_layer_future(work):
    layer = work.DecoderLayer(WIDTH, 2, 3)
    memory = tensor(WORDS[:, :2])
    first = as_array(layer(tensor(WORDS), memory))
    other = WORDS.copy()
    other[:, 2] = 9
    expect_equal(as_array(layer(tensor(other), memory))[:, :2], first[:, :2], 1e-4)


@public_check(
    "DecoderLayer",
    title=("Masked memory is not looked at", "被掩盖的记忆不被看到"),
    hint=(
        "memory_mask belongs to the second attention, target_mask to the first.",
        "memory_mask 属于第二个注意力，target_mask 属于第一个。",
    ),
)
def test_decoder_layer_layer_memory_mask(work):
    layer = work.DecoderLayer(WIDTH, 2, 3)
    mask = tensor([[True, True, False]], "bool")
    first = as_array(layer(tensor(WORDS), tensor(WORDS), memory_mask=mask))
    other = WORDS.copy()
    other[:, 2] = 9
    got = layer(tensor(WORDS), tensor(other), memory_mask=mask)
    expect_equal(got, first, 1e-4)


@public_check(
    "DecoderLayer",
    title=("With silent sub-layers only the norms are left", "子层不出声时只剩归一化"),
    hint=(
        "Three sub-layers, each LayerNorm(x + sublayer(x)).",
        "三个子层，每个都是 LayerNorm(x + 子层(x))。",
    ),
)
def test_decoder_layer_layer_silent(work):
    layer = work.DecoderLayer(WIDTH, 2, 3)
    layer(tensor(WORDS), tensor(WORDS))
    silence(layer, "self_attention", "cross_attention", "feed_forward")
    expect_equal(layer(tensor(WORDS), tensor(WORDS)), normalised(WORDS), 1e-2)


def model(work):
    return work.Transformer(6, 7, WIDTH, 2, 5, 1, max_length=8)


@public_check(
    "Transformer",
    title=("Padding behind the source changes nothing", "源句后的填充不起作用"),
    hint=(
        "The source mask goes to the encoder's layers and to the decoder's.",
        "源句掩码要交给编码层，也要交给解码层。",
    ),
)
def test_transformer_layer_padding(work):
    translator, target = model(work), tensor([[2, 4]], "int32")
    first = translator((tensor([[4, 5, 3]], "int32"), target))
    expect_equal(translator((tensor([[4, 5, 3, 0]], "int32"), target)), as_array(first), 1e-4)


@public_check(
    "Transformer",
    title=("A later word changes no earlier logit", "后面的词不影响前面的 logits"),
    hint=("The decoder's layers are causal by themselves.", "解码层自己就是因果的。"),
)
def test_transformer_layer_future(work):
    translator, source = model(work), tensor([[4, 5, 3]], "int32")
    first = as_array(translator((source, tensor([[2, 4, 5]], "int32"))))
    second = as_array(translator((source, tensor([[2, 4, 6]], "int32"))))
    expect_equal(second[:, :2], first[:, :2], 1e-4)


@public_check(
    "Transformer",
    title=("The order of the source words matters", "源词的顺序有影响"),
    hint=("Positions are added on both sides.", "两边都要加上位置。"),
)
def test_transformer_layer_order(work):
    translator, target = model(work), tensor([[2, 4]], "int32")
    first = as_array(translator((tensor([[4, 5, 3]], "int32"), target)))
    second = as_array(translator((tensor([[5, 4, 3]], "int32"), target)))
    if np.allclose(first, second, atol=1e-5):
        raise Mismatch(say("other logits", "不同的 logits"), say("the same", "完全相同"))
