"""The hidden suite of the CNN unit: one property a check, 100 points; see claims.md."""

import numpy as np

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import battery
from autograder.hidden.battery import FUTURE, MIXED, WRONG_VALUES, normal
from autograder.hidden.cnn import oracle as oracle
from autograder.hidden.function_checks import Function
from autograder.hidden.layer_checks import STANDARD, Layer
from autograder.hidden.model_checks import SOURCE_VOCABULARY, TARGET_VOCABULARY, Model
from autograder.hidden.strategies import arrays

# -- receptive_field and gated_linear_unit --------------------------------------------------------


@check("receptive_field", 3, "It counts what stacked windows can see", "数出层层窗口能看到的范围")
def test_receptive_field_values(student):
    whole = text("A number of words should be an int.", "词数应是整数（int）。")
    for kernel_size in range(1, 7):
        for num_layers in range(7):
            got = student.receptive_field(kernel_size, num_layers)
            expect.close(got, oracle.receptive_field(kernel_size, num_layers), WRONG_VALUES)
            expect.that(expect.array(got).dtype.kind in "iu", whole)


@check("receptive_field", 2, "Dilated windows reach farther", "空洞卷积看得更远")
def test_receptive_field_dilation(student):
    because = text("With dilation the count is wrong.", "有空洞（dilation）时数得不对。")
    for kernel_size, num_layers, dilation in [(3, 2, 2), (2, 3, 4), (5, 1, 3)]:
        right = oracle.receptive_field(kernel_size, num_layers, dilation)
        got = student.receptive_field(kernel_size, num_layers, dilation=dilation)
        expect.close(got, right, because)


@check(
    "gated_linear_unit",
    3,
    "First half times the sigmoid of the second",
    "前一半乘以后一半的 sigmoid",
)
@for_all(
    x=arrays((2, 3, 4)),
    examples=4,
    always=[{"x": np.array([[1.0, -2.0, 12.0, -9.0]], "float32")}],  # gates wide open, and shut
)
def test_gated_linear_unit_values(student, x):
    expect.close(student.gated_linear_unit(x), oracle.gated_linear_unit(x), WRONG_VALUES)


@check("gated_linear_unit", 1, "Any number of axes in front", "前面可以有任意多个轴")
def test_gated_linear_unit_ranks(student, rng):
    for shape in ((6,), (2, 2), (2, 1, 3, 8)):
        x = normal(rng, *shape)
        expect.close(student.gated_linear_unit(x), oracle.gated_linear_unit(x), WRONG_VALUES)


GATED = Function(
    unit="cnn",
    exercise="gated_linear_unit",
    inputs=lambda rng: [normal(rng, 2, 3, 10)],
    right=oracle.gated_linear_unit,
    specs=[(None, None, 10)],
)
test_gated_linear_unit_unknown_sizes = GATED.unknown_sizes(1)
test_gated_linear_unit_gradient = GATED.gradient(1)
test_gated_linear_unit_half_precision = GATED.half_precision(1)


# -- CausalConv1D ---------------------------------------------------------------------------------

WIDTH, FILTERS = 7, 4  # of the convolution's inputs and outputs


def convolution(kernel_size, **facts):
    return Layer(
        unit="cnn",
        exercise="CausalConv1D",
        arguments={"filters": FILTERS, "kernel_size": kernel_size},
        inputs=lambda rng, sizes: [normal(rng, sizes.batch, sizes.length, WIDTH)],
        shapes={"kernel": (kernel_size, WIDTH, FILTERS), "bias": (FILTERS,)},
        right=lambda weights, x: oracle.convolution(x, weights["kernel"], weights["bias"]),
        **facts,
    )


CONVOLUTION = convolution(3)
test_causal_conv1d_layer_values = CONVOLUTION.values(4)


@check("CausalConv1D", 2, "Windows of one word, of two, of many", "窗口为一个词、两个词、很多词")
def test_causal_conv1d_layer_kernel_sizes(student, rng):
    for kernel_size in (1, 2, 5, 9):
        layer = convolution(kernel_size)
        expect_values(layer, *layer.transplanted(student, rng), normal(rng, 2, 6, WIDTH))


@check("CausalConv1D", 3, "No output sees the future", "任何输出都看不到未来")
def test_causal_conv1d_layer_future(student, rng):
    layer, _ = CONVOLUTION.transplanted(student, rng)
    expect_no_future(layer, normal(rng, 1, 6, WIDTH), FILTERS)


@check(
    "CausalConv1D",
    3,
    "Each output sees its window, and nothing before it",
    "每个输出只看自己的窗口",
)
def test_causal_conv1d_layer_window(student, rng):
    layer, _ = CONVOLUTION.transplanted(student, rng)
    because = text(
        "With K = 3 the input at 2 should reach the outputs 2, 3 and 4.",
        "K = 3 时，位置 2 的输入应影响输出 2、3、4。",
    )
    expect_reach(layer, normal(rng, 1, 8, WIDTH), FILTERS, 2, [2, 3, 4], because)


