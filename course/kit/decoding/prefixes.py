"""What a model would say next, after many beginnings at once."""

from typing import Any

import keras
import numpy as np
from keras import ops

_ROWS = 400  # beginnings that are decoded side by side


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
        `(log-probabilities, words)`, arrays `(R, T, k)`, the likeliest first.
    """
    memory = model.encode(ops.convert_to_tensor(source, "int32"))
    sentence, beginnings = ops.convert_to_numpy(sentence), ops.convert_to_numpy(beginnings)
    found = []
    for first in range(0, len(beginnings), _ROWS):
        rows = ops.convert_to_tensor(sentence[first : first + _ROWS], "int32")
        part = keras.tree.map_structure(lambda tensor, rows=rows: ops.take(tensor, rows, 0), memory)
        words = ops.convert_to_tensor(beginnings[first : first + _ROWS], "int32")
        logits = ops.cast(model.decode(words, part), "float32")
        best, chosen = ops.top_k(logits, k)
        whole = ops.logsumexp(logits, axis=-1, keepdims=True)
        found.append((ops.convert_to_numpy(best - whole), ops.convert_to_numpy(chosen)))
    likely, words = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return likely, words
