"""A projection layer of its own, a helper for the scores, sublayers made in build."""

import math

import keras
from keras import ops

from course.kit.tokens import PAD_ID
from solutions.attention import *


def _swap(x):
    rank = len(x.shape)
    return ops.transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def similarity(x):
    return ops.matmul(x, _swap(x))


def softmax(x, axis=-1):
    x = x - ops.max(x, axis=axis, keepdims=True)
    return ops.exp(x) / ops.sum(ops.exp(x), axis=axis, keepdims=True)


def self_attention(x):
    weights = softmax(similarity(x))
    return ops.matmul(weights, x)


def _scores(query, key):
    return ops.divide(ops.matmul(query, _swap(key)), math.sqrt(float(key.shape[-1])))


def scaled_dot_product_attention(query, key, value, mask=None):
    scores = _scores(query, key)
    if mask is None:
        mask = ops.ones_like(scores, dtype="bool")
    mask = ops.logical_and(mask, ops.ones_like(scores, dtype="bool"))
    lowest = ops.min(scores, axis=-1, keepdims=True)
    scores = ops.where(mask, scores, lowest)
    powers = ops.exp(scores - ops.max(scores, axis=-1, keepdims=True))
    powers = ops.where(mask, powers, ops.zeros_like(powers))
    total = ops.sum(powers, axis=-1, keepdims=True)
    weights = powers / ops.where(ops.equal(total, 0), ops.ones_like(total), total)
    return ops.matmul(weights, value), weights


def padding_mask(token_ids):
    return ops.logical_not(ops.equal(token_ids, PAD_ID))[:, None, :]


def causal_mask(length):
    index = ops.arange(length)
    return ops.expand_dims(ops.greater_equal(ops.expand_dims(index, 1), index), 0)


class Projection(keras.layers.Layer):
    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.width = width

    def build(self, input_shape):
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], self.width))

    def call(self, x):
        return ops.matmul(x, self.kernel)


@keras.saving.register_keras_serializable(package="course")
class SelfAttention(keras.layers.Layer):
    def __init__(self, d_k, d_v=None, **kwargs):
        super().__init__(**kwargs)
        self.d_k = d_k
        self.d_v = d_v if d_v is not None else d_k

    def build(self, input_shape):
        for name, width in (("query", self.d_k), ("key", self.d_k), ("value", self.d_v)):
            projection = Projection(width, name=name)
            projection.build(input_shape)
            setattr(self, f"{name}_projection", projection)

    def call(self, x, attention_mask=None):
        roles = (self.query_projection, self.key_projection, self.value_projection)
        return scaled_dot_product_attention(*[role(x) for role in roles], mask=attention_mask)

    def get_config(self):
        return super().get_config() | {"d_k": self.d_k, "d_v": self.d_v}
