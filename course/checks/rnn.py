"""Public checks of the RNN unit: small examples, worked out by hand."""

import numpy as np

from course.kit.checking import (
    Mismatch,
    as_array,
    expect_equal,
    tensor,
    without,
)
from course.kit.language import say
from course.kit.models.scripted import RunningSum
from course.kit.public_checks import public_check

BUILT_IN = tuple(
    f"keras.layers.{name}.__init__"
    for name in ("RNN", "SimpleRNNCell", "GRUCell", "LSTMCell", "AdditiveAttention", "Attention")
)
OUTPUT, OUTPUTS = ("output", "输出"), ("outputs", "各步输出")
NEW_STATE, NEW_MEMORY = ("state h'", "状态 h'"), ("memory c'", "记忆 c'")
CONTEXT = ("context, the first of the two that are returned", "上下文，即返回的第一项")
WEIGHTS = ("weights, the second of the two that are returned", "权重，即返回的第二项")
MASKED = ("masked weights, exactly", "被屏蔽的权重（须恰好相等）")


def pair(answer, parts, states=0):
    """Return both parts of an answer, the second a list of so many states where there are any."""
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Mismatch(say(f"a pair {parts}", f"二元组 {parts}"), type(answer).__name__)
    listed = isinstance(answer[1], tuple | list)
    if states and not (listed and len(answer[1]) == states):
        expected = say(f"a list of {states} states", f"含 {states} 个状态的列表")
        raise Mismatch(expected, type(answer[1]).__name__)
    return answer


def made(work, name, *sizes, **arguments):
    """Return a layer of the student's, which can use no recurrent layer of Keras."""
    with without(*BUILT_IN):
        return getattr(work, name)(*sizes, **arguments)


def put(layer, **weights):
    """Put values into a layer's weights; `__kernel` is a part's kernel, or a bare weight."""
    for name, value in weights.items():
        owner = layer
        for part in name.split("__"):
            owner = getattr(owner, part, owner if part == "kernel" and owner is not layer else None)
        if owner is None:
            path = name.replace("__", ".")
            raise Mismatch(say(f"a weight in self.{path}", f"self.{path} 中的权重"), "-")
        owner.assign(np.asarray(value, "float32"))


def expect_step(work, name, inputs, states, weights, output, memory=None):
    """Compare one step of a cell of two units, under these weights, with what is right."""
    cell = made(work, name, 2)
    cell(tensor(np.zeros_like(inputs)), [tensor(np.zeros((2, 2)))] * len(states))
    put(cell, **weights)
    named = dict(zip("hc", map(tensor, states), strict=False))
    answer = cell(tensor(inputs), list(named.values()))
    found, new = pair(answer, "(output, states)", len(states))
    expect_equal(found, output, part=OUTPUT, x=inputs, **named)
    for part, state, right in zip((NEW_STATE, NEW_MEMORY), new, (output, memory), strict=False):
        expect_equal(state, right, part=part, x=inputs, **named)


@public_check(
    "RNNCell",
    title=("Two sentences, three inputs, two units", "两个句子、三个输入、两个单元"),
    hint=(
        "The input goes through kernel, the state through recurrent_kernel; then bias and tanh.",
        "输入乘 kernel，状态乘 recurrent_kernel，再加 bias，取 tanh。",
    ),
)
def test_rnncell_layer_by_hand(work):
    weights = {
        "kernel": [[1, 0], [0, 2], [1, -1]],
        "recurrent_kernel": [[0, 1], [2, 0]],
        "bias": [0.5, -0.5],
    }
    x, h = np.array([[1, 0, 1], [0, 1, 0]]), np.array([[1, -1], [0.5, 0]])
    # x W is (2, -1) and (0, 2); h R is (-2, 1) and (0, 0.5).
    right = np.tanh([[0.5, -0.5], [0.5, 2]])
    expect_step(work, "RNNCell", x, [h], weights, right)


