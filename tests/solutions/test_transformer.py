"""The Transformer against its oracle, against layers put together from Keras's, and on file."""

import keras
import numpy as np
import pytest

from course.kit import parts
from solutions import multi_head, transformer

rng = np.random.default_rng(0)
SOURCE = np.array([[4, 5, 3, 0], [6, 4, 5, 3]], "int32")
TARGET = np.array([[2, 4, 5], [2, 7, 4]], "int32")


def tensor(*shape):
    return keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32"))


def close(got, wanted, tolerance=1e-5):
    got, wanted = keras.ops.convert_to_numpy(got), keras.ops.convert_to_numpy(wanted)
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


def test_an_encoder_layer_is_kerass_parts_put_together():
    layer, x = transformer.EncoderLayer(8, 2, 16), tensor(2, 5, 8)
    mask = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]], bool)
    layer(x)
    seen = layer.attention(x, x, attention_mask=mask[:, None])
    middle = layer.attention_norm(x + seen)
    right = layer.feed_forward_norm(middle + layer.feed_forward(middle))
    close(layer(x, mask=mask), right)


def test_a_decoder_layer_equals_keras_with_its_own_causal_mask():
    layer = transformer.DecoderLayer(8, 2, 16)
    target, memory = tensor(2, 4, 8), tensor(2, 5, 8)
    layer(target, memory)
    theirs = keras.layers.MultiHeadAttention(2, 4)
    theirs(target, target)
    for mine, other in zip(layer.self_attention.weights, theirs.weights, strict=True):
        other.assign(keras.ops.reshape(mine, other.shape))
    x = layer.self_attention_norm(target + theirs(target, target, use_causal_mask=True))
    x = layer.cross_attention_norm(x + layer.cross_attention(x, memory))
    close(layer(target, memory), layer.feed_forward_norm(x + layer.feed_forward(x)))


@pytest.mark.parametrize("own", [False, True])
def test_it_runs_on_the_kits_attention_and_on_the_multi_head_units(own, monkeypatch):
    made = multi_head.MultiHeadAttention if own else parts.MultiHeadAttention
    monkeypatch.setattr(transformer, "MultiHeadAttention", made)
    keras.utils.set_random_seed(1)
    model = transformer.Transformer(7, 8, 8, 2, 16, 1)
    logits = model((SOURCE, TARGET))
    wider = np.pad(SOURCE, [(0, 0), (0, 2)])
    close(model((wider, TARGET)), logits, 1e-5)
    scores = model.attention_scores(SOURCE, TARGET)["layer_1"]
    assert tuple(scores.shape) == (2, 2, 3, 4)
    assert not keras.ops.convert_to_numpy(scores)[0, :, :, 3].any()


def test_it_comes_back_from_a_file_and_learns(tmp_path):
    model = transformer.Transformer(7, 8, 8, 2, 16, 2, dropout=0.0)
    logits = model((SOURCE, TARGET))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    close(again((SOURCE, TARGET)), logits)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    again.compile(keras.optimizers.Adam(0.01), loss, run_eagerly=True)
    labels = np.array([[4, 5, 3], [7, 4, 3]])
    history = again.fit((SOURCE, TARGET), labels, epochs=8, verbose=0).history["loss"]
    assert history[-1] < history[0]
