"""The hidden suite of the Transformer unit: 34 checks, one property each, 100 points.

The last one needs a GPU and is worth none: a score is the same on every machine.
"""

import numpy as np

from autograder.base.text import text
from autograder.grading import corpus, expect
from autograder.grading.check import check
from autograder.grading.properties import for_all
from autograder.hidden import battery, search, translating
from autograder.hidden.battery import FUTURE, MASKED, MIXED, ROWS, WRONG_VALUES, normal
from autograder.hidden.strategies import arrays
from autograder.hidden.transformer import oracle as oracle
from course.kit.models.evaluation import evaluate

WIDTH, HEADS, INNER = 4, 2, 5
LOOSE = {"rtol": 4e-2, "atol": 4e-2}  # room for any usual epsilon of the normalisation
ATTENTION = tuple(
    f"{name}_projection.{kind}"
    for name in ("query", "key", "value", "output")
    for kind in ("kernel", "bias")
)


def attention_shapes(prefix):
    return {
        f"{prefix}.{path}": (WIDTH, WIDTH) if path.endswith("kernel") else (WIDTH,)
        for path in ATTENTION
    }


def feed_forward_shapes(prefix=""):
    return {
        f"{prefix}inner.kernel": (WIDTH, INNER),
        f"{prefix}inner.bias": (INNER,),
        f"{prefix}outer.kernel": (INNER, WIDTH),
        f"{prefix}outer.bias": (WIDTH,),
    }


def layer_shapes(attentions, norms):
    shapes = feed_forward_shapes("feed_forward.")
    for name in attentions:
        shapes |= attention_shapes(name)
    for name in norms:
        shapes |= {f"{name}.gamma": (WIDTH,), f"{name}.beta": (WIDTH,)}
    return shapes


ENCODER = layer_shapes(("attention",), ("attention_norm", "feed_forward_norm"))
DECODER = layer_shapes(
    ("self_attention", "cross_attention"),
    ("self_attention_norm", "cross_attention_norm", "feed_forward_norm"),
)


def drawn(rng, shapes):
    """Weights."""
    return battery.draw(rng, shapes)


# -- FeedForward ----------------------------------------------------------------------------------


ONE, TWO = np.zeros((1, 2, WIDTH), "float32"), np.zeros((1, 3, WIDTH), "float32")


def feed_forward(student, rng):
    layer = student.shared("FeedForward", WIDTH, INNER, built_on=[ONE])
    weights = battery.draw(rng, feed_forward_shapes())
    layer.assign(weights)
    return layer, weights


@check("FeedForward", 4, "max(0, x W + b) W' + b'", "max(0, x W + b) W' + b'，给定权重时正确")
def test_feed_forward_layer_values(student, rng):
    layer, weights = feed_forward(student, rng)
    x = normal(rng, 2, 3, WIDTH) * 2
    expect.close(layer(x), oracle.feed_forward(weights, x), WRONG_VALUES)


@check("FeedForward", 2, "Words don't mix", "词与词互不相混")
@for_all(x=arrays((1, 3, WIDTH)), examples=2)
def test_feed_forward_layer_words(student, x):
    layer = student.FeedForward(WIDTH, INNER)
    first = expect.array(layer(x))
    expect.shape(first, (1, 3, WIDTH))
    changed = x.copy()
    changed[:, 1] += 1
    because = text(
        "One word was changed, and another's result with it.", "只改动一个词，别的词也变了。"
    )
    second = expect.array(layer(changed))
    expect.close(second[:, [0, 2]], first[:, [0, 2]], because)


@check("FeedForward", 2, "Two Dense layers, made once", "两个 Dense 层，只创建一次")
def test_feed_forward_layer_weights(student, rng):
    layer = student.FeedForward(WIDTH, INNER)
    for inputs in (ONE, TWO):
        layer(inputs)
    because = text(
        "It should have the weights of two Dense layers with bias.",
        "应只有两个带偏置的 Dense 层的权重。",
    )
    battery.expect_weights(layer, list(feed_forward_shapes().values()), because)


@check("FeedForward", 2, "Its configuration makes it again", "可由配置重建")
def test_feed_forward_layer_config(student, rng):
    layer = student.FeedForward(WIDTH, INNER, name="thinks")
    x = normal(rng, 1, 2, WIDTH)
    layer(x)
    battery.expect_clone(layer, [x], (1, 2, WIDTH), "thinks")


