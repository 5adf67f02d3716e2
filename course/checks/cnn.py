"""Public checks of the CNN unit: small examples, worked out by hand."""

import math

import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, expect_mask_kept, tensor, without
from course.kit.language import say
from course.kit.public_checks import public_check

CONVOLUTION = ("keras.layers.Conv1D.__init__", "keras.layers.SeparableConv1D.__init__")
GATE = ("keras.ops.glu", "keras.activations.glu")
ATTENTION = (
    "keras.layers.Attention.__init__",
    "keras.layers.AdditiveAttention.__init__",
    "keras.layers.MultiHeadAttention.__init__",
    "keras.ops.dot_product_attention",
)
WEIGHTS = ("weights, the second of the two that are returned", "权重，即返回的第二项")
CONTEXT = ("context, the first of the two that are returned", "上下文，即返回的第一项")


@public_check(
    "receptive_field",
    title=("I like, like deep, deep learning", "每两个词一组"),
    hint=(
        "One layer of two sees 2 words, three such layers see 4.",
        "窗口为二的一层看到 2 个词，三层看到 4 个。",
    ),
)
def test_receptive_field_pairs(work):
    expect_equal(work.receptive_field(2, 1), 2, kernel_size=2, num_layers=1)
    expect_equal(work.receptive_field(2, 3), 4, kernel_size=2, num_layers=3)


@public_check(
    "receptive_field",
    title=("Gaps in the window", "有空隙的窗口"),
    hint=(
        "With dilation 4 the window of 3 reaches 9 words; a second layer adds 8 more.",
        "dilation 为 4 时，3 的窗口跨越 9 个词；第二层再多 8 个。",
    ),
)
def test_receptive_field_dilation(work):
    got = work.receptive_field(3, 2, dilation=4)
    expect_equal(got, 17, kernel_size=3, num_layers=2, dilation=4)


@public_check(
    "gated_linear_unit",
    title=("A gate at 0 lets half pass", "门为 0 时通过一半"),
    hint=(
        "First half: values. Second half: gates, through a sigmoid.",
        "前一半是值；后一半是门，经过 sigmoid。",
    ),
)
def test_gated_linear_unit_half(work):
    x = tensor([[6, 8, 0, 0]])
    with without(*GATE):
        expect_equal(work.gated_linear_unit(x), [[3, 4]], x=x)


@public_check(
    "gated_linear_unit",
    title=("ln 3 lets three quarters pass", "ln 3 时通过四分之三"),
    hint=(
        "sigmoid(ln 3) = 3/4 and sigmoid(-ln 3) = 1/4; the last axis is cut in the middle.",
        "sigmoid(ln 3) = 3/4，sigmoid(-ln 3) = 1/4；从最后一个轴的中间切开。",
    ),
)
def test_gated_linear_unit_quarters(work):
    x = tensor([[[4, 0, math.log(3), 9]], [[8, 2, -math.log(3), 0]]])
    with without(*GATE):
        expect_equal(work.gated_linear_unit(x), [[[3, 0]], [[2, 1]]], x=x)


def convolution(work, kernel, bias):
    kernel = np.asarray(kernel, "float32")
    with without(*CONVOLUTION):
        layer = work.CausalConv1D(kernel.shape[2], kernel.shape[0])
        layer(tensor(np.zeros((1, 3, kernel.shape[1]))))
    put(layer, kernel=kernel, bias=bias)
    return layer


def part(layer, path):
    """Return what stands at a dotted path, `decoder_blocks.0` say, or say that it is missing."""
    for name in path.split("."):
        try:
            layer = layer[int(name)] if name.isdigit() else getattr(layer, name)
        except (AttributeError, IndexError, TypeError):
            raise Mismatch(say(f"self.{path}", f"self.{path}"), say("none", "没有")) from None
    return layer


def put(layer, **values):
    """Give weights their values."""
    for name, value in values.items():
        part(layer, name).assign(np.asarray(value, "float32"))


@public_check(
    "CausalConv1D",
    title=("The present, ten and a hundred times", "现在、十倍、一百倍"),
    hint=(
        "kernel[0] meets the word before, kernel[1] the word itself; zeros stand in front.",
        "kernel[0] 对应前一个词，kernel[1] 对应当前词；句首之前是零。",
    ),
)
def test_causal_conv1d_layer_by_hand(work):
    # Output 0: the first number, plus 100 times that of the word before. Output 1: ten times the
    # second number. Output 2: the second number of the word before.
    kernel = [[[100, 0, 0], [0, 0, 1]], [[1, 0, 0], [0, 10, 0]]]
    layer = convolution(work, kernel, [0, 0, 0])
    x = tensor([[[1, 2], [3, 4], [5, 6]], [[0, 1], [0, 0], [2, 0]]])
    right = [[[1, 20, 0], [103, 40, 2], [305, 60, 4]], [[0, 10, 0], [0, 0, 1], [2, 0, 0]]]
    with without(*CONVOLUTION):
        expect_equal(layer(x), right, x=x)


