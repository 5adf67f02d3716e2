"""The hidden suite of the RNN unit: one property a check, 100 points; see claims.md."""

import dataclasses
import functools

import numpy as np

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.hidden import battery
from autograder.hidden.battery import COMPILED, WRONG_VALUES, normal
from autograder.hidden.layer_checks import OTHERS, STANDARD, Layer, Sizes
from autograder.hidden.model_checks import SOURCE_VOCABULARY, TARGET_VOCABULARY, Model, sentences
from autograder.hidden.rnn import oracle as oracle
from course.kit.tokens import PAD_ID, UNKNOWN_ID

UNITS = 8

# -- the cells ------------------------------------------------------------------------------------

WIDTH = 10


def cell_shapes(gates, width, units, prefix=""):
    return {
        f"{prefix}kernel": (width, gates * units),
        f"{prefix}recurrent_kernel": (units, gates * units),
        f"{prefix}bias": (gates * units,),
    }


def cell(name, gates, states, right):
    """A cell as its suite declares it; `right` gives the list of the new states."""

    def output_and_states(weights, x, old):
        new = right(weights, x, *old)
        return new[0], new

    return Layer(
        unit="rnn",
        exercise=name,
        arguments={"units": UNITS},
        # So large that gates shut, and that what comes out is close to its limits.
        inputs=lambda rng, sizes: [
            3 * normal(rng, sizes.batch, WIDTH),
            [3 * normal(rng, sizes.batch, UNITS) for _ in range(states)],
        ],
        shapes=cell_shapes(gates, WIDTH, UNITS),
        right=output_and_states,
        attributes={
            "state_size": UNITS if states == 1 else [UNITS] * states,
            "output_size": UNITS,
        },
        scale=0.3,
    )


RNN = cell("RNNCell", 1, 1, lambda *given: [oracle.rnn_cell(*given)])
test_rnncell_layer_values = RNN.values(
    3, "tanh(x W + h R + b)", "tanh(x W + h R + b)，给定权重时正确"
)
test_rnncell_layer_other_sizes = RNN.other_sizes(1)
test_rnncell_layer_weights = RNN.weights(1)
test_rnncell_layer_gradient = RNN.gradient(1)
test_rnncell_layer_config = RNN.config(1)
test_rnncell_layer_mixed_precision = RNN.mixed_precision(1)

GRU = cell("GRUCell", 3, 1, lambda *given: [oracle.gru_cell(*given)])
test_grucell_layer_values = GRU.values(
    3, "Update, reset, candidate, with given weights", "更新门、重置门、候选，给定权重时正确"
)


@check("GRUCell", 2, "A full update gate keeps the state", "更新门全开时保持状态")
def test_grucell_layer_keeps(student, rng):
    layer, weights = GRU.transplanted(student, rng)
    weights["bias"][:UNITS] = 60.0
    layer.assign(bias=weights["bias"])
    inputs = GRU.inputs(rng, STANDARD)
    because = text(
        "With z = 1 the new state should be the old one.", "z = 1 时，新状态应等于旧状态。"
    )
    GRU.expect_right(layer(*inputs), weights, inputs, because)


test_grucell_layer_other_sizes = GRU.other_sizes(1)
test_grucell_layer_weights = GRU.weights(1)
test_grucell_layer_gradient = GRU.gradient(1)
test_grucell_layer_config = GRU.config(1)
test_grucell_layer_mixed_precision = GRU.mixed_precision(1)

LSTM = cell("LSTMCell", 4, 2, lambda *given: [*oracle.lstm_cell(*given)])
test_lstmcell_layer_values = LSTM.values(
    3, "Gates, memory and state, with given weights", "门、记忆与状态，给定权重时正确"
)


