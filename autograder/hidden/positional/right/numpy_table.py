"""The table in NumPy, the layer with Keras."""

import keras
import numpy as np
from keras import ops

from solutions.positional import *


def integer_positions(length):
    return ops.convert_to_tensor(np.arange(1, length + 1, dtype="float32"))


def normalized_positions(length):
    return ops.convert_to_tensor(np.linspace(0, 1, length, dtype="float32"))


def sinusoidal_encoding(length, d_model):
    if d_model % 2 != 0:
        raise ValueError("d_model must be even")
    table = np.empty((length, d_model))
    angles = np.arange(length)[:, None] / np.power(10000, np.arange(0, d_model, 2) / d_model)
    table[:, 0::2] = np.sin(angles)
    table[:, 1::2] = np.cos(angles)
    return ops.convert_to_tensor(table.astype("float32"))


def shift_matrix(offset, d_model):
    matrix = np.zeros((d_model, d_model), "float32")
    for i in range(0, d_model, 2):
        angle = offset / 10000 ** (i / d_model)
        matrix[i : i + 2, i : i + 2] = [
            [np.cos(angle), -np.sin(angle)],
            [np.sin(angle), np.cos(angle)],
        ]
    return ops.convert_to_tensor(matrix)


@keras.saving.register_keras_serializable(package="numpy_table")
class PositionalEncoding(keras.layers.Layer):
    def __init__(self, max_length, d_model, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length, self.d_model, self.rate = max_length, d_model, dropout
        self.table = ops.convert_to_numpy(sinusoidal_encoding(max_length, d_model))[None]
        self.drop = keras.layers.Dropout(dropout)

    def call(self, x, training=None):
        length = x.shape[1]
        if length is not None and length > self.max_length:
            raise ValueError(f"{length} words, but max_length is {self.max_length}")
        table = ops.convert_to_tensor(self.table, dtype=x.dtype)
        return self.drop(x + table[:, : ops.shape(x)[1], :], training=training)

    def get_config(self):
        config = super().get_config()
        config.update(max_length=self.max_length, d_model=self.d_model, dropout=self.rate)
        return config


@keras.saving.register_keras_serializable(package="numpy_table")
class LearnedPositions(keras.layers.Layer):
    def __init__(self, max_length, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length = max_length

    def build(self, input_shape):
        self.embeddings = self.add_weight(
            name="embeddings",
            shape=(self.max_length, input_shape[-1]),
            initializer="random_normal",
        )

    def call(self, x):
        if x.shape[1] is not None and x.shape[1] > self.max_length:
            raise ValueError("too many words")
        return x + ops.take(self.embeddings, ops.arange(ops.shape(x)[1]), axis=0)

    def get_config(self):
        return {**super().get_config(), "max_length": self.max_length}
