"""Inputs that the hidden suites draw: small, exact in float32, and awkward on purpose.

An array is drawn as one string of bytes, a byte an entry: that is twenty times quicker than
drawing entries one by one, and shrinks as well, since the byte 0 is the simplest entry.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

HUGE = (0.0, 1.0, 100.0, -100.0, 1e3, -1e3, 1e4, 1e30, -1e30, 3e38, -3e38)


def _bytes(shape: Any) -> st.SearchStrategy[np.ndarray]:
    """Arrays of bytes of a shape, or of shapes that a strategy draws."""
    if isinstance(shape, st.SearchStrategy):
        return shape.flatmap(_bytes)
    size = math.prod(shape)
    return st.binary(min_size=size, max_size=size).map(
        lambda drawn: np.frombuffer(drawn, "uint8").reshape(shape)
    )


def arrays(shape: Any, limit: float = 4.0) -> st.SearchStrategy[np.ndarray]:
    """float32 arrays of ordinary numbers between -limit and limit, on a grid that is exact."""

    def numbers(drawn: np.ndarray) -> np.ndarray:
        return drawn.view("int8").astype("float32") * np.float32(limit / 128)

    return _bytes(shape).map(numbers)


def chosen(shape: Any, values: Sequence[Any], dtype: str = "float32") -> st.SearchStrategy:
    """Arrays of some values; the first is the simplest."""
    table = np.array(values, dtype)
    return _bytes(shape).map(lambda drawn: table[drawn % len(table)])


def shapes(min_rank: int, max_rank: int, max_side: int = 4) -> st.SearchStrategy[tuple]:
    """Shapes without empty axes."""
    return npst.array_shapes(min_dims=min_rank, max_dims=max_rank, min_side=1, max_side=max_side)
