"""Public checks of the RNN unit: small examples, worked out by hand."""

import math

import numpy as np

from course.kit.checking import Mismatch, as_array, expect_equal, public_check, tensor
from course.kit.language import say
from course.kit.models.scripted import RunningSum


def step(answer, states=1):
    """Return output and states of a cell's answer."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        expected = say("a pair (output, states)", "二元组 (output, states)")
        raise Mismatch(expected, type(answer).__name__)
    if not isinstance(answer[1], tuple | list) or len(answer[1]) != states:
        expected = say(f"a list of {states} states", f"含 {states} 个状态的列表")
        raise Mismatch(expected, type(answer[1]).__name__)
    return answer


def cell_with(cell, width, states, **weights):
    """Return a cell, built, with these weights."""
    cell(tensor(np.zeros((1, width))), [tensor(np.zeros((1, cell.units)))] * states)
    put(cell, **weights)
    return cell


def put(layer, **weights):
    """Put values into a layer's weights."""
    for name, value in weights.items():
        weight = getattr(layer, name, None)
        if weight is None:
            raise Mismatch(say(f"a weight in self.{name}", f"self.{name} 中的权重"), "-")
        weight.assign(np.asarray(value, "float32"))


@public_check(
    "RNNCell",
    title=("One unit: tanh(2 x + 3 h + 1)", "一个单元：tanh(2 x + 3 h + 1)"),
    hint=(
        "The input goes through kernel, the state through recurrent_kernel; then bias and tanh.",
        "输入乘 kernel，状态乘 recurrent_kernel，再加 bias，取 tanh。",
    ),
)
def test_rnncell_layer_by_hand(work):
    cell = cell_with(work.RNNCell(1), 1, 1, kernel=[[2]], recurrent_kernel=[[3]], bias=[1])
    output, states = step(cell(tensor([[0.5]]), [tensor([[-1]])]))
    expect_equal(output, [[math.tanh(-1)]])
    expect_equal(states[0], [[math.tanh(-1)]])


@public_check(
    "RNNCell",
    title=("Two inputs, three units: the shapes", "两个输入、三个单元：形状"),
    hint=(
        "kernel (D, U), recurrent_kernel (U, U), bias (U,).",
        "kernel 是 (D, U)，recurrent_kernel 是 (U, U)，bias 是 (U,)。",
    ),
)
def test_rnncell_layer_shapes(work):
    cell = cell_with(work.RNNCell(3), 2, 1)
    shapes = [tuple(getattr(cell, n).shape) for n in ("kernel", "recurrent_kernel", "bias")]
    if shapes != [(2, 3), (3, 3), (3,)]:
        raise Mismatch("(2, 3), (3, 3), (3,)", str(shapes))


@public_check(
    "GRUCell",
    title=("All weights 0: half of the state stays", "权重全为 0：状态留下一半"),
    hint=(
        "Then z = 1/2 and the candidate is 0: h' = z h + (1 - z) candidate.",
        "这时 z = 1/2，候选为 0：h' = z h + (1 - z) 候选。",
    ),
)
def test_grucell_layer_half(work):
    zeros = {"kernel": np.zeros((1, 3)), "recurrent_kernel": np.zeros((1, 3)), "bias": np.zeros(3)}
    cell = cell_with(work.GRUCell(1), 1, 1, **zeros)
    output, _ = step(cell(tensor([[5]]), [tensor([[0.8]])]))
    expect_equal(output, [[0.4]])


@public_check(
    "GRUCell",
    title=(
        "z shut: the candidate alone, behind the reset gate",
        "z 关闭：只剩候选，且受重置门控制",
    ),
    hint=(
        "The columns belong to z, r and the candidate; r works on the state before the product.",
        "各列依次属于 z、r、候选；r 先作用于状态，再乘矩阵。",
    ),
)
def test_grucell_layer_candidate(work):
    cell = cell_with(
        work.GRUCell(1),
        1,
        1,
        kernel=[[0, 0, 1]],
        recurrent_kernel=[[0, 0, 2]],
        bias=[-60, 0, 0],
    )
    output, _ = step(cell(tensor([[0.3]]), [tensor([[0.5]])]))
    # z = 0, r = 1/2: candidate tanh(0.3 + (0.5 * 0.5) * 2).
    expect_equal(output, [[math.tanh(0.8)]])


