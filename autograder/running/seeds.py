"""The seed of a run: drawn anew, so that a table of inputs that leaked is worth nothing."""

import secrets
from collections import Counter
from pathlib import Path

from autograder.results.files import read_result

_MOST = 2**31


def draw_seed() -> int:
    """Return a seed that nobody can know beforehand."""
    return secrets.randbelow(_MOST)


def earlier_seed(directory: Path) -> int | None:
    """Return the seed that most results in a directory have; None where there is no result."""
    seeds: Counter[int] = Counter()
    for path in sorted(directory.glob("*/*.json")):
        try:
            seeds[read_result(path).seed] += 1
        except ValueError:
            continue
    return seeds.most_common(1)[0][0] if seeds else None


def run_seed(given: int | None, directory: Path, resume: bool) -> int:
    """Return the seed of a run.

    Args:
        given: the seed that somebody has named, None where nobody has.
        directory: where the results go.
        resume: whether an earlier run goes on: its seed stays.
    """
    if given is not None:
        return given
    earlier = earlier_seed(directory) if resume else None
    return draw_seed() if earlier is None else earlier
