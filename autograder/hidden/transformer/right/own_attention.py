"""An attention of its own, pasted in; heads by einsum."""

import math

import keras
from keras import ops

from course.kit.parts import causal_mask
from solutions.transformer import *


@keras.saving.register_keras_serializable(package="own_attention")
class MultiHeadAttention(keras.layers.Layer):
    def __init__(self, d_model, num_heads, **kwargs):
        super().__init__(**kwargs)
        self.d_model, self.num_heads = d_model, num_heads
        self.query_projection = keras.layers.Dense(d_model)
        self.key_projection = keras.layers.Dense(d_model)
        self.value_projection = keras.layers.Dense(d_model)
        self.output_projection = keras.layers.Dense(d_model)

    def build(self, query_shape, value_shape):
        self.query_projection.build(query_shape)
        self.key_projection.build(value_shape)
        self.value_projection.build(value_shape)
        self.output_projection.build(query_shape)

    def heads(self, x):
        width = self.d_model // self.num_heads
        return ops.reshape(x, (-1, ops.shape(x)[1], self.num_heads, width))

    def call(self, query, value, attention_mask=None, return_attention_scores=False):
        q = self.heads(self.query_projection(query))
        k = self.heads(self.key_projection(value))
        v = self.heads(self.value_projection(value))
        scores = ops.einsum("bthd,bshd->bhts", q, k) / math.sqrt(q.shape[-1])
        if attention_mask is not None:
            scores = ops.where(attention_mask[:, None], scores, -3e4)
        weights = ops.softmax(scores)
        merged = ops.einsum("bhts,bshd->bthd", weights, v)
        merged = ops.reshape(merged, (-1, ops.shape(query)[1], self.d_model))
        output = self.output_projection(merged)
        return (output, weights) if return_attention_scores else output

    def get_config(self):
        return {**super().get_config(), "d_model": self.d_model, "num_heads": self.num_heads}


@keras.saving.register_keras_serializable(package="own_attention")
class EncoderLayer(EncoderLayer):
    def call(self, x, mask=None, training=None):
        attention_mask = None if mask is None else mask[:, None, :]
        seen = self.attention(x, x, attention_mask=attention_mask)
        x = self.attention_norm(x + self.dropout_layer(seen, training=training))
        thought = self.feed_forward(x)
        return self.feed_forward_norm(x + self.dropout_layer(thought, training=training))


@keras.saving.register_keras_serializable(package="own_attention")
class DecoderLayer(DecoderLayer):
    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        may_see = causal_mask(ops.shape(target)[1])
        if target_mask is not None:
            may_see = ops.logical_and(may_see, target_mask[:, None, :])
        seen = self.self_attention(target, target, attention_mask=may_see)
        x = self.self_attention_norm(target + self.dropout_layer(seen, training=training))

        found, scores = self.cross_attention(
            query=x,
            value=memory,
            attention_mask=None if memory_mask is None else memory_mask[:, None, :],
            return_attention_scores=True,
        )
        x = self.cross_attention_norm(x + self.dropout_layer(found, training=training))

        thought = self.feed_forward(x)
        x = self.feed_forward_norm(x + self.dropout_layer(thought, training=training))
        return (x, scores) if return_attention_scores else x
