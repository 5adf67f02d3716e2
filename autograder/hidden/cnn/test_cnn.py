"""The hidden suite of the CNN unit: 35 checks, one property each, 100 points."""

import numpy as np
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import battery, translating
from autograder.hidden.battery import COMPILED, FUTURE, MASKED, MIXED, ROWS, WRONG_VALUES, normal
from autograder.hidden.cnn import oracle as oracle
from autograder.hidden.strategies import arrays
from autograder.isolation.client import StudentError

# -- receptive_field and gated_linear_unit --------------------------------------------------------


@check("receptive_field", 3, "It counts what stacked windows can see", "数出层层窗口能看到的范围")
@for_all(kernel_size=st.integers(1, 6), num_layers=st.integers(0, 6), examples=6)
def test_receptive_field_values(student, kernel_size, num_layers):
    right = oracle.receptive_field(kernel_size, num_layers)
    expect.close(student.receptive_field(kernel_size, num_layers), right, WRONG_VALUES)


@check("receptive_field", 2, "Dilated windows reach farther", "空洞卷积看得更远")
def test_receptive_field_dilation(student):
    because = text("With dilation the count is wrong.", "有空洞（dilation）时数得不对。")
    for kernel_size, num_layers, dilation in [(3, 2, 2), (2, 3, 4), (5, 1, 3)]:
        right = oracle.receptive_field(kernel_size, num_layers, dilation)
        got = student.receptive_field(kernel_size, num_layers, dilation=dilation)
        expect.close(got, right, because)


@check(
    "gated_linear_unit",
    4,
    "First half times the sigmoid of the second",
    "前一半乘以后一半的 sigmoid",
)
@for_all(x=arrays((2, 3, 4)), examples=4)
def test_gated_linear_unit_values(student, x):
    expect.close(student.gated_linear_unit(x), oracle.gated_linear_unit(x), WRONG_VALUES)


@check("gated_linear_unit", 1, "Any number of axes in front", "前面可以有任意多个轴")
def test_gated_linear_unit_ranks(student, rng):
    for shape in ((6,), (2, 2), (2, 1, 3, 8)):
        x = normal(rng, *shape)
        expect.close(student.gated_linear_unit(x), oracle.gated_linear_unit(x), WRONG_VALUES)


@check("gated_linear_unit", 2, "It compiles with unknown sizes", "在未知尺寸下也能编译")
def test_gated_linear_unit_unknown_sizes(student, rng):
    x = normal(rng, 2, 3, 4)
    got = student.gated_linear_unit.graph(x, specs=[(None, None, 4)])
    expect.close(got, oracle.gated_linear_unit(x), COMPILED)


# -- CausalConv1D ---------------------------------------------------------------------------------


def convolved(student, rng, width=3, filters=2, kernel_size=3):
    inputs = np.zeros((1, 4, width), "float32")
    layer = student.shared("CausalConv1D", filters, kernel_size, built_on=[inputs])
    weights = battery.draw(rng, {"kernel": (kernel_size, width, filters), "bias": (filters,)})
    layer.assign(weights)
    return layer, weights


@check(
    "CausalConv1D", 4, "With given weights it gives the formula's values", "给定权重时与公式一致"
)
def test_causal_conv1d_layer_values(student, rng):
    for kernel_size in (3, 2):
        layer, weights = convolved(student, rng, kernel_size=kernel_size)
        x = normal(rng, 2, 5, 3)
        expect.close(layer(x), oracle.convolution(x, **weights), WRONG_VALUES)


@check("CausalConv1D", 4, "No output sees the future", "任何输出都看不到未来")
def test_causal_conv1d_layer_future(student, rng):
    layer, _ = convolved(student, rng)
    x = normal(rng, 1, 6, 3)
    first = expect.array(layer(x))
    expect.shape(first, (1, 6, 2))
    changed = x.copy()
    changed[:, 3:] += 1
    second = expect.array(layer(changed))
    expect.close(second[:, :3], first[:, :3], FUTURE, rtol=0, atol=1e-6)


@check(
    "CausalConv1D",
    3,
    "Each output sees its window, and nothing before it",
    "每个输出只看自己的窗口",
)
def test_causal_conv1d_layer_window(student, rng):
    layer, _ = convolved(student, rng, kernel_size=3)
    x = normal(rng, 1, 7, 3)
    first = expect.array(layer(x))
    expect.shape(first, (1, 7, 2))
    changed = x.copy()
    changed[:, 2] += 5
    moved = np.abs(expect.array(layer(changed)) - first).max(-1)[0] > 1e-4
    because = text(
        "With K = 3 the input at 2 should reach the outputs 2, 3 and 4.",
        "K = 3 时，位置 2 的输入应影响输出 2、3、4。",
    )
    expect.that(moved.tolist() == [False, False, True, True, True, False, False], because)


