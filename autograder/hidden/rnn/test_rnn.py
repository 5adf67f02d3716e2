"""The hidden suite of the RNN unit: 39 checks, one property each, 100 points."""

import numpy as np

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.hidden import battery, translating
from autograder.hidden.battery import COMPILED, FUTURE, MASKED, MIXED, ROWS, WRONG_VALUES, normal
from autograder.hidden.rnn import oracle as oracle

# -- the cells ------------------------------------------------------------------------------------

GATES = {"RNNCell": 1, "GRUCell": 3, "LSTMCell": 4}


def cell_shapes(gates, width, units, prefix=""):
    return {
        f"{prefix}kernel": (width, gates * units),
        f"{prefix}recurrent_kernel": (units, gates * units),
        f"{prefix}bias": (gates * units,),
    }


def made(student, rng, name, width=3, units=2):
    """A cell with weights that the grader has chosen, and those weights."""
    states = [np.zeros((1, units), "float32")] * (2 if name == "LSTMCell" else 1)
    inputs = np.zeros((1, width), "float32")
    cell = student.shared(name, units, built_on=[inputs, states])
    weights = battery.draw(rng, cell_shapes(GATES[name], width, units), scale=0.9)
    cell.assign(weights)
    return cell, weights


def stepped(answer, states=1):
    """The output and the states of a cell's answer, or a failed check."""
    because = text(
        "A cell should give (output, [states]), as Keras's cells do.",
        "单元应返回 (output, [states])，与 Keras 的单元一致。",
    )
    right = isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], list)
    expect.that(right and len(answer[1]) == states, because)
    return expect.array(answer[0]), [expect.array(state) for state in answer[1]]


def expect_step(answer, right, because=WRONG_VALUES, **tolerance):
    """Fail unless output and state are both the right state."""
    output, (state,) = stepped(answer)
    expect.close(output, right, because, **tolerance)
    expect.close(state, right, because, **tolerance)


def expect_cell_weights(student, name):
    cell = getattr(student, name)(2)
    states = [np.zeros((2, 2), "float32")] * (2 if name == "LSTMCell" else 1)
    for _ in range(2):
        cell(np.zeros((2, 3), "float32"), states)
    because = text(
        "It should have a kernel, a recurrent kernel and a bias, made once.",
        "应有 kernel、recurrent_kernel 和 bias，只创建一次。",
    )
    battery.expect_weights(cell, list(cell_shapes(GATES[name], 3, 2).values()), because)


SIZES_TITLE = text("Other batch sizes, down to one", "别的批量大小，直到一")
WEIGHTS_TITLE = ("Three weights, made once", "三个权重，只创建一次")
GRADIENT_TITLE = ("The gradients are right", "梯度正确")


@check("RNNCell", 4, "tanh(x W + h R + b)", "tanh(x W + h R + b)，给定权重时正确")
def test_rnncell_layer_values(student, rng):
    cell, weights = made(student, rng, "RNNCell")
    x, state = normal(rng, 4, 3), normal(rng, 4, 2)
    expect_step(cell(x, [state]), oracle.rnn_cell(weights, x, state))


@check("RNNCell", 1, *WEIGHTS_TITLE)
def test_rnncell_layer_weights(student):
    expect_cell_weights(student, "RNNCell")


@check("RNNCell", 2, *GRADIENT_TITLE)
def test_rnncell_layer_gradient(student, rng):
    cell, weights = made(student, rng, "RNNCell")
    x, state = normal(rng, 2, 3), normal(rng, 2, 2)
    battery.expect_weight_gradients(
        cell,
        [x, [state]],
        weights,
        lambda w: oracle.rnn_cell(w, x, state),
        [normal(rng, 2, 2), None],
        rng,
    )


@check(
    "RNNCell",
    1,
    "Its sizes are Keras's, its configuration makes it again",
    "尺寸合乎 Keras，可由配置重建",
)
def test_rnncell_layer_config(student):
    copy = student.RNNCell(5).clone()
    because = text(
        "state_size and output_size should be the units.", "state_size 与 output_size 应为 units。"
    )
    for owner in ("state_size", "output_size"):
        expect.that(copy.value(owner) == 5, because)
    output, _ = stepped(copy(np.zeros((2, 3), "float32"), [np.zeros((2, 5), "float32")]))
    expect.shape(output, (2, 5), text("The copy's output", "副本的输出"))


