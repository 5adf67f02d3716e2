"""Public checks of the CNN unit: small examples, worked out by hand."""

import math

import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, public_check, tensor
from course.kit.language import say


@public_check(
    "receptive_field",
    title=("I like, like deep, deep learning", "每两个词一组"),
    hint=(
        "One layer of two sees 2 words, three such layers see 4.",
        "窗口为二的一层看到 2 个词，三层看到 4 个。",
    ),
)
def test_receptive_field_pairs(work):
    expect_equal(work.receptive_field(2, 1), 2)
    expect_equal(work.receptive_field(2, 3), 4)


@public_check(
    "receptive_field",
    title=("Gaps in the window", "有空隙的窗口"),
    hint=(
        "With dilation 2 the window of 3 reaches 5 words.",
        "dilation 为 2 时，3 的窗口跨越 5 个词。",
    ),
)
def test_receptive_field_dilation(work):
    expect_equal(work.receptive_field(3, 1, dilation=2), 5)


@public_check(
    "gated_linear_unit",
    title=("A gate at 0 lets half pass", "门为 0 时通过一半"),
    hint=(
        "First half: values. Second half: gates, through a sigmoid.",
        "前一半是值；后一半是门，经过 sigmoid。",
    ),
)
def test_gated_linear_unit_half(work):
    expect_equal(work.gated_linear_unit(tensor([[6, 8, 0, 0]])), [[3, 4]])


@public_check(
    "gated_linear_unit",
    title=("ln 3 lets three quarters pass", "ln 3 时通过四分之三"),
    hint=("sigmoid(ln 3) = 3/4.", "sigmoid(ln 3) = 3/4，用它乘以值。"),
)
def test_gated_linear_unit_quarters(work):
    expect_equal(work.gated_linear_unit(tensor([4, math.log(3)])), [3])


def convolution(work, kernel, bias):
    kernel = np.asarray(kernel, "float32")
    layer = work.CausalConv1D(kernel.shape[2], kernel.shape[0])
    layer(tensor(np.zeros((1, 3, kernel.shape[1]))))
    put(layer, kernel, bias)
    return layer


def put(layer, kernel, bias):
    for name, value in (("kernel", kernel), ("bias", bias)):
        if not hasattr(layer, name):
            raise Mismatch(say(f"a weight in self.{name}", f"self.{name} 中的权重"), "-")
        getattr(layer, name).assign(np.asarray(value, "float32"))


@public_check(
    "CausalConv1D",
    title=("10 times the past plus the present", "十倍的过去加上现在"),
    hint=(
        "kernel[0] meets the word before, kernel[1] the word itself; zeros stand in front.",
        "kernel[0] 对应前一个词，kernel[1] 对应当前词；句首之前是零。",
    ),
)
def test_causal_conv1d_layer_by_hand(work):
    layer = convolution(work, [[[10]], [[1]]], [0])
    expect_equal(layer(tensor([[[1], [2], [3]]])), [[[1], [12], [23]]])


@public_check(
    "CausalConv1D",
    title=("The bias is added everywhere", "每处都加上偏置"),
    hint=("As long as the input, K - 1 zeros in front.", "输出与输入一样长，前面补 K - 1 个零。"),
)
def test_causal_conv1d_layer_bias(work):
    layer = convolution(work, np.zeros((3, 1, 2)), [1, 2])
    expect_equal(layer(tensor([[[5], [5]]])), [[[1, 2], [1, 2]]])


def block(work, kernel, causal):
    """A block of one filter whose gate is wide open."""
    kernel = np.concatenate([kernel, np.zeros_like(kernel)], axis=2)
    layer = work.ConvBlock(1, kernel.shape[0], causal=causal)
    layer(tensor(np.zeros((1, 3, 1))))
    if not hasattr(layer, "convolution"):
        raise Mismatch(say("a layer in self.convolution", "self.convolution 中的一个层"), "-")
    put(layer.convolution, kernel, [0, 60])
    return layer


SUM_OF_THREE = np.ones((3, 1, 1))
ROOT = math.sqrt(0.5)


@public_check(
    "ConvBlock",
    title=("Surrounded: sums of neighbours", "居中：相邻三个之和"),
    hint=(
        "(x + gate) times sqrt(0.5); half of the window lies to the right.",
        "(x + 门控结果) 乘以 sqrt(0.5)；窗口有一半在右边。",
    ),
)
def test_conv_block_layer_centred(work):
    got = block(work, SUM_OF_THREE, False)(tensor([[[1], [2], [4]]]))
    expect_equal(got, np.array([[[1 + 3], [2 + 7], [4 + 6]]]) * ROOT)


