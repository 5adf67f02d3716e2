"""Families by name, and their weights by path."""

import keras
import numpy as np
import pytest

from course.kit.errors import UserError
from course.kit.models.families import (
    FAMILIES,
    build,
    family_of,
    get_weights,
    set_weights,
    weight_paths,
)
from course.kit.parts import MultiHeadAttention
from solutions.rnn import RNNSeq2Seq

SIZES = {"source_vocabulary_size": 9, "target_vocabulary_size": 11, "units": 8}


class Apart(keras.layers.Layer):
    """Projections that keep heads and width apart, as those of Keras's own attention do."""

    def __init__(self):
        super().__init__()
        for name in ("query", "key", "value"):
            layer = keras.layers.EinsumDense("btd,dhk->bthk", (None, 2, 4), bias_axes="hk")
            layer.build((None, None, 8))
            setattr(self, f"{name}_projection", layer)
        self.output_projection = keras.layers.EinsumDense("bthk,hkd->btd", (None, 8), bias_axes="d")
        self.output_projection.build((None, None, 2, 4))


def test_weights_go_between_shapes_and_mean_the_same():
    kit, apart = MultiHeadAttention(8, 2), Apart()
    x = np.random.default_rng(0).normal(size=(2, 5, 8)).astype("float32")
    kit(x, x)
    names = [
        f"{part}_projection.{name}"
        for part in ("query", "key", "value", "output")
        for name in ("kernel", "bias")
    ]
    rng = np.random.default_rng(1)
    wanted = {path: rng.normal(size=value.shape) for path, value in get_weights(kit, names).items()}
    set_weights(kit, wanted)
    set_weights(apart, get_weights(kit, names))
    assert get_weights(apart, names)["query_projection.kernel"].shape == (8, 2, 4)
    query = np.reshape(apart.query_projection(x), (2, 5, 8))
    np.testing.assert_allclose(query, kit.query_projection(x), rtol=1e-4, atol=1e-4)
    merged = np.reshape(apart.output_projection(np.reshape(query, (2, 5, 2, 4))), (2, 5, 8))
    np.testing.assert_allclose(merged, kit.output_projection(query), rtol=1e-4, atol=1e-3)
    set_weights(kit, get_weights(apart, names))  # and back
    for path, value in get_weights(kit, names).items():
        np.testing.assert_array_equal(value, wanted[path].astype("float32"))


def test_what_does_not_fit_is_said():
    model = build("rnn", RNNSeq2Seq, SIZES)
    with pytest.raises(UserError, match=r"encoder\.cell\.kernel has the shape"):
        set_weights(model, {"encoder.cell.kernel": np.zeros((3, 3))})
    for path in ("encoder.gate.kernel", "encoder.0", "decoder.layers.7.kernel"):
        with pytest.raises(UserError, match="has no"):
            get_weights(model, [path])
    with pytest.raises(UserError, match="rnn, rnn-fixed, cnn, transformer"):
        family_of("lstm")


def test_the_fixed_vector_is_an_rnn_without_attention():
    assert build("rnn-fixed", RNNSeq2Seq, SIZES).decoder.attention is None
    assert not [path for path in weight_paths("rnn-fixed", SIZES) if "attention" in path]
    assert {FAMILIES[name].exercise for name in ("rnn", "rnn-fixed")} == {"RNNSeq2Seq"}