@check(
    "GRUCell",
    4,
    "Update, reset, candidate, with given weights",
    "更新门、重置门、候选，给定权重时正确",
)
def test_grucell_layer_values(student, rng):
    cell, weights = made(student, rng, "GRUCell")
    x, state = normal(rng, 4, 3), normal(rng, 4, 2)
    expect_step(cell(x, [state]), oracle.gru_cell(weights, x, state))


@check("GRUCell", 2, "A full update gate keeps the state", "更新门全开时保持状态")
def test_grucell_layer_keeps(student, rng):
    cell, weights = made(student, rng, "GRUCell")
    weights["bias"][:2] = 60.0
    cell.assign(bias=weights["bias"])
    x, state = normal(rng, 3, 3), normal(rng, 3, 2)
    because = text(
        "With z = 1 the new state should be the old one.", "z = 1 时，新状态应等于旧状态。"
    )
    expect_step(cell(x, [state]), state, because)


@check("GRUCell", 1, *WEIGHTS_TITLE)
def test_grucell_layer_weights(student):
    expect_cell_weights(student, "GRUCell")


@check("GRUCell", 2, *GRADIENT_TITLE)
def test_grucell_layer_gradient(student, rng):
    cell, weights = made(student, rng, "GRUCell")
    x, state = normal(rng, 2, 3), normal(rng, 2, 2)
    battery.expect_weight_gradients(
        cell,
        [x, [state]],
        weights,
        lambda w: oracle.gru_cell(w, x, state),
        [normal(rng, 2, 2), None],
        rng,
    )


@check("GRUCell", 1, "It works in mixed precision", "支持混合精度")
def test_grucell_layer_mixed_precision(student, rng):
    student.use_policy("mixed_float16")
    cell, weights = made(student, rng, "GRUCell")
    x, state = normal(rng, 2, 3), normal(rng, 2, 2).astype("float16")
    right = oracle.gru_cell(weights, x, state.astype("float64"))
    expect_step(cell(x, [state]), right, MIXED, rtol=2e-2, atol=2e-2)


@check(
    "LSTMCell", 4, "Gates, memory and state, with given weights", "门、记忆与状态，给定权重时正确"
)
def test_lstmcell_layer_values(student, rng):
    cell, weights = made(student, rng, "LSTMCell")
    x, state, memory = normal(rng, 4, 3), normal(rng, 4, 2), normal(rng, 4, 2)
    right_state, right_memory = oracle.lstm_cell(weights, x, state, memory)
    output, (new_state, new_memory) = stepped(cell(x, [state, memory]), states=2)
    expect.close(output, right_state, WRONG_VALUES)
    expect.close(new_state, right_state, WRONG_VALUES)
    expect.close(new_memory, right_memory, WRONG_VALUES)


@check("LSTMCell", 2, "A new cell remembers: the forget bias is 1", "新单元会记住：遗忘门偏置为 1")
def test_lstmcell_layer_forget_bias(student):
    cell = student.LSTMCell(3)
    cell(np.zeros((1, 2), "float32"), [np.zeros((1, 3), "float32")] * 2)
    because = text(
        "At the start the forget gate's part of the bias is 1, the rest 0.",
        "初始时，偏置中遗忘门的部分为 1，其余为 0。",
    )
    expect.close(cell.value("bias"), [0.0] * 3 + [1.0] * 3 + [0.0] * 6, because)


@check("LSTMCell", 1, *WEIGHTS_TITLE)
def test_lstmcell_layer_weights(student):
    expect_cell_weights(student, "LSTMCell")


@check("LSTMCell", 2, *GRADIENT_TITLE)
def test_lstmcell_layer_gradient(student, rng):
    cell, weights = made(student, rng, "LSTMCell")
    x, state, memory = normal(rng, 2, 3), normal(rng, 2, 2), normal(rng, 2, 2)
    battery.expect_weight_gradients(
        cell,
        [x, [state, memory]],
        weights,
        lambda w: oracle.lstm_cell(w, x, state, memory)[0],
        [normal(rng, 2, 2), None, None],
        rng,
    )


# -- unroll ---------------------------------------------------------------------------------------


def unrolled(answer):
    """Outputs and states of an unrolled RunningSum, or a failed check."""
    because = text("unroll should give (outputs, [states]).", "unroll 应返回 (outputs, [states])。")
    right = isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], list)
    expect.that(right and len(answer[1]) == 2, because)
    return [expect.array(answer[0]), *(expect.array(state) for state in answer[1])]


