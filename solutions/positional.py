"""Positions: telling attention where a word stands.

Attention is blind to order: move the words and the results move with them, unchanged. So each word
is given its position, as a number or as a vector. The unit goes from counting to sinusoids, whose
shifts are linear maps, and to vectors that are learned.

Notation: B batch, T length, D model width. Positions are counted from 0 but in
`integer_positions`.
"""

import math

import keras
from keras import ops

__all__ = [
    "integer_positions",
    "normalized_positions",
    "sinusoidal_encoding",
    "shift_matrix",
    "PositionalEncoding",
    "LearnedPositions",
]


def integer_positions(length):
    """Number the words 1, 2, ..., T.

    The numbers grow without bound: a late word's position drowns out the word.

    Args:
        length: T, an int.

    Returns:
        `(T,)`, floats.
    """
    ### BEGIN SOLUTION
    return ops.arange(1, length + 1, dtype="float32")
    ### END SOLUTION


def normalized_positions(length):
    """Spread the positions evenly from 0 to 1.

    Bounded, but the distance of two neighbours depends on how long the sentence is.

    Args:
        length: T, an int; a sentence of one word has the position 0.

    Returns:
        `(T,)`, floats: t / (T - 1).
    """
    ### BEGIN SOLUTION
    return ops.arange(length, dtype="float32") / max(length - 1, 1)
    ### END SOLUTION


def sinusoidal_encoding(length, d_model):
    """Write each position as D/2 clock hands, from fast to slow.

    PE(t, 2i) = sin(t / 10000^(2i / D)),  PE(t, 2i + 1) = cos(t / 10000^(2i / D))

    Args:
        length: T, an int; positions 0 to T - 1.
        d_model: D, an even int.

    Returns:
        `(T, D)`, sines in the even columns and cosines in the odd ones.

    Raises:
        ValueError: `d_model` is odd.

    Source: Vaswani et al. 2017, section 3.5.
    """
    ### BEGIN SOLUTION
    if d_model % 2:
        raise ValueError(f"Sines and cosines come in pairs: d_model must be even, not {d_model}.")
    pair = ops.arange(0, d_model, 2, dtype="float32")
    frequency = ops.exp(pair * (-math.log(10000.0) / d_model))  # radians per position
    angle = ops.arange(length, dtype="float32")[:, None] * frequency  # (T, D/2)
    pairs = ops.stack([ops.sin(angle), ops.cos(angle)], axis=-1)  # (T, D/2, 2)
    return ops.reshape(pairs, (length, d_model))  # (T, D): sine, cosine, sine, cosine, ...
    ### END SOLUTION


def shift_matrix(offset, d_model):
    """Return the matrix that moves every position by the same offset.

    encoding[t + offset] = encoding[t] @ M for every t: each pair of sine and cosine is turned by
    the angle that belongs to it,

        (sin a, cos a) [[cos b, -sin b], [sin b, cos b]] = (sin(a + b), cos(a + b)).

    So a linear layer can look a fixed distance ahead or back.

    Args:
        offset: an int, of either sign.
        d_model: D, an even int.

    Returns:
        M, `(D, D)`.

    Source: Vaswani et al. 2017, section 3.5.
    """
    ### BEGIN SOLUTION
    pair = ops.arange(0, d_model, 2, dtype="float32")
    angle = offset * ops.exp(pair * (-math.log(10000.0) / d_model))  # (D/2,)
    sine, cosine = ops.sin(angle), ops.cos(angle)
    rows = [ops.stack([cosine, -sine], axis=-1), ops.stack([sine, cosine], axis=-1)]
    turns = ops.stack(rows, axis=1)  # (D/2, 2, 2), one small matrix for each pair
    # Turn i stands in rows and columns 2i and 2i + 1; everywhere else are zeros.
    blocks = ops.eye(d_model // 2)[:, None, :, None] * turns[:, :, None, :]  # (D/2, 2, D/2, 2)
    return ops.reshape(blocks, (d_model, d_model))
    ### END SOLUTION


@keras.saving.register_keras_serializable(package="course")
class PositionalEncoding(keras.layers.Layer):
    """Add the sinusoidal encoding to the words, then drop out.

    Args:
        max_length: the longest sentence.
        d_model: D, an even int.
        dropout: the share of the sums that is dropped in training.

    Call arguments:
        x: `(B, T, D)`.
        training: whether sums are dropped.

    Returns:
        `(B, T, D)`, of the dtype of `x`. A mask that Keras attached to `x` stays attached.

    Raises:
        ValueError: T is known when it is called, and larger than `max_length`.

    Source: Vaswani et al. 2017, sections 3.5 and 5.4.
    """

    def __init__(self, max_length, d_model, dropout=0.0, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length = max_length
        self.d_model = d_model
        self.dropout = dropout
        ### BEGIN SOLUTION
        # A constant, not a weight: in NumPy it belongs to no graph and to no device.
        self.encoding = ops.convert_to_numpy(sinusoidal_encoding(max_length, d_model))
        self.dropout_layer = keras.layers.Dropout(dropout)
        ### END SOLUTION

    def call(self, x, training=None):
        ### BEGIN SOLUTION
        if x.shape[1] is not None and x.shape[1] > self.max_length:
            raise ValueError(
                f"The sentence has {x.shape[1]} words; there are positions for {self.max_length}."
            )
        encoding = ops.cast(self.encoding, x.dtype)[: ops.shape(x)[1]]  # (max_length, D) -> (T, D)
        return self.dropout_layer(x + encoding, training=training)  # (B, T, D) + (T, D)
        ### END SOLUTION

    def get_config(self):
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "d_model": self.d_model,
            "dropout": self.dropout,
        }


@keras.saving.register_keras_serializable(package="course")
class LearnedPositions(keras.layers.Layer):
    """Add a learned vector for each position.

    Args:
        max_length: the longest sentence.

    Call arguments:
        x: `(B, T, D)`.

    Returns:
        `(B, T, D)`. A mask that Keras attached to `x` stays attached.

    Raises:
        ValueError: T is known when it is called, and larger than `max_length`.

    Attributes:
        embeddings: `(max_length, D)`, drawn at random; row t is the vector of position t.

    Source: Gehring et al. 2017, section 3.1.
    """

    def __init__(self, max_length, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length = max_length

    def build(self, input_shape):
        ### BEGIN SOLUTION
        self.embeddings = self.add_weight(
            shape=(self.max_length, input_shape[-1]), initializer="uniform", name="embeddings"
        )
        ### END SOLUTION

    def call(self, x):
        ### BEGIN SOLUTION
        if x.shape[1] is not None and x.shape[1] > self.max_length:
            raise ValueError(
                f"The sentence has {x.shape[1]} words; there are positions for {self.max_length}."
            )
        return x + self.embeddings[: ops.shape(x)[1]]  # (B, T, D) + (T, D)
        ### END SOLUTION

    def get_config(self):
        return {**super().get_config(), "max_length": self.max_length}
