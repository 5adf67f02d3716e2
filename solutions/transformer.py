"""Transformer: attention, positions and a small network, stacked.

An encoder layer lets the source words look at one another; a decoder layer lets each target word
look at those before it, and then at the source. Around every step stand a residual connection and
a layer normalisation, so that many layers can be trained.

Notation: B batch, S source length, T target length, D model width, V vocabulary size. A mask is
boolean and True means "a real token".
"""

import math

import keras
from keras import ops

# The parts of the units before, given. To build on your own: from course.own import ...
from course.kit.parts import MultiHeadAttention, PositionalEncoding, causal_mask
from course.kit.tokens import PAD_ID

__all__ = ["FeedForward", "EncoderLayer", "DecoderLayer", "Transformer"]


@keras.saving.register_keras_serializable(package="course")
class FeedForward(keras.layers.Layer):
    """The same small network for every word: FFN(x) = max(0, x W_1 + b_1) W_2 + b_2.

    Args:
        d_model: D, the width of the output.
        d_ff: the width in between.

    Call arguments:
        x: `(B, T, D)`.

    Returns:
        `(B, T, D)`.

    Attributes:
        inner: a Dense layer with ReLU, `d_ff` wide.
        outer: a Dense layer, `d_model` wide.

    Source: Vaswani et al. 2017, section 3.3, equation 2.
    """

    def __init__(self, d_model, d_ff, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.d_ff = d_ff
        ### BEGIN SOLUTION
        self.inner = keras.layers.Dense(d_ff, activation="relu")
        self.outer = keras.layers.Dense(d_model)
        ### END SOLUTION

    def build(self, input_shape):
        ### BEGIN SOLUTION
        self.inner.build(input_shape)
        self.outer.build((*input_shape[:-1], self.d_ff))
        ### END SOLUTION

    def call(self, x):
        ### BEGIN SOLUTION
        return self.outer(self.inner(x))  # (B, T, D) -> (B, T, d_ff) -> (B, T, D)
        ### END SOLUTION

    def get_config(self):
        return {**super().get_config(), "d_model": self.d_model, "d_ff": self.d_ff}


@keras.saving.register_keras_serializable(package="course")
class EncoderLayer(keras.layers.Layer):
    """Self-attention, then the feed-forward network, each as LayerNorm(x + Dropout(sublayer(x))).

    Args:
        d_model: D.
        num_heads: how many heads look.
        d_ff: the width inside the feed-forward network.
        dropout: the share of each sub-layer's output that is dropped in training.

    Call arguments:
        x: `(B, S, D)`.
        mask: boolean `(B, S)`, True at real words; all are where it is None.
        training: whether anything is dropped.

    Returns:
        `(B, S, D)`.

    Attributes:
        attention: a `MultiHeadAttention`, without dropout of its own.
        feed_forward: a `FeedForward`.
        attention_norm, feed_forward_norm: LayerNormalization layers.

    Source: Vaswani et al. 2017, sections 3.1 and 5.4.
    """

    def __init__(self, d_model, num_heads, d_ff, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.dropout = dropout
        ### BEGIN SOLUTION
        self.attention = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.attention_norm = keras.layers.LayerNormalization()
        self.feed_forward_norm = keras.layers.LayerNormalization()
        self.dropout_layer = keras.layers.Dropout(dropout)
        ### END SOLUTION

    def build(self, input_shape):
        ### BEGIN SOLUTION
        self.attention.build(input_shape, input_shape)
        self.feed_forward.build(input_shape)
        self.attention_norm.build(input_shape)
        self.feed_forward_norm.build(input_shape)
        ### END SOLUTION

    def call(self, x, mask=None, training=None):
        ### BEGIN SOLUTION
        attention_mask = None if mask is None else mask[:, None, :]  # (B, S) -> (B, 1, S)
        output = self.attention(query=x, value=x, attention_mask=attention_mask, training=training)
        x = self.attention_norm(x + self.dropout_layer(output, training=training))
        output = self.feed_forward(x)
        return self.feed_forward_norm(x + self.dropout_layer(output, training=training))
        ### END SOLUTION

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="course")
class DecoderLayer(keras.layers.Layer):
    """Causal self-attention, attention to the source, then the feed-forward network.

    Each of the three is LayerNorm(x + Dropout(sublayer(x))). The layer is causal by itself:
    position t never sees a later one.

    Args:
        d_model: D.
        num_heads: how many heads look, in either attention.
        d_ff: the width inside the feed-forward network.
        dropout: the share of each sub-layer's output that is dropped in training.

    Call arguments:
        target: `(B, T, D)`.
        memory: the encoder's output, `(B, S, D)`.
        target_mask: boolean `(B, T)`, True at real target words; all are where it is None.
        memory_mask: boolean `(B, S)`, True at real source words; all are where it is None.
        training: whether anything is dropped.
        return_attention_scores: whether the weights over the source are wanted too.

    Returns:
        `(B, T, D)`; with `return_attention_scores` `(output, weights (B, H, T, S))`.

    Attributes:
        self_attention, cross_attention: `MultiHeadAttention`, without dropout of their own.
        feed_forward: a `FeedForward`.
        self_attention_norm, cross_attention_norm, feed_forward_norm: LayerNormalization layers.

    Source: Vaswani et al. 2017, sections 3.1, 3.2.3 and 5.4.
    """

    def __init__(self, d_model, num_heads, d_ff, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.num_heads = num_heads
        self.d_ff = d_ff
        self.dropout = dropout
        ### BEGIN SOLUTION
        self.self_attention = MultiHeadAttention(d_model, num_heads)
        self.cross_attention = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.self_attention_norm = keras.layers.LayerNormalization()
        self.cross_attention_norm = keras.layers.LayerNormalization()
        self.feed_forward_norm = keras.layers.LayerNormalization()
        self.dropout_layer = keras.layers.Dropout(dropout)
        ### END SOLUTION

    def build(self, target_shape, memory_shape):
        ### BEGIN SOLUTION
        self.self_attention.build(target_shape, target_shape)
        self.cross_attention.build(target_shape, memory_shape)
        self.feed_forward.build(target_shape)
        for norm in (self.self_attention_norm, self.cross_attention_norm, self.feed_forward_norm):
            norm.build(target_shape)
        ### END SOLUTION

    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        ### BEGIN SOLUTION
        self_mask = causal_mask(ops.shape(target)[1])  # (1, T, T)
        if target_mask is not None:
            self_mask = ops.logical_and(self_mask, target_mask[:, None, :])  # (B, T, T)
        output = self.self_attention(
            query=target, value=target, attention_mask=self_mask, training=training
        )
        x = self.self_attention_norm(target + self.dropout_layer(output, training=training))

        output, scores = self.cross_attention(  # (B, T, D), (B, H, T, S)
            query=x,
            value=memory,
            attention_mask=None if memory_mask is None else memory_mask[:, None, :],
            return_attention_scores=True,
            training=training,
        )
        x = self.cross_attention_norm(x + self.dropout_layer(output, training=training))

        output = self.feed_forward(x)
        x = self.feed_forward_norm(x + self.dropout_layer(output, training=training))
        return (x, scores) if return_attention_scores else x
        ### END SOLUTION

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "d_ff": self.d_ff,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="course")
class Transformer(keras.Model):
    """The whole Transformer: embeddings and positions, encoder layers, decoder layers, logits.

    Embeddings are multiplied by sqrt(D), so that the positions don't drown them; sums of the two
    are dropped out by the positional encoding.

    Args:
        source_vocabulary_size, target_vocabulary_size: the sizes of the two vocabularies.
        d_model: D.
        num_heads: how many heads look, in every attention.
        d_ff: the width inside the feed-forward networks.
        num_layers: how many layers the encoder has, and the decoder.
        dropout: the share that is dropped in training.
        max_length: the longest sentence.

    Call arguments:
        inputs: `(source (B, S), target_in (B, T))`, token ids; the target begins with the start
            id and ends before the last word.
        training: whether anything is dropped.

    Returns:
        Logits `(B, T, V)`: at t the scores of the word that follows target_in[t].

    Attributes:
        source_embedding, target_embedding: Embedding layers, D wide.
        positions: a `PositionalEncoding`.
        encoder_layers, decoder_layers: lists of `EncoderLayer` and `DecoderLayer`.
        output_projection: a Dense layer with bias, V wide.

    Source: Vaswani et al. 2017, section 3, with embeddings that are not shared.
    """

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
        ### BEGIN SOLUTION
        self.source_embedding = keras.layers.Embedding(source_vocabulary_size, d_model)
        self.target_embedding = keras.layers.Embedding(target_vocabulary_size, d_model)
        self.positions = PositionalEncoding(max_length, d_model, dropout)
        sizes = (d_model, num_heads, d_ff, dropout)
        self.encoder_layers = [EncoderLayer(*sizes) for _ in range(num_layers)]
        self.decoder_layers = [DecoderLayer(*sizes) for _ in range(num_layers)]
        self.output_projection = keras.layers.Dense(target_vocabulary_size)
        ### END SOLUTION

    def build(self, input_shape):
        ### BEGIN SOLUTION
        shape = (None, None, self.d_model)
        self.source_embedding.build((None, None))
        self.target_embedding.build((None, None))
        for encoder_layer in self.encoder_layers:
            encoder_layer.build(shape)
        for decoder_layer in self.decoder_layers:
            decoder_layer.build(shape, shape)
        self.output_projection.build(shape)
        ### END SOLUTION

    def encode(self, source, training=None):
        """Read the source `(B, S)`; return `(memory (B, S, D), source_mask (B, S))`.

        The mask is boolean, True at real words.
        """
        ### BEGIN SOLUTION
        source_mask = ops.not_equal(source, PAD_ID)
        x = self.source_embedding(source) * math.sqrt(self.d_model)  # (B, S) -> (B, S, D)
        x = self.positions(x, training=training)
        for layer in self.encoder_layers:
            x = layer(x, mask=source_mask, training=training)
        return x, source_mask
        ### END SOLUTION

    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        """Return logits `(B, T, V)` for the target so far `(B, T)` and what `encode` gave.

        With `return_attention_scores` it is `(logits, [weights (B, H, T, S) of each layer])`.
        """
        ### BEGIN SOLUTION
        encoded, source_mask = memory
        target_mask = ops.not_equal(target_in, PAD_ID)
        x = self.target_embedding(target_in) * math.sqrt(self.d_model)  # (B, T) -> (B, T, D)
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
        logits = self.output_projection(x)  # (B, T, D) -> (B, T, V)
        return (logits, scores) if return_attention_scores else logits
        ### END SOLUTION

    def call(self, inputs, training=None):
        ### BEGIN SOLUTION
        source, target_in = inputs
        memory = self.encode(source, training=training)
        return self.decode(target_in, memory, training=training)
        ### END SOLUTION

    def attention_scores(self, source, target_in):
        """Return `{"layer_1": (B, H, T, S), ...}`, one entry for each of the decoder's layers."""
        ### BEGIN SOLUTION
        _, scores = self.decode(target_in, self.encode(source), return_attention_scores=True)
        return {f"layer_{n}": weights for n, weights in enumerate(scores, start=1)}
        ### END SOLUTION

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
