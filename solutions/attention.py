"""Attention: from X Xᵀ to softmax(Q Kᵀ / sqrt(d_k)) V.

The unit climbs one step at a time. A sentence is a matrix X whose rows are word vectors.
`similarity` compares every word with every other, `softmax` turns the comparisons into weights,
`self_attention` takes the weighted sums. Then the three roles of X get a matrix each, the scores
get their scale, and masks say who may look at whom.

Notation: B batch, T query length, S key length, D model width, d_k width of a query and of a key,
d_v width of a value. A mask is boolean and True means "may be attended to".
"""

import math

import keras
from keras import ops

from course.kit.tokens import PAD_ID

__all__ = [
    "similarity",
    "softmax",
    "self_attention",
    "scaled_dot_product_attention",
    "padding_mask",
    "causal_mask",
    "SelfAttention",
]


def similarity(x):
    """Inner product of every row with every row: X Xᵀ.

    Entry (i, j) is |x_i| |x_j| cos(angle between them): large where two words point the same way,
    zero where they are orthogonal. The result is symmetric.

    Args:
        x: word vectors, `(..., T, D)`.

    Returns:
        `(..., T, T)`, the inner product of row i with row j at (i, j).
    """
    ### BEGIN SOLUTION
    return ops.matmul(x, ops.swapaxes(x, -1, -2))  # (T, D) @ (D, T) -> (T, T)
    ### END SOLUTION


def softmax(x, axis=-1):
    """Turn scores into positive weights that sum to one along `axis`.

    softmax(x)_i = exp(x_i) / sum_c exp(x_c)

    Adding the same number to every score changes nothing. That freedom makes the function safe:
    with the largest score moved to 0, no exponential can overflow. So the result is finite for
    every finite input, and for rows that hold -inf as long as one entry is finite; the weight at
    -inf is 0. `keras.ops.softmax` and its kin are not allowed here.

    Args:
        x: scores of any shape.
        axis: the axis that sums to one; the last by default.

    Returns:
        Weights, the shape of `x`.

    Source: Bridle 1990, "Probabilistic interpretation of feedforward classification network
    outputs".
    """
    ### BEGIN SOLUTION
    exponentials = ops.exp(x - ops.max(x, axis=axis, keepdims=True))
    return exponentials / ops.sum(exponentials, axis=axis, keepdims=True)
    ### END SOLUTION


def self_attention(x):
    """Each word becomes a weighted sum of all the words: softmax(X Xᵀ) X.

    Nothing is learned here; the weights come from the words alone.

    Args:
        x: word vectors, `(..., T, D)`.

    Returns:
        `(..., T, D)`, row i is the average of the rows of `x`, weighted by their similarity to
        row i.
    """
    ### BEGIN SOLUTION
    return ops.matmul(softmax(similarity(x)), x)  # (T, T) @ (T, D) -> (T, D)
    ### END SOLUTION


def scaled_dot_product_attention(query, key, value, mask=None):
    """Attention(Q, K, V) = softmax(Q Kᵀ / sqrt(d_k)) V.

    Entries of q and k with variance 1 give q·k the variance d_k; dividing by sqrt(d_k) brings it
    back to 1 and keeps the softmax where it has a gradient. d_k is the width of a key, not the
    length of the sentence.

    Keras's own attention is not allowed here.

    Args:
        query: `(..., T, d_k)`.
        key: `(..., S, d_k)`.
        value: `(..., S, d_v)`.
        mask: boolean, broadcastable to `(..., T, S)`; True where the query may attend to the key.

    Returns:
        `(output, weights)` of shapes `(..., T, d_v)` and `(..., T, S)`. Masked weights are exactly
        0, the others of the row sum to 1. A query with nothing to attend to gets zeros, never NaN.

    Source: Vaswani et al. 2017, "Attention Is All You Need", section 3.2.1, equation 1.
    """
    ### BEGIN SOLUTION
    d_k = key.shape[-1]
    scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / math.sqrt(d_k)  # (..., T, S)
    if mask is None:
        weights = softmax(scores)
    else:
        mask = ops.cast(mask, "bool")
        scores = ops.where(mask, scores, -math.inf)
        # A row of nothing but -inf has no softmax: give it any scores, its weights become 0 below.
        scores = ops.where(ops.any(mask, axis=-1, keepdims=True), scores, 0.0)
        weights = ops.where(mask, softmax(scores), 0.0)
    return ops.matmul(weights, value), weights  # (..., T, S) @ (..., S, d_v) -> (..., T, d_v)
    ### END SOLUTION


def padding_mask(token_ids):
    """Mark the real tokens, so that nobody attends to padding.

    Args:
        token_ids: integer ids `(B, S)`; `PAD_ID` (0) is padding.

    Returns:
        Boolean `(B, 1, S)`, True at real tokens; the middle axis broadcasts over the queries.
    """
    ### BEGIN SOLUTION
    return ops.not_equal(token_ids, PAD_ID)[:, None, :]  # (B, S) -> (B, 1, S)
    ### END SOLUTION


def causal_mask(length):
    """Let position t see the positions up to and including t.

    Args:
        length: T, an int.

    Returns:
        Boolean `(1, T, T)`: row t is the query, column s the key, True where s <= t.

    Source: Vaswani et al. 2017, section 3.2.3.
    """
    ### BEGIN SOLUTION
    position = ops.arange(length)
    return (position[:, None] >= position[None, :])[None]  # (T, 1) >= (1, T) -> (1, T, T)
    ### END SOLUTION


@keras.saving.register_keras_serializable(package="course")
class SelfAttention(keras.layers.Layer):
    """Self-attention with learned roles: Q = X W_Q, K = X W_K, V = X W_V.

    One word plays three roles: it asks (query), it is compared with (key), and it gives its
    content (value). Each role has a matrix of its own; then scaled dot-product attention.

    Args:
        d_k: width of a query and of a key.
        d_v: width of a value; `d_k` where it is None.

    Call arguments:
        x: `(B, T, D)`.
        attention_mask: boolean `(B, T, T)` or broadcastable to it, True where query t may attend
            to key s.

    Returns:
        `(output, weights)` of shapes `(B, T, d_v)` and `(B, T, T)`.

    Attributes:
        query_projection, key_projection, value_projection: Dense layers without bias.

    Source: Vaswani et al. 2017, section 3.2.1, with one head.
    """

    def __init__(self, d_k, d_v=None, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.d_k = d_k
        self.d_v = d_k if d_v is None else d_v
        ### BEGIN SOLUTION
        self.query_projection = keras.layers.Dense(self.d_k, use_bias=False)
        self.key_projection = keras.layers.Dense(self.d_k, use_bias=False)
        self.value_projection = keras.layers.Dense(self.d_v, use_bias=False)
        ### END SOLUTION

    def build(self, input_shape):
        ### BEGIN SOLUTION
        self.query_projection.build(input_shape)
        self.key_projection.build(input_shape)
        self.value_projection.build(input_shape)
        ### END SOLUTION

    def call(self, x, attention_mask=None):
        ### BEGIN SOLUTION
        return scaled_dot_product_attention(
            query=self.query_projection(x),
            key=self.key_projection(x),
            value=self.value_projection(x),
            mask=attention_mask,
        )
        ### END SOLUTION

    def get_config(self):
        return {**super().get_config(), "d_k": self.d_k, "d_v": self.d_v}
