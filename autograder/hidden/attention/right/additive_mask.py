"""A mask that is added to the scores, then the masked weights cleared."""

import keras
from keras import ops

from course.kit.tokens import PAD_ID
from solutions.attention import *

LARGE = 3e4


def similarity(x):
    return ops.matmul(x, ops.moveaxis(x, -1, -2))


def softmax(x, axis=-1):
    x = x - ops.stop_gradient(ops.max(x, axis=axis, keepdims=True))
    e = ops.exp(x)
    return ops.divide(e, ops.sum(e, axis=axis, keepdims=True))


def self_attention(x):
    return softmax(similarity(x)) @ x


def scaled_dot_product_attention(query, key, value, mask=None):
    scores = query @ ops.moveaxis(key, -1, -2)
    scores = scores / ops.sqrt(ops.cast(ops.shape(key)[-1], scores.dtype))
    if mask is None:
        weights = softmax(scores)
        return weights @ value, weights
    keep = ops.cast(mask, scores.dtype)
    # The shift is by the largest score that may be seen, so that nothing masked can drown it.
    seen = scores * keep - LARGE * (1 - keep)
    weights = softmax(seen) * keep
    return weights @ value, weights


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
