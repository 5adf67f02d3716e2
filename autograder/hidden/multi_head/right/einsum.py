"""The whole unit with einsum, and an own softmax instead of the given attention."""

import keras
from keras import ops

from solutions.multi_head import *


def split_heads(x, num_heads):
    d = x.shape[-1]
    if d % num_heads != 0:
        raise ValueError(f"num_heads={num_heads} does not divide d_model={d}")
    x = ops.reshape(x, (-1, ops.shape(x)[1], num_heads, d // num_heads))
    return ops.einsum("bthd->bhtd", x)


def merge_heads(x):
    x = ops.einsum("bhtd->bthd", x)
    return ops.reshape(x, (-1, ops.shape(x)[1], x.shape[2] * x.shape[3]))


@keras.saving.register_keras_serializable(package="einsum")
class MultiHeadAttention(keras.layers.Layer):
    def __init__(self, d_model, num_heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        if d_model % num_heads:
            raise ValueError(f"num_heads={num_heads} does not divide d_model={d_model}")
        self.d_model, self.num_heads, self.rate = d_model, num_heads, dropout
        self.query_projection = keras.layers.Dense(d_model)
        self.key_projection = keras.layers.Dense(d_model)
        self.value_projection = keras.layers.Dense(d_model)
        self.output_projection = keras.layers.Dense(d_model)
        self.drop = keras.layers.Dropout(dropout)

    def build(self, query_shape, value_shape, key_shape=None):
        self.query_projection.build(query_shape)
        self.key_projection.build(value_shape if key_shape is None else key_shape)
        self.value_projection.build(value_shape)
        self.output_projection.build(query_shape)

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
        q = split_heads(self.query_projection(query), self.num_heads)
        k = split_heads(self.key_projection(key), self.num_heads)
        v = split_heads(self.value_projection(value), self.num_heads)
        scores = ops.einsum("bhtd,bhsd->bhts", q, k) / ops.sqrt(ops.cast(q.shape[-1], q.dtype))
        if attention_mask is not None:
            mask = ops.cast(attention_mask, "bool")[..., None, :, :]
            low = -1e9 if scores.dtype != "float16" else -6e4
            scores = ops.where(mask, scores, low)
            weights = ops.where(mask, ops.softmax(scores, axis=-1), 0.0)
        else:
            weights = ops.softmax(scores, axis=-1)
        seen = ops.einsum("bhts,bhsd->bhtd", self.drop(weights, training=training), v)
        output = self.output_projection(merge_heads(seen))
        if return_attention_scores:
            return output, weights
        return output

    def get_config(self):
        config = super().get_config()
        config.update(d_model=self.d_model, num_heads=self.num_heads, dropout=self.rate)
        return config