def summed(student, x, totals, steps, mask=None):
    cell = student.kit("models.scripted.RunningSum")(x.shape[-1])
    return unrolled(student.unroll(cell, x, [totals, steps], mask=mask))


def expect_sums(found, right, because=WRONG_VALUES):
    for got, wanted in zip(found, right, strict=True):
        expect.close(got, wanted, because)


def sums(rng, batch=2, length=4, width=3):
    return (
        normal(rng, batch, length, width),
        normal(rng, batch, width),
        np.zeros((batch, width), "float32"),
    )


@check("unroll", 4, "Each step gets the state of the one before", "每一步得到上一步的状态")
def test_unroll_values(student, rng):
    given = sums(rng)
    expect_sums(summed(student, *given), oracle.running_sum(*given))


@check("unroll", 4, "A padded step changes no state", "填充的步不改变状态")
def test_unroll_mask_states(student, rng):
    given = sums(rng)
    mask = np.array([[True, True, False, False], [True, False, True, True]])
    _, totals, steps = summed(student, *given, mask)
    _, right_totals, right_steps = oracle.running_sum(*given, mask)
    because = text(
        "At a padded step the states should be carried over.", "遇到填充时，状态应原样传下去。"
    )
    expect.close(totals, right_totals, because)
    expect.close(steps, right_steps, because)


@check("unroll", 3, "At padding the output before is repeated", "填充处重复上一步的输出")
def test_unroll_mask_outputs(student, rng):
    given = sums(rng)
    mask = np.array([[True, True, False, False], [True, False, True, True]])
    outputs, *_ = summed(student, *given, mask)
    because = text(
        "At a padded step the output of the step before should be given again.",
        "填充处应再次给出上一步的输出。",
    )
    expect.close(outputs, oracle.running_sum(*given, mask)[0], because)


@check("unroll", 2, "Padding in front gives zeros", "句首的填充给出零")
def test_unroll_padding_in_front(student, rng):
    given = sums(rng)
    mask = np.array([[False, False, True, True], [False, True, True, False]])
    outputs, *_ = summed(student, *given, mask)
    because = text(
        "Before the first real step the output should be zeros.", "第一个真实步之前，输出应为零。"
    )
    expect.close(outputs, oracle.running_sum(*given, mask)[0], because)


@check("unroll", 2, "Sentences of one word, batches of one", "只有一个词，只有一个句子")
def test_unroll_other_sizes(student, rng):
    for batch, length in ((1, 1), (3, 1), (1, 6)):
        given = sums(rng, batch, length)
        expect_sums(summed(student, *given), oracle.running_sum(*given))


