"""What dropout may make of an answer: one of the outputs that some choice of dropped entries gives.

A layer is called in training on one word many times over. It is so narrow that the oracle can drop
entries in every possible way. Each answer then has to be one of the oracle's, and tells which
entries were dropped. Dropout at another place, at another scale, or twice, gives other answers.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.base.text import text
from autograder.grading import expect

RATE = 0.25
WORDS = 1500  # how many times the word is looked at

_NEAR = 1e-2
_EPSILONS = (1e-3, 1e-9)  # any that a normalisation usually adds to the variance
_PLACES = text(
    "In training each sub-layer's output should be dropped before it is added, and nothing else.",
    "训练时应在相加之前丢弃每个子层的输出，别处不丢弃。",
)

_SHARE = text(
    f"In training, a share of {RATE:g} should be dropped at each place where entries are dropped.",
    f"训练时，每个丢弃的位置都应丢弃 {RATE:g} 的比例。",
)


def choices(places: Sequence[str], width: int) -> dict[str, np.ndarray]:
    """All ways to drop entries, as factors `(2**(P * width), 1, width)` by place."""
    size = len(places) * width
    bits = np.arange(2**size)[:, None] >> np.arange(size) & 1
    factors = bits.reshape(-1, len(places), 1, width) / (1 - RATE)
    return {place: factors[:, n] for n, place in enumerate(places)}


def expect_drops(
    answer: Any, right: Callable[[float], np.ndarray], factors: dict[str, np.ndarray]
) -> None:
    """Fail unless answers are what some choice gives, and drop their share at each place.

    Args:
        answer: what came, `(N, 1, D)`, for N times the same word.
        right: gives the oracle's outputs `(M, 1, D)` for the factors, with an epsilon.
        factors: the M choices, `(M, 1, width)` by place.
    """
    found = expect.array(answer)
    ends = np.stack([right(epsilon)[:, 0] for epsilon in _EPSILONS])  # (2, M, D)
    expect.shape(found, (WORDS, 1, ends.shape[-1]))
    candidates = ends.mean(0).astype("float32")
    room = (_NEAR + np.abs(ends[0] - ends[1]).max(-1)).astype("float32")
    kept = np.concatenate([factor[:, 0] for factor in factors.values()], axis=-1) > 0  # (M, E)
    entries, size = (~kept).astype("float32"), kept.shape[-1]
    chance = np.where(kept, 1 - RATE, RATE).prod(-1, dtype="float32")

    def seen(outputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return what is known of N outputs: `(N,)`, whether a choice gives it, and `(N, E)`, how
        likely it is that an entry was dropped: several choices may give the same output."""
        off = np.zeros((len(outputs), len(candidates)), "float32")
        for output, candidate in zip(outputs.T, candidates.T, strict=True):
            np.maximum(off, np.abs(np.subtract.outer(output, candidate)), out=off)
        likely = (off < room) * chance
        return likely.any(-1), likely @ entries / np.maximum(likely.sum(-1, keepdims=True), 1e-30)

    given, drops = seen(found[:, 0].astype("float32"))
    expect.that(given.mean() > 0.98, _PLACES, presumes_values=True)
    width = size // len(factors)
    shares = drops[given].mean(0).reshape(-1, width).mean(-1)
    wanted = (chance @ seen(candidates)[1]).reshape(-1, width).mean(-1)
    # Five standard deviations: right work fails once in two million runs.
    slack = 5 * np.sqrt(RATE * (1 - RATE) / given.sum() / width)
    expect.that(np.all(np.abs(shares - wanted) < slack), _SHARE, presumes_values=True)