@check("CausalConv1D", 2, "A kernel and a bias, made once", "一个卷积核、一个偏置，只创建一次")
def test_causal_conv1d_layer_weights(student):
    layer = student.CausalConv1D(2, 3)
    for shape in ((1, 4, 5), (2, 2, 5)):
        layer(np.zeros(shape, "float32"))
    because = text(
        "It should have a kernel (3, 5, 2) and a bias (2,).", "应有卷积核 (3, 5, 2) 和偏置 (2,)。"
    )
    battery.expect_weights(layer, [(3, 5, 2), (2,)], because)


@check(
    "CausalConv1D",
    3,
    "Sentences shorter than the window, other batches",
    "短于窗口的句子，别的批量",
)
def test_causal_conv1d_layer_other_sizes(student, rng):
    layer, weights = convolved(student, rng, kernel_size=4)
    for shape in ((1, 1, 3), (3, 2, 3), (2, 9, 3)):
        x = normal(rng, *shape)
        expect.close(layer(x), oracle.convolution(x, **weights), WRONG_VALUES)


@check("CausalConv1D", 3, "The gradients are right", "梯度正确")
def test_causal_conv1d_layer_gradient(student, rng):
    layer, weights = convolved(student, rng)
    x, cotangent = normal(rng, 2, 4, 3), normal(rng, 2, 4, 2)
    battery.expect_weight_gradients(
        layer, [x], weights, lambda w: oracle.convolution(x, **w), [cotangent], rng
    )


@check(
    "CausalConv1D", 2, "A saved model of unknown length comes back the same", "保存再载入，结果不变"
)
def test_causal_conv1d_layer_saving(student, rng):
    layer, weights = convolved(student, rng)
    x = normal(rng, 2, 4, 3)
    battery.expect_reload(layer, [x], oracle.convolution(x, **weights), [(None, None, 3)])


@check("CausalConv1D", 2, "It works in mixed precision", "支持混合精度")
def test_causal_conv1d_layer_mixed_precision(student, rng):
    student.use_policy("mixed_float16")
    layer, weights = convolved(student, rng)
    x = normal(rng, 2, 4, 3)
    output = layer(x)
    expect.dtype(output, "float16")
    expect.close(output, oracle.convolution(x, **weights), MIXED, rtol=3e-2, atol=2e-2)


@check("CausalConv1D", 2, "It compiles under XLA", "可用 XLA 编译")
def test_causal_conv1d_layer_xla(student, rng):
    layer, weights = convolved(student, rng)
    x = normal(rng, 2, 4, 3)
    expect.close(layer.xla(x), oracle.convolution(x, **weights), COMPILED)


# -- ConvBlock ------------------------------------------------------------------------------------


def block_shapes(filters=3, kernel_size=3):
    return {
        "convolution.kernel": (kernel_size, filters, 2 * filters),
        "convolution.bias": (2 * filters,),
    }


def block(student, rng, filters=3, kernel_size=3, causal=False):
    inputs = np.zeros((1, 4, filters), "float32")
    layer = student.shared("ConvBlock", filters, kernel_size, causal=causal, built_on=[inputs])
    weights = battery.draw(rng, block_shapes(filters, kernel_size))
    layer.assign(weights)
    return layer, weights


@check(
    "ConvBlock",
    4,
    "Convolution, gate, residual, with given weights",
    "卷积、门、残差，给定权重时正确",
)
def test_conv_block_layer_values(student, rng):
    layer, weights = block(student, rng)
    x = normal(rng, 2, 5, 3)
    expect.close(layer(x), oracle.conv_block(weights, x), WRONG_VALUES)


@check("ConvBlock", 4, "The causal block never sees the future", "因果块看不到未来")
def test_conv_block_layer_causal(student, rng):
    layer, weights = block(student, rng, causal=True)
    x = normal(rng, 1, 6, 3)
    first = expect.array(layer(x))
    expect.shape(first, (1, 6, 3))
    changed = x.copy()
    changed[:, 3:] += 1
    second = expect.array(layer(changed))
    expect.close(second[:, :3], first[:, :3], FUTURE, rtol=0, atol=1e-6)
    expect.close(first, oracle.conv_block(weights, x, causal=True), WRONG_VALUES)


