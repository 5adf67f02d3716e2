"""Heads folded into the batch, so that attention stays three-dimensional."""

import keras
from keras import ops

from course.kit.parts import scaled_dot_product_attention
from solutions.multi_head import *


def split_heads(x, num_heads):
    if x.shape[-1] % num_heads:
        raise ValueError(f"{num_heads} heads cannot share {x.shape[-1]} features.")
    parts = ops.reshape(x, (*ops.shape(x)[:2], num_heads, x.shape[-1] // num_heads))
    return ops.transpose(parts, axes=[0, 2, 1, 3])


def merge_heads(x):
    words = ops.transpose(x, axes=[0, 2, 1, 3])
    return ops.reshape(words, (*ops.shape(words)[:2], x.shape[1] * x.shape[-1]))


@keras.saving.register_keras_serializable(package="folded")
class MultiHeadAttention(keras.layers.Layer):
    def __init__(self, d_model, num_heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        if d_model // num_heads * num_heads != d_model:
            raise ValueError(f"{num_heads} heads cannot share {d_model} features.")
        self.supports_masking = True
        self.arguments = {"d_model": d_model, "num_heads": num_heads, "dropout": dropout}
        (
            self.query_projection,
            self.key_projection,
            self.value_projection,
            self.output_projection,
        ) = (keras.layers.Dense(d_model) for _ in range(4))
        self.drop = keras.layers.Dropout(dropout)

    def build(self, query_shape, value_shape, key_shape=None):
        for layer in (self.query_projection, self.output_projection):
            layer.build(query_shape)
        for layer in (self.key_projection, self.value_projection):
            layer.build(value_shape)

    def fold(self, x):
        heads = split_heads(x, self.arguments["num_heads"])
        return ops.reshape(heads, (-1, ops.shape(heads)[2], heads.shape[3]))

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        heads = self.arguments["num_heads"]
        batch, t, s = ops.shape(query)[0], ops.shape(query)[1], ops.shape(value)[1]
        key = value if key is None else key
        q = self.fold(self.query_projection(query))
        k = self.fold(self.key_projection(key))
        v = self.fold(self.value_projection(value))
        mask = None
        if attention_mask is not None:
            mask = ops.broadcast_to(ops.cast(attention_mask, "bool"), (batch, t, s))
            mask = ops.repeat(mask, heads, axis=0)
        _, weights = scaled_dot_product_attention(q, k, v, mask)
        output = ops.matmul(self.drop(weights, training=training), v)
        output = ops.reshape(output, (batch, heads, t, v.shape[-1]))
        output = self.output_projection(merge_heads(output))
        if return_attention_scores:
            return output, ops.reshape(weights, (batch, heads, t, s))
        return output

    def get_config(self):
        return {**super().get_config(), **self.arguments}
