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
        raise NotImplementedError("FeedForward.__init__")

    def build(self, input_shape):
        raise NotImplementedError("FeedForward.build")

    def call(self, x):
        raise NotImplementedError("FeedForward.call")

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
        raise NotImplementedError("EncoderLayer.__init__")

    def build(self, input_shape):
        raise NotImplementedError("EncoderLayer.build")

    def call(self, x, mask=None, training=None):
        raise NotImplementedError("EncoderLayer.call")

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
        raise NotImplementedError("DecoderLayer.__init__")

    def build(self, target_shape, memory_shape):
        raise NotImplementedError("DecoderLayer.build")

    def call(
        self,
        target,
        memory,
        target_mask=None,
        memory_mask=None,
        training=None,
        return_attention_scores=False,
    ):
        raise NotImplementedError("DecoderLayer.call")

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
        raise NotImplementedError("Transformer.__init__")

    def build(self, input_shape):
        raise NotImplementedError("Transformer.build")

    def encode(self, source, training=None):
        """Read the source `(B, S)`; return `(memory (B, S, D), source_mask (B, S))`.

        The mask is boolean, True at real words.
        """
        raise NotImplementedError("Transformer.encode")

    def decode(self, target_in, memory, training=None, return_attention_scores=False):
        """Return logits `(B, T, V)` for the target so far `(B, T)` and what `encode` gave.

        With `return_attention_scores` it is `(logits, [weights (B, H, T, S) of each layer])`.
        """
        raise NotImplementedError("Transformer.decode")

    def call(self, inputs, training=None):
        raise NotImplementedError("Transformer.call")

    def attention_scores(self, source, target_in):
        """Return `{"layer_1": (B, H, T, S), ...}`, one entry for each of the decoder's layers."""
        raise NotImplementedError("Transformer.attention_scores")

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