@public_check(
    "RNNCell",
    title=("Two inputs, three units: the shapes", "两个输入、三个单元：形状"),
    hint=(
        "kernel (D, U), recurrent_kernel (U, U), bias (U,).",
        "kernel 是 (D, U)，recurrent_kernel 是 (U, U)，bias 是 (U,)。",
    ),
)
def test_rnncell_layer_shapes(work):
    cell = made(work, "RNNCell", 3)
    cell(tensor(np.zeros((1, 2))), [tensor(np.zeros((1, 3)))])
    names = ("kernel", "recurrent_kernel", "bias")
    shapes = [tuple(getattr(getattr(cell, name, None), "shape", ())) for name in names]
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
    weights = {
        "kernel": np.zeros((1, 6)),
        "recurrent_kernel": np.zeros((2, 6)),
        "bias": np.zeros(6),
    }
    h = np.array([[0.8, -0.4], [3, 1]])
    expect_step(work, "GRUCell", np.array([[5], [6]]), [h], weights, h / 2)


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
    weights = {
        "kernel": [[0, 0, 0, 0, 1, -1]],
        "recurrent_kernel": [[0, 0, 0, 0, 0, 2], [0, 0, 0, 0, 1, 0]],
        "bias": [-60, -60, 0, 60, 0, 0],
    }
    x, h = np.array([[0.3], [0]]), np.array([[0.5, 1], [1, 0]])
    # z = (0, 0) and r = (1/2, 1): r h is (0.25, 1) and (0.5, 0), and (r h) R is (1, 0.5), (0, 1).
    right = np.tanh([[0.3 + 1, -0.3 + 0.5], [0, 1]])
    expect_step(work, "GRUCell", x, [h], weights, right)


@public_check(
    "LSTMCell",
    title=("Gates open and half open", "门全开与半开"),
    hint=(
        "c' = sigmoid(f) c + sigmoid(i) tanh(candidate); h' = sigmoid(o) tanh(c').",
        "c' = sigmoid(f) c + sigmoid(i) tanh(候选)；h' = sigmoid(o) tanh(c')。",
    ),
)
def test_lstmcell_layer_by_hand(work):
    weights = {
        "kernel": [[0, 0, 0, 0, 1, -1, 0, 0]],
        "recurrent_kernel": [[0, 0, 0, 0, 0, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]],
        "bias": [60, 0, 0, 60, 0, 0, 0, 60],
    }
    x, h = np.array([[0.5], [1]]), np.array([[2, 9], [0, -3]])
    c = np.array([[0.4, 0.25], [1, -1]])
    # i = (1, 1/2), f = (1/2, 1), o = (1/2, 1); the candidates are (0.5, 1.5) and (1, -1).
    memory = [1 / 2, 1] * c + [1, 1 / 2] * np.tanh([[0.5, 1.5], [1, -1]])
    expect_step(work, "LSTMCell", x, [h, c], weights, [1 / 2, 1] * np.tanh(memory), memory)


@public_check(
    "LSTMCell",
    title=("The forget bias starts at 1", "遗忘门偏置从 1 开始"),
    hint=(
        "Of the four parts of the bias the second belongs to the forget gate.",
        "偏置的四段中，第二段属于遗忘门。",
    ),
)
def test_lstmcell_layer_bias(work):
    cell = made(work, "LSTMCell", 2)
    cell(tensor(np.zeros((1, 1))), [tensor(np.zeros((1, 2)))] * 2)
    expect_equal(getattr(cell, "bias", None), [0, 0, 1, 1, 0, 0, 0, 0])


@public_check(
    "LSTMCell",
    title=("In mixed precision the states are float16", "混合精度下状态为 float16"),
    hint=(
        "Name no dtype yourself: Keras gives inputs and weights in the one to compute in.",
        "不要自己指定 dtype：Keras 给出的输入和权重已是计算用的 dtype。",
    ),
)
def test_lstmcell_layer_mixed_precision(work):
    cell = made(work, "LSTMCell", 2, dtype="mixed_float16")
    answer = cell(tensor(np.ones((1, 3))), [tensor(np.ones((1, 2)))] * 2)
    output, states = pair(answer, "(output, states)", 2)
    found = [str(as_array(value).dtype) for value in (output, *states)]
    if found != ["float16"] * 3:
        raise Mismatch("float16", ", ".join(found))


