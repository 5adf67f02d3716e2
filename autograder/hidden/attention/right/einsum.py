"""Everything as an Einstein sum; nothing is transposed by hand."""

import math

import keras
from keras import ops

from course.kit.tokens import PAD_ID


def similarity(x):
    return ops.einsum("...id,...jd->...ij", x, x)


def softmax(x, axis=-1):
    powers = ops.exp(x - ops.amax(x, axis=axis, keepdims=True))
    return powers / ops.sum(powers, axis=axis, keepdims=True)


def self_attention(x):
    return ops.einsum("...ij,...jd->...id", softmax(similarity(x)), x)


def scaled_dot_product_attention(query, key, value, mask=None):
    query = query / math.sqrt(query.shape[-1])
    scores = ops.einsum("...td,...sd->...ts", query, key)
    if mask is None:
        weights = softmax(scores)
    else:
        allowed = ops.logical_and(ops.cast(mask, "bool"), ops.ones_like(scores, dtype="bool"))
        top = ops.max(ops.where(allowed, scores, -3e4), axis=-1, keepdims=True)
        powers = ops.where(allowed, ops.exp(ops.where(allowed, scores - top, 0.0)), 0.0)
        total = ops.sum(powers, axis=-1, keepdims=True)
        weights = powers / ops.where(total > 0, total, 1.0)
    return ops.einsum("...ts,...sd->...td", weights, value), weights


def padding_mask(token_ids):
    return ops.expand_dims(token_ids != PAD_ID, axis=1)


def causal_mask(length):
    return ops.cast(ops.tril(ops.ones((1, length, length))), "bool")


@keras.saving.register_keras_serializable(package="course")
class SelfAttention(keras.layers.Layer):
    def __init__(self, d_k, d_v=None, **kwargs):
        super().__init__(**kwargs)
        self.d_k = d_k
        self.d_v = d_v or d_k
        self.query_projection = keras.layers.Dense(d_k, use_bias=False)
        self.key_projection = keras.layers.Dense(d_k, use_bias=False)
        self.value_projection = keras.layers.Dense(self.d_v, use_bias=False)

    def call(self, x, attention_mask=None):
        return scaled_dot_product_attention(
            self.query_projection(x),
            self.key_projection(x),
            self.value_projection(x),
            attention_mask,
        )

    def get_config(self):
        config = super().get_config()
        config.update(d_k=self.d_k, d_v=self.d_v)
        return config
