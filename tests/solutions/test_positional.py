"""Positions against the independent oracle, the kit's part, and Keras's Embedding."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.hidden.positional import oracle as oracle
from autograder.isolation.autodiff import gradients
from course.kit import parts
from solutions import positional

rng = np.random.default_rng(0)


def tensor(*shape):
    return keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32"))


def close(got, wanted, tolerance=1e-5):
    got = keras.ops.convert_to_numpy(got).astype("float32")  # NumPy compares no bfloat16
    wanted = keras.ops.convert_to_numpy(wanted).astype("float32")
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.fixture
def policy(request):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(request.param)
    yield keras.config.dtype_policy()
    keras.config.set_dtype_policy(before)


@settings(max_examples=20, deadline=None)
@given(length=st.integers(1, 40), half=st.integers(1, 16))
def test_encodings_equal_the_oracle(length, half):
    got = positional.sinusoidal_encoding(length, 2 * half)
    close(got, oracle.sinusoidal_encoding(length, 2 * half), 1e-4)
    close(positional.integer_positions(length), oracle.integer_positions(length))
    close(positional.normalized_positions(length), oracle.normalized_positions(length))


@settings(max_examples=20, deadline=None)
@given(offset=st.integers(-20, 20), half=st.integers(1, 8))
def test_the_shift_matrix_shifts(offset, half):
    matrix = keras.ops.convert_to_numpy(positional.shift_matrix(offset, 2 * half))
    close(matrix, oracle.shift_matrix(offset, 2 * half))
    encoding = oracle.sinusoidal_encoding(50, 2 * half)
    start, end = max(0, -offset), min(50, 50 - offset)
    close(encoding[start:end] @ matrix, encoding[start + offset : end + offset], 1e-4)


def test_the_kits_part_is_the_same_layer():
    x = tensor(2, 30, 8)
    close(positional.PositionalEncoding(40, 8)(x), parts.PositionalEncoding(40, 8)(x))


def test_the_table_is_made_once(monkeypatch):
    tables = []

    def counted(length, d_model):
        tables.append(table := encoding(length, d_model))
        return table

    encoding = positional.sinusoidal_encoding
    monkeypatch.setattr(positional, "sinusoidal_encoding", counted)
    layer = positional.PositionalEncoding(40, 8)
    layer(tensor(2, 5, 8))
    layer(tensor(2, 6, 8))
    assert len(tables) == 1


@pytest.mark.parametrize("layer", [positional.PositionalEncoding, parts.PositionalEncoding])
@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"], indirect=True)
def test_the_table_is_no_weight_and_serves_every_dtype_and_length(layer, policy, tmp_path):
    inputs = keras.Input((None, 6))
    model = keras.Model(inputs, layer(9, 6)(inputs))
    model.save(tmp_path / "model.keras")
    again, x = keras.models.load_model(tmp_path / "model.keras"), tensor(2, 4, 6)
    assert not model.weights
    assert keras.backend.standardize_dtype(model(x).dtype) == policy.compute_dtype
    close(again(x), model(x))
    close(model(x), keras.ops.convert_to_numpy(x) + oracle.sinusoidal_encoding(4, 6), 0.03)
    for length in (1, 9):
        assert model.predict(tensor(2, length, 6), verbose=0).shape == (2, length, 6)


@pytest.mark.parametrize("layer", [positional.PositionalEncoding, parts.PositionalEncoding])
def test_too_long_is_refused(layer):
    with pytest.raises(ValueError, match="5 words"):
        layer(4, 6)(tensor(1, 5, 6))


def test_learned_positions_equal_kerass_embedding():
    ours, theirs = positional.LearnedPositions(6), keras.layers.Embedding(6, 4)
    x, cotangent = tensor(2, 3, 4), rng.normal(size=(2, 3, 4)).astype("float32")
    ours(x)
    theirs.build()
    theirs.embeddings.assign(ours.embeddings)
    other = lambda x: x + theirs(np.arange(3))  # noqa: E731
    close(ours(x), other(x))
    mine = gradients(ours, [x], {}, [ours.embeddings], [cotangent])
    right = gradients(other, [x], {}, [theirs.embeddings], [cotangent])
    close(mine["weights"][0], right["weights"][0])
    close(mine["inputs"][0], right["inputs"][0])
