"""Clock hands as complex numbers; a fixed weight for the table."""

import keras
import numpy as np
from keras import ops


def integer_positions(length):
    return ops.add(ops.arange(length, dtype="float32"), 1.0)


def normalized_positions(length):
    if length == 1:
        return ops.zeros((1,))
    return ops.divide(ops.arange(length, dtype="float32"), length - 1)


def hands(positions, d_model):
    rates = 10000.0 ** (-np.arange(d_model // 2) * 2.0 / d_model)
    return np.exp(1j * np.outer(positions, rates))


def sinusoidal_encoding(length, d_model):
    if d_model % 2 == 1:
        raise ValueError("an even d_model is needed")
    turned = hands(np.arange(length), d_model)
    pairs = np.stack([turned.imag, turned.real], axis=2)
    return ops.convert_to_tensor(pairs.reshape(length, d_model), dtype="float32")


def shift_matrix(offset, d_model):
    (turned,) = hands([offset], d_model)
    matrix = np.zeros((d_model, d_model))
    even = np.arange(0, d_model, 2)
    matrix[even, even] = matrix[even + 1, even + 1] = turned.real
    matrix[even, even + 1] = -turned.imag
    matrix[even + 1, even] = turned.imag
    return ops.convert_to_tensor(matrix, dtype="float32")


@keras.saving.register_keras_serializable(package="complex_numbers")
class PositionalEncoding(keras.layers.Layer):
    def __init__(self, max_length, d_model, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length, self.d_model, self.dropout = max_length, d_model, dropout
        self.dropout_layer = keras.layers.Dropout(dropout)

    def build(self, input_shape):
        table = ops.convert_to_numpy(sinusoidal_encoding(self.max_length, self.d_model))
        self.table = self.add_weight(
            shape=table.shape, initializer=lambda shape, dtype=None: table, trainable=False
        )

    def call(self, x, training=None):
        if x.shape[1] is not None and x.shape[1] > self.max_length:
            raise ValueError(f"at most {self.max_length} words")
        return self.dropout_layer(x + self.table[: ops.shape(x)[1]], training=training)

    def get_config(self):
        config = {"max_length": self.max_length, "d_model": self.d_model, "dropout": self.dropout}
        return super().get_config() | config


@keras.saving.register_keras_serializable(package="complex_numbers")
class LearnedPositions(keras.layers.Embedding):
    """An Embedding of positions; its table is called `embeddings` too."""

    def __init__(self, max_length, **kwargs):
        super().__init__(max_length, 1, **kwargs)
        self.supports_masking = True
        self.max_length = max_length

    def build(self, input_shape):
        self.output_dim = input_shape[-1]
        super().build(input_shape)

    def call(self, x):
        if x.shape[1] is not None and x.shape[1] > self.max_length:
            raise ValueError(f"at most {self.max_length} words")
        return ops.cast(x, self.compute_dtype) + super().call(ops.arange(ops.shape(x)[1]))

    def compute_mask(self, inputs, mask=None):
        return mask

    def compute_output_shape(self, input_shape):
        return input_shape

    def compute_output_spec(self, x):
        return keras.layers.Layer.compute_output_spec(self, x)

    def get_config(self):
        base = keras.layers.Layer.get_config(self)
        return {**base, "max_length": self.max_length}