def expect_unrolled(work, x, mask, outputs, sums, steps):
    """Compare a cell that adds up, from the sum 100 in the second sentence, with what is right."""
    x = tensor(x)
    first = [tensor([[0, 0], [100, 0]]), tensor(np.zeros((2, 2)))]
    shown = {"inputs": x, "initial_states[0]": first[0]}
    if mask is not None:
        shown["mask"] = mask = tensor(mask, "bool")
    with without(*BUILT_IN):
        answer = work.unroll(RunningSum(2), x, first, mask=mask)
    found, states = pair(answer, "(outputs, final_states)", 2)
    expect_equal(found, outputs, part=OUTPUTS, **shown)
    expect_equal(states[0], sums, part=("state 0, the sum", "状态 0（和）"), **shown)
    counted = np.repeat(np.array(steps)[:, None], 2, axis=1)
    expect_equal(states[1], counted, part=("state 1, the steps", "状态 1（步数）"), **shown)


@public_check(
    "unroll",
    title=("A cell that adds up: 1, 2, 3 gives 1, 3, 6", "累加的单元：1、2、3 得到 1、3、6"),
    hint=(
        "Hand on the states from step to step; stack the outputs along the second axis.",
        "把状态一步步传下去；输出沿第二个轴堆叠。",
    ),
)
def test_unroll_sum(work):
    x = [[[1, 10], [2, 0], [3, 5]], [[1, 0], [1, 7], [1, 0]]]
    outputs = [[[1, 10], [3, 10], [6, 15]], [[101, 0], [102, 7], [103, 7]]]
    expect_unrolled(work, x, None, outputs, [[6, 15], [103, 7]], [3, 3])


@public_check(
    "unroll",
    title=("Padding in the middle and behind changes nothing", "中间和后面的填充不起作用"),
    hint=(
        "At a padded step keep the states, and give the last output again.",
        "遇到填充时保持状态，并再次给出上一个输出。",
    ),
)
def test_unroll_mask(work):
    x = [[[1, 10], [9, 9], [3, 5]], [[1, 0], [1, 7], [9, 9]]]
    mask = [[True, False, True], [True, True, False]]
    outputs = [[[1, 10], [1, 10], [4, 15]], [[101, 0], [102, 7], [102, 7]]]
    expect_unrolled(work, x, mask, outputs, [[4, 15], [102, 7]], [2, 2])


@public_check(
    "unroll",
    title=("Padding in front gives zeros", "句首的填充给出零"),
    hint=(
        "Before the first real step there is no output yet: zeros.",
        "第一个真实步之前还没有输出：零。",
    ),
)
def test_unroll_padding_in_front(work):
    x = [[[9, 9], [2, 3], [1, 1]], [[9, 9], [9, 9], [4, 5]]]
    mask = [[False, True, True], [False, False, True]]
    outputs = [[[0, 0], [2, 3], [3, 4]], [[0, 0], [0, 0], [104, 5]]]
    expect_unrolled(work, x, mask, outputs, [[3, 4], [104, 5]], [2, 1])


def expect_attention(work, mask):
    """Compare attention of two queries over three keys each with what is right."""
    query = tensor([[0.5], [-1]])
    keys = tensor([[[1, 0], [0, 1], [0, 0]], [[0, 3], [2, 0], [1, 1]]])
    given = {} if mask is None else {"keys_mask": tensor(mask, "bool")}
    layer = made(work, "AdditiveAttention", 2)
    layer(query, keys)
    put(
        layer,
        query_projection__kernel=[[1, 0]],
        key_projection__kernel=[[0, 1], [2, 0]],
        score_projection__kernel=[[1], [3]],
    )
    context, weights = pair(layer(query, keys, **given), "(context, weights)")
    # query W is (0.5, 0) and (-1, 0); a key (a, b) gives (2 b, a).
    hidden = [[[0.5, 1], [2.5, 0], [0.5, 0]], [[5, 0], [-1, 2], [1, 1]]]
    powers = np.exp(np.tanh(hidden) @ [1, 3]) * (1 if mask is None else np.array(mask))
    right = powers / powers.sum(axis=1, keepdims=True)
    shown = {"query": query, "keys": keys, **given}
    expect_equal(weights, right, part=WEIGHTS, **shown)
    expect_equal(as_array(weights)[right == 0], right[right == 0], 0, MASKED, **shown)
    expect_equal(context, np.einsum("bs,bse->be", right, keys), part=CONTEXT, **shown)


