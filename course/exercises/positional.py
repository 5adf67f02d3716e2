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
    raise NotImplementedError("integer_positions")


def normalized_positions(length):
    """Spread the positions evenly from 0 to 1.

    Bounded, but the distance of two neighbours depends on how long the sentence is.

    Args:
        length: T, an int; a sentence of one word has the position 0.

    Returns:
        `(T,)`, floats: t / (T - 1).
    """
    raise NotImplementedError("normalized_positions")


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
    raise NotImplementedError("sinusoidal_encoding")


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
    raise NotImplementedError("shift_matrix")


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
        raise NotImplementedError("PositionalEncoding.__init__")

    def call(self, x, training=None):
        raise NotImplementedError("PositionalEncoding.call")

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
        raise NotImplementedError("LearnedPositions.build")

    def call(self, x):
        raise NotImplementedError("LearnedPositions.call")

    def get_config(self):
        return {**super().get_config(), "max_length": self.max_length}
