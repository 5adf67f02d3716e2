"""Multi-head attention against Keras's own layer, values and gradients, and the kit's part."""

import types

import keras
import numpy as np
import pytest

from autograder.hidden.multi_head import oracle as oracle
from autograder.isolation.autodiff import gradients
from course.kit import parts
from solutions import multi_head

rng = np.random.default_rng(0)
NAMES = ("query", "key", "value", "output")


def tensor(*shape):
    return keras.ops.convert_to_tensor(rng.normal(size=shape).astype("float32"))


def close(got, wanted, tolerance=1e-5):
    got = keras.ops.convert_to_numpy(got)
    wanted = keras.ops.convert_to_numpy(wanted)
    np.testing.assert_allclose(got, wanted.reshape(got.shape), rtol=tolerance, atol=tolerance)


def same_weights(make):
    """Our layer and another under the same weights."""
    ours, theirs = multi_head.MultiHeadAttention(6, 3), make()
    query, value = tensor(2, 3, 6), tensor(2, 4, 6)
    ours(query, value)
    theirs(query, value)
    for mine, other in zip(ours.weights, theirs.weights, strict=True):
        mine.assign(tensor(*mine.shape))
        other.assign(keras.ops.reshape(mine, other.shape))
    return ours, theirs, query, value


def keras_layer():
    return keras.layers.MultiHeadAttention(3, 2)


def kit_layer():
    return parts.MultiHeadAttention(6, 3)


@pytest.mark.parametrize("make", [keras_layer, kit_layer])
@pytest.mark.parametrize("masked", [False, True])
def test_it_equals_keras(make, masked):
    ours, theirs, query, value = same_weights(make)
    mask = rng.random((2, 3, 4)) < 0.5
    mask[..., 0] = True
    options = {"attention_mask": mask if masked else None, "return_attention_scores": True}
    for mine, other in zip(
        ours(query, value, **options), theirs(query, value, **options), strict=True
    ):
        close(mine, other)


@pytest.mark.parametrize("make", [keras_layer, kit_layer])
def test_its_gradients_equal_keras(make):
    ours, theirs, query, value = same_weights(make)
    cotangent = rng.normal(size=(2, 3, 6)).astype("float32")
    mine = gradients(ours, [query, value], {}, ours.trainable_variables, [cotangent])
    right = gradients(theirs, [query, value], {}, theirs.trainable_variables, [cotangent])
    for part in ("inputs", "weights"):
        for one, other in zip(mine[part], right[part], strict=True):
            close(one, other)


def test_a_query_with_nothing_to_see_gets_zeros_from_every_head_here_and_in_the_kit():
    ours, kit, query, value = same_weights(kit_layer)
    mask = np.ones((2, 3, 4), bool)
    mask[0, 1] = False
    close(ours(query, value, attention_mask=mask), kit(query, value, attention_mask=mask))
    close(ours(query, value, attention_mask=mask)[0, 1], ours.output_projection.bias)


def test_it_equals_the_independent_oracle():
    ours, _, query, value = same_weights(keras_layer)
    weights = {
        f"{name}_projection.{part}": keras.ops.convert_to_numpy(
            getattr(getattr(ours, f"{name}_projection"), part)
        )
        for name in NAMES
        for part in ("kernel", "bias")
    }
    right, scores = oracle.multi_head_attention(weights, 3, query, value)
    output, mine = ours(query, value, return_attention_scores=True)
    close(output, right)
    close(mine, scores)


def test_the_sum_is_taken_again_only_where_weights_are_dropped(monkeypatch):
    layer, x = multi_head.MultiHeadAttention(6, 3, dropout=0.5), tensor(2, 3, 6)
    right = layer(x, x)
    again = []

    def counted(weights, value):
        again.append(weights)
        return keras.ops.matmul(weights, value)

    counting = types.SimpleNamespace(**{**vars(multi_head.ops), "matmul": counted})
    monkeypatch.setattr(multi_head, "ops", counting)
    close(layer(x, x), right)
    close(layer(x, x, training=False), right)
    assert not again
    layer(x, x, training=True)
    assert len(again) == 1


def test_splitting_and_merging_undo_each_other():
    x = tensor(2, 5, 12)
    for heads in (1, 2, 3, 12):
        close(multi_head.merge_heads(multi_head.split_heads(x, heads)), x)


def test_the_kits_layer_comes_back_from_a_file(tmp_path):
    inputs = keras.Input((None, 6)), keras.Input((None, 6))
    model = keras.Model(inputs, kit_layer()(*inputs))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    query, value = tensor(2, 3, 6), tensor(2, 4, 6)
    close(again((query, value)), model((query, value)))