@public_check(
    "ConvBlock",
    title=("Causal: sums of the past", "因果：过去之和"),
    hint=("With causal=True the window ends at its word.", "causal=True 时，窗口以当前词结束。"),
)
def test_conv_block_layer_causal(work):
    got = block(work, SUM_OF_THREE, True)(tensor([[[1], [2], [4]]]))
    expect_equal(got, np.array([[[1 + 1], [2 + 3], [4 + 7]]]) * ROOT)


@public_check(
    "ConvBlock",
    title=("Padding is silent", "填充不出声"),
    hint=(
        "Set x to zero where the mask is False, first of all.",
        "首先把掩码为 False 处的 x 置零。",
    ),
)
def test_conv_block_layer_mask(work):
    mask = tensor([[True, True, False]], "bool")
    got = as_array(block(work, SUM_OF_THREE, False)(tensor([[[1], [2], [99]]]), mask=mask))
    expect_equal(got[:, :2], np.array([[[1 + 3], [2 + 3]]]) * ROOT)


def attention(work):
    """An attention one number wide whose projections change nothing."""
    layer = work.ConvAttention(1)
    one = tensor([[[0]]])
    layer(one, one, one, one)
    for name in ("query_projection", "output_projection"):
        dense = getattr(layer, name, None)
        if dense is None:
            raise Mismatch(say(f"a layer in self.{name}", f"self.{name} 中的一个层"), "-")
        put(dense, [[1]], [0])
    return layer


@public_check(
    "ConvAttention",
    title=("State plus word ask; memory plus word answer", "状态加词来问，记忆加词来答"),
    hint=(
        "Query: projected state + target embedding. Values: memory + source embedding.",
        "查询：投影后的状态 + 目标词嵌入。值：记忆 + 源词嵌入。",
    ),
)
def test_conv_attention_layer_by_hand(work):
    answer = attention(work)(
        tensor([[[math.log(3) - 1]]]), tensor([[[1]]]), tensor([[[0], [1]]]), tensor([[[4], [7]]])
    )
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        expected = say("a pair (context, weights)", "二元组 (context, weights)")
        raise Mismatch(expected, type(answer).__name__)
    expect_equal(answer[1], [[[0.25, 0.75]]])
    expect_equal(answer[0], [[[0.25 * 4 + 0.75 * 8]]])


@public_check(
    "ConvAttention",
    title=("A masked source word gets nothing", "被掩盖的源词得不到权重"),
    hint=(
        "memory_mask is (B, S); the scores are (B, T, S).",
        "memory_mask 是 (B, S)；分数是 (B, T, S)。",
    ),
)
def test_conv_attention_layer_mask(work):
    mask = tensor([[True, False]], "bool")
    zero = tensor([[[0]]])
    inputs = zero, zero, tensor([[[1], [9]]]), tensor([[[1], [9]]])
    context, weights = attention(work)(*inputs, memory_mask=mask)
    expect_equal(weights, [[[1, 0]]])
    expect_equal(context, [[[2]]])


@public_check(
    "ConvSeq2Seq",
    title=("Padding behind the source changes nothing", "源句后的填充不起作用"),
    hint=(
        "The mask goes to every encoder block, and to every attention.",
        "掩码要交给编码器的每个块，以及每个注意力。",
    ),
)
def test_conv_seq2seq_layer_padding(work):
    model = work.ConvSeq2Seq(6, 7, 4, 3, 1, max_length=8)
    target = tensor([[2, 4]], "int32")
    first = model((tensor([[4, 5, 3]], "int32"), target))
    expect_equal(model((tensor([[4, 5, 3, 0]], "int32"), target)), as_array(first), 1e-4)


@public_check(
    "ConvSeq2Seq",
    title=("A later word changes no earlier logit", "后面的词不影响前面的 logits"),
    hint=("The decoder's blocks are causal.", "解码器的块是因果的。"),
)
def test_conv_seq2seq_layer_future(work):
    model = work.ConvSeq2Seq(6, 7, 4, 3, 1, max_length=8)
    source = tensor([[4, 5, 3]], "int32")
    first = as_array(model((source, tensor([[2, 4, 5]], "int32"))))
    second = as_array(model((source, tensor([[2, 4, 6]], "int32"))))
    expect_equal(second[:, :2], first[:, :2], 1e-4)
