"""What dropout may make of an answer: one of the outputs that some choice of dropped entries gives.

A layer is called in training on one word many times over. It is so narrow that the oracle can drop
entries in every possible way. Each answer then has to be one of the oracle's, and tells which
entries were dropped. Dropout at another place, at another scale, or twice, gives other answers.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.base.text import text
from autograder.grading import expect
from autograder.hidden import battery

RATE = 0.25
WORDS = 1500  # how many times the word is looked at

_NEAR = 1e-2  # room for any usual epsilon, where a sum's variance is small
_PLACES = text(
    "In training each sub-layer's output should be dropped before it is added, and nothing else.",
    "训练时应在相加之前丢弃每个子层的输出，别处不丢弃。",
)


def choices(places: Sequence[str], width: int) -> dict[str, np.ndarray]:
    """All ways to drop entries, as factors `(2**(P * width), 1, width)` by place."""
    size = len(places) * width
    bits = np.arange(2**size)[:, None] >> np.arange(size) & 1
    factors = bits.reshape(-1, len(places), 1, width) / (1 - RATE)
    return {place: factors[:, n] for n, place in enumerate(places)}


def expect_drops(answer: Any, candidates: np.ndarray, factors: dict[str, np.ndarray]) -> None:
    """Fail unless answers are candidates, and drop their share at each place.

    Args:
        answer: what came, `(N, 1, D)`, for N times the same word.
        candidates: the oracle's outputs `(M, 1, D)` for the factors.
        factors: the M choices, `(M, 1, width)` by place.
    """
    _, nearest, off = _nearest(answer, candidates)
    # A few may have the variance 0, say: an epsilon makes much of them.
    expect.that(np.mean(off < _NEAR) > 0.98, _PLACES, presumes_values=True)
    for factor in factors.values():
        battery.expect_dropped(factor[nearest], RATE)


def expect_rate(answer: Any, candidates: np.ndarray, factors: dict[str, np.ndarray]) -> None:
    """Fail unless as many answers are whole as the rate leaves whole; see `expect_drops`.

    Behind several normalisations an epsilon makes much of sums that are nearly 0: most answers are
    near a candidate, not all. Those of which nothing was dropped are, and tell the rate.
    """
    found, _, off = _nearest(answer, candidates)
    candidates = candidates[:, 0]
    near = 3 * _NEAR * np.abs(candidates).max()
    expect.that(np.mean(off < near) > 0.5, _PLACES, presumes_values=True)
    entries = np.concatenate([factor.reshape(len(factor), -1) for factor in factors.values()], 1)
    whole = candidates[entries.all(axis=1)]
    share = np.mean(np.abs(found - whole).max(-1) < near)
    # Of other choices, too, some come that near.
    count = (entries > 0).sum(axis=1)
    likely = (1 - RATE) ** count * RATE ** (entries.shape[1] - count)
    wanted = likely[np.abs(candidates - whole).max(-1) < near].sum()
    slack = 5 * np.sqrt(wanted * (1 - wanted) / WORDS) + 0.02
    expect.that(abs(share - wanted) < slack, _PLACES, presumes_values=True)


def _nearest(answer: Any, candidates: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the answers `(N, D)`, the candidate nearest to each, and how far it is off."""
    found = expect.array(answer)
    expect.shape(found, (WORDS, *candidates.shape[1:]))
    found, candidates = found[:, 0].astype("float64"), candidates[:, 0]
    squares = (found**2).sum(-1)[:, None] + (candidates**2).sum(-1) - 2 * found @ candidates.T
    nearest = squares.argmin(-1)
    return found, nearest, np.abs(found - candidates[nearest]).max(-1)