# -- EncoderLayer ---------------------------------------------------------------------------------


def encoder(student, rng, dropout=0.1):
    layer = student.shared("EncoderLayer", WIDTH, HEADS, INNER, dropout=dropout, built_on=[ONE])
    weights = drawn(rng, ENCODER)
    layer.assign(weights)
    return layer, weights


@check("EncoderLayer", 5, "With given weights it gives the paper's values", "给定权重时与论文一致")
def test_encoder_layer_layer_values(student, rng):
    layer, weights = encoder(student, rng)
    x = normal(rng, 2, 4, WIDTH)
    right = oracle.encoder_layer(weights, HEADS, x)
    expect.close(layer(x), right, WRONG_VALUES, **LOOSE)


@check("EncoderLayer", 5, "Padding doesn't reach real words", "填充不影响真实的词")
def test_encoder_layer_layer_mask(student, rng):
    layer, weights = encoder(student, rng)
    x, mask = normal(rng, 2, 4, WIDTH), np.arange(4) < np.array([[2], [4]])
    first = expect.array(layer(x, mask=mask))
    expect.shape(first, (2, 4, WIDTH))
    right = oracle.encoder_layer(weights, HEADS, x, mask)
    expect.close(first[mask], right[mask], MASKED, **LOOSE)
    x[~mask] += 5
    expect.close(expect.array(layer(x, mask=mask))[mask], first[mask], MASKED, atol=1e-4)


@check("EncoderLayer", 2, "Alone it is blind to order", "单独一层与词序无关")
def test_encoder_layer_layer_permutation(student, rng):
    layer, _ = encoder(student, rng)
    x, order = normal(rng, 1, 4, WIDTH), np.array([2, 0, 3, 1])
    first = expect.array(layer(x))
    expect.shape(first, (1, 4, WIDTH))
    because = text(
        "The same words in another order should give the same vectors, in that order.",
        "同样的词换个顺序，得到的向量应相同，只是位置随之改变。",
    )
    expect.close(layer(x[:, order]), first[:, order], because, atol=1e-4)


@check("EncoderLayer", 2, "Its output is normalised", "输出经过归一化")
def test_encoder_layer_layer_normalised(student, rng):
    layer, weights = encoder(student, rng)
    plain = {path: np.ones_like(v) for path, v in weights.items() if path.endswith("gamma")}
    plain |= {path: np.zeros_like(v) for path, v in weights.items() if path.endswith("beta")}
    layer.assign(plain)
    got = expect.array(layer(normal(rng, 2, 3, WIDTH) * 9)).astype("float64")
    because = text(
        "With factors 1 and shifts 0, each word's vector should have mean 0 and variance 1.",
        "系数为 1、偏移为 0 时，每个词向量应均值为 0、方差为 1。",
    )
    expect.shape(got, (2, 3, WIDTH))
    expect.close(got.mean(-1), np.zeros((2, 3)), because, atol=1e-3)
    expect.close(got.var(-1), np.ones((2, 3)), because, atol=2e-2)


@check("EncoderLayer", 2, "Nothing is dropped at inference", "推理时不丢弃")
def test_encoder_layer_layer_inference(student, rng):
    layer, weights = encoder(student, rng, dropout=0.5)
    x = normal(rng, 1, 3, WIDTH)
    because = text(
        "Outside of training dropout should change nothing.", "不在训练时，dropout 不应起作用。"
    )
    expect.close(layer(x), oracle.encoder_layer(weights, HEADS, x), because, **LOOSE)


@check(
    "EncoderLayer",
    4,
    "In training, a sub-layer's output is dropped before the sum",
    "训练时子层输出先丢弃再相加",
)
def test_encoder_layer_layer_dropout(student):
    rate, width = 0.25, 64
    layer = student.EncoderLayer(width, 1, 2, dropout=rate)
    x = np.zeros((2, 16, width), "float32")
    layer(x)
    # Zeros attend to zeros: of the attention's output only its bias is left, ones. With the rest
    # of the layer silent, an entry ends up high if it was kept and low if it was dropped.
    blank = {f"attention.{path}": np.zeros((width, width)) for path in ATTENTION[::2]}
    blank |= {f"attention.{path}": np.zeros(width) for path in ATTENTION[1::2]}
    blank["attention.output_projection.bias"] = np.ones(width)
    blank |= {"feed_forward.outer.kernel": np.zeros((2, width))}
    blank |= {"feed_forward.outer.bias": np.zeros(width)}
    layer.assign({path: value.astype("float32") for path, value in blank.items()})
    got = expect.array(layer(x, training=True))
    expect.shape(got, (2, 16, width))
    low = got < got.max(-1, keepdims=True) - 0.5
    battery.expect_dropped(np.where(low, 0.0, 1 / (1 - rate)), rate)