@check(
    "ConvBlock",
    3,
    "A window of even size has K // 2 words to its right",
    "偶数窗口右侧有 K // 2 个词",
)
def test_conv_block_layer_even_kernel(student, rng):
    layer, weights = block(student, rng, kernel_size=4)
    x = normal(rng, 2, 6, 3)
    because = text("With an even kernel size the window is misplaced.", "窗口为偶数时位置不对。")
    expect.close(layer(x), oracle.conv_block(weights, x), because)


@check("ConvBlock", 4, "Padding doesn't reach real words", "填充不影响真实的词")
def test_conv_block_layer_mask(student, rng):
    layer, weights = block(student, rng)
    x = normal(rng, 2, 6, 3)
    mask = np.arange(6) < np.array([[4], [6]])
    first = expect.array(layer(x, mask=mask))
    expect.shape(first, (2, 6, 3))
    right = oracle.conv_block(weights, x, mask)
    expect.close(first[mask], right[mask], MASKED)
    x[~mask] += 9
    expect.close(expect.array(layer(x, mask=mask))[mask], first[mask], MASKED)


@check("ConvBlock", 2, "Stacked blocks see their receptive field", "堆叠的块看到的正是感受野")
def test_conv_block_layer_receptive_field(student, rng):
    layers, x = [], normal(rng, 1, 8, 3)
    for _ in range(2):
        layer = student.ConvBlock(3, 3, causal=True)
        layer(x)
        layer.assign(battery.draw(rng, block_shapes()))
        layers.append(layer)

    def run(values):
        for layer in layers:
            values = expect.array(layer(values))
        expect.shape(values, (1, 8, 3))
        return values

    first, changed = run(x), x.copy()
    changed[:, 1] += 3
    moved = np.abs(run(changed) - first).max(-1)[0] > 1e-6
    because = text(
        "Two causal blocks with K = 3 should see 5 words: the input at 1 reaches 1 to 5.",
        "两层 K = 3 的因果块应看到 5 个词：位置 1 的输入影响 1 到 5。",
    )
    expect.that(moved.tolist() == [False, *[True] * 5, False, False], because)


@check("ConvBlock", 1, "Its configuration makes it again", "可由配置重建")
def test_conv_block_layer_config(student, rng):
    layer = student.ConvBlock(3, 2, causal=True, name="window")
    x = normal(rng, 1, 4, 3)
    layer(x)
    copy = battery.expect_clone(layer, [x], (1, 4, 3), "window")
    because = text("The copy is not causal any more.", "副本不再是因果的。")
    expect.that(copy.value("causal") is True, because)


@check("ConvBlock", 2, "A saved model comes back the same", "保存再载入，结果不变")
def test_conv_block_layer_saving(student, rng):
    layer, weights = block(student, rng)
    x = normal(rng, 2, 4, 3)
    battery.expect_reload(layer, [x], oracle.conv_block(weights, x), [(None, None, 3)])


# -- ConvAttention --------------------------------------------------------------------------------


def attention(student, rng, width=4, filters=3):
    state, target = normal(rng, 2, 3, filters), normal(rng, 2, 3, width)
    memory, source = normal(rng, 2, 5, width), normal(rng, 2, 5, width)
    inputs = [np.zeros_like(part) for part in (state, target, memory, source)]
    layer = student.shared("ConvAttention", width, built_on=inputs)
    shapes = {
        "query_projection.kernel": (filters, width),
        "query_projection.bias": (width,),
        "output_projection.kernel": (width, filters),
        "output_projection.bias": (filters,),
    }
    weights = battery.draw(rng, shapes)
    layer.assign(weights)
    return layer, weights, (state, target, memory, source)


@check(
    "ConvAttention",
    4,
    "With given weights it gives the formula's context",
    "给定权重时上下文与公式一致",
)
def test_conv_attention_layer_values(student, rng):
    layer, weights, inputs = attention(student, rng)
    context, seen = expect.pair(layer(*inputs))
    right_context, right_seen = oracle.conv_attention(weights, *inputs)
    with expect.attention(seen, right_seen):
        expect.close(seen, right_seen, WRONG_VALUES)
        expect.close(context, right_context, WRONG_VALUES)


@check("ConvAttention", 2, "Its weights sum to one over the source", "权重沿源句求和为一")
def test_conv_attention_layer_distribution(student, rng):
    layer, weights, inputs = attention(student, rng)
    _, seen = expect.pair(layer(*inputs))
    because = text("The weights of a target word should sum to one.", "每个目标词的权重和应为一。")
    with expect.attention(seen, lambda: oracle.conv_attention(weights, *inputs)[1]):
        expect.shape(seen, (2, 3, 5), text("The weights", "权重"))
        expect.close(seen.sum(-1), np.ones((2, 3)), because)