@public_check(
    "LSTMCell",
    title=("Forget gate and input gate open, output gate half", "遗忘门、输入门全开，输出门半开"),
    hint=(
        "c' = sigmoid(f) c + sigmoid(i) tanh(candidate); h' = sigmoid(o) tanh(c').",
        "c' = sigmoid(f) c + sigmoid(i) tanh(候选)；h' = sigmoid(o) tanh(c')。",
    ),
)
def test_lstmcell_layer_by_hand(work):
    cell = cell_with(
        work.LSTMCell(1),
        1,
        2,
        kernel=[[0, 0, 1, 0]],
        recurrent_kernel=[[0, 0, 0, 0]],
        bias=[60, 60, 0, 0],
    )
    output, states = step(cell(tensor([[0.5]]), [tensor([[9]]), tensor([[0.25]])]), 2)
    memory = 0.25 + math.tanh(0.5)
    expect_equal(output, [[0.5 * math.tanh(memory)]])
    expect_equal(states[1], [[memory]])


@public_check(
    "LSTMCell",
    title=("The forget bias starts at 1", "遗忘门偏置从 1 开始"),
    hint=(
        "Of the four parts of the bias the second belongs to the forget gate.",
        "偏置的四段中，第二段属于遗忘门。",
    ),
)
def test_lstmcell_layer_bias(work):
    cell = cell_with(work.LSTMCell(2), 1, 2)
    expect_equal(as_array(cell.bias), [0, 0, 1, 1, 0, 0, 0, 0])


def unrolled(work, x, mask=None):
    cell = RunningSum(1)
    zero = tensor([[0.0]] * len(x))
    mask = None if mask is None else tensor(mask, "bool")
    return step(work.unroll(cell, tensor(x), [zero, zero], mask=mask), 2)


@public_check(
    "unroll",
    title=("A cell that adds up: 1, 2, 3 gives 1, 3, 6", "累加的单元：1、2、3 得到 1、3、6"),
    hint=(
        "Hand on the states from step to step; stack the outputs along the second axis.",
        "把状态一步步传下去；输出沿第二个轴堆叠。",
    ),
)
def test_unroll_sum(work):
    outputs, states = unrolled(work, [[[1], [2], [3]]])
    expect_equal(outputs, [[[1], [3], [6]]])
    expect_equal(states[0], [[6]])
    expect_equal(states[1], [[3]])


@public_check(
    "unroll",
    title=("Padding in the middle and behind changes nothing", "中间和后面的填充不起作用"),
    hint=(
        "At a padded step keep the states, and give the last output again.",
        "遇到填充时保持状态，并再次给出上一个输出。",
    ),
)
def test_unroll_mask(work):
    outputs, states = unrolled(work, [[[1], [9], [3], [9]]], [[True, False, True, False]])
    expect_equal(outputs, [[[1], [1], [4], [4]]])
    expect_equal(states[1], [[2]])


@public_check(
    "unroll",
    title=("Padding in front gives zeros", "句首的填充给出零"),
    hint=(
        "Before the first real step there is no output yet: zeros.",
        "第一个真实步之前还没有输出：零。",
    ),
)
def test_unroll_padding_in_front(work):
    outputs, _ = unrolled(work, [[[9], [2]]], [[False, True]])
    expect_equal(outputs, [[[0], [2]]])


def attention_with_ones(work):
    layer = work.AdditiveAttention(1)
    layer(tensor([[0]]), tensor([[[0]]]))
    for name in ("query_projection", "key_projection", "score_projection"):
        dense = getattr(layer, name, None)
        if dense is None:
            raise Mismatch(say(f"a layer in self.{name}", f"self.{name} 中的一个层"), "-")
        dense.kernel.assign([[1.0]])
    return layer


@public_check(
    "AdditiveAttention",
    title=("Two keys of one number each", "两个键，各一个数"),
    hint=(
        "The scores are tanh(0 + 0) and tanh(0 + 1); their softmax weighs the keys.",
        "分数是 tanh(0 + 0) 和 tanh(0 + 1)；softmax 之后给键加权。",
    ),
)
def test_additive_attention_layer_two_keys(work):
    answer = attention_with_ones(work)(tensor([[0]]), tensor([[[0], [1]]]))
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        expected = say("a pair (context, weights)", "二元组 (context, weights)")
        raise Mismatch(expected, type(answer).__name__)
    share = 1 / (1 + math.exp(-math.tanh(1)))
    expect_equal(answer[1], [[1 - share, share]])
    expect_equal(answer[0], [[share]])