@check(
    "EncoderLayer",
    3,
    "Attention, network, two normalisations: each its weights",
    "注意力、网络、两个归一化，各有权重",
)
def test_encoder_layer_layer_weights(student, rng):
    layer = student.EncoderLayer(WIDTH, HEADS, INNER)
    layer(ONE)
    because = text(
        "It should have the weights of one attention, one FeedForward and two normalisations.",
        "应有一个注意力、一个 FeedForward、两个归一化层的权重。",
    )
    battery.expect_weights(layer, list(ENCODER.values()), because)


@check("EncoderLayer", 2, "Every weight gets a gradient", "每个权重都得到梯度")
def test_encoder_layer_layer_gradient(student, rng):
    layer, _ = encoder(student, rng)
    cotangent = normal(rng, 2, 3, WIDTH)
    answer = layer.gradients(normal(rng, 2, 3, WIDTH), cotangents=[cotangent])
    slopes = answer.get("weights") if isinstance(answer, dict) else None
    because = text("No gradient reaches one of the weights.", "有的权重得不到梯度。")
    expect.that(isinstance(slopes, list) and len(slopes) == len(ENCODER), because)
    expect.that(all(slope is not None for slope in slopes), because)


@check("EncoderLayer", 2, "A saved model comes back the same", "保存再载入，结果不变")
def test_encoder_layer_layer_saving(student, rng):
    layer, weights = encoder(student, rng)
    x = normal(rng, 2, 3, WIDTH)
    right = oracle.encoder_layer(weights, HEADS, x)
    battery.expect_reload(layer, [x], right, [(None, None, WIDTH)], **LOOSE)


# -- DecoderLayer ---------------------------------------------------------------------------------


def decoder(student, rng, dropout=0.1):
    sizes = (WIDTH, HEADS, INNER)
    layer = student.shared("DecoderLayer", *sizes, dropout=dropout, built_on=[ONE, TWO])
    weights = drawn(rng, DECODER)
    layer.assign(weights)
    return layer, weights


@check("DecoderLayer", 5, "With given weights it gives the paper's values", "给定权重时与论文一致")
def test_decoder_layer_layer_values(student, rng):
    layer, weights = decoder(student, rng)
    target, memory = normal(rng, 2, 3, WIDTH), normal(rng, 2, 4, WIDTH)
    right, _ = oracle.decoder_layer(weights, HEADS, target, memory)
    expect.close(layer(target, memory), right, WRONG_VALUES, **LOOSE)


@check("DecoderLayer", 5, "Position t never sees a later one", "位置 t 看不到后面的位置")
def test_decoder_layer_layer_future(student, rng):
    layer, _ = decoder(student, rng)
    target, memory = normal(rng, 1, 5, WIDTH), normal(rng, 1, 3, WIDTH)
    first = expect.array(layer(target, memory))
    expect.shape(first, (1, 5, WIDTH))
    changed = target.copy()
    changed[:, 3:] += 2
    second = expect.array(layer(changed, memory))
    expect.close(second[:, :3], first[:, :3], FUTURE, rtol=0, atol=1e-5)


@check(
    "DecoderLayer",
    5,
    "memory_mask hides source words, and only those",
    "memory_mask 掩盖源词，且只掩盖源词",
)
def test_decoder_layer_layer_memory_mask(student, rng):
    layer, weights = decoder(student, rng)
    target, memory = normal(rng, 2, 3, WIDTH), normal(rng, 2, 4, WIDTH)
    mask = np.arange(4) < np.array([[2], [4]])
    first = expect.array(layer(target, memory, memory_mask=mask))
    right, _ = oracle.decoder_layer(weights, HEADS, target, memory, memory_mask=mask)
    expect.close(first, right, MASKED, **LOOSE)
    memory[~mask] += 5
    expect.close(layer(target, memory, memory_mask=mask), first, MASKED, atol=1e-4)


