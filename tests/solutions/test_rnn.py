"""Cells, the loop and attention against Keras's own, values and gradients; the whole model."""

import keras
import numpy as np
import pytest

from autograder.hidden.rnn import oracle as oracle
from autograder.isolation.autodiff import gradients
from solutions import rnn

rng = np.random.default_rng(0)
PAIRS = {
    "RNNCell": (rnn.RNNCell, keras.layers.SimpleRNNCell, {}),
    "GRUCell": (rnn.GRUCell, keras.layers.GRUCell, {"reset_after": False}),
    "LSTMCell": (rnn.LSTMCell, keras.layers.LSTMCell, {}),
}
SOURCE = np.array([[4, 5, 3, 0], [6, 4, 5, 3]], "int32")
TARGET = np.array([[2, 4, 5], [2, 7, 4]], "int32")


def tensor(*shape):
    return keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32"))


def close(got, wanted, tolerance=1e-5):
    got, wanted = keras.ops.convert_to_numpy(got), keras.ops.convert_to_numpy(wanted)
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


def pair(name):
    """Our cell and Keras's, under the same random weights."""
    ours, theirs, options = PAIRS[name]
    ours, theirs = ours(3), theirs(3, **options)
    for cell in (ours, theirs):
        cell.build((None, 4))
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        mine.assign(tensor(*mine.shape))
        other.assign(mine)
    return ours, theirs


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("masked", [False, True])
def test_cells_and_loop_equal_keras(name, masked):
    ours, theirs = pair(name)
    x = tensor(2, 5, 4)
    mask = np.array([[1, 1, 0, 1, 0], [0, 1, 1, 1, 1]], bool) if masked else None
    start = [keras.ops.zeros((2, 3))] * (2 if name == "LSTMCell" else 1)
    right = keras.layers.RNN(theirs, return_sequences=True, return_state=True)(x, mask=mask)
    outputs, states = rnn.unroll(ours, x, start, mask)
    for mine, other in zip([outputs, *states], right, strict=True):
        close(mine, other)


@pytest.mark.parametrize("name", PAIRS)
def test_gradients_equal_keras(name):
    ours, theirs = pair(name)
    x, cotangent = tensor(2, 5, 4), rng.normal(size=(2, 5, 3)).astype("float32")
    first = [tensor(2, 3) for _ in range(2 if name == "LSTMCell" else 1)]

    def kerass(cell):
        return lambda x, states: keras.layers.RNN(cell, return_sequences=True)(
            x, initial_state=states
        )

    mine = gradients(
        lambda x, states: rnn.unroll(ours, x, states)[0],
        [x, first],
        {},
        ours.trainable_variables,
        [cotangent],
    )
    right = gradients(kerass(theirs), [x, first], {}, theirs.trainable_variables, [cotangent])
    again = gradients(kerass(ours), [x, first], {}, ours.trainable_variables, [cotangent])
    assert len(mine["inputs"]) == 1 + len(first)
    for part in ("inputs", "weights"):
        for one, other, third in zip(mine[part], right[part], again[part], strict=True):
            close(one, other)
            close(one, third)


def test_the_first_weights_are_those_of_kerass_kind():
    for ours, theirs, options in PAIRS.values():
        mine, other = ours(3), theirs(3, **options)
        mine.build((None, 4))
        other.build((None, 4))
        assert [w.shape for w in mine.weights] == [w.shape for w in other.weights]
        close(mine.bias, other.bias)


def test_additive_attention_equals_kerass_formula():
    ours, theirs = rnn.AdditiveAttention(4), keras.layers.AdditiveAttention()
    query, keys = tensor(2, 3), tensor(2, 5, 6)
    mask = np.array([[1, 1, 0, 0, 0], [1, 1, 1, 1, 1]], bool)
    context, weights = ours(query, keys, keys_mask=mask)
    asked = ours.query_projection(query)[:, None]
    offered = ours.key_projection(keys)
    theirs.build([asked.shape, keys.shape, offered.shape])
    theirs.scale.assign(ours.score_projection.kernel[:, 0])
    inputs, masks = [asked, keys, offered], [None, keras.ops.convert_to_tensor(mask), None]
    right, scores = theirs(inputs, mask=masks, return_attention_scores=True)
    close(context, right[:, 0])
    close(weights, scores[:, 0])


@pytest.mark.parametrize("attention", [False, True])
def test_the_model_equals_the_oracle_and_comes_back_from_a_file(attention, tmp_path):
    model = rnn.RNNSeq2Seq(7, 8, 3, attention=attention)
    logits = model((SOURCE, TARGET))
    weights = {
        f"{half}.{path}": keras.ops.convert_to_numpy(value)
        for half in ("encoder", "decoder")
        for path, value in _weights_of(getattr(model, half), attention and half == "decoder")
    }
    right, scores = oracle.translator(weights, SOURCE, TARGET, attention)
    close(logits, right)
    found = model.attention_scores(SOURCE, TARGET)
    if attention:
        close(found["layer_1"], scores[:, None])
    else:
        assert found == {}
    model.save(tmp_path / "model.keras")
    close(keras.models.load_model(tmp_path / "model.keras")((SOURCE, TARGET)), logits)


@pytest.mark.parametrize("attention", [False, True])
def test_scores_that_are_asked_for_come_in_a_pair(attention):
    model = rnn.RNNSeq2Seq(7, 8, 3, attention=attention)
    memory = model.encode(SOURCE)
    logits, weights = model.decode(TARGET, memory, return_attention_scores=True)
    close(logits, model.decode(TARGET, memory))
    assert (weights is None) != attention


def _weights_of(half, attention):
    yield "embedding.embeddings", half.embedding.embeddings
    for name in ("kernel", "recurrent_kernel", "bias"):
        yield f"cell.{name}", getattr(half.cell, name)
    if hasattr(half, "output_projection"):
        yield "output_projection.kernel", half.output_projection.kernel
        yield "output_projection.bias", half.output_projection.bias
    if attention:
        for name in ("query_projection", "key_projection", "score_projection"):
            yield f"attention.{name}.kernel", getattr(half.attention, name).kernel