@check("ConvAttention", 4, "It obeys memory_mask", "遵守 memory_mask")
def test_conv_attention_layer_mask(student, rng):
    layer, weights, inputs = attention(student, rng)
    mask = np.arange(5) < np.array([[2], [5]])
    context, seen = expect.pair(layer(*inputs, memory_mask=mask))
    right_context, right_seen = oracle.conv_attention(weights, *inputs, mask)
    because = text("With a memory_mask the result is wrong.", "使用 memory_mask 时结果不正确。")
    exact = text("A masked weight should be exactly 0.", "被掩盖的权重应恰好为 0。")
    with expect.attention(seen, right_seen):
        expect.close(seen, right_seen, because)
        expect.close(context, right_context, because)
        expect.that(not seen[0, :, 2:].any(), exact)


@check("ConvAttention", 2, "Two Dense layers and nothing else", "两个 Dense 层，别无其他")
def test_conv_attention_layer_weights(student, rng):
    layer = student.ConvAttention(4)
    layer(*(normal(rng, 2, *shape) for shape in ((3, 3), (3, 4), (5, 4), (5, 4))))
    because = text(
        "It should have the weights of two Dense layers with bias.",
        "应只有两个带偏置的 Dense 层的权重。",
    )
    battery.expect_weights(layer, [(3, 4), (4,), (4, 3), (3,)], because)


@check("ConvAttention", 2, "The gradients are right", "梯度正确")
def test_conv_attention_layer_gradient(student, rng):
    layer, weights, inputs = attention(student, rng)
    battery.expect_weight_gradients(
        layer,
        list(inputs),
        weights,
        lambda w: oracle.conv_attention(w, *inputs)[0],
        [normal(rng, 2, 3, 3), None],
        rng,
    )


# -- ConvSeq2Seq ----------------------------------------------------------------------------------

SIZES = {
    "source_vocabulary_size": 7,
    "target_vocabulary_size": 8,
    "filters": 3,
    "kernel_size": 3,
    "num_layers": 2,
    "max_length": 9,
}
SOURCE = np.array([[4, 5, 6, 3, 0, 0], [6, 4, 5, 4, 5, 3]], "int32")
TARGET = np.array([[2, 4, 5, 6], [2, 7, 4, 5]], "int32")


def shapes_of(sizes):
    width, window = sizes["filters"], sizes["kernel_size"]
    shapes = {"output_projection.kernel": (width, sizes["target_vocabulary_size"])}
    shapes["output_projection.bias"] = (sizes["target_vocabulary_size"],)
    for side in ("source", "target"):
        shapes[f"{side}_embedding.embeddings"] = (sizes[f"{side}_vocabulary_size"], width)
        shapes[f"{side}_positions.embeddings"] = (sizes["max_length"], width)
    for layer in range(sizes["num_layers"]):
        for stack in ("encoder_blocks", "decoder_blocks"):
            shapes[f"{stack}.{layer}.convolution.kernel"] = (window, width, 2 * width)
            shapes[f"{stack}.{layer}.convolution.bias"] = (2 * width,)
        for name in ("query_projection", "output_projection"):
            shapes[f"attentions.{layer}.{name}.kernel"] = (width, width)
            shapes[f"attentions.{layer}.{name}.bias"] = (width,)
    return shapes


def translator(student, rng):
    model = student.shared("ConvSeq2Seq", **SIZES, built_on=[[SOURCE, TARGET]])
    weights = battery.draw(rng, shapes_of(SIZES), scale=0.8)
    model.assign(weights)
    return model, weights


@check(
    "ConvSeq2Seq",
    4,
    "With given weights it gives the paper's logits",
    "给定权重时 logits 与论文一致",
)
def test_conv_seq2seq_layer_values(student, rng):
    model, weights = translator(student, rng)
    right, _ = oracle.conv_seq2seq(weights, 2, SOURCE, TARGET)
    expect.close(model([SOURCE, TARGET]), right, WRONG_VALUES, rtol=1e-3, atol=1e-4)


@check("ConvSeq2Seq", 3, "A logit never depends on later target words", "logits 不依赖后面的目标词")
def test_conv_seq2seq_layer_future(student, rng):
    model, _ = translator(student, rng)
    first = expect.array(model([SOURCE, TARGET]))
    expect.shape(first, (2, 4, 8))
    changed = TARGET.copy()
    changed[:, 2:] = 6
    changed[1, 3] = 4
    second = expect.array(model([SOURCE, changed]))
    expect.close(second[:, :2], first[:, :2], FUTURE, rtol=0, atol=1e-5)