@public_check(
    "AdditiveAttention",
    title=("A masked key gets nothing", "被掩盖的键得不到权重"),
    hint=("Hand keys_mask to masked_softmax.", "把 keys_mask 交给 masked_softmax。"),
)
def test_additive_attention_layer_mask(work):
    mask = tensor([[True, False]], "bool")
    context, weights = attention_with_ones(work)(
        tensor([[0]]), tensor([[[2], [9]]]), keys_mask=mask
    )
    expect_equal(weights, [[1, 0]])
    expect_equal(context, [[2]])


@public_check(
    "RNNEncoder",
    title=("Padding doesn't change the sentence's state", "填充不改变句子的状态"),
    hint=(
        "Unroll with the mask of real words, source != PAD_ID.",
        "展开时给出真实词的掩码，source != PAD_ID。",
    ),
)
def test_rnnencoder_layer_padding(work):
    encoder = work.RNNEncoder(6, 3)
    _, state = encoder(tensor([[4, 5, 3]], "int32"))
    _, padded = encoder(tensor([[4, 5, 3, 0, 0]], "int32"))
    expect_equal(padded, as_array(state))


@public_check(
    "RNNEncoder",
    title=(
        "Outputs (B, S, U), state (B, U), the last output",
        "输出 (B, S, U)，状态 (B, U) 即最后的输出",
    ),
    hint=("A GRU's output is its state.", "GRU 的输出就是它的状态。"),
)
def test_rnnencoder_layer_shapes(work):
    outputs, state = work.RNNEncoder(6, 3)(tensor([[4, 5], [5, 3]], "int32"))
    if tuple(outputs.shape) != (2, 2, 3):
        raise Mismatch("(2, 2, 3)", str(tuple(outputs.shape)))
    expect_equal(state, as_array(outputs)[:, -1])


MEMORY = np.linspace(-1, 1, 18).reshape(2, 3, 3)


@public_check(
    "RNNDecoder",
    title=("Logits for every word, with attention and without", "每个词的 logits，带或不带注意力"),
    hint=(
        "One row of V logits for each target word.",
        "每个目标词对应一行 V 个 logits。",
    ),
)
def test_rnndecoder_layer_shapes(work):
    for attention in (True, False):
        decoder = work.RNNDecoder(7, 3, attention=attention)
        target = tensor([[2, 4], [2, 5]], "int32")
        logits = decoder(target, (tensor(MEMORY), tensor(MEMORY[:, 0])))
        if tuple(logits.shape) != (2, 2, 7):
            raise Mismatch("(2, 2, 7)", str(tuple(logits.shape)))


@public_check(
    "RNNDecoder",
    title=("Without attention one vector is all it knows", "没有注意力时，只知道一个向量"),
    hint=(
        "The encoder's state is the first state; its outputs are only for attention.",
        "编码器状态是初始状态；编码器输出只供注意力使用。",
    ),
)
def test_rnndecoder_layer_bottleneck(work):
    decoder = work.RNNDecoder(7, 3, attention=False)
    target, state = tensor([[2, 4], [2, 5]], "int32"), tensor(MEMORY[:, 0])
    first = decoder(target, (tensor(MEMORY), state))
    expect_equal(decoder(target, (tensor(MEMORY + 1), state)), as_array(first))
    second = as_array(decoder(target, (tensor(MEMORY), state + 1)))
    if np.allclose(second, as_array(first)):
        expected = say("other logits for another state", "状态不同，logits 也不同")
        raise Mismatch(expected, say("the same", "完全相同"))


@public_check(
    "RNNSeq2Seq",
    title=("Padding behind the source changes nothing", "源句后的填充不起作用"),
    hint=(
        "encode ends in the source mask; decode hands it to the decoder.",
        "encode 的最后一项是源句掩码；decode 把它交给解码器。",
    ),
)
def test_rnnseq2seq_layer_padding(work):
    model = work.RNNSeq2Seq(6, 7, 3)
    target = tensor([[2, 4]], "int32")
    first = model((tensor([[4, 5, 3]], "int32"), target))
    expect_equal(model((tensor([[4, 5, 3, 0]], "int32"), target)), as_array(first))


@public_check(
    "RNNSeq2Seq",
    title=("Attention scores for one head", "一个头的注意力分数"),
    hint=(
        "{'layer_1': weights with an axis for the head}, (B, 1, T, S).",
        "{'layer_1': 带头轴的权重}，形状 (B, 1, T, S)。",
    ),
)
def test_rnnseq2seq_layer_scores(work):
    model = work.RNNSeq2Seq(6, 7, 3)
    scores = model.attention_scores(tensor([[4, 0]], "int32"), tensor([[2, 4]], "int32"))
    expect_equal(scores["layer_1"], [[[[1, 0], [1, 0]]]])
