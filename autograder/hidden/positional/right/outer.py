"""Outer products and choices by parity; rows of a table fetched by a one-hot product."""

import keras
from keras import ops

from solutions.positional import *


def integer_positions(length):
    return ops.linspace(1.0, float(length), length)


def normalized_positions(length):
    steps = ops.cumsum(ops.ones(length)) - 1
    return steps / steps[-1] if length > 1 else steps


def speeds(d_model):
    column = ops.arange(d_model)
    return ops.power(10000.0, -ops.cast(column - column % 2, "float32") / d_model)


def sinusoidal_encoding(length, d_model):
    if d_model % 2 != 0:
        raise ValueError("d_model has to be even.")
    angles = ops.outer(ops.arange(length, dtype="float32"), speeds(d_model))
    return ops.where(ops.arange(d_model) % 2 == 0, ops.sin(angles), ops.cos(angles))


def shift_matrix(offset, d_model):
    row, column = ops.arange(d_model)[:, None], ops.arange(d_model)[None, :]
    angles = offset * speeds(d_model)
    sine = ops.where(row > column, ops.sin(angles), -ops.sin(angles))
    turned = ops.where(row == column, ops.cos(angles), sine)
    return ops.where(row // 2 == column // 2, turned, 0.0)


def refuse(x, max_length):
    if x.shape[1] is not None and x.shape[1] > max_length:
        raise ValueError("The sentence has more words than there are positions.")


@keras.saving.register_keras_serializable(package="outer")
class PositionalEncoding(PositionalEncoding):
    def __init__(self, max_length, d_model, dropout=0.0, **kwargs):
        super().__init__(max_length, d_model, dropout, **kwargs)
        self.seeds = keras.random.SeedGenerator()

    def call(self, x, training=None):
        refuse(x, self.max_length)
        table = ops.convert_to_tensor(self.encoding, dtype=x.dtype)
        total = x + ops.take(table, ops.arange(ops.shape(x)[1]), axis=0)
        if not training or not self.dropout:
            return total
        return keras.random.dropout(total, self.dropout, seed=self.seeds)


@keras.saving.register_keras_serializable(package="outer")
class LearnedPositions(LearnedPositions):
    def call(self, x):
        refuse(x, self.max_length)
        chosen = ops.one_hot(ops.arange(ops.shape(x)[1]), self.max_length, dtype=x.dtype)
        return x + ops.matmul(chosen, ops.cast(self.embeddings, x.dtype))