@check(
    "ConvSeq2Seq", 3, "More padding behind the source changes nothing", "源句后再多填充也不影响结果"
)
def test_conv_seq2seq_layer_padding(student, rng):
    model, _ = translator(student, rng)
    first = expect.array(model([SOURCE, TARGET]))
    wider = np.pad(SOURCE, [(0, 0), (0, 3)])
    expect.close(model([wider, TARGET]), first, MASKED, atol=1e-4)


@check("ConvSeq2Seq", 3, "encode and decode make up the model", "encode 与 decode 合起来就是模型")
def test_conv_seq2seq_layer_interface(student, rng):
    model, weights = translator(student, rng)
    memory = model.method("encode")(SOURCE)
    because = text(
        "encode should give a tuple whose last item is the source mask (B, S), True at real words.",
        "encode 应返回元组，最后一项是源句掩码 (B, S)，真实的词为 True。",
    )
    expect.that(isinstance(memory, list) and len(memory) > 1, because)
    expect.close(expect.array(memory[-1]).astype(bool), SOURCE != 0, because)
    right, _ = oracle.conv_seq2seq(weights, 2, SOURCE, TARGET)
    logits = model.method("decode")(TARGET, memory)
    expect.close(logits, right, WRONG_VALUES, rtol=1e-3, atol=1e-4)


@check("ConvSeq2Seq", 2, "Attention scores of every layer", "每一层的注意力分数")
def test_conv_seq2seq_layer_scores(student, rng):
    model, weights = translator(student, rng)
    scores = model.method("attention_scores")(SOURCE, TARGET)
    _, right = oracle.conv_seq2seq(weights, 2, SOURCE, TARGET)
    because = text(
        "It should give layer_1 and layer_2, each (B, 1, T, S).",
        "应给出 layer_1 和 layer_2，形状均为 (B, 1, T, S)。",
    )
    expect.that(isinstance(scores, dict) and set(scores) == {"layer_1", "layer_2"}, because)
    for name, wanted in zip(("layer_1", "layer_2"), right, strict=True):
        with expect.attention(scores[name], wanted[:, None]):
            expect.close(scores[name], wanted[:, None], WRONG_VALUES, rtol=1e-3, atol=1e-4)


@check("ConvSeq2Seq", 2, "Sentences of a batch don't mix", "批量中的句子互不影响")
def test_conv_seq2seq_layer_rows(student, rng):
    model, _ = translator(student, rng)
    first = expect.array(model([SOURCE, TARGET]))
    expect.shape(first, (2, 4, 8))
    expect.close(model([SOURCE[1:], TARGET[1:]]), first[1:], ROWS, atol=1e-4)


@check("ConvSeq2Seq", 2, "Longer than max_length is refused", "超过 max_length 会被拒绝")
def test_conv_seq2seq_layer_too_long(student, rng):
    model, _ = translator(student, rng)
    because = text(
        "A sentence longer than max_length should raise ValueError.",
        "句子长于 max_length 时应抛出 ValueError。",
    )
    try:
        model([np.full((1, 10), 4, "int32"), TARGET[:1]])
    except StudentError as error:
        if error.kind in ("missing", "forbidden"):
            raise
        expect.that(error.type_name == "ValueError", because)
    else:
        expect.fail(because)


@check("ConvSeq2Seq", 2, "Every weight gets a gradient", "每个权重都得到梯度")
def test_conv_seq2seq_layer_gradient(student, rng):
    model, _ = translator(student, rng)
    battery.expect_every_gradient(model, [[SOURCE, TARGET]], [normal(rng, 2, 4, 8)])


@check("ConvSeq2Seq", 2, "A saved model comes back the same", "模型保存后再载入，结果不变")
def test_conv_seq2seq_layer_saving(student, rng):
    model, weights = translator(student, rng)
    right, _ = oracle.conv_seq2seq(weights, 2, SOURCE, TARGET)
    battery.expect_reload(model, [[SOURCE, TARGET]], right, rtol=1e-3, atol=1e-4)


@check("ConvSeq2Seq", 4, *translating.TRANSLATES, timeout=60, evident=False)
def test_conv_seq2seq_layer_translations(student):
    translating.expect_translations(student, student.ConvSeq2Seq, "cnn")


@check("ConvSeq2Seq", 2, *battery.LEARNS, timeout=30, evident=False)
def test_conv_seq2seq_layer_learning(student, rng):
    model, weights = translator(student, rng)

    def logits_of(values):
        return oracle.conv_seq2seq(values, 2, SOURCE, TARGET)[0]

    battery.expect_learning(model, SOURCE, TARGET, weights, logits_of)
