"""How many random cases a run of the tests draws, and from which seed.

`make test` and `make test-slow` draw few, from a seed that moves with the commit: over commits all
kinds are met. `make test-full` draws the full number.

    TEST_FULL=1        the full number
    TEST_SEED=NUMBER   another seed than the commit's
"""

import os
import subprocess
from pathlib import Path

FULL = bool(os.environ.get("TEST_FULL"))


def _commit() -> int:
    """Return a number made of the commit's name; zero where there is no repository."""
    command = ["git", "rev-parse", "--short=8", "HEAD"]
    try:
        done = subprocess.run(command, cwd=Path(__file__).parent, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    return int(done.stdout[:8], 16)


SEED = int(os.environ.get("TEST_SEED") or _commit())


def cases(few: int, full: int) -> int:
    """Return how many cases this run draws."""
    return full if FULL else few


def pytest_report_header() -> str:
    """Say at the top of each run how its random cases can be drawn again."""
    return f"random cases: {'the full number' if FULL else 'few'}, TEST_SEED={SEED}"