@check("LSTMCell", 2, "A new cell remembers: the forget bias is 1", "新单元会记住：遗忘门偏置为 1")
def test_lstmcell_layer_forget_bias(student, rng):
    layer = student.LSTMCell(UNITS)
    layer(*LSTM.inputs(rng, STANDARD))
    because = text(
        "At the start the forget gate's part of the bias is 1, the rest 0.",
        "初始时，偏置中遗忘门的部分为 1，其余为 0。",
    )
    expect.close(layer.value("bias"), np.repeat([0.0, 1.0, 0.0, 0.0], UNITS), because)


test_lstmcell_layer_other_sizes = LSTM.other_sizes(1)
test_lstmcell_layer_weights = LSTM.weights(1)
test_lstmcell_layer_gradient = LSTM.gradient(1)
test_lstmcell_layer_config = LSTM.config(0.5)
test_lstmcell_layer_mixed_precision = LSTM.mixed_precision(0.5)


# -- unroll ---------------------------------------------------------------------------------------

MASK = np.array([[True, True, False, False, True, False], [True, False, True, True, False, True]])
LATE = np.array([[False, False, True, True, False, True], [False, True, True, False, True, True]])


class Sums:
    """The kit's FadingSum: what unroll is called on, and what should come of it."""

    def __init__(self, student, rng, sizes=STANDARD, states=2, dtype="float32"):
        kernel = normal(rng, WIDTH, UNITS)
        cell = student.kit("models.scripted.FadingSum")(kernel, states)
        x = normal(rng, sizes.batch, sizes.length, WIDTH).astype(dtype)
        first = [normal(rng, sizes.batch, UNITS).astype(dtype) for _ in range(states)]
        first[0][:, 0] = 0
        self.inputs, self.states = [cell, x, first], states
        self.right = lambda _, *given, mask=None: oracle.fading_sum(kernel, *given, mask)

    def expect(self, answer, mask=None, because=WRONG_VALUES, parts=(0, 1), **tolerance):
        """Fail unless an answer is right: its outputs and its states, or one of these parts."""
        shape = text(
            "unroll should give (outputs, [states]).", "unroll 应返回 (outputs, [states])。"
        )
        whole = isinstance(answer, list) and len(answer) == 2 and isinstance(answer[1], list)
        expect.that(whole and len(answer[1]) == self.states, shape)
        right = self.right(*self.inputs, mask=mask)
        for part in parts:
            pairs = zip(battery.flat(answer[part]), battery.flat(right[part]), strict=True)
            for found, wanted in pairs:
                expect.close(found, wanted, because, **tolerance)


@check("unroll", 4, "Each step gets the state of the one before", "每一步得到上一步的状态")
def test_unroll_values(student, rng):
    sums = Sums(student, rng)
    sums.expect(student.unroll(*sums.inputs))


@check("unroll", 3, "A padded step changes no state", "填充的步不改变状态")
def test_unroll_mask_states(student, rng):
    sums = Sums(student, rng)
    because = text(
        "At a padded step the states should be carried over.", "遇到填充时，状态应原样传下去。"
    )
    sums.expect(student.unroll(*sums.inputs, mask=MASK), MASK, because, parts=(1,))


@check("unroll", 3, "At padding the output before is repeated", "填充处重复上一步的输出")
def test_unroll_mask_outputs(student, rng):
    sums = Sums(student, rng)
    because = text(
        "At a padded step the output of the step before should be given again.",
        "填充处应再次给出上一步的输出。",
    )
    sums.expect(student.unroll(*sums.inputs, mask=MASK), MASK, because, parts=(0,))


@check("unroll", 2, "Padding in front gives zeros", "句首的填充给出零")
def test_unroll_padding_in_front(student, rng):
    sums = Sums(student, rng)
    because = text(
        "Before the first real step the output should be zeros.", "第一个真实步之前，输出应为零。"
    )
    sums.expect(student.unroll(*sums.inputs, mask=LATE), LATE, because)


