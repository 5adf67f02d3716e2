"""The hidden suite of the Transformer unit: one property a check, 100 points; see claims.md.

The last one needs a GPU and is worth none: a score is the same on every machine.
"""

from dataclasses import replace

import numpy as np

from autograder.base.text import text
from autograder.grading import corpus, expect
from autograder.grading.check import check
from autograder.hidden import search
from autograder.hidden.battery import FUTURE, WRONG_VALUES, normal
from autograder.hidden.layer_checks import STANDARD, Layer, Sizes
from autograder.hidden.model_checks import SOURCE_VOCABULARY, TARGET_VOCABULARY, Model, sentences
from autograder.hidden.transformer import dropouts
from autograder.hidden.transformer import oracle as oracle
from course.kit.models.evaluation import evaluate

CLOSE = {"rtol": 1e-4, "atol": 1e-4}
ATTENTION = tuple(
    f"{name}_projection.{kind}"
    for name in ("query", "key", "value", "output")
    for kind in ("kernel", "bias")
)


def attention_shapes(prefix, width):
    return {
        f"{prefix}.{path}": (width, width) if path.endswith("kernel") else (width,)
        for path in ATTENTION
    }


def feed_forward_shapes(width, inner, prefix=""):
    return {
        f"{prefix}inner.kernel": (width, inner),
        f"{prefix}inner.bias": (inner,),
        f"{prefix}outer.kernel": (inner, width),
        f"{prefix}outer.bias": (width,),
    }


def layer_shapes(width, inner, *attentions):
    shapes = feed_forward_shapes(width, inner, "feed_forward.")
    for name in attentions:
        shapes |= attention_shapes(name, width)
    for name in (*attentions, "feed_forward"):
        shapes |= {f"{name}_norm.gamma": (width,), f"{name}_norm.beta": (width,)}
    return shapes


def encoder_shapes(width, inner):
    return layer_shapes(width, inner, "attention")


def decoder_shapes(width, inner):
    return layer_shapes(width, inner, "self_attention", "cross_attention")


def scale(path):
    """Sums so large that no usual epsilon matters; attention that looks at several words."""
    if path.endswith("gamma"):
        return 1.0
    return 0.15 if "query" in path or "key" in path else 1.2


def model_scale(path):
    """As `scale`, but sub-layers add about as much as there is: no word is drowned by another.

    At `scale` each sub-layer adds forty times what it gets, and after two layers of attention to
    the source the logits hardly depend on the target.
    """
    if path.endswith("gamma"):
        return 12.0
    if "query" in path or "key" in path:
        return 0.02
    return 2.5 if "embedding" in path else 0.2


def narrow_scale(path):
    """As `model_scale`, for a width of 4: of fewer numbers, each counts more."""
    if path.endswith("beta"):
        return 3.0
    return 0.5 if model_scale(path) == 0.2 else model_scale(path)


def words(rng, sizes, width):
    """Vectors `(B, T, width)` of variance 4."""
    return 2 * normal(rng, sizes.batch, sizes.length, width)


def token_mask(rng, batch, length):
    """A mask `(batch, length)` that hides some words of each sentence, never all."""
    mask = rng.random((batch, length)) < 0.5
    mask[np.arange(batch), rng.integers(0, length - 1, batch)] = True
    mask[:, -1] = False
    return mask


# -- FeedForward ----------------------------------------------------------------------------------

WIDTH, HEADS, INNER = 21, 3, 17

FEED_FORWARD = Layer(
    unit="transformer",
    exercise="FeedForward",
    arguments={"d_model": WIDTH, "d_ff": INNER},
    inputs=lambda rng, sizes: [words(rng, sizes, WIDTH)],
    shapes=feed_forward_shapes(WIDTH, INNER),
    right=oracle.feed_forward,
    scale=scale,
)
test_feed_forward_layer_values = FEED_FORWARD.values(
    4, "max(0, x W + b) W' + b'", "max(0, x W + b) W' + b'，给定权重时正确"
)
test_feed_forward_layer_other_sizes = FEED_FORWARD.other_sizes(1)
test_feed_forward_layer_weights = FEED_FORWARD.weights(2)
test_feed_forward_layer_gradient = FEED_FORWARD.gradient(1)
test_feed_forward_layer_config = FEED_FORWARD.config(1)
test_feed_forward_layer_mixed_precision = FEED_FORWARD.mixed_precision(1)