@public_check(
    "AdditiveAttention",
    title=("Two queries, three keys each", "两个查询，各有三个键"),
    hint=(
        "v · tanh(query W + key U) for each key, softmax over the keys, then a sum of the keys.",
        "对每个键求 v · tanh(query W + key U)，沿键取 softmax，再对键加权求和。",
    ),
)
def test_additive_attention_layer_by_hand(work):
    expect_attention(work, None)


@public_check(
    "AdditiveAttention",
    title=("A masked key gets nothing", "被屏蔽的键得不到权重"),
    hint=("Hand keys_mask to masked_softmax.", "把 keys_mask 交给 masked_softmax。"),
)
def test_additive_attention_layer_mask(work):
    expect_attention(work, [[True, True, False], [False, True, True]])


SOURCE = [[4, 5, 3], [5, 3, 4]]


@public_check(
    "RNNEncoder",
    title=("Padding doesn't change the sentence's state", "填充不改变句子的状态"),
    hint=(
        "Unroll with the mask of real words, source != PAD_ID.",
        "展开时给出真实词的掩码，source != PAD_ID。",
    ),
)
def test_rnnencoder_layer_padding(work):
    encoder = made(work, "RNNEncoder", 6, 4)
    _, state = pair(encoder(tensor(SOURCE, "int32")), "(outputs, state)")
    padded = tensor(np.pad(SOURCE, [(0, 0), (0, 2)]), "int32")
    _, again = pair(encoder(padded), "(outputs, state)")
    expect_equal(again, as_array(state), part=("state", "状态"), source=padded)


@public_check(
    "RNNEncoder",
    title=(
        "The first state is zeros, the last one the last output",
        "初始状态为零，最后的状态即最后的输出",
    ),
    hint=(
        "The cell's first step gets the first word's embedding and zeros; a GRU's output is its "
        "state.",
        "第一步得到第一个词的词嵌入和零；GRU 的输出就是它的状态。",
    ),
)
def test_rnnencoder_layer_first_and_last(work):
    source = tensor(SOURCE, "int32")
    encoder = made(work, "RNNEncoder", 6, 4)
    outputs, state = pair(encoder(source), "(outputs, state)")
    expect_equal(state, as_array(outputs)[:, -1], part=("state", "状态"), source=source)
    zeros = tensor(np.zeros((2, 4)))
    right, _ = encoder.cell(encoder.embedding(source[:, 0]), [zeros])
    first = as_array(outputs)[:, 0]
    expect_equal(first, as_array(right), part=("first output", "第一个输出"), source=source)


# Three source words of two sentences, four units.
MEMORY = np.linspace(-1, 1, 24).reshape(2, 3, 4) ** 3
TARGET = [[2, 4], [2, 5]]


@public_check(
    "RNNDecoder",
    title=("Logits for every word, with attention and without", "每个词的 logits，带或不带注意力"),
    hint=(
        "One row of V logits for each target word; where scores are asked for, the weights "
        "(B, T, S) too, None without attention.",
        "每个目标词对应一行 V 个 logits；要求返回分数时还有权重 (B, T, S)，无注意力时为 None。",
    ),
)
def test_rnndecoder_layer_shapes(work):
    for attention in (True, False):
        decoder = made(work, "RNNDecoder", 7, 4, attention=attention)
        given = tensor(TARGET, "int32"), (tensor(MEMORY), tensor(MEMORY[:, 0]))
        logits = decoder(*given)
        if tuple(logits.shape) != (2, 2, 7):
            raise Mismatch("(2, 2, 7)", str(tuple(logits.shape)))
        both, weights = pair(decoder(*given, return_attention_scores=True), "(logits, weights)")
        expect_equal(both, as_array(logits), part=("logits", "logits"))
        shape = None if weights is None else tuple(weights.shape)
        if shape != ((2, 2, 3) if attention else None):
            raise Mismatch("(2, 2, 3)" if attention else "None", str(shape))