@check(
    "DecoderLayer",
    4,
    "target_mask hides target words, beside the future",
    "target_mask 与因果掩码一起掩盖目标词",
)
def test_decoder_layer_layer_target_mask(student, rng):
    layer, weights = decoder(student, rng)
    target, memory = normal(rng, 2, 4, WIDTH), normal(rng, 2, 4, WIDTH)
    mask = np.array([[True, False, True, True], [True, True, True, False]])
    source = np.array([[True, True, True, False], [True, True, True, True]])
    got = expect.array(layer(target, memory, target_mask=mask, memory_mask=source))
    expect.shape(got, (2, 4, WIDTH))
    right, _ = oracle.decoder_layer(weights, HEADS, target, memory, mask, source)
    because = text(
        "With both masks the result is wrong; does each of them go to its own attention?",
        "同时使用两个掩码时结果不正确；它们各自进入了对应的注意力吗？",
    )
    expect.close(got[mask], right[mask], because, **LOOSE)


@check(
    "DecoderLayer",
    2,
    "Its scores over the source, where they are asked for",
    "需要时给出对源句的分数",
)
def test_decoder_layer_layer_scores(student, rng):
    layer, weights = decoder(student, rng)
    target, memory = normal(rng, 2, 3, WIDTH), normal(rng, 2, 4, WIDTH)
    answer = layer(target, memory, return_attention_scores=True)
    output, scores = expect.pair(answer)
    right_output, right_scores = oracle.decoder_layer(weights, HEADS, target, memory)
    with expect.attention(scores, right_scores):
        expect.close(output, right_output, WRONG_VALUES, **LOOSE)
        expect.close(scores, right_scores, WRONG_VALUES, **LOOSE)


@check("DecoderLayer", 2, "Nothing is dropped at inference", "推理时不丢弃")
def test_decoder_layer_layer_inference(student, rng):
    layer, weights = decoder(student, rng, dropout=0.5)
    target, memory = normal(rng, 1, 3, WIDTH), normal(rng, 1, 2, WIDTH)
    right, _ = oracle.decoder_layer(weights, HEADS, target, memory)
    because = text(
        "Outside of training dropout should change nothing.", "不在训练时，dropout 不应起作用。"
    )
    expect.close(layer(target, memory), right, because, **LOOSE)


@check(
    "DecoderLayer",
    2,
    "Two attentions, network, three normalisations",
    "两个注意力、网络、三个归一化",
)
def test_decoder_layer_layer_weights(student, rng):
    layer = student.DecoderLayer(WIDTH, HEADS, INNER)
    layer(ONE, TWO)
    because = text(
        "It should have the weights of two attentions, one FeedForward and three normalisations.",
        "应有两个注意力、一个 FeedForward、三个归一化层的权重。",
    )
    battery.expect_weights(layer, list(DECODER.values()), because)


@check("DecoderLayer", 2, "It works in mixed precision", "支持混合精度")
def test_decoder_layer_layer_mixed_precision(student, rng):
    student.use_policy("mixed_float16")
    layer, weights = decoder(student, rng)
    target, memory = normal(rng, 1, 3, WIDTH), normal(rng, 1, 4, WIDTH)
    output = layer(target, memory)
    expect.dtype(output, "float16")
    right, _ = oracle.decoder_layer(weights, HEADS, target, memory)
    expect.close(output, right, MIXED, rtol=5e-2, atol=5e-2)


# -- Transformer ----------------------------------------------------------------------------------

SIZES = {
    "source_vocabulary_size": 7,
    "target_vocabulary_size": 8,
    "d_model": WIDTH,
    "num_heads": HEADS,
    "d_ff": INNER,
    "num_layers": 1,
    "max_length": 9,
}
SOURCE = np.array([[4, 5, 6, 3, 0], [6, 4, 5, 4, 3]], "int32")
TARGET = np.array([[2, 4, 5, 6], [2, 7, 4, 5]], "int32")
SHAPES = {
    "source_embedding.embeddings": (7, WIDTH),
    "target_embedding.embeddings": (8, WIDTH),
    "output_projection.kernel": (WIDTH, 8),
    "output_projection.bias": (8,),
}
SHAPES |= {f"encoder_layers.0.{path}": shape for path, shape in ENCODER.items()}
SHAPES |= {f"decoder_layers.0.{path}": shape for path, shape in DECODER.items()}


