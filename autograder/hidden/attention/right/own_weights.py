"""No Dense at all: the layer makes its three matrices itself, in build."""

import keras
from keras import ops

from course.kit.tokens import PAD_ID
from solutions.attention import *


def similarity(x):
    return ops.matmul(x, ops.swapaxes(x, -2, -1))


def softmax(x, axis=-1):
    shifted = ops.exp(ops.subtract(x, ops.max(x, axis, keepdims=True)))
    return shifted / ops.sum(shifted, axis, keepdims=True)


def self_attention(x):
    return ops.matmul(softmax(similarity(x), axis=-1), x)


def scaled_dot_product_attention(query, key, value, mask=None):
    scores = ops.matmul(query, ops.swapaxes(key, -2, -1)) / query.shape[-1] ** 0.5
    if mask is not None:
        blocked = ops.logical_not(mask)
        scores = ops.where(blocked, float("-inf"), scores)
        empty = ops.all(blocked, axis=-1, keepdims=True)
        scores = ops.where(empty, ops.zeros_like(scores), scores)
    weights = softmax(scores)
    if mask is not None:
        weights = ops.where(blocked, ops.zeros_like(weights), weights)
    return ops.matmul(weights, value), weights


def padding_mask(token_ids):
    return (token_ids > PAD_ID)[:, None]


def causal_mask(length):
    return ops.logical_not(ops.triu(ops.ones((1, length, length), dtype="bool"), k=1))


@keras.saving.register_keras_serializable(package="course")
class SelfAttention(keras.layers.Layer):
    def __init__(self, d_k, d_v=None, **kwargs):
        super().__init__(**kwargs)
        self.d_k, self.d_v = d_k, d_k if d_v is None else d_v

    def build(self, input_shape):
        def matrix(name, width):
            return self.add_weight(name=name, shape=(input_shape[-1], width))

        self.query_projection = matrix("query", self.d_k)
        self.key_projection = matrix("key", self.d_k)
        self.value_projection = matrix("value", self.d_v)

    def call(self, x, attention_mask=None):
        return scaled_dot_product_attention(
            ops.matmul(x, self.query_projection),
            ops.matmul(x, self.key_projection),
            ops.matmul(x, self.value_projection),
            mask=attention_mask,
        )

    def get_config(self):
        return {**super().get_config(), "d_k": self.d_k, "d_v": self.d_v}
