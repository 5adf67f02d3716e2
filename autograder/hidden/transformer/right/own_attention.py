"""An attention of its own, pasted in; heads by einsum."""

import math

import keras
from keras import ops

from course.kit.parts import PositionalEncoding, causal_mask
from course.kit.tokens import PAD_ID


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
class FeedForward(keras.layers.Layer):
    def __init__(self, d_model, d_ff, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.d_ff = d_ff
        self.inner = keras.layers.Dense(d_ff, activation="relu")
        self.outer = keras.layers.Dense(d_model)

    def build(self, input_shape):
        self.inner.build(input_shape)
        self.outer.build((*input_shape[:-1], self.d_ff))

    def call(self, x):
        return self.outer(self.inner(x))

    def get_config(self):
        return {**super().get_config(), "d_model": self.d_model, "d_ff": self.d_ff}


@keras.saving.register_keras_serializable(package="own_attention")
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

    def call(self, x, mask=None, training=None):
        attention_mask = None if mask is None else mask[:, None, :]
        seen = self.attention(x, x, attention_mask=attention_mask)
        x = self.attention_norm(x + self.dropout_layer(seen, training=training))
        thought = self.feed_forward(x)
        return self.feed_forward_norm(x + self.dropout_layer(thought, training=training))

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="own_attention")
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

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="own_attention")
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