@public_check(
    "CausalConv1D",
    title=("The bias is added everywhere; a window of one word", "每处都加上偏置；窗口只有一个词"),
    hint=("As long as the input, K - 1 zeros in front.", "输出与输入一样长，前面补 K - 1 个零。"),
)
def test_causal_conv1d_layer_bias(work):
    x = tensor([[[5], [7]]])
    expect_equal(convolution(work, np.zeros((3, 1, 2)), [1, 2])(x), [[[1, 2], [1, 2]]], x=x)
    expect_equal(convolution(work, [[[1, 10]]], [1, 2])(x), [[[6, 52], [8, 72]]], x=x)


def block(work, causal):
    """Return a block of two filters and windows of three words.

    Filter 0 adds the first number of the window's first word and twice the second number of the
    word in the middle; filter 1 gets four times the first number of the last word, and three
    quarters of that pass.
    """
    values = [[[1, 0], [0, 0]], [[0, 0], [2, 0]], [[0, 4], [0, 0]]]
    layer = work.ConvBlock(2, 3, causal=causal)
    layer(tensor(np.zeros((1, 3, 2))))
    kernel = np.concatenate([values, np.zeros((3, 2, 2))], axis=2)
    put(part(layer, "convolution"), kernel=kernel, bias=[0, 0, 60, math.log(3)])
    return layer


SENTENCES = np.array([[[1, 10], [2, 20], [3, 30]], [[-1, 0], [0, 5], [4, -5]]], "float32")
ROOT = math.sqrt(0.5)


@public_check(
    "ConvBlock",
    title=("Surrounded: the word before and the word after", "居中：前一个词和后一个词"),
    hint=(
        "(x + gate) times sqrt(0.5); half of the window lies to the right.",
        "(x + 门控结果) 乘以 sqrt(0.5)；窗口有一半在右边。",
    ),
)
def test_conv_block_layer_centred(work):
    gated = np.array([[[20, 6], [41, 9], [62, 0]], [[0, 0], [9, 12], [-10, 0]]])
    right = (SENTENCES + gated) * ROOT
    expect_equal(block(work, False)(tensor(SENTENCES)), right, x=SENTENCES)


@public_check(
    "ConvBlock",
    title=("Causal: the window ends at its word", "因果：窗口以当前词结束"),
    hint=("With causal=True the window ends at its word.", "causal=True 时，窗口以当前词结束。"),
)
def test_conv_block_layer_causal(work):
    gated = np.array([[[0, 3], [20, 6], [41, 9]], [[0, -3], [0, 0], [9, 12]]])
    right = (SENTENCES + gated) * ROOT
    layer = block(work, True)
    expect_equal(layer(tensor(SENTENCES)), right, x=SENTENCES, causal=True)
    if layer.get_config().get("causal") is not True:
        raise Mismatch('get_config()["causal"] = True', str(layer.get_config().get("causal")))


@public_check(
    "ConvBlock",
    title=("Padding is silent", "填充不出声"),
    hint=(
        "Set x to zero where the mask is False, first of all.",
        "首先把掩码为 False 处的 x 置零。",
    ),
)
def test_conv_block_layer_mask(work):
    mask = np.array([[True, True, False], [True, True, True]])
    got = as_array(block(work, False)(tensor(SENTENCES), mask=tensor(mask, "bool")))
    gated = np.array([[[20, 6], [41, 0], [0, 0]], [[0, 0], [9, 12], [-10, 0]]])
    right = (SENTENCES + gated) * ROOT
    if got.shape == right.shape:
        got, right = got[mask], right[mask]
    expect_equal(got, right, part=("real words", "真实的词"), x=SENTENCES, mask=mask)


@public_check(
    "ConvBlock",
    title=("A mask that the words bring along goes on", "词自带的掩码会继续传递"),
    hint=(
        "self.supports_masking = True in the constructor: Keras then hands the mask on by itself.",
        "在构造函数中写 self.supports_masking = True，Keras 就会自动传递掩码。",
    ),
)
def test_conv_block_layer_attached_mask(work):
    x = tensor([[[3, 4], [0, 0]], [[5, 6], [7, 8]]])
    expect_mask_kept(block(work, False), x, [[True, False], [True, True]])


def attention(work):
    """Return an attention for states one number wide and words two numbers wide."""
    with without(*ATTENTION):
        layer = work.ConvAttention(2)
        target, source = np.zeros((1, 1, 2)), np.zeros((1, 3, 2))
        layer(tensor([[[0]]]), tensor(target), tensor(source), tensor(source))
    put(part(layer, "query_projection"), kernel=[[1, 0]], bias=[0, 0])
    put(part(layer, "output_projection"), kernel=[[1], [10]], bias=[5])
    return layer


def two_sentences():
    """Return what the attention is called on: scores 0, 0, ln 2 and 0, 0, ln 3."""
    return {
        "state": tensor([[[math.log(2) - 1]], [[0]]]),
        "target_embedding": tensor([[[1, 0]], [[0, math.log(3)]]]),
        "memory": tensor([[[0, 7], [0, -7], [1, 3]], [[5, 0], [5, 0], [-5, 1]]]),
        "source_embedding": tensor([[[4, 0], [0, 8], [2, 2]], [[0, 0], [5, 5], [5, 4]]]),
    }