@check("unroll", 2, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_unroll_unknown_sizes(student, rng):
    x, totals, steps = given = sums(rng)
    cell = student.kit("models.scripted.RunningSum")(x.shape[-1])
    got = student.unroll.graph(cell, x, [totals, steps], specs=[(None, None, 3)])
    expect_sums(unrolled(got), oracle.running_sum(*given), COMPILED)


# -- AdditiveAttention ----------------------------------------------------------------------------


def attention_shapes(units, query, keys, prefix=""):
    return {
        f"{prefix}query_projection.kernel": (query, units),
        f"{prefix}key_projection.kernel": (keys, units),
        f"{prefix}score_projection.kernel": (units, 1),
    }


def attention(student, rng):
    query, keys = normal(rng, 2, 3), normal(rng, 2, 4, 6)
    inputs = [np.zeros_like(query), np.zeros_like(keys)]
    layer = student.shared("AdditiveAttention", 5, built_on=inputs)
    weights = battery.draw(rng, attention_shapes(5, 3, 6), scale=1.0)
    layer.assign(weights)
    return layer, weights, query, keys


@check(
    "AdditiveAttention",
    4,
    "v · tanh(query W + key U), softmax, weighted sum",
    "给定权重时与公式一致",
)
def test_additive_attention_layer_values(student, rng):
    layer, weights, query, keys = attention(student, rng)
    context, found = expect.pair(layer(query, keys))
    right_context, right = oracle.additive_attention(weights, query, keys)
    with expect.attention(found, right):
        expect.close(found, right, WRONG_VALUES)
        expect.close(context, right_context, WRONG_VALUES)


@check("AdditiveAttention", 3, "It obeys keys_mask", "遵守 keys_mask")
def test_additive_attention_layer_mask(student, rng):
    layer, weights, query, keys = attention(student, rng)
    mask = np.array([[True, True, False, False], [True, False, True, True]])
    context, found = expect.pair(layer(query, keys, keys_mask=mask))
    right_context, right = oracle.additive_attention(weights, query, keys, mask)
    because = text("With a keys_mask the result is wrong.", "使用 keys_mask 时结果不正确。")
    exact = text("A masked weight should be exactly 0.", "被掩盖的权重应恰好为 0。")
    with expect.attention(found, right):
        expect.close(found, right, because)
        expect.close(context, right_context, because)
        expect.that(not found[~mask].any(), exact)


@check("AdditiveAttention", 1, "Its weights sum to one over the keys", "权重沿键求和为一")
def test_additive_attention_layer_distribution(student, rng):
    layer, weights, query, keys = attention(student, rng)
    context, found = expect.pair(layer(query, keys))
    because = text("The weights of a query should sum to one.", "一个查询的权重之和应为一。")
    with expect.attention(found, lambda: oracle.additive_attention(weights, query, keys)[1]):
        expect.shape(found, (2, 4), text("The weights", "权重"))
        expect.shape(context, (2, 6), text("The context", "上下文"))
        expect.close(found.sum(-1), np.ones(2), because)


@check("AdditiveAttention", 1, "Three matrices without bias", "三个无偏置的矩阵")
def test_additive_attention_layer_weights(student, rng):
    layer = student.AdditiveAttention(5)
    layer(normal(rng, 2, 3), normal(rng, 2, 4, 6))
    because = text(
        "It should have three matrices, (U, units), (E, units) and (units, 1).",
        "应有三个矩阵：(U, units)、(E, units)、(units, 1)。",
    )
    battery.expect_weights(layer, list(attention_shapes(5, 3, 6).values()), because)


@check("AdditiveAttention", 2, *GRADIENT_TITLE)
def test_additive_attention_layer_gradient(student, rng):
    layer, weights, query, keys = attention(student, rng)
    battery.expect_weight_gradients(
        layer,
        [query, keys],
        weights,
        lambda w: oracle.additive_attention(w, query, keys)[0],
        [normal(rng, 2, 6), None],
        rng,
    )


# -- RNNEncoder -----------------------------------------------------------------------------------

UNITS = 3
SOURCE = np.array([[4, 5, 6, 3, 0, 0], [6, 4, 5, 4, 5, 3]], "int32")
TARGET = np.array([[2, 4, 5, 6], [2, 7, 4, 5]], "int32")


def encoder_shapes(prefix=""):
    table = {f"{prefix}embedding.embeddings": (7, UNITS)}
    return table | cell_shapes(3, UNITS, UNITS, f"{prefix}cell.")


def encoder(student, rng):
    layer = student.shared("RNNEncoder", 7, UNITS, built_on=[SOURCE])
    weights = battery.draw(rng, encoder_shapes(), scale=0.9)
    layer.assign(weights)
    return layer, weights


@check("RNNEncoder", 3, "Outputs and state, with given weights", "输出与状态，给定权重时正确")
def test_rnnencoder_layer_values(student, rng):
    layer, weights = encoder(student, rng)
    outputs, state = expect.pair(layer(SOURCE[1:]))
    right_outputs, right_state = oracle.encoder(weights, SOURCE[1:])
    expect.close(outputs, right_outputs, WRONG_VALUES)
    expect.close(state, right_state, WRONG_VALUES)


@check("RNNEncoder", 4, "The state is that of the last real word", "状态来自最后一个真实的词")
def test_rnnencoder_layer_padding(student, rng):
    layer, weights = encoder(student, rng)
    because = text(
        "Padding behind the sentence changes its state.", "句子后面的填充改变了它的状态。"
    )
    _, right = oracle.encoder(weights, SOURCE)
    for more in (0, 3):
        _, state = expect.pair(layer(np.pad(SOURCE, [(0, 0), (0, more)])))
        expect.close(state, right, because)


@check(
    "RNNEncoder", 2, "Steps depend on each other, forwards only", "后面的步依赖前面的步，反之不然"
)
def test_rnnencoder_layer_order(student, rng):
    layer, _ = encoder(student, rng)
    source = SOURCE[1:]
    first, _ = expect.pair(layer(source))
    expect.shape(first, (1, 6, UNITS))
    changed = source.copy()
    changed[0, 2] = 6
    second, _ = expect.pair(layer(changed))
    expect.close(second[:, :2], first[:, :2], FUTURE, rtol=0, atol=1e-6)
    because = text(
        "A word was changed, and the outputs after it are as before.",
        "改动了一个词，它后面的输出却没有变。",
    )
    expect.that(np.abs(second[0, -1] - first[0, -1]).max() > 1e-5, because)


@check("RNNEncoder", 2, "Sentences of a batch don't mix", "批量中的句子互不影响")
def test_rnnencoder_layer_rows(student, rng):
    layer, _ = encoder(student, rng)
    _, both = expect.pair(layer(SOURCE))
    expect.shape(both, (2, UNITS))
    _, one = expect.pair(layer(SOURCE[:1]))
    expect.close(one, both[:1], ROWS)


# -- RNNDecoder -----------------------------------------------------------------------------------


def decoder_shapes(with_attention, prefix=""):
    width = 2 * UNITS if with_attention else UNITS
    shapes = {
        f"{prefix}embedding.embeddings": (8, UNITS),
        f"{prefix}output_projection.kernel": (width, 8),
        f"{prefix}output_projection.bias": (8,),
    }
    shapes |= cell_shapes(3, width, UNITS, f"{prefix}cell.")
    if with_attention:
        shapes |= attention_shapes(UNITS, UNITS, UNITS, f"{prefix}attention.")
    return shapes


def decoder(student, rng, with_attention=True):
    memory = [normal(rng, 2, 5, UNITS), normal(rng, 2, UNITS)]
    mask = np.arange(5) < np.array([[3], [5]])
    layer = student.shared(
        "RNNDecoder",
        8,
        UNITS,
        attention=with_attention,
        built_on=[TARGET, [np.zeros_like(part) for part in memory]],
        built_with={"memory_mask": mask},
    )
    weights = battery.draw(rng, decoder_shapes(with_attention), scale=0.9)
    layer.assign(weights)
    return layer, weights, memory, mask


@check(
    "RNNDecoder", 4, "With attention, the logits of the formula", "带注意力时，logits 与公式一致"
)
def test_rnndecoder_layer_values(student, rng):
    layer, weights, memory, mask = decoder(student, rng)
    right, _ = oracle.decoder(weights, TARGET, *memory, mask)
    expect.close(layer(TARGET, memory, memory_mask=mask), right, WRONG_VALUES)


@check(
    "RNNDecoder",
    3,
    "Without attention, the logits of the formula",
    "不带注意力时，logits 与公式一致",
)
def test_rnndecoder_layer_plain(student, rng):
    layer, weights, memory, mask = decoder(student, rng, with_attention=False)
    right, _ = oracle.decoder(weights, TARGET, *memory, attention=False)
    expect.close(layer(TARGET, memory, memory_mask=mask), right, WRONG_VALUES)


@check(
    "RNNDecoder", 2, "Without attention one vector is all it knows", "没有注意力时，只知道一个向量"
)
def test_rnndecoder_layer_bottleneck(student, rng):
    layer, _, memory, mask = decoder(student, rng, with_attention=False)
    first = expect.array(layer(TARGET, memory, memory_mask=mask))
    other = [memory[0] + 9, memory[1]]
    because = text(
        "Without attention the source comes in through the encoder's last state alone.",
        "没有注意力时，源句只能通过编码器的最后状态进入。",
    )
    expect.close(layer(TARGET, other, memory_mask=mask), first, because)
    changed = expect.array(layer(TARGET, [memory[0], memory[1] + 1], memory_mask=mask))
    expect.shape(changed, first.shape)
    expect.that(np.abs(changed - first).max() > 1e-4, because)


@check("RNNDecoder", 3, "memory_mask hides the padding of the source", "memory_mask 掩盖源句的填充")
def test_rnndecoder_layer_mask(student, rng):
    layer, _, memory, mask = decoder(student, rng)
    first = expect.array(layer(TARGET, memory, memory_mask=mask))
    memory[0][~mask] += 5
    expect.close(layer(TARGET, memory, memory_mask=mask), first, MASKED)


@check("RNNDecoder", 2, "A logit never depends on later target words", "logits 不依赖后面的目标词")
def test_rnndecoder_layer_future(student, rng):
    layer, _, memory, mask = decoder(student, rng)
    first = expect.array(layer(TARGET, memory, memory_mask=mask))
    expect.shape(first, (2, 4, 8))
    changed = TARGET.copy()
    changed[:, 2:] = 6
    changed[:, 3] = 7
    second = expect.array(layer(changed, memory, memory_mask=mask))
    expect.close(second[:, :2], first[:, :2], FUTURE, rtol=0, atol=1e-6)


# -- RNNSeq2Seq -----------------------------------------------------------------------------------


def translator(student, rng, with_attention=True):
    sizes, inputs = (7, 8, UNITS), [SOURCE, TARGET]
    model = student.shared("RNNSeq2Seq", *sizes, attention=with_attention, built_on=[inputs])
    shapes = encoder_shapes("encoder.") | decoder_shapes(with_attention, "decoder.")
    weights = battery.draw(rng, shapes, scale=0.9)
    model.assign(weights)
    return model, weights


@check(
    "RNNSeq2Seq",
    4,
    "Encoder and decoder together, with given weights",
    "编码器与解码器合在一起，给定权重时正确",
)
def test_rnnseq2seq_layer_values(student, rng):
    model, weights = translator(student, rng)
    right, _ = oracle.translator(weights, SOURCE, TARGET)
    expect.close(model([SOURCE, TARGET]), right, WRONG_VALUES)


@check(
    "RNNSeq2Seq", 2, "More padding behind the source changes nothing", "源句后再多填充也不影响结果"
)
def test_rnnseq2seq_layer_padding(student, rng):
    model, weights = translator(student, rng)
    right, _ = oracle.translator(weights, SOURCE, TARGET)
    wider = np.pad(SOURCE, [(0, 0), (0, 3)])
    expect.close(model([wider, TARGET]), right, MASKED)


@check("RNNSeq2Seq", 3, "encode and decode make up the model", "encode 与 decode 合起来就是模型")
def test_rnnseq2seq_layer_interface(student, rng):
    model, weights = translator(student, rng)
    memory = model.method("encode")(SOURCE)
    because = text(
        "encode should give a tuple whose last item is the source mask (B, S), True at real words.",
        "encode 应返回元组，最后一项是源句掩码 (B, S)，真实的词为 True。",
    )
    expect.that(isinstance(memory, list) and len(memory) > 1, because)
    expect.close(expect.array(memory[-1]).astype(bool), SOURCE != 0, because)
    right, _ = oracle.translator(weights, SOURCE, TARGET)
    expect.close(model.method("decode")(TARGET, memory), right, WRONG_VALUES)


@check(
    "RNNSeq2Seq",
    2,
    "Attention scores (B, 1, T, S), none without attention",
    "注意力分数 (B, 1, T, S)，无注意力则没有",
)
def test_rnnseq2seq_layer_scores(student, rng):
    model, weights = translator(student, rng)
    scores = model.method("attention_scores")(SOURCE, TARGET)
    because = text(
        "It should give layer_1 alone, (B, 1, T, S).", "应只给出 layer_1，(B, 1, T, S)。"
    )
    expect.that(isinstance(scores, dict) and set(scores) == {"layer_1"}, because)
    _, right = oracle.translator(weights, SOURCE, TARGET)
    with expect.attention(scores["layer_1"], right[:, None]):
        expect.close(scores["layer_1"], right[:, None], WRONG_VALUES)
    plain, _ = translator(student, rng, with_attention=False)
    nothing = text("Without attention there are no scores.", "没有注意力就没有分数。")
    expect.that(plain.method("attention_scores")(SOURCE, TARGET) == {}, nothing)


@check("RNNSeq2Seq", 1, "Every weight gets a gradient", "每个权重都得到梯度")
def test_rnnseq2seq_layer_gradient(student, rng):
    model, _ = translator(student, rng)
    battery.expect_every_gradient(model, [[SOURCE, TARGET]], [normal(rng, 2, 4, 8)])


@check("RNNSeq2Seq", 4, *translating.TRANSLATES, timeout=60, evident=False)
def test_rnnseq2seq_layer_translations(student):
    translating.expect_translations(student, student.RNNSeq2Seq, "rnn")


@check("RNNSeq2Seq", 2, *battery.LEARNS, timeout=30, evident=False)
def test_rnnseq2seq_layer_learning(student, rng):
    model, weights = translator(student, rng)

    def logits_of(values):
        return oracle.translator(values, SOURCE, TARGET)[0]

    battery.expect_learning(model, SOURCE, TARGET, weights, logits_of)


@check("RNNSeq2Seq", 2, "A saved model comes back the same", "模型保存后再载入，结果不变")
def test_rnnseq2seq_layer_saving(student, rng):
    model, weights = translator(student, rng)
    right, _ = oracle.translator(weights, SOURCE, TARGET)
    battery.expect_reload(model, [[SOURCE, TARGET]], right)