test_causal_conv1d_layer_weights = CONVOLUTION.weights(2)
test_causal_conv1d_layer_other_sizes = CONVOLUTION.other_sizes(2)
test_causal_conv1d_layer_gradient = CONVOLUTION.gradient(2)
test_causal_conv1d_layer_config = CONVOLUTION.config(1)
test_causal_conv1d_layer_saving = CONVOLUTION.saving(2)
test_causal_conv1d_layer_mixed_precision = CONVOLUTION.mixed_precision(2)
test_causal_conv1d_layer_xla = CONVOLUTION.xla(2)


def expect_values(declared, layer, weights, x, **keywords):
    """Fail unless a layer with these weights gives the oracle's values."""
    declared.expect_right(layer(x, **keywords), weights, [x], **keywords)


def expect_no_future(layer, x, width):
    """Fail where an output hears of inputs behind it, in the middle or at the end."""
    first = expect.array(layer(x))
    expect.shape(first, (*x.shape[:2], width))
    for length in (1, 3, x.shape[1] - 1):
        changed = x.copy()
        changed[:, length:] += 1
        second = expect.array(layer(changed))
        expect.same(second[:, :length], first[:, :length], FUTURE, rtol=0, atol=1e-6)


def expect_reach(layer, x, width, place, reached, because):
    """Fail unless the input at a place changes these outputs and no other."""
    changed = x.copy()
    changed[:, place] += 5
    first, second = expect.array(layer(x)), expect.array(layer(changed))
    for output in (first, second):
        expect.shape(output, (*x.shape[:2], width))
    moved = np.flatnonzero(np.abs(second - first).max((0, 2)) > 1e-6)
    expect.that(moved.tolist() == reached, because)


# -- ConvBlock ------------------------------------------------------------------------------------


def blocks(kernel_size, causal=False, **facts):
    arguments = {"filters": WIDTH, "kernel_size": kernel_size}
    return Layer(
        unit="cnn",
        exercise="ConvBlock",
        arguments=arguments | ({"causal": True} if causal else {}),
        inputs=lambda rng, sizes: [normal(rng, sizes.batch, sizes.length, WIDTH)],
        shapes={
            "convolution.kernel": (kernel_size, WIDTH, 2 * WIDTH),
            "convolution.bias": (2 * WIDTH,),
        },
        right=lambda weights, x, mask=None: oracle.conv_block(weights, x, mask, causal),
        masks={"mask": token_masks},
        **facts,
    )


def token_masks(rng, sizes):
    """Padding behind the words; and wherever it likes, but for one word of each sentence."""
    lengths = np.array([[sizes.length - 2], [sizes.length]])
    anywhere = rng.random((sizes.batch, sizes.length)) < 0.6
    kept = rng.integers(0, sizes.length - 1, sizes.batch)
    anywhere[np.arange(sizes.batch), kept], anywhere[0, -1] = True, False
    return [np.arange(sizes.length) < lengths, anywhere]


BLOCK, CAUSAL_BLOCK = (
    blocks(3, other_arguments={"causal": True}, defaults={"causal": False}),
    blocks(3, True),
)
test_conv_block_layer_values = BLOCK.values(3)


@check("ConvBlock", 3, "The causal block never sees the future", "因果块看不到未来")
def test_conv_block_layer_causal(student, rng):
    layer, weights = CAUSAL_BLOCK.transplanted(student, rng)
    x = normal(rng, 2, 6, WIDTH)
    expect_no_future(layer, x, WIDTH)
    expect_values(CAUSAL_BLOCK, layer, weights, x)
    mask = token_masks(rng, STANDARD)[1]
    right = CAUSAL_BLOCK.right(weights, x, mask)
    output = expect.array(layer(x, mask=mask))
    expect.shape(output, right.shape)
    expect.close(output[mask], right[mask], battery.MASKED)


@check(
    "ConvBlock",
    2,
    "A window of even size has K // 2 words to its right",
    "偶数窗口右侧有 K // 2 个词",
)
def test_conv_block_layer_even_kernel(student, rng):
    because = text("With an even kernel size the window is misplaced.", "窗口为偶数时位置不对。")
    for kernel_size in (2, 4):
        declared, x = blocks(kernel_size), normal(rng, 2, 6, WIDTH)
        layer, weights = declared.transplanted(student, rng)
        declared.expect_right(layer(x), weights, [x], because)


