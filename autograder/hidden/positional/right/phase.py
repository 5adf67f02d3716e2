"""Cosine as a sine a quarter turn ahead; a matrix built from identities."""

import math

import keras
from keras import ops

from solutions.positional import *


def integer_positions(length):
    return ops.cumsum(ops.ones((length,)))


def normalized_positions(length):
    return ops.linspace(0.0, 1.0, length)


def frequencies(d_model):
    pairs = ops.floor(ops.arange(d_model, dtype="float32") / 2)
    return ops.power(10000.0, -2 * pairs / d_model)


def sinusoidal_encoding(length, d_model):
    if d_model & 1:
        raise ValueError(f"d_model is {d_model}, which is odd")
    ahead = ops.tile(ops.convert_to_tensor([0.0, math.pi / 2]), (d_model // 2,))
    steps = ops.expand_dims(ops.arange(length, dtype="float32"), 1)
    return ops.sin(steps * ops.expand_dims(frequencies(d_model), 0) + ahead)


def shift_matrix(offset, d_model):
    turn = offset * frequencies(d_model)
    even = ops.cast(ops.arange(d_model) % 2 == 0, "float32")
    # A column takes its own row by the cosine, and its partner's row by plus or minus the sine.
    partner = ops.one_hot(ops.arange(d_model) + ops.cast(2 * even - 1, "int32"), d_model)
    signed = ops.sin(turn) * (2 * even - 1)
    return ops.transpose(ops.diag(ops.cos(turn)) + ops.expand_dims(signed, 1) * partner)


@keras.saving.register_keras_serializable(package="phase")
class PositionalEncoding(keras.layers.Layer):
    def __init__(self, max_length, d_model, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length = max_length
        self.d_model = d_model
        self.dropout = dropout

    def build(self, input_shape):
        self.drop = keras.layers.Dropout(self.dropout)

    def call(self, x, training=None):
        if x.shape[1] is not None and x.shape[1] > self.max_length:
            raise ValueError("The sentence is too long.")
        encoding = sinusoidal_encoding(self.max_length, self.d_model)
        encoding = encoding[: ops.shape(x)[1]]
        return self.drop(ops.add(x, ops.cast(encoding[None], x.dtype)), training=training)

    def get_config(self):
        own = {"max_length": self.max_length, "d_model": self.d_model, "dropout": self.dropout}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="phase")
class LearnedPositions(keras.layers.Layer):
    def __init__(self, max_length, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length = max_length

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            shape=(self.max_length, input_shape[-1]), initializer="glorot_uniform"
        )

    def call(self, x):
        length = x.shape[1]
        if length and length > self.max_length:
            raise ValueError("The sentence is too long.")
        return x + self.embeddings[None, : ops.shape(x)[1], :]

    def get_config(self):
        return dict(super().get_config(), max_length=self.max_length)