def translator(student, rng):
    inputs = [SOURCE, TARGET]
    model = student.shared("Transformer", **SIZES, dropout=0.5, built_on=[inputs])
    weights = drawn(rng, SHAPES)
    model.assign(weights)
    return model, weights


def right_logits(weights, source=SOURCE, target=TARGET):
    return oracle.transformer(weights, HEADS, 1, source, target)


@check(
    "Transformer",
    5,
    "With given weights it gives the paper's logits",
    "给定权重时 logits 与论文一致",
)
def test_transformer_layer_values(student, rng):
    model, weights = translator(student, rng)
    expect.close(model([SOURCE, TARGET]), right_logits(weights)[0], WRONG_VALUES, **LOOSE)


@check("Transformer", 4, "A logit never depends on later target words", "logits 不依赖后面的目标词")
def test_transformer_layer_future(student, rng):
    model, _ = translator(student, rng)
    first = expect.array(model([SOURCE, TARGET]))
    expect.shape(first, (2, 4, 8))
    changed = TARGET.copy()
    changed[:, 2:] = [[7, 4], [6, 6]]
    second = expect.array(model([SOURCE, changed]))
    expect.close(second[:, :2], first[:, :2], FUTURE, rtol=0, atol=1e-5)


@check(
    "Transformer", 4, "More padding behind the source changes nothing", "源句后再多填充也不影响结果"
)
def test_transformer_layer_padding(student, rng):
    model, _ = translator(student, rng)
    first = expect.array(model([SOURCE, TARGET]))
    wider = np.pad(SOURCE, [(0, 0), (0, 3)])
    expect.close(model([wider, TARGET]), first, MASKED, atol=1e-4)


@check("Transformer", 3, "The order of the source words matters", "源词的顺序有影响")
def test_transformer_layer_order(student, rng):
    model, _ = translator(student, rng)
    first = expect.array(model([SOURCE[1:], TARGET[1:]]))
    moved = expect.array(model([SOURCE[1:, ::-1].copy(), TARGET[1:]]))
    expect.shape(first, (1, 4, 8))
    because = text(
        "With the source words in another order the logits are the same: where are the positions?",
        "源词换了顺序，logits 却不变：位置编码在哪里？",
    )
    expect.that(np.abs(moved - first).max() > 1e-3, because)


@check("Transformer", 3, "encode and decode make up the model", "encode 与 decode 合起来就是模型")
def test_transformer_layer_interface(student, rng):
    model, weights = translator(student, rng)
    memory = model.method("encode")(SOURCE)
    because = text(
        "encode should give a tuple whose last item is the source mask (B, S), True at real words.",
        "encode 应返回元组，最后一项是源句掩码 (B, S)，真实的词为 True。",
    )
    expect.that(isinstance(memory, list) and len(memory) > 1, because)
    expect.close(expect.array(memory[-1]).astype(bool), SOURCE != 0, because)
    logits = model.method("decode")(TARGET, memory)
    expect.close(logits, right_logits(weights)[0], WRONG_VALUES, **LOOSE)


@check("Transformer", 2, "Attention scores of every layer and head", "每一层每个头的注意力分数")
def test_transformer_layer_scores(student, rng):
    model, weights = translator(student, rng)
    scores = model.method("attention_scores")(SOURCE, TARGET)
    because = text(
        "It should give layer_1, ..., each (B, H, T, S).",
        "应给出 layer_1 等，形状为 (B, H, T, S)。",
    )
    expect.that(isinstance(scores, dict) and set(scores) == {"layer_1"}, because)
    right = right_logits(weights)[1][0]
    with expect.attention(scores["layer_1"], right):
        expect.close(scores["layer_1"], right, WRONG_VALUES, **LOOSE)


@check("Transformer", 2, "Sentences of a batch don't mix", "批量中的句子互不影响")
def test_transformer_layer_rows(student, rng):
    model, _ = translator(student, rng)
    first = expect.array(model([SOURCE, TARGET]))
    expect.shape(first, (2, 4, 8))
    expect.close(model([SOURCE[1:], TARGET[1:]]), first[1:], ROWS, atol=1e-4)


