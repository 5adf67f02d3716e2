"""Masks by comparing places; one helper for sum and norm; layers made in build."""

import keras
from keras import ops

from solutions.transformer import *


@keras.saving.register_keras_serializable(package="sum_and_norm_helper")
class FeedForward(keras.layers.Layer):
    def __init__(self, d_model, d_ff, **kwargs):
        super().__init__(**kwargs)
        self.d_model, self.d_ff = d_model, d_ff

    def build(self, input_shape):
        self.inner = keras.layers.Dense(self.d_ff)
        self.outer = keras.layers.Dense(self.d_model)
        self.inner.build(input_shape)
        self.outer.build((None, None, self.d_ff))

    def call(self, x):
        return self.outer(ops.maximum(self.inner(x), 0.0))

    def get_config(self):
        return {**super().get_config(), "d_model": self.d_model, "d_ff": self.d_ff}


@keras.saving.register_keras_serializable(package="sum_and_norm_helper")
class EncoderLayer(EncoderLayer):
    def add_and_norm(self, norm, x, news, training):
        return norm(ops.add(self.dropout_layer(news, training=training), x))

    def call(self, x, mask=None, training=None):
        if mask is not None:
            mask = ops.logical_and(ops.ones_like(mask)[:, :, None], mask[:, None, :])
        seen = self.attention(x, x, attention_mask=mask)
        x = self.add_and_norm(self.attention_norm, x, seen, training)
        return self.add_and_norm(self.feed_forward_norm, x, self.feed_forward(x), training)


@keras.saving.register_keras_serializable(package="sum_and_norm_helper")
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
        place = ops.arange(ops.shape(target)[1])
        allowed = (place[None, :] <= place[:, None])[None]
        if target_mask is not None:
            allowed = allowed & target_mask[:, None]
        if memory_mask is not None:
            memory_mask = ops.expand_dims(memory_mask, 1)
        drop = lambda news: self.dropout_layer(news, training=training)  # noqa: E731
        x = self.self_attention_norm(
            drop(self.self_attention(target, target, attention_mask=allowed)) + target
        )
        found, scores = self.cross_attention(
            x, memory, key=memory, attention_mask=memory_mask, return_attention_scores=True
        )
        x = self.cross_attention_norm(drop(found) + x)
        x = self.feed_forward_norm(drop(self.feed_forward(x)) + x)
        if return_attention_scores:
            return x, scores
        return x