def expect_attention(layer, inputs, weights, context, **masks):
    with without(*ATTENTION):
        answer = layer(*inputs.values(), **{name: tensor(m, "bool") for name, m in masks.items()})
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        expected = say("a pair (context, weights)", "二元组 (context, weights)")
        raise Mismatch(expected, type(answer).__name__)
    expect_equal(answer[1], weights, part=WEIGHTS, **inputs, **masks)
    expect_equal(answer[0], context, part=CONTEXT, **inputs, **masks)


@public_check(
    "ConvAttention",
    title=("State plus word ask; memory plus word answer", "状态加词来问，记忆加词来答"),
    hint=(
        "Query: projected state + target embedding. Values: memory + source embedding.",
        "查询：投影后的状态 + 目标词嵌入。值：记忆 + 源词嵌入。",
    ),
)
def test_conv_attention_layer_by_hand(work):
    # The weighed values are (2.5, 4.5) and (3, 4); the output is the first, ten times the second,
    # and 5.
    weights = [[[0.25, 0.25, 0.5]], [[0.2, 0.2, 0.6]]]
    expect_attention(attention(work), two_sentences(), weights, [[[52.5]], [[48]]])


@public_check(
    "ConvAttention",
    title=("A masked source word gets nothing", "被屏蔽的源词得不到权重"),
    hint=(
        "memory_mask is (B, S); the scores are (B, T, S).",
        "memory_mask 是 (B, S)；分数是 (B, T, S)。",
    ),
)
def test_conv_attention_layer_mask(work):
    mask = np.array([[True, False, True], [False, True, True]])
    weights = [[[1 / 3, 0, 2 / 3]], [[0, 0.25, 0.75]]]
    context = [[[65]], [[57.5]]]
    expect_attention(attention(work), two_sentences(), weights, context, memory_mask=mask)


@public_check(
    "ConvSeq2Seq",
    title=("Two layers, worked out by hand", "两层，用手算"),
    hint=(
        "Word plus position; block, attention, (state + context) times sqrt(0.5); twice.",
        "词加位置；块、注意力、(状态 + 上下文) 乘以 sqrt(0.5)；重复两层。",
    ),
)
def test_conv_seq2seq_layer_by_hand(work):
    model = work.ConvSeq2Seq(6, 5, 2, 3, 2, max_length=4)
    source, target = tensor([[4, 5, 3], [5, 3, 0]], "int32"), tensor([[2, 4], [2, 3]], "int32")
    model((source, target))
    for weight in model.weights:
        weight.assign(np.zeros(weight.shape))
    words, places = [[0, 0], [0, 0], [4, 0], [0, 8], [8, 4]], [[0, 40], [80, 0], [9, 9], [9, 9]]
    put(part(model, "target_embedding"), embeddings=words)
    put(part(model, "target_positions"), embeddings=places)
    # The source says nothing, so each attention's context is its bias.
    put(part(model, "attentions.0.output_projection"), bias=[2 / ROOT, 0])
    put(part(model, "attentions.1.output_projection"), bias=[0, 3 / ROOT])
    put(part(model, "output_projection"), kernel=[[1, 0, 0, 0, 0], [0, 1, 0, 0, 0]])
    # Word and position are halved by each layer: (4, 40) becomes (1, 10).
    states = np.array([[[1, 10], [22, 1]], [[1, 10], [20, 2]]]) + np.array([1, 3])
    right = np.concatenate([states, np.zeros((2, 2, 3))], axis=2)
    expect_equal(model((source, target)), right, 1e-4, source=source, target_in=target)


@public_check(
    "ConvSeq2Seq",
    title=("Padding behind the source changes nothing", "源句后的填充不起作用"),
    hint=(
        "The mask goes to every encoder block, and to every attention.",
        "掩码要交给编码器的每个块，以及每个注意力。",
    ),
)
def test_conv_seq2seq_layer_padding(work):
    model = work.ConvSeq2Seq(6, 7, 4, 3, 2, max_length=8)
    target = tensor([[2, 4], [2, 6]], "int32")
    source = tensor([[4, 5, 3], [5, 4, 3]], "int32")
    wider = tensor([[4, 5, 3, 0], [5, 4, 3, 0]], "int32")
    first = as_array(model((source, target)))
    expect_equal(model((wider, target)), first, 1e-4, source=wider, target_in=target)


@public_check(
    "ConvSeq2Seq",
    title=("A later word changes no earlier logit", "后面的词不影响前面的 logits"),
    hint=("The decoder's blocks are causal.", "解码器的块是因果的。"),
)
def test_conv_seq2seq_layer_future(work):
    model = work.ConvSeq2Seq(6, 7, 4, 3, 2, max_length=8)
    source, target = tensor([[4, 5, 3]], "int32"), tensor([[2, 4, 6]], "int32")
    first = as_array(model((source, tensor([[2, 4, 5]], "int32"))))
    second = as_array(model((source, target)))
    part = ("the first two words", "前两个词")
    expect_equal(second[:, :2], first[:, :2], 1e-4, part, source=source, target_in=target)
