"""Entry by entry with plain loops and the math module."""

import math

import keras
from keras import ops

from solutions.positional import *


def integer_positions(length):
    return ops.convert_to_tensor([float(t) for t in range(1, length + 1)])


def normalized_positions(length):
    last = length - 1
    return ops.convert_to_tensor([t / last if last else 0.0 for t in range(length)])


def entry(t, column, d_model):
    angle = t / 10000 ** ((column - column % 2) / d_model)
    return math.cos(angle) if column % 2 else math.sin(angle)


def sinusoidal_encoding(length, d_model):
    if d_model % 2:
        raise ValueError(f"odd width: {d_model}")
    rows = [[entry(t, column, d_model) for column in range(d_model)] for t in range(length)]
    return ops.convert_to_tensor(rows, dtype="float32")


def shift_matrix(offset, d_model):
    rows = [[0.0] * d_model for _ in range(d_model)]
    for even in range(0, d_model, 2):
        sine, cosine = entry(offset, even, d_model), entry(offset, even + 1, d_model)
        rows[even][even] = rows[even + 1][even + 1] = cosine
        rows[even][even + 1], rows[even + 1][even] = -sine, sine
    return ops.convert_to_tensor(rows, dtype="float32")


def check_length(x, max_length):
    if x.shape[1] is not None and x.shape[1] > max_length:
        raise ValueError(f"{x.shape[1]} > {max_length}")


@keras.saving.register_keras_serializable(package="loops")
class PositionalEncoding(keras.layers.Layer):
    def __init__(self, max_length, d_model, dropout=0.0, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.supports_masking = True
        self.max_length, self.d_model, self.dropout = max_length, d_model, dropout
        self.rows = sinusoidal_encoding(max_length, d_model)
        self.dropping = keras.layers.Dropout(dropout)

    def call(self, x, training=None):
        check_length(x, self.max_length)
        x = x + ops.cast(self.rows[: ops.shape(x)[1]], x.dtype)
        return self.dropping(x, training=training)

    def get_config(self):
        config = super().get_config()
        config["max_length"] = self.max_length
        config["d_model"] = self.d_model
        config["dropout"] = self.dropout
        return config


@keras.saving.register_keras_serializable(package="loops")
class LearnedPositions(keras.layers.Layer):
    def __init__(self, max_length, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length = max_length

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            shape=(self.max_length, input_shape[-1]), initializer="random_uniform", trainable=True
        )

    def call(self, x):
        check_length(x, self.max_length)
        table = ops.convert_to_tensor(self.embeddings)
        return x + ops.slice(table, (0, 0), (ops.shape(x)[1], x.shape[2]))

    def get_config(self):
        config = super().get_config()
        config["max_length"] = self.max_length
        return config