# -- EncoderLayer ---------------------------------------------------------------------------------


def encoder(width, heads, inner):
    def right(weights, x, mask=None, **training):
        return oracle.encoder_layer(weights, heads, x, mask, **training)

    return Layer(
        unit="transformer",
        exercise="EncoderLayer",
        arguments={"d_model": width, "num_heads": heads, "d_ff": inner},
        inputs=lambda rng, sizes: [words(rng, sizes, width)],
        shapes=encoder_shapes(width, inner),
        right=right,
        other_arguments={"dropout": 0.25},
        defaults={"dropout": 0.1},
        masks={"mask": token_masks},
        scale=scale,
        tolerance=CLOSE,
    )


def token_masks(rng, sizes):
    """A mask `(B, T)`, and one `(1, T)` for all sentences."""
    mask = token_mask(rng, sizes.batch, sizes.length)
    return [mask, mask[:1]]


BOTH = {"target_mask": [[True]], "memory_mask": [[True, False, True]]}


def expect_dropped(layer, student, rng, *places):
    """Fail unless a narrow layer drops entries at these places, and nowhere else."""
    made, weights = layer.transplanted(student, rng, dropout=dropouts.RATE)
    inputs = layer.inputs(rng, Sizes(1, 1, 3))
    masks = {"mask": [[True]]} if len(inputs) == 1 else BOTH
    masks = {name: np.array(mask) for name, mask in masks.items()}
    factors = dropouts.choices(places, layer.arguments["d_model"])

    def right(epsilon):
        return layer.right(weights, *inputs, **masks, factors=factors, epsilon=epsilon)

    many = [x.repeat(dropouts.WORDS, axis=0) for x in inputs]
    dropouts.expect_drops(made(*many, **masks, training=True), right, factors)


ENCODER = encoder(WIDTH, HEADS, INNER)
NARROW_ENCODER = replace(encoder(4, 2, 7), scale=1.0)
test_encoder_layer_layer_values = ENCODER.values(5)
test_encoder_layer_layer_mask = ENCODER.mask(5, only_there=True)
test_encoder_layer_layer_other_sizes = ENCODER.other_sizes(1)
test_encoder_layer_layer_inference = ENCODER.inference(2)


@check(
    "EncoderLayer",
    5,
    "In training, a sub-layer's output is dropped before the sum",
    "训练时子层输出先丢弃再相加",
)
def test_encoder_layer_layer_dropout(student, rng):
    expect_dropped(NARROW_ENCODER, student, rng, "attention", "feed_forward")


test_encoder_layer_layer_weights = ENCODER.weights(3)
test_encoder_layer_layer_gradient = ENCODER.gradient(2)
test_encoder_layer_layer_config = ENCODER.config(1)
test_encoder_layer_layer_masking = ENCODER.masking(1)
test_encoder_layer_layer_saving = ENCODER.saving(1)
test_encoder_layer_layer_mixed_precision = ENCODER.mixed_precision(1)


# -- DecoderLayer ---------------------------------------------------------------------------------


def decoder(width, heads, inner):
    def right(weights, target, memory, **keywords):
        return oracle.decoder_layer(weights, heads, target, memory, **keywords)[0]

    return Layer(
        unit="transformer",
        exercise="DecoderLayer",
        arguments={"d_model": width, "num_heads": heads, "d_ff": inner},
        inputs=lambda rng, sizes: [
            words(rng, sizes, width),
            words(rng, sizes._replace(length=sizes.source), width),
        ],
        shapes=decoder_shapes(width, inner),
        right=right,
        other_arguments={"dropout": 0.25},
        defaults={"dropout": 0.1},
        masks={
            "target_mask": token_masks,
            "memory_mask": lambda rng, sizes: token_masks(rng, Sizes(sizes.batch, sizes.source, 0)),
        },
        scale=scale,
        tolerance=CLOSE,
    )


DECODER = decoder(WIDTH, HEADS, INNER)
NARROW_DECODER = replace(decoder(4, 2, 7), scale=1.0)
test_decoder_layer_layer_values = DECODER.values(4)