@check(
    "ConvBlock", 1, "Windows of one word, and wider than the sentence", "窗口为一个词，或比句子还宽"
)
def test_conv_block_layer_kernel_sizes(student, rng):
    for kernel_size, causal in ((1, False), (1, True), (2, True), (9, False), (8, True)):
        declared = blocks(kernel_size, causal)
        expect_values(declared, *declared.transplanted(student, rng), normal(rng, 2, 6, WIDTH))


test_conv_block_layer_mask = BLOCK.mask(3, only_there=True)


@check("ConvBlock", 1, "Stacked blocks see their receptive field", "堆叠的块看到的正是感受野")
def test_conv_block_layer_receptive_field(student, rng):
    x, layers = normal(rng, 1, 8, WIDTH), [student.ConvBlock(WIDTH, 3, causal=True) for _ in "12"]
    for layer in layers:
        layer(x)
        layer.assign(battery.draw(rng, BLOCK.shapes))

    def stacked(values):
        for layer in layers:
            values = expect.array(layer(values))
        return values

    because = text(
        "Two causal blocks with K = 3 should see 5 words: the input at 1 reaches 1 to 5.",
        "两层 K = 3 的因果块应看到 5 个词：位置 1 的输入影响 1 到 5。",
    )
    expect_reach(stacked, x, WIDTH, 1, [1, 2, 3, 4, 5], because)


test_conv_block_layer_weights = BLOCK.weights(1)
test_conv_block_layer_other_sizes = BLOCK.other_sizes(1)
test_conv_block_layer_masking = BLOCK.masking(1)
test_conv_block_layer_config = BLOCK.config(1)
test_conv_block_layer_saving = BLOCK.saving(1)


@check("ConvBlock", 1, "The gradients are right", "梯度正确")
def test_conv_block_layer_gradient(student, rng):
    x = normal(rng, *STANDARD[:2], WIDTH)
    mask = token_masks(rng, STANDARD)[0]
    layer, weights = BLOCK.transplanted(student, rng)
    BLOCK.expect_gradients(layer, weights, [x], rng, where=mask[:, :, None], mask=mask)
    layer, weights = CAUSAL_BLOCK.transplanted(student, rng)
    CAUSAL_BLOCK.expect_gradients(layer, weights, [x], rng)


@check("ConvBlock", 1, "It works in mixed precision", "支持混合精度")
def test_conv_block_layer_mixed_precision(student, rng):
    student.use_policy("mixed_float16")
    x, every = normal(rng, *STANDARD[:2], WIDTH), np.ones(STANDARD[:2], bool)
    for declared, mask in ((BLOCK, token_masks(rng, STANDARD)[0]), (CAUSAL_BLOCK, None)):
        layer, weights = declared.transplanted(student, rng)
        output, right = layer(x, mask=mask), declared.right(weights, x, mask)
        expect.dtype(output, "float16")
        expect.shape(output, right.shape)
        real = every if mask is None else mask
        expect.close(output[real], right[real], MIXED, *declared.mixed)


# -- ConvAttention --------------------------------------------------------------------------------

UNITS, STATE = 7, 3  # the widths of the embeddings and of the decoder's state


def attention_inputs(rng, sizes):
    queries, keys = (sizes.batch, sizes.length), (sizes.batch, sizes.source)
    widths = ((*queries, STATE), (*queries, UNITS), (*keys, UNITS), (*keys, UNITS))
    return [normal(rng, *shape) for shape in widths]


def source_masks(rng, sizes):
    """Padding behind the source; and wherever it likes, but not everywhere."""
    lengths = np.array([[sizes.source - 3], [sizes.source]])
    anywhere = rng.random((sizes.batch, sizes.source)) < 0.5
    anywhere[:, 1], anywhere[:, 0] = True, False
    return [np.arange(sizes.source) < lengths, anywhere]


def conv_attention(weights, *inputs, memory_mask=None):
    return oracle.conv_attention(weights, *inputs, mask=memory_mask)


ATTENTION = Layer(
    unit="cnn",
    exercise="ConvAttention",
    arguments={"units": UNITS},
    inputs=attention_inputs,
    shapes={
        "query_projection.kernel": (STATE, UNITS),
        "query_projection.bias": (UNITS,),
        "output_projection.kernel": (UNITS, STATE),
        "output_projection.bias": (STATE,),
    },
    right=conv_attention,
    attention=1,
    masks={"memory_mask": source_masks},
)
test_conv_attention_layer_values = ATTENTION.values(3)


