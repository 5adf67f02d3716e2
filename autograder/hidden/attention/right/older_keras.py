"""Habits of older Keras: tensorflow.keras, moved axes, a mask multiplied and divided out."""

import math

from tensorflow import keras
from tensorflow.keras import layers, ops

from solutions.attention import *


def similarity(x):
    return ops.einsum("...ij,...kj->...ik", x, x)


def softmax(x, axis=-1):
    # On the last axis, whichever it was.
    x = ops.moveaxis(x, axis, -1)
    e = ops.exp(x - ops.max(x, axis=-1, keepdims=True))
    e = ops.true_divide(e, ops.expand_dims(ops.sum(e, axis=-1), axis=-1))
    return ops.moveaxis(e, -1, axis)


def self_attention(x):
    # From the other side: the weights' columns against the rows of x.
    weights = softmax(similarity(x), axis=-2)
    return ops.einsum("...ji,...jd->...id", weights, x)


def scaled_dot_product_attention(query, key, value, mask=None):
    key_last = ops.moveaxis(key, -2, -1)
    scores = ops.matmul(query, key_last) / math.sqrt(key.shape[-1])
    if mask is None:
        mask = ops.ones_like(scores)
    keep = ops.cast(mask, scores.dtype)
    lowest = -3e4
    # Blocked scores are all the same, and lower than any other.
    scores = ops.where(keep > 0, scores, lowest)
    weights = keep * softmax(scores)
    return ops.matmul(weights, value), weights


def padding_mask(token_ids):
    return ops.greater(token_ids[:, None, :], 0)


def causal_mask(length):
    rows = [[column <= row for column in range(length)] for row in range(length)]
    return ops.convert_to_tensor([rows], dtype="bool")


@keras.utils.register_keras_serializable("course")
class SelfAttention(layers.Layer):
    def __init__(self, d_k, d_v=None, **kwargs):
        super(SelfAttention, self).__init__(**kwargs)  # noqa: UP008
        self.d_k = d_k
        self.d_v = d_v if d_v else d_k

    def build(self, input_shape):
        self.query_projection = layers.Dense(self.d_k, use_bias=False)
        self.key_projection = layers.Dense(self.d_k, use_bias=False)
        self.value_projection = layers.Dense(self.d_v, use_bias=False)
        self.query_projection.build(input_shape)
        self.key_projection.build(input_shape)
        self.value_projection.build(input_shape)
        super(SelfAttention, self).build(input_shape)  # noqa: UP008

    def call(self, x, attention_mask=None, training=None):
        return scaled_dot_product_attention(
            self.query_projection(x),
            self.key_projection(x),
            self.value_projection(x),
            mask=attention_mask,
        )

    def get_config(self):
        config = super(SelfAttention, self).get_config()  # noqa: UP008
        config.update({"d_k": self.d_k, "d_v": self.d_v})
        return config
