"""The seed of a run: drawn anew, so that a table of inputs that leaked is worth nothing."""

import secrets
from collections import Counter
from pathlib import Path

from autograder.results.files import read_results
from course.kit.errors import UserError

_MOST = 2**31


def draw_seed() -> int:
    """Return a seed that nobody can know beforehand."""
    return secrets.randbelow(_MOST)


def earlier_seed(directory: Path) -> int | None:
    """Return the seed that most results in a directory have; None where there is no result."""
    try:
        results, _ = read_results(directory)
    except UserError:
        return None
    return Counter(result.seed for result in results).most_common(1)[0][0]


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
