"""Masks by comparing places; one helper for sum and norm; layers made in build."""

import math

import keras
from keras import ops

# The parts of the units before, given. To build on your own: from course.own import ...
from course.kit.parts import MultiHeadAttention, PositionalEncoding
from course.kit.tokens import PAD_ID


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
class EncoderLayer(keras.layers.Layer):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.dropout = dropout
        self.attention = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.attention_norm = keras.layers.LayerNormalization()
        self.feed_forward_norm = keras.layers.LayerNormalization()
        self.dropout_layer = keras.layers.Dropout(dropout)

    def build(self, input_shape):
        self.attention.build(input_shape, input_shape)
        self.feed_forward.build(input_shape)
        self.attention_norm.build(input_shape)
        self.feed_forward_norm.build(input_shape)

    def add_and_norm(self, norm, x, news, training):
        return norm(ops.add(self.dropout_layer(news, training=training), x))

    def call(self, x, mask=None, training=None):
        if mask is not None:
            mask = ops.logical_and(ops.ones_like(mask)[:, :, None], mask[:, None, :])
        seen = self.attention(x, x, attention_mask=mask)
        x = self.add_and_norm(self.attention_norm, x, seen, training)
        return self.add_and_norm(self.feed_forward_norm, x, self.feed_forward(x), training)

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="sum_and_norm_helper")
class DecoderLayer(keras.layers.Layer):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.dropout = dropout
        self.self_attention = MultiHeadAttention(d_model, num_heads)
        self.cross_attention = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.self_attention_norm = keras.layers.LayerNormalization()
        self.cross_attention_norm = keras.layers.LayerNormalization()
        self.feed_forward_norm = keras.layers.LayerNormalization()
        self.dropout_layer = keras.layers.Dropout(dropout)

    def build(self, target_shape, memory_shape):
        self.self_attention.build(target_shape, target_shape)
        self.cross_attention.build(target_shape, memory_shape)
        self.feed_forward.build(target_shape)
        for norm in (self.self_attention_norm, self.cross_attention_norm, self.feed_forward_norm):
            norm.build(target_shape)

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

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="sum_and_norm_helper")
class Transformer(keras.Model):
    def __init__(
        self,
        source_vocabulary_size,
        target_vocabulary_size,
        d_model,
        num_heads,
        d_ff,
        num_layers,
        dropout=0.1,
        max_length=256,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.source_vocabulary_size = source_vocabulary_size
        self.target_vocabulary_size = target_vocabulary_size
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.num_layers = num_layers
        self.dropout = dropout
        self.max_length = max_length
        self.source_embedding = keras.layers.Embedding(source_vocabulary_size, d_model)
        self.target_embedding = keras.layers.Embedding(target_vocabulary_size, d_model)
        self.positions = PositionalEncoding(max_length, d_model, dropout)
        sizes = (d_model, num_heads, d_ff, dropout)
        self.encoder_layers = [EncoderLayer(*sizes) for _ in range(num_layers)]
        self.decoder_layers = [DecoderLayer(*sizes) for _ in range(num_layers)]
        self.output_projection = keras.layers.Dense(target_vocabulary_size)

    def build(self, input_shape):
        shape = (None, None, self.d_model)
        self.source_embedding.build((None, None))
        self.target_embedding.build((None, None))
        for layer in self.encoder_layers:
            layer.build(shape)
        for layer in self.decoder_layers:
            layer.build(shape, shape)
        self.output_projection.build(shape)

    def encode(self, source, training=None):
        source_mask = ops.not_equal(source, PAD_ID)
        x = self.source_embedding(source) * math.sqrt(self.d_model)
        x = self.positions(x, training=training)
        for layer in self.encoder_layers:
            x = layer(x, mask=source_mask, training=training)
        return x, source_mask

    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        encoded, source_mask = memory
        target_mask = ops.not_equal(target_in, PAD_ID)
        x = self.target_embedding(target_in) * math.sqrt(self.d_model)
        x = self.positions(x, training=training)
        scores = []
        for layer in self.decoder_layers:
            x, weights = layer(
                x,
                encoded,
                target_mask=target_mask,
                memory_mask=source_mask,
                training=training,
                return_attention_scores=True,
            )
            scores.append(weights)
        logits = self.output_projection(x)
        return (logits, scores) if return_attention_scores else logits

    def call(self, inputs, training=None):
        source, target_in = inputs
        memory = self.encode(source, training=training)
        return self.decode(target_in, memory, training=training)

    def attention_scores(self, source, target_in):
        """Return `{"layer_1": (B, H, T, S), ...}`, one entry for each of the decoder's layers."""
        _, scores = self.decode(target_in, self.encode(source), return_attention_scores=True)
        return {f"layer_{n}": weights for n, weights in enumerate(scores, start=1)}

    def get_config(self):
        return {
            **super().get_config(),
            "source_vocabulary_size": self.source_vocabulary_size,
            "target_vocabulary_size": self.target_vocabulary_size,
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "num_layers": self.num_layers,
            "dropout": self.dropout,
            "max_length": self.max_length,
        }