@check("DecoderLayer", 3, "Position t never sees a later one", "位置 t 看不到后面的位置")
def test_decoder_layer_layer_future(student, rng):
    layer, _ = DECODER.transplanted(student, rng)
    target, memory = DECODER.inputs(rng, Sizes(1, 6, 4))
    first = expect.array(layer(target, memory))
    expect.shape(first, target.shape)
    for length in (1, 4):
        changed = target.copy()
        changed[:, length:] += 2
        second = expect.array(layer(changed, memory))
        expect.same(second[:, :length], first[:, :length], FUTURE, rtol=0, atol=1e-5)


test_decoder_layer_layer_memory_mask = DECODER.mask(4, "memory_mask")
test_decoder_layer_layer_masking = DECODER.masking(1, "target_mask")


@check(
    "DecoderLayer",
    3,
    "target_mask hides target words, beside the future",
    "target_mask 与因果掩码一起掩盖目标词",
)
def test_decoder_layer_layer_target_mask(student, rng):
    layer, weights = DECODER.transplanted(student, rng)
    because = text(
        "With both masks the result is wrong; does each of them go to its own attention?",
        "同时使用两个掩码时结果不正确；它们各自进入了对应的注意力吗？",
    )
    sizes = Sizes(2, 6, 6)
    inputs = DECODER.inputs(rng, sizes)
    mask = np.array([[True, False, True, True, False, True], [True, True, True, False, True, True]])
    for target_mask in (mask, mask[:1]):
        masks = {"target_mask": target_mask, "memory_mask": mask[::-1, ::-1].copy()}
        right = DECODER.right(weights, *inputs, **masks)
        found = expect.array(layer(*inputs, **masks))
        expect.shape(found, right.shape)
        real = np.broadcast_to(target_mask, right.shape[:2])
        expect.close(found[real], right[real], because, **CLOSE)


@check(
    "DecoderLayer",
    2,
    "Its scores over the source, where they are asked for",
    "需要时给出对源句的分数",
)
def test_decoder_layer_layer_scores(student, rng):
    layer, weights = DECODER.transplanted(student, rng)
    inputs = DECODER.inputs(rng, STANDARD)
    memory_mask = token_mask(rng, STANDARD.batch, STANDARD.source)
    for given in ({}, {"memory_mask": memory_mask}):
        output, scores = expect.pair(layer(*inputs, **given, return_attention_scores=True))
        right_output, right_scores = oracle.decoder_layer(weights, HEADS, *inputs, **given)
        with expect.attention(scores, right_scores):
            expect.close(output, right_output, WRONG_VALUES, **CLOSE)
            expect.close(scores, right_scores, WRONG_VALUES, **CLOSE)


test_decoder_layer_layer_other_sizes = DECODER.other_sizes(1)
test_decoder_layer_layer_inference = DECODER.inference(1)


@check(
    "DecoderLayer",
    3,
    "In training, a sub-layer's output is dropped before the sum",
    "训练时子层输出先丢弃再相加",
)
def test_decoder_layer_layer_dropout(student, rng):
    places = ("self_attention", "cross_attention", "feed_forward")
    expect_dropped(NARROW_DECODER, student, rng, *places)


test_decoder_layer_layer_weights = DECODER.weights(2)
test_decoder_layer_layer_gradient = DECODER.gradient(1)
test_decoder_layer_layer_config = DECODER.config(1)
test_decoder_layer_layer_mixed_precision = DECODER.mixed_precision(1)


# -- Transformer ----------------------------------------------------------------------------------


def unpadded(rng, sizes):
    """Sentences whose targets have no padding: what stands there is nobody's business."""
    [[source, target]] = sentences(rng, sizes)
    return [[source, np.where(target == 0, 5, target)]]


def model_shapes(width, inner, layers):
    shapes = {
        "source_embedding.embeddings": (SOURCE_VOCABULARY, width),
        "target_embedding.embeddings": (TARGET_VOCABULARY, width),
        "output_projection.kernel": (width, TARGET_VOCABULARY),
        "output_projection.bias": (TARGET_VOCABULARY,),
    }
    for side, parts in (
        ("encoder", encoder_shapes(width, inner)),
        ("decoder", decoder_shapes(width, inner)),
    ):
        for n in range(layers):
            shapes |= {f"{side}_layers.{n}.{path}": shape for path, shape in parts.items()}
    return shapes


