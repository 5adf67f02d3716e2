"""A stand-in that says what a trained translator said: real translations, without its weights."""

from typing import Any

import numpy as np
from keras import ops

from course.kit.tokens import END_ID, PAD_ID

_NEVER = -30.0  # nats


class RecordedModel:
    """The face of the course's models over a record of what was likely after each beginning.

    A beginning, with the source it belongs to, is known by a key: the sum of its ids, each times a
    factor of its place. After a beginning that isn't in the record a sentence ends.

    Args:
        source_factors, target_factors: a factor for each place, int32 `(S,)` and `(T,)`.
        keys: of the beginnings, int32 `(R,)`, sorted.
        likely: log-probabilities of the k likeliest next words, `(R, k)`.
        words: those words, `(R, k)`.
        vocabulary_size: V.
    """

    def __init__(
        self,
        source_factors: Any,
        target_factors: Any,
        keys: Any,
        likely: Any,
        words: Any,
        vocabulary_size: int,
    ):
        self.source_factors, self.target_factors = (
            ops.convert_to_numpy(factors) for factors in (source_factors, target_factors)
        )
        self.keys = ops.convert_to_tensor(keys, "int32")
        self.logits = ops.convert_to_tensor(_spread(likely, words, vocabulary_size), "float32")

    def encode(self, source: Any) -> tuple[Any, Any]:
        """Return `(the source's part of the key (B,), source_mask (B, S))`."""
        source = ops.cast(source, "int32")
        factors = _at_places(self.source_factors, source.shape[1])
        return ops.sum(source * factors, axis=1), ops.not_equal(source, PAD_ID)

    def decode(self, target_in: Any, memory: Any) -> Any:
        """Return logits `(B, T, V)` for the target so far `(B, T)` and what `encode` gave."""
        of_source, _ = memory
        target_in = ops.cast(target_in, "int32")
        factors = _at_places(self.target_factors, target_in.shape[1])
        keys = of_source[:, None] + ops.cumsum(target_in * factors, axis=1)
        rows = ops.searchsorted(self.keys, ops.reshape(keys, (-1,)))
        rows = ops.reshape(ops.minimum(rows, len(self.keys) - 1), ops.shape(keys))
        known = ops.equal(ops.take(self.keys, rows), keys)
        return ops.take(self.logits, ops.where(known, rows, len(self.keys)), axis=0)


def _at_places(factors: np.ndarray, length: int) -> Any:
    whole = np.zeros(length, "int32")
    whole[: len(factors)] = factors[:length]
    return ops.convert_to_tensor(whole)


def _spread(likely: Any, words: Any, vocabulary_size: int) -> np.ndarray:
    """Logits `(R + 1, V)`: what is left of each distribution is spread over the other words.

    The last row is for beginnings that nobody recorded: it ends the sentence.
    """
    likely, words = ops.convert_to_numpy(likely), ops.convert_to_numpy(words)
    others = vocabulary_size - words.shape[1]
    left = np.maximum(1.0 - np.exp(likely).sum(axis=1, keepdims=True), np.exp(_NEVER))
    logits = np.repeat(np.log(left / others), vocabulary_size, axis=1)
    np.put_along_axis(logits, words, likely, axis=1)
    last = np.full((1, vocabulary_size), _NEVER)
    last[0, END_ID] = 0.0
    return np.concatenate([logits, last]).astype("float32")
