"""The four token ids that every vocabulary of the course begins with, and ids as a table."""

from collections.abc import Sequence

import numpy as np

PAD_ID = 0
UNKNOWN_ID = 1
START_ID = 2
END_ID = 3


def padded(rows: Sequence[Sequence[int]]) -> np.ndarray:
    """Return token ids `(B, S)`, int32, with padding behind the shorter rows."""
    table = np.full((len(rows), max(map(len, rows))), PAD_ID, "int32")
    for row, ids in zip(table, rows, strict=True):
        row[: len(ids)] = ids
    return table