@public_check(
    "RNNDecoder",
    title=("Without attention one vector is all it knows", "没有注意力时，只知道一个向量"),
    hint=(
        "The encoder's state is the first state; its outputs are only for attention.",
        "编码器状态是初始状态；编码器输出只供注意力使用。",
    ),
)
def test_rnndecoder_layer_bottleneck(work):
    decoder = made(work, "RNNDecoder", 7, 4, attention=False)
    target, state = tensor(TARGET, "int32"), tensor(MEMORY[:, 0])
    first = decoder(target, (tensor(MEMORY), state))
    expect_equal(decoder(target, (tensor(MEMORY + 1), state)), as_array(first))
    second = as_array(decoder(target, (tensor(MEMORY), state + 1)))
    if np.allclose(second, as_array(first)):
        expected = say("other logits for another state", "状态不同，logits 也不同")
        raise Mismatch(expected, say("the same", "完全相同"))


@public_check(
    "RNNDecoder",
    title=("The first word's logits, from its own parts", "用它自己的各部分算出第一个词的 logits"),
    hint=(
        "The encoder's state asks, real words alone are looked at, and the context goes into the "
        "cell and into the logits.",
        "用编码器状态去查询，只看真实的词；上下文既进入循环单元，也进入 logits。",
    ),
)
def test_rnndecoder_layer_first_word(work):
    decoder = made(work, "RNNDecoder", 7, 4)
    target, outputs, state = tensor([[2], [5]], "int32"), tensor(MEMORY), tensor(MEMORY[:, 2] + 1)
    mask = tensor([[True, True, False], [True, False, False]], "bool")
    logits = decoder(target, (outputs, state), memory_mask=mask)
    context, _ = decoder.attention(state, outputs, keys_mask=mask)
    word, context = as_array(decoder.embedding(target))[:, 0], as_array(context)
    new, _ = decoder.cell(tensor(np.concatenate([word, context], axis=1)), [state])
    features = tensor(np.concatenate([as_array(new), context], axis=1)[:, None])
    right = as_array(decoder.output_projection(features))
    expect_equal(logits, right, target=target, memory_mask=mask)


@public_check(
    "RNNSeq2Seq",
    title=("Padding behind the source changes nothing", "源句后的填充不起作用"),
    hint=(
        "encode ends in the source mask; decode hands it to the decoder.",
        "encode 的最后一项是源句掩码；decode 把它交给解码器。",
    ),
)
def test_rnnseq2seq_layer_padding(work):
    model = made(work, "RNNSeq2Seq", 6, 7, 4)
    target = tensor(TARGET, "int32")
    first = model((tensor(SOURCE, "int32"), target))
    padded = tensor(np.pad(SOURCE, [(0, 0), (0, 1)]), "int32")
    mask = as_array(model.encode(tensor([[4, 3, 0], [5, 0, 0]], "int32"))[-1])
    right = [[True, True, False], [True, False, False]]
    expect_equal(mask, right, part=("last item of encode", "encode 的最后一项"))
    expect_equal(model((padded, target)), as_array(first), source=padded, target_in=target)


@public_check(
    "RNNSeq2Seq",
    title=("Attention scores for one head", "一个头的注意力分数"),
    hint=(
        "{'layer_1': weights with an axis for the head}, (B, 1, T, S).",
        "{'layer_1': 带头轴的权重}，形状 (B, 1, T, S)。",
    ),
)
def test_rnnseq2seq_layer_scores(work):
    model = made(work, "RNNSeq2Seq", 6, 7, 4)
    source = tensor([[4, 0, 0], [0, 5, 0]], "int32")
    scores = model.attention_scores(source, tensor(TARGET, "int32"))
    if not isinstance(scores, dict) or set(scores) != {"layer_1"}:
        raise Mismatch("{'layer_1': …}", str(list(scores)) if isinstance(scores, dict) else "-")
    right = [[[[1, 0, 0]] * 2], [[[0, 1, 0]] * 2]]
    expect_equal(scores["layer_1"], right, source=source)