def transformer(width, heads, inner, layers):
    def right(weights, inputs, **training):
        return oracle.transformer(weights, heads, layers, *inputs, **training)[0]

    def scores(weights, source, target):
        _, found = oracle.transformer(weights, heads, layers, source, target)
        return {f"layer_{n}": seen for n, seen in enumerate(found, start=1)}

    return Model(
        unit="transformer",
        exercise="Transformer",
        family="transformer",
        arguments={
            "source_vocabulary_size": SOURCE_VOCABULARY,
            "target_vocabulary_size": TARGET_VOCABULARY,
            "d_model": width,
            "num_heads": heads,
            "d_ff": inner,
            "num_layers": layers,
            "max_length": 12,
        },
        inputs=unpadded,
        shapes=model_shapes(width, inner, layers),
        right=right,
        scores_of=scores,
        other_arguments={"dropout": 0.25, "num_layers": 1},
        defaults={"dropout": 0.1, "max_length": 256},
        scale=model_scale,
        tolerance=CLOSE,
    )


TRANSFORMER = transformer(30, 3, INNER, 2)
test_transformer_layer_values = TRANSFORMER.values(5)
test_transformer_layer_future = TRANSFORMER.future(3)
test_transformer_layer_padding = TRANSFORMER.padding(4)
test_transformer_layer_order = TRANSFORMER.order(1)
test_transformer_layer_interface = TRANSFORMER.interface(3)
test_transformer_layer_scores = TRANSFORMER.scores(2)
test_transformer_layer_rows = TRANSFORMER.rows(1)
test_transformer_layer_other_sizes = TRANSFORMER.other_sizes(1)
test_transformer_layer_too_long = TRANSFORMER.too_long(1)
test_transformer_layer_dropout = TRANSFORMER.dropout(2)

NARROW = replace(transformer(4, 2, 7, 2), scale=narrow_scale)
SILENT = ("output_projection.kernel", "output_projection.bias", "outer.kernel", "outer.bias")


@check(
    "Transformer",
    2,
    "Embeddings and every layer drop at the model's rate",
    "词嵌入和每一层都按模型的比例丢弃",
)
def test_transformer_layer_rates(student, rng):
    model, weights = NARROW.transplanted(student, rng, dropout=dropouts.RATE)
    [[source, target]] = sentences(rng, Sizes(1, 1, 1))
    pairs = [ids.repeat(dropouts.WORDS, axis=0) for ids in (source, target)]
    look = "decoder_layers.0.cross_attention"  # through this alone the source reaches the logits
    for place in (
        "source_embedding",
        "encoder_layers.0.feed_forward",
        "encoder_layers.1.feed_forward",
        "target_embedding",
        "decoder_layers.0.feed_forward",
        "decoder_layers.1.feed_forward",
    ):
        places = (place, look) if place.startswith(("source", "encoder")) else (place,)
        heard = weights | silence(weights, places)
        model.assign(heard)
        factors = dropouts.choices(places, 4)

        def right(epsilon, heard=heard, factors=factors):
            return NARROW.right(heard, [source, target], factors=factors, epsilon=epsilon)

        dropouts.expect_drops(model(pairs, training=True), right, factors)


def silence(weights, places):
    """Zeros for all that is added to the words, so that nothing but these places can drop."""
    zeros = {
        path: np.zeros_like(value)
        for path, value in weights.items()
        if path.endswith(SILENT) and "_layers." in path and not path.startswith(places)
    }
    for side in ("source", "target"):
        if f"{side}_embedding" not in places:
            path = f"{side}_embedding.embeddings"
            # Sine 0 and cosine 1 of the first position: with these the sum is 0.
            zeros[path] = np.broadcast_to(
                np.float32([0, -0.5, 0, -0.5]), weights[path].shape
            ).copy()
    return zeros


test_transformer_layer_gradient = TRANSFORMER.every_gradient(2)
test_transformer_layer_translations = TRANSFORMER.translations(4)
test_transformer_layer_learning = replace(TRANSFORMER, scale=scale).learning(1)
test_transformer_layer_config = TRANSFORMER.config(1)
test_transformer_layer_saving = TRANSFORMER.saving(1)
test_transformer_layer_mixed_precision = TRANSFORMER.mixed_precision(1)
test_transformer_layer_xla = TRANSFORMER.xla(1)


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
    return model_shapes(REAL_SIZES["d_model"], REAL_SIZES["d_ff"], REAL_SIZES["num_layers"])
