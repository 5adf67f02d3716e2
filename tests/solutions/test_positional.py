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
    got, wanted = keras.ops.convert_to_numpy(got), keras.ops.convert_to_numpy(wanted)
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


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
