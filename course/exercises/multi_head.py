"""Multi-head attention: look at the sentence in several ways at once.

One head gives every word one distribution over the others, and often most of it to the word
itself. Several heads, each with a slice of the model's width, can look at different things: 它 at
the cat that it stands for, and at 可爱, which is said of it. Split, attend, merge.

Notation: B batch, T query length, S key length, D model width, H heads. A mask is boolean and True
means "may be attended to".
"""

import keras
from keras import ops

# The attention of the unit before, given. To build on your own: from course.own import ...
from course.kit.parts import scaled_dot_product_attention

__all__ = ["split_heads", "merge_heads", "MultiHeadAttention"]


def split_heads(x, num_heads):
    """Give each head its slice of the width, and a sentence of its own.

    Head h gets the columns h * D/H to (h + 1) * D/H - 1 of every word.

    Args:
        x: `(B, T, D)`.
        num_heads: H.

    Returns:
        `(B, H, T, D/H)`.

    Raises:
        ValueError: D can't be divided by H; the message names both.

    Source: Vaswani et al. 2017, section 3.2.2.
    """
    raise NotImplementedError("split_heads")


def merge_heads(x):
    """Put the heads of every word beside each other again: what `split_heads` did, undone.

    Args:
        x: `(B, H, T, D/H)`.

    Returns:
        `(B, T, D)`.
    """
    raise NotImplementedError("merge_heads")


@keras.saving.register_keras_serializable(package="course")
class MultiHeadAttention(keras.layers.Layer):
    """MultiHead(Q, K, V) = Concat(head_1, ..., head_H) W_O.

    head_h = Attention(Q W_Q, K W_K, V W_V), each on the slice of the projections that belongs to
    head h. The heads share nothing but the words.

    Keras's own attention layers are not allowed here.

    Args:
        d_model: D, width of the projections and of the output.
        num_heads: H, a divisor of D.
        dropout: the share of the attention weights that is dropped in training.

    Call arguments:
        query: `(B, T, D)`.
        value: `(B, S, D)`.
        key: `(B, S, D)`; `value` where it is None.
        attention_mask: boolean `(B, T, S)`, or two or three axes that broadcast to it; True where
            query t may attend to key s, the same for every head. A query with nothing to attend to
            gets zeros from every head.
        return_attention_scores: whether the weights are wanted too.
        training: whether weights are dropped.

    Returns:
        `(B, T, D)`; with `return_attention_scores` `(output, weights (B, H, T, S))`, the weights
        as they are before any is dropped.

    Raises:
        ValueError: `d_model` can't be divided by `num_heads`.

    Attributes:
        query_projection, key_projection, value_projection, output_projection: Dense layers with
            bias, D wide.

    Source: Vaswani et al. 2017, section 3.2.2.
    """

    def __init__(self, d_model, num_heads, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_model = d_model
        self.num_heads = num_heads
        self.dropout = dropout
        raise NotImplementedError("MultiHeadAttention.__init__")

    def build(self, query_shape, value_shape, key_shape=None):
        raise NotImplementedError("MultiHeadAttention.build")

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        raise NotImplementedError("MultiHeadAttention.call")

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "dropout": self.dropout,
        }
