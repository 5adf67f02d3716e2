"""Projections with weights of their own instead of Dense; an additive mask."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="own_weights")
class Affine(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, shape):
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        self.kernel = self.add_weight(shape=(shape[-1], self.units), name="kernel")

    def call(self, x):
        return ops.dot(x, self.kernel) + self.bias

    def get_config(self):
        return {**super().get_config(), "units": self.units}


def split_heads(x, num_heads):
    if x.shape[-1] % num_heads:
        raise ValueError(f"D = {x.shape[-1]} is no multiple of H = {num_heads}")
    shape = ops.shape(x)
    depth = x.shape[-1] // num_heads
    return ops.swapaxes(ops.reshape(x, [shape[0], shape[1], num_heads, depth]), 1, 2)


def merge_heads(x):
    x = ops.moveaxis(x, 1, 2)
    shape = ops.shape(x)
    return ops.reshape(x, [shape[0], shape[1], x.shape[2] * x.shape[3]])


@keras.saving.register_keras_serializable(package="own_weights")
class MultiHeadAttention(keras.layers.Layer):
    def __init__(self, d_model, num_heads, dropout=0.0, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        if d_model % num_heads:
            raise ValueError(f"D = {d_model} is no multiple of H = {num_heads}")
        self.d_model, self.num_heads, self.dropout = d_model, num_heads, dropout
        self.query_projection = Affine(d_model)
        self.key_projection = Affine(d_model)
        self.value_projection = Affine(d_model)
        self.output_projection = Affine(d_model)
        self.dropping = keras.layers.Dropout(dropout)

    def build(self, query_shape, value_shape, key_shape=None):
        self.query_projection.build(query_shape)
        self.key_projection.build(key_shape or value_shape)
        self.value_projection.build(value_shape)
        self.output_projection.build((None, None, self.d_model))

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        if key is None:
            key = value
        query = split_heads(self.query_projection(query), self.num_heads)
        key = split_heads(self.key_projection(key), self.num_heads)
        value = split_heads(self.value_projection(value), self.num_heads)
        query = query / math.sqrt(self.d_model // self.num_heads)
        scores = ops.cast(ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))), "float32")
        if attention_mask is not None:
            allowed = ops.expand_dims(ops.cast(attention_mask, "float32"), -3)
            scores = scores + (1.0 - allowed) * -1e9
        weights = ops.exp(scores - ops.max(scores, -1, keepdims=True))
        if attention_mask is not None:
            weights = weights * allowed
        total = ops.sum(weights, -1, keepdims=True)
        weights = ops.cast(weights / ops.where(total > 0, total, 1.0), value.dtype)
        context = ops.matmul(self.dropping(weights, training=training), value)
        output = self.output_projection(merge_heads(context))
        return (output, weights) if return_attention_scores else output

    def get_config(self):
        return dict(
            super().get_config(),
            d_model=self.d_model,
            num_heads=self.num_heads,
            dropout=self.dropout,
        )