@check("Transformer", 2, "Dropout works in training, and only then", "dropout 只在训练时起作用")
def test_transformer_layer_dropout(student, rng):
    model, weights = translator(student, rng)
    right, _ = right_logits(weights)
    because = text("At inference something is dropped.", "推理时也丢弃了。")
    expect.close(model([SOURCE, TARGET], training=False), right, because, **LOOSE)
    got = expect.array(model([SOURCE, TARGET], training=True))
    expect.shape(got, (2, 4, 8))
    same = text("In training nothing is dropped.", "训练时没有丢弃。")
    expect.that(np.abs(got - right).max() > 1e-2, same)


@check("Transformer", 3, "Every weight gets a gradient", "每个权重都得到梯度")
def test_transformer_layer_gradient(student, rng):
    model, weights = translator(student, rng)
    answer = model.gradients([SOURCE, TARGET], cotangents=[normal(rng, 2, 4, 8)])
    slopes = answer.get("weights") if isinstance(answer, dict) else None
    because = text("No gradient reaches one of the weights.", "有的权重得不到梯度。")
    expect.that(isinstance(slopes, list) and len(slopes) == len(weights), because)
    expect.that(all(slope is not None for slope in slopes), because)


@check("Transformer", 4, *translating.TRANSLATES, timeout=60, evident=False)
def test_transformer_layer_translations(student):
    translating.expect_translations(student, student.Transformer, "transformer")


@check("Transformer", 2, *battery.LEARNS, timeout=30, evident=False)
def test_transformer_layer_learning(student, rng):
    model, weights = translator(student, rng)

    def logits_of(values):
        return right_logits(values)[0]

    battery.expect_learning(model, SOURCE, TARGET, weights, logits_of)


@check("Transformer", 2, "A saved model comes back the same", "模型保存后再载入，结果不变")
def test_transformer_layer_saving(student, rng):
    model, weights = translator(student, rng)
    battery.expect_reload(model, [[SOURCE, TARGET]], right_logits(weights)[0], **LOOSE)


# -- on real sentences ---------------------------------------------------------------------------

REAL_SIZES = {"d_model": 128, "num_heads": 4, "d_ff": 512, "num_layers": 2, "max_length": 128}
EPOCHS = 8
LEAST_BLEU = 15.0  # the reference reached 26.8, on a CPU


@check(
    "Transformer",
    0,
    f"Trained on real sentences, it reaches {LEAST_BLEU:g} BLEU",
    f"用真实句子训练，BLEU 达到 {LEAST_BLEU:g}",
    timeout=600,
    needs="gpu corpus",
    evident=False,
)
def test_transformer_layer_real_sentences(student):
    given = corpus.corpus()
    vocabularies = {
        "source_vocabulary_size": given.source_vocabulary_size,
        "target_vocabulary_size": given.vocabulary.size,
    }
    model = student.Transformer(**vocabularies, **REAL_SIZES, dropout=0.1)
    student.kit("training.arrays.fit")(model, given.source, given.target, EPOCHS)
    weights = {path: plain(expect.array(model.value(path))) for path in real_paths()}

    def logits_of(source, written):
        layers = REAL_SIZES["num_layers"]
        return oracle.transformer(weights, REAL_SIZES["num_heads"], layers, source, written)[0]

    texts = [given.vocabulary.text(ids) for ids in search.greedily(logits_of, given.test, 30)]
    reached = evaluate(texts, given.references).bleu
    because = text(
        f"After {EPOCHS} epochs on {len(given.source):,} sentences it reaches {reached:.1f} BLEU.",
        f"在 {len(given.source):,} 个句子上训练 {EPOCHS} 轮后，BLEU 只有 {reached:.1f}。",
    )
    expect.that(reached >= LEAST_BLEU, because)


def plain(value):
    """A weight in the paper's form, where it keeps heads and their width apart."""
    if value.ndim == 3:
        return value.reshape(REAL_SIZES["d_model"], -1)
    return value.reshape(-1) if value.shape[:1] == (REAL_SIZES["num_heads"],) else value


def real_paths():
    """The weights of a Transformer of that size, by path."""
    paths = [path for path in SHAPES if "_layers." not in path]
    for n in range(REAL_SIZES["num_layers"]):
        paths += [f"encoder_layers.{n}.{path}" for path in ENCODER]
        paths += [f"decoder_layers.{n}.{path}" for path in DECODER]
    return paths
