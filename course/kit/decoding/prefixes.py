"""The likeliest next words of a model, after many beginnings at once."""

from typing import Any

import keras
import numpy as np
from keras import ops

from course.kit.tokens import PAD_ID

_PARTS = 2  # the short beginnings are decoded without the long ones' padding


def best_next(model: Any, source: Any, sentence: Any, beginnings: Any, k: int) -> tuple[Any, Any]:
    """Return the k likeliest next words after every part of some beginnings.

    A causal model needs one call for all parts: its logits at t depend on the words up to t.

    Args:
        model: has `encode` and `decode`.
        source: token ids `(B, S)`.
        sentence: for each beginning the row of its source, `(R,)`.
        beginnings: token ids `(R, T)`, the start id first.
        k: how many words.

    Returns:
        `(log-probabilities, words)`, arrays `(R, T, k)`, the likeliest first; zeros after padding.
    """
    memory = model.encode(ops.convert_to_tensor(source, "int32"))
    sentence, beginnings = ops.convert_to_numpy(sentence), ops.convert_to_numpy(beginnings)
    lengths = (beginnings != PAD_ID).sum(axis=1)
    likely = np.zeros((*beginnings.shape, k), "float32")
    words = np.zeros((*beginnings.shape, k), "int32")
    for rows in np.array_split(np.argsort(lengths, kind="stable"), _PARTS):
        longest = lengths[rows].max(initial=1)
        chosen = ops.convert_to_tensor(sentence[rows], "int32")
        part = keras.tree.map_structure(lambda tensor, at=chosen: ops.take(tensor, at, 0), memory)
        target = ops.convert_to_tensor(beginnings[rows, :longest], "int32")
        logits = ops.cast(model.decode(target, part), "float32")
        best, following = ops.top_k(logits, k)
        whole = ops.logsumexp(logits, axis=-1, keepdims=True)
        likely[rows, :longest] = ops.convert_to_numpy(best - whole)
        words[rows, :longest] = ops.convert_to_numpy(following)
    return likely, words
