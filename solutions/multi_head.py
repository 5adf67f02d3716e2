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
    ### BEGIN SOLUTION
    batch, length, _ = ops.shape(x)
    width = x.shape[-1]
    if width % num_heads:
        raise ValueError(f"A width of {width} can't be split among {num_heads} heads.")
    heads = ops.reshape(x, (batch, length, num_heads, width // num_heads))  # (B, T, H, D/H)
    return ops.transpose(heads, (0, 2, 1, 3))  # (B, H, T, D/H)
    ### END SOLUTION


def merge_heads(x):
    """Put the heads of every word beside each other again: what `split_heads` did, undone.

    Args:
        x: `(B, H, T, D/H)`.

    Returns:
        `(B, T, D)`.
    """
    ### BEGIN SOLUTION
    batch, _, length, _ = ops.shape(x)
    num_heads, width = x.shape[1], x.shape[3]
    words = ops.transpose(x, (0, 2, 1, 3))  # (B, H, T, D/H) -> (B, T, H, D/H)
    return ops.reshape(words, (batch, length, num_heads * width))  # (B, T, D)
    ### END SOLUTION


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
        ### BEGIN SOLUTION
        if d_model % num_heads:
            raise ValueError(f"A width of {d_model} can't be split among {num_heads} heads.")
        self.query_projection = keras.layers.Dense(d_model)
        self.key_projection = keras.layers.Dense(d_model)
        self.value_projection = keras.layers.Dense(d_model)
        self.output_projection = keras.layers.Dense(d_model)
        self.dropout_layer = keras.layers.Dropout(dropout)
        ### END SOLUTION

    def build(self, query_shape, value_shape, key_shape=None):
        ### BEGIN SOLUTION
        self.query_projection.build(query_shape)
        self.key_projection.build(key_shape or value_shape)
        self.value_projection.build(value_shape)
        self.output_projection.build((None, None, self.d_model))
        ### END SOLUTION

    def call(
        self,
        query,
        value,
        key=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
    ):
        ### BEGIN SOLUTION
        key = value if key is None else key
        # The heads are one more axis: (B, T, D) -> (B, H, T, D/H), and the same with S for T.
        query = split_heads(self.query_projection(query), self.num_heads)
        key = split_heads(self.key_projection(key), self.num_heads)
        value = split_heads(self.value_projection(value), self.num_heads)
        mask = None if attention_mask is None else ops.expand_dims(attention_mask, axis=-3)

        output, weights = scaled_dot_product_attention(query, key, value, mask)
        if self.dropout and training:  # sum again, with the weights that are left
            output = ops.matmul(self.dropout_layer(weights, training=training), value)
        output = self.output_projection(merge_heads(output))  # (B, H, T, D/H) -> (B, T, D)
        return (output, weights) if return_attention_scores else output
        ### END SOLUTION

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_heads": self.num_heads,
            "dropout": self.dropout,
        }