@check("ConvAttention", 1, "Its weights sum to one over the source", "权重沿源句求和为一")
def test_conv_attention_layer_distribution(student, rng):
    layer, weights = ATTENTION.transplanted(student, rng)
    because = text("The weights of a target word should sum to one.", "每个目标词的权重和应为一。")
    for scale in (1, 50):  # scores in the thousands, too
        inputs = [np.float32(scale) * array for array in attention_inputs(rng, STANDARD)]
        _, seen = expect.pair(layer(*inputs))
        right = conv_attention(weights, *inputs)[1]
        with expect.attention(seen, right):
            expect.shape(seen, right.shape, text("The weights", "权重"))
            expect.same(seen.sum(-1), np.ones(right.shape[:2]), because)
        # Whatever a key scores that is hidden, here the likeliest of the first target word's.
        mask = right[:, 0] < right[:, 0].max(axis=-1, keepdims=True)
        _, seen = expect.pair(layer(*inputs, memory_mask=mask))
        right = conv_attention(weights, *inputs, memory_mask=mask)[1]
        with expect.attention(seen, right):
            expect.close(seen, right, battery.MASKED, rtol=3e-2, atol=3e-2)


test_conv_attention_layer_mask = ATTENTION.mask(3, "memory_mask", name="mask")
test_conv_attention_layer_weights = ATTENTION.weights(1)
test_conv_attention_layer_other_sizes = ATTENTION.other_sizes(1)
test_conv_attention_layer_config = ATTENTION.config(1)
test_conv_attention_layer_saving = ATTENTION.saving(1)
test_conv_attention_layer_mixed_precision = ATTENTION.mixed_precision(1, masked="memory_mask")


@check("ConvAttention", 2, "The gradients are right", "梯度正确")
def test_conv_attention_layer_gradient(student, rng):
    layer, weights = ATTENTION.transplanted(student, rng)
    for masks in ({}, {"memory_mask": source_masks(rng, STANDARD)[0]}):
        inputs = attention_inputs(rng, STANDARD)
        ATTENTION.expect_gradients(layer, weights, inputs, rng, **masks)


# -- ConvSeq2Seq ----------------------------------------------------------------------------------

LAYERS = 2


def translator(max_length):
    width, window = 8, 3
    sizes = {"source": SOURCE_VOCABULARY, "target": TARGET_VOCABULARY}
    shapes = {
        "output_projection.kernel": (width, TARGET_VOCABULARY),
        "output_projection.bias": (TARGET_VOCABULARY,),
    }
    for side, size in sizes.items():
        shapes[f"{side}_embedding.embeddings"] = (size, width)
        shapes[f"{side}_positions.embeddings"] = (max_length, width)
    for layer in range(LAYERS):
        for stack in ("encoder_blocks", "decoder_blocks"):
            shapes[f"{stack}.{layer}.convolution.kernel"] = (window, width, 2 * width)
            shapes[f"{stack}.{layer}.convolution.bias"] = (2 * width,)
        for name in ("query_projection", "output_projection"):
            shapes[f"attentions.{layer}.{name}.kernel"] = (width, width)
            shapes[f"attentions.{layer}.{name}.bias"] = (width,)
    return Model(
        unit="cnn",
        exercise="ConvSeq2Seq",
        family="cnn",
        arguments={
            "source_vocabulary_size": SOURCE_VOCABULARY,
            "target_vocabulary_size": TARGET_VOCABULARY,
            "filters": width,
            "kernel_size": window,
            "num_layers": LAYERS,
            "max_length": max_length,
        },
        defaults={"max_length": 256},
        shapes=shapes,
        right=lambda weights, pair: oracle.conv_seq2seq(weights, LAYERS, *pair)[0],
        scores_of=scores_of,
        mixed=(8e-2, 8e-2),  # a layer adds its errors to those of the layers before it
        tolerance={"rtol": 1e-4, "atol": 1e-4},
    )


def scores_of(weights, source, target):
    _, scores = oracle.conv_seq2seq(weights, LAYERS, source, target)
    return {f"layer_{n}": seen[:, None] for n, seen in enumerate(scores, start=1)}


MODEL = translator(max_length=10)
test_conv_seq2seq_layer_values = MODEL.values(4)
test_conv_seq2seq_layer_future = MODEL.future(3)
test_conv_seq2seq_layer_padding = MODEL.padding(3)
test_conv_seq2seq_layer_interface = MODEL.interface(3)
test_conv_seq2seq_layer_scores = MODEL.scores(2)
test_conv_seq2seq_layer_rows = MODEL.rows(2)
test_conv_seq2seq_layer_other_sizes = MODEL.other_sizes(1)
test_conv_seq2seq_layer_too_long = MODEL.too_long(2)
test_conv_seq2seq_layer_weights = MODEL.weights(1)
test_conv_seq2seq_layer_gradient = MODEL.every_gradient(1)
test_conv_seq2seq_layer_config = MODEL.config(1)
# JAX and PyTorch trace what has an unknown length with one of nearly 100.
test_conv_seq2seq_layer_saving = translator(max_length=103).saving(1)
test_conv_seq2seq_layer_mixed_precision = MODEL.mixed_precision(1)
test_conv_seq2seq_layer_translations = MODEL.translations(3)
test_conv_seq2seq_layer_learning = MODEL.learning(1)
