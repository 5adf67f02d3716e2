"""Inputs that the hidden suites draw: small, exact in float32, and awkward on purpose."""

from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst


def floats(limit: float = 4.0) -> st.SearchStrategy[float]:
    """Ordinary numbers; sixteenths, so that float32 holds them exactly."""
    return st.integers(int(-16 * limit), int(16 * limit)).map(lambda n: n / 16)


def arrays(shape: Any, elements: st.SearchStrategy | None = None) -> st.SearchStrategy[np.ndarray]:
    """float32 arrays of a shape, or of shapes that a strategy draws."""
    return npst.arrays("float32", shape, elements=floats() if elements is None else elements)


def shapes(min_rank: int, max_rank: int, max_side: int = 4) -> st.SearchStrategy[tuple]:
    """Shapes without empty axes."""
    return npst.array_shapes(min_dims=min_rank, max_dims=max_rank, min_side=1, max_side=max_side)


def huge() -> st.SearchStrategy[float]:
    """Finite float32 numbers whose exponentials are not finite."""
    return st.sampled_from([0.0, 1.0, 100.0, -100.0, 1e3, -1e3, 1e4, 1e30, -1e30, 3e38, -3e38])
