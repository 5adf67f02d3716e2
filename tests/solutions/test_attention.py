"""The reference against Keras's own layers and functions, values and gradients."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.hidden.attention import oracle as oracle
from autograder.isolation.autodiff import gradients
from solutions import attention

rng = np.random.default_rng(0)


def tensor(*shape):
    return keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32"))


def close(got, wanted, tolerance=1e-5):
    got = keras.ops.convert_to_numpy(got)
    wanted = keras.ops.convert_to_numpy(wanted)
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@settings(max_examples=25, deadline=None)
@given(shape=st.lists(st.integers(1, 4), min_size=1, max_size=4), data=st.data())
def test_softmax_equals_keras(shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    x = tensor(*shape) * 10
    close(attention.softmax(x, axis), keras.ops.softmax(x, axis))


def pinned(d_k, d_v, d_model):
    """Our layer and Keras's with one head, under the same weights."""
    ours = attention.SelfAttention(d_k, d_v)
    theirs = keras.layers.MultiHeadAttention(1, d_k, d_v, use_bias=False, output_shape=d_v)
    x = tensor(2, 5, d_model)
    ours(x)
    theirs(x, x)
    names = ("query_projection", "key_projection", "value_projection")
    kernels = [keras.ops.convert_to_numpy(getattr(ours, name).kernel) for name in names]
    theirs.set_weights([*(kernel[:, None, :] for kernel in kernels), np.eye(d_v)[None]])
    return ours, theirs, x


@pytest.mark.parametrize("masked", [False, True])
def test_the_layer_equals_keras_with_one_head(masked):
    ours, theirs, x = pinned(3, 4, 6)
    mask = attention.causal_mask(5) if masked else None
    output, weights = ours(x, attention_mask=mask)
    right, scores = theirs(x, x, attention_mask=mask, return_attention_scores=True)
    close(output, right)
    close(weights, scores[:, 0])


def test_its_gradients_equal_keras():
    ours, theirs, x = pinned(3, 4, 6)
    cotangent = rng.normal(size=(2, 5, 4)).astype("float32")
    names = ("query_projection", "key_projection", "value_projection")
    mine = gradients(ours, [x], {}, [getattr(ours, n).kernel for n in names], [cotangent, None])
    right = gradients(lambda q: theirs(q, q), [x], {}, theirs.trainable_variables[:3], [cotangent])
    close(mine["inputs"][0], right["inputs"][0])
    for ours_slope, theirs_slope in zip(mine["weights"], right["weights"], strict=True):
        close(ours_slope, theirs_slope[:, 0, :])


def test_it_equals_the_independent_oracle():
    query, key, value = tensor(2, 3, 4), tensor(2, 5, 4), tensor(2, 5, 6)
    mask = rng.random((2, 3, 5)) < 0.5
    got = attention.scaled_dot_product_attention(query, key, value, mask)
    right = oracle.scaled_dot_product_attention(query, key, value, mask)
    for mine, theirs in zip(got, right, strict=True):
        close(mine, theirs)


def test_masks_flow_on_through_the_layer():
    embedded = keras.layers.Embedding(5, 4, mask_zero=True)(np.array([[1, 2, 0]]))
    output, _ = attention.SelfAttention(4)(embedded)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(output._keras_mask), [[1, 1, 0]])