@check("unroll", 1, "One word, one sentence, one state", "只有一个词、一个句子、一个状态")
def test_unroll_other_sizes(student, rng):
    for states, sizes in enumerate(OTHERS, start=1):
        sums = Sums(student, rng, sizes, states)
        sums.expect(student.unroll(*sums.inputs))
        none = np.zeros((sizes.batch, sizes.length), bool)
        sums.expect(student.unroll(*sums.inputs, mask=none), none)


@check("unroll", 1, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_unroll_unknown_sizes(student, rng):
    sums = Sums(student, rng)
    for batch in (None, STANDARD.batch):
        specs = [(batch, None, WIDTH), (batch, None)]
        sums.expect(student.unroll.graph(*sums.inputs, mask=MASK, specs=specs), MASK, COMPILED)


@check("unroll", 1, "It compiles under XLA", "可用 XLA 编译")
def test_unroll_xla(student, rng):
    sums = Sums(student, rng)
    sums.expect(student.unroll.xla(*sums.inputs, mask=MASK), MASK, COMPILED)


@check("unroll", 1, "The gradients are right", "梯度正确")
def test_unroll_gradient(student, rng):
    sums = Sums(student, rng)
    outputs = battery.flat(sums.right(*sums.inputs))
    cotangents = [normal(rng, *output.shape) for output in outputs]
    for mask in (None, LATE):
        battery.expect_joint_input_gradients(
            student.unroll,
            sums.inputs,
            lambda *inputs, mask=mask: sums.right(*inputs, mask=mask),
            cotangents,
            rng,
            mask=mask,
        )


@check("unroll", 1, "float16 stays float16", "float16 输入得到 float16")
def test_unroll_half_precision(student, rng):
    sums = Sums(student, rng, dtype="float16")
    answer = student.unroll(*sums.inputs, mask=MASK)
    for output in battery.flat(answer):
        expect.dtype(output, "float16")
    sums.expect(answer, MASK, rtol=2e-2, atol=2e-2)


# -- AdditiveAttention ----------------------------------------------------------------------------

QUERY, KEYS, HIDDEN = 7, 11, 13


def attention_shapes(units, query, keys, prefix=""):
    return {
        f"{prefix}query_projection.kernel": (query, units),
        f"{prefix}key_projection.kernel": (keys, units),
        f"{prefix}score_projection.kernel": (units, 1),
    }


def source_masks(rng, sizes):
    """A mask `(B, S)` that leaves each sentence some words, and hides some of one's."""
    mask = rng.random((sizes.batch, sizes.source)) < 0.5
    mask[:, 0], mask[0, 1:3] = True, (False, True)
    return [mask]


ATTENTION = Layer(
    unit="rnn",
    exercise="AdditiveAttention",
    arguments={"units": HIDDEN},
    inputs=lambda rng, sizes: [
        normal(rng, sizes.batch, QUERY),
        normal(rng, sizes.batch, sizes.source, KEYS),
    ],
    shapes=attention_shapes(HIDDEN, QUERY, KEYS),
    right=lambda weights, query, keys, keys_mask=None: oracle.additive_attention(
        weights, query, keys, keys_mask
    ),
    attention=1,
    masks={"keys_mask": source_masks},
)
test_additive_attention_layer_values = ATTENTION.values(4)
test_additive_attention_layer_mask = ATTENTION.mask(2, "keys_mask", "mask")


@check(
    "AdditiveAttention", 0.5, "Scores that are far apart stay finite", "分数相差很大时仍为有限值"
)
def test_additive_attention_layer_far_apart(student, rng):
    layer, weights = ATTENTION.transplanted(student, rng)
    weights["score_projection.kernel"] *= 100
    layer.assign(weights)
    because = text("With scores of some hundreds it is wrong.", "分数达到数百时结果不正确。")
    query, keys = ATTENTION.inputs(rng, Sizes(20, 1, 5))
    _, likely = oracle.additive_attention(weights, query, keys)
    mask = likely < likely.max(axis=1, keepdims=True)  # the likeliest key is hidden
    for given in ({}, {"keys_mask": mask}):
        answer = expect.pair(layer(query, keys, **given))
        for found, right in zip(
            answer, ATTENTION.right(weights, query, keys, **given), strict=True
        ):
            expect.close(found, right, because, rtol=1e-2, atol=1e-2)


test_additive_attention_layer_other_sizes = ATTENTION.other_sizes(1)
test_additive_attention_layer_weights = ATTENTION.weights(1)
test_additive_attention_layer_gradient = ATTENTION.gradient(1)
test_additive_attention_layer_config = ATTENTION.config(0.5)
test_additive_attention_layer_saving = ATTENTION.saving(0.5)
test_additive_attention_layer_mixed_precision = ATTENTION.mixed_precision(0.5)

# -- RNNEncoder -----------------------------------------------------------------------------------


def encoder_shapes(prefix=""):
    table = {f"{prefix}embedding.embeddings": (SOURCE_VOCABULARY, UNITS)}
    return table | cell_shapes(3, UNITS, UNITS, f"{prefix}cell.")


def sharp(path):
    """How large weights are: attention that is sure of one word shows what flattens it."""
    return 4.0 if "score_projection" in path else 0.5


def words(rng, vocabulary, *shape):
    """Token ids that are no padding."""
    return rng.integers(1, vocabulary, shape).astype("int32")


ENCODER = Layer(
    unit="rnn",
    exercise="RNNEncoder",
    arguments={"vocabulary_size": SOURCE_VOCABULARY, "units": UNITS},
    # Without padding: what the outputs are at padding is left open.
    inputs=lambda rng, sizes: [words(rng, SOURCE_VOCABULARY, sizes.batch, sizes.source)],
    shapes=encoder_shapes(),
    right=oracle.encoder,
)
test_rnnencoder_layer_values = ENCODER.values(
    3, "Outputs and state, with given weights", "输出与状态，给定权重时正确"
)


@check("RNNEncoder", 3, "The state is that of the last real word", "状态来自最后一个真实的词")
def test_rnnencoder_layer_padding(student, rng):
    layer, weights = ENCODER.transplanted(student, rng)
    because = text(
        "Padding changes the state of the sentence, or an output at a real word.",
        "填充改变了句子的状态，或真实词处的输出。",
    )
    [sentence] = ENCODER.inputs(rng, STANDARD)
    right_outputs, right_state = oracle.encoder(weights, sentence)
    for place in (5, 3, 0):  # behind the sentence, in the middle, in front
        source = np.insert(sentence, [place, place], PAD_ID, axis=1)
        outputs, state = expect.pair(layer(source))
        expect.close(state, right_state, because)
        expect.shape(outputs, (*source.shape, UNITS))
        expect.finite(outputs, because)  # also at padding, where they get no weight
        real = outputs[source != PAD_ID].reshape(right_outputs.shape)
        expect.close(real, right_outputs, because)


test_rnnencoder_layer_rows = ENCODER.rows(1)
test_rnnencoder_layer_other_sizes = ENCODER.other_sizes(1)
test_rnnencoder_layer_weights = ENCODER.weights(0.5)
test_rnnencoder_layer_gradient = ENCODER.gradient(1)
test_rnnencoder_layer_config = ENCODER.config(0.5)
test_rnnencoder_layer_saving = ENCODER.saving(0.5)
test_rnnencoder_layer_mixed_precision = ENCODER.mixed_precision(0.5)

# -- RNNDecoder -----------------------------------------------------------------------------------


def decoder_shapes(attention, prefix=""):
    width = 2 * UNITS if attention else UNITS
    shapes = {
        f"{prefix}embedding.embeddings": (TARGET_VOCABULARY, UNITS),
        f"{prefix}output_projection.kernel": (width, TARGET_VOCABULARY),
        f"{prefix}output_projection.bias": (TARGET_VOCABULARY,),
    }
    shapes |= cell_shapes(3, width, UNITS, f"{prefix}cell.")
    if attention:
        shapes |= attention_shapes(UNITS, UNITS, UNITS, f"{prefix}attention.")
    return shapes


def with_attention(weights, target, memory, memory_mask=None):
    outputs, state = memory
    return oracle.decoder(weights, target, outputs, state, memory_mask)[0]


def without_attention(weights, target, memory):
    outputs, state = memory
    return oracle.decoder(weights, target, outputs, state, attention=False)[0]


DECODER = Layer(
    unit="rnn",
    exercise="RNNDecoder",
    arguments={"vocabulary_size": TARGET_VOCABULARY, "units": UNITS},
    inputs=lambda rng, sizes: [
        words(rng, TARGET_VOCABULARY, sizes.batch, sizes.length),
        [normal(rng, sizes.batch, sizes.source, UNITS), normal(rng, sizes.batch, UNITS)],
    ],
    shapes=decoder_shapes(attention=True),
    right=with_attention,
    scale=sharp,
    mixed=(6e-2, 6e-2),  # sharp attention takes a small error in a score for a large one
    masks={"memory_mask": source_masks},
)
PLAIN = dataclasses.replace(
    DECODER,
    arguments=DECODER.arguments | {"attention": False},
    defaults={"attention": True},
    shapes=decoder_shapes(attention=False),
    right=without_attention,
)
test_rnndecoder_layer_values = DECODER.values(
    3, "With attention, the logits of the formula", "带注意力时，logits 与公式一致"
)


@check(
    "RNNDecoder",
    2,
    "Without attention, the logits of the formula",
    "不带注意力时，logits 与公式一致",
)
def test_rnndecoder_layer_plain(student, rng):
    layer, weights = PLAIN.transplanted(student, rng)
    for sizes in (STANDARD, Sizes(1, 1, 3)):
        inputs = PLAIN.inputs(rng, sizes)
        PLAIN.expect_right(layer(*inputs), weights, inputs)


@check(
    "RNNDecoder", 1, "Without attention one vector is all it knows", "没有注意力时，只知道一个向量"
)
def test_rnndecoder_layer_bottleneck(student, rng):
    layer, weights = PLAIN.transplanted(student, rng)
    [target, [outputs, state]] = inputs = PLAIN.inputs(rng, STANDARD)
    [mask] = source_masks(rng, STANDARD)
    because = text(
        "Without attention the source comes in through the encoder's last state alone.",
        "没有注意力时，源句只能通过编码器的最后状态进入。",
    )
    answer = layer(target, [outputs + 9, state], memory_mask=mask)
    PLAIN.expect_right(answer, weights, inputs, because)


plain_gradient, plain_mixed_precision = PLAIN.gradient(0), PLAIN.mixed_precision(0)


@check(
    "RNNDecoder",
    0.5,
    "Without attention, gradients and mixed precision",
    "不带注意力时的梯度与混合精度",
)
def test_rnndecoder_layer_plain_gradient(student, rng):
    plain_gradient(student, rng)
    plain_mixed_precision(student, rng)


test_rnndecoder_layer_mask = DECODER.mask(2, "memory_mask", "mask")


@check(
    "RNNDecoder",
    1,
    "With its attention weights (B, T, S), None without attention",
    "给出注意力权重 (B, T, S)，无注意力时为 None",
)
def test_rnndecoder_layer_scores(student, rng):
    layer, weights = DECODER.transplanted(student, rng)
    [target, memory] = inputs = DECODER.inputs(rng, STANDARD)
    [mask] = source_masks(rng, STANDARD)
    answer = layer(*inputs, memory_mask=mask, return_attention_scores=True)
    logits, scores = expect.pair(answer)
    right_logits, right = oracle.decoder(weights, target, *memory, mask)
    exact = text("A masked weight should be exactly 0.", "被屏蔽的权重应恰好为 0。")
    with expect.attention(scores, right):
        expect.close(scores, right, WRONG_VALUES)
        expect.that(not scores[right == 0].any(), exact)
    expect.close(logits, right_logits, WRONG_VALUES)
    layer, weights = PLAIN.transplanted(student, rng)
    answer = layer(*inputs, return_attention_scores=True)
    because = text(
        "Without attention it should give (logits, None).", "没有注意力时应返回 (logits, None)。"
    )
    expect.that(isinstance(answer, list) and len(answer) == 2 and answer[1] is None, because)
    PLAIN.expect_right(answer[0], weights, inputs)


test_rnndecoder_layer_other_sizes = DECODER.other_sizes(1)
test_rnndecoder_layer_rows = DECODER.rows(0.5)
test_rnndecoder_layer_weights = DECODER.weights(0.5)
test_rnndecoder_layer_gradient = DECODER.gradient(1)
test_rnndecoder_layer_config = PLAIN.config(0.5)
test_rnndecoder_layer_saving = DECODER.saving(0.5)
test_rnndecoder_layer_mixed_precision = DECODER.mixed_precision(0.5)

# -- RNNSeq2Seq -----------------------------------------------------------------------------------


def pairs(rng, sizes):
    """Sentences with an unknown word and padding behind sources; targets have no padding.

    What follows a target's end is left open.
    """
    [[source, target]] = sentences(rng, sizes)
    source[-1, 0] = UNKNOWN_ID
    return [[source, np.where(target == PAD_ID, words(rng, 2, 1), target)]]


def model_shapes(attention):
    return encoder_shapes("encoder.") | decoder_shapes(attention, "decoder.")


def logits_of(weights, pair, attention=True):
    source, target = pair
    return oracle.translator(weights, source, target, attention)[0]


MODEL = Model(
    unit="rnn",
    exercise="RNNSeq2Seq",
    arguments={
        "source_vocabulary_size": SOURCE_VOCABULARY,
        "target_vocabulary_size": TARGET_VOCABULARY,
        "units": UNITS,
    },
    inputs=pairs,
    shapes=model_shapes(attention=True),
    right=logits_of,
    scale=sharp,
    family="rnn",
    scores_of=lambda *given: {"layer_1": oracle.translator(*given)[1][:, None]},
)
PLAIN_MODEL = dataclasses.replace(
    MODEL,
    arguments=MODEL.arguments | {"attention": False},
    defaults={"attention": True},
    shapes=model_shapes(attention=False),
    right=functools.partial(logits_of, attention=False),
)
test_rnnseq2seq_layer_values = MODEL.values(
    3, "Encoder and decoder together, with given weights", "编码器与解码器合在一起，给定权重时正确"
)
test_rnnseq2seq_layer_padding = MODEL.padding(1)
test_rnnseq2seq_layer_interface = MODEL.interface(2)
test_rnnseq2seq_layer_scores = MODEL.scores(2)


@check("RNNSeq2Seq", 2, "It works without attention", "不带注意力也正确")
def test_rnnseq2seq_layer_plain(student, rng):
    model, weights = PLAIN_MODEL.transplanted(student, rng)
    inputs = PLAIN_MODEL.inputs(rng, STANDARD)
    PLAIN_MODEL.expect_right(model(*inputs), weights, inputs)
    nothing = text("Without attention there are no scores.", "没有注意力就没有分数。")
    expect.that(model.method("attention_scores")(*inputs[0]) == {}, nothing)


test_rnnseq2seq_layer_other_sizes = MODEL.other_sizes(1)
test_rnnseq2seq_layer_gradient = MODEL.every_gradient(1)
test_rnnseq2seq_layer_translations = MODEL.translations(3)
test_rnnseq2seq_layer_learning = MODEL.learning(2)
test_rnnseq2seq_layer_config = PLAIN_MODEL.config(1)
test_rnnseq2seq_layer_saving = MODEL.saving(1)
test_rnnseq2seq_layer_mixed_precision = MODEL.mixed_precision(1)
