"""Sinusoidal positions for later units, as the turning of one complex number per frequency."""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="course.kit")
class PositionalEncoding(keras.layers.Layer):
    """Words plus the sines and cosines of their positions, then dropout.

    Args:
        max_length: the longest sentence.
        d_model: the width of the words, even.
        dropout: the share that is dropped in training.

    Raises:
        ValueError: a sentence of known length is longer than `max_length`.
    """

    def __init__(self, max_length: int, d_model: int, dropout: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length, self.d_model, self.dropout = max_length, d_model, dropout
        self._drop = keras.layers.Dropout(rate=dropout)
        turns = np.exp(1j * np.logspace(0, -4, d_model // 2, endpoint=False))
        table = turns[None, :] ** np.arange(max_length)[:, None]
        pairs = np.stack([table.imag, table.real], axis=-1)
        self._table = pairs.reshape(max_length, d_model).astype("float32")

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Return `(B, T, D)` for x `(B, T, D)`."""
        length = x.shape[1]
        if length is not None and length > self.max_length:
            raise ValueError(f"{length} words are too many for {self.max_length} positions.")
        table = ops.cast(ops.convert_to_tensor(self._table), x.dtype)
        return self._drop(x + table[: ops.shape(x)[1]], training=training)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "d_model": self.d_model,
            "dropout": self.dropout,
        }
