"""Convolutions against Keras's own, values and gradients; what a stack sees; the whole model."""

import keras
import numpy as np
import pytest

from autograder.hidden.cnn import oracle as oracle
from autograder.isolation.autodiff import gradients
from solutions import cnn

rng = np.random.default_rng(0)
SOURCE = np.array([[4, 5, 3, 0], [6, 4, 5, 3]], "int32")
TARGET = np.array([[2, 4, 5], [2, 7, 4]], "int32")


def tensor(*shape):
    return keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32"))


def close(got, wanted, tolerance=1e-5):
    got, wanted = keras.ops.convert_to_numpy(got), keras.ops.convert_to_numpy(wanted)
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kernel_size", [1, 2, 3, 5])
def test_the_causal_convolution_equals_keras(kernel_size):
    ours = cnn.CausalConv1D(3, kernel_size)
    theirs = keras.layers.Conv1D(3, kernel_size, padding="causal")
    x, cotangent = tensor(2, 4, 5), rng.normal(size=(2, 4, 3)).astype("float32")
    ours(x)
    theirs(x)
    theirs.set_weights([tensor(*w.shape) for w in ours.weights])
    ours.set_weights(theirs.get_weights())
    close(ours(x), theirs(x))
    mine = gradients(ours, [x], {}, ours.trainable_variables, [cotangent])
    right = gradients(theirs, [x], {}, theirs.trainable_variables, [cotangent])
    close(mine["inputs"][0], right["inputs"][0])
    for one, other in zip(mine["weights"], right["weights"], strict=True):
        close(one, other)


@pytest.mark.parametrize("kernel_size", [2, 3, 4])
def test_the_centred_block_equals_kerass_same_padding(kernel_size):
    block = cnn.ConvBlock(3, kernel_size)
    theirs = keras.layers.Conv1D(6, kernel_size, padding="same")
    x = tensor(2, 5, 3)
    block(x)
    theirs(x)
    theirs.set_weights(block.convolution.get_weights())
    close(block(x), (x + cnn.gated_linear_unit(theirs(x))) * np.sqrt(0.5))


@pytest.mark.parametrize(("kernel_size", "num_layers"), [(3, 1), (3, 3), (2, 4)])
def test_a_stack_sees_its_receptive_field(kernel_size, num_layers):
    layers = [cnn.CausalConv1D(2, kernel_size) for _ in range(num_layers)]

    def last(x):
        for layer in layers:
            x = layer(x)
        return x[:, -1]

    x = tensor(1, 12, 2)
    last(x)
    slope = gradients(last, [x], {}, [], [np.ones((1, 2), "float32")])["inputs"][0]
    seen = int(np.sum(np.any(keras.ops.convert_to_numpy(slope) != 0, axis=-1)))
    assert seen == cnn.receptive_field(kernel_size, num_layers)


def test_the_model_equals_the_oracle_and_comes_back_from_a_file(tmp_path):
    model = cnn.ConvSeq2Seq(7, 8, 3, 3, 2, max_length=9)
    logits = model((SOURCE, TARGET))
    weights = {}
    for side in ("source", "target"):
        for kind in ("embedding", "positions"):
            name = f"{side}_{kind}"
            weights[f"{name}.embeddings"] = getattr(model, name).embeddings
    places = {"output_projection": model.output_projection}
    for n in range(2):
        places[f"encoder_blocks.{n}.convolution"] = model.encoder_blocks[n].convolution
        places[f"decoder_blocks.{n}.convolution"] = model.decoder_blocks[n].convolution
        for name in ("query_projection", "output_projection"):
            places[f"attentions.{n}.{name}"] = getattr(model.attentions[n], name)
    for path, layer in places.items():
        weights |= {f"{path}.kernel": layer.kernel, f"{path}.bias": layer.bias}
    weights = {path: keras.ops.convert_to_numpy(value) for path, value in weights.items()}
    right, scores = oracle.conv_seq2seq(weights, 2, SOURCE, TARGET)
    close(logits, right, 1e-4)
    found = model.attention_scores(SOURCE, TARGET)
    for n in range(2):
        close(found[f"layer_{n + 1}"], scores[n][:, None], 1e-4)
    model.save(tmp_path / "model.keras")
    close(keras.models.load_model(tmp_path / "model.keras")((SOURCE, TARGET)), logits)


def test_too_long_is_refused():
    model = cnn.ConvSeq2Seq(7, 8, 3, 3, 1, max_length=3)
    with pytest.raises(ValueError, match="4 tokens"):
        model((SOURCE, TARGET))
