"""What a grader that was killed left unfinished in a folder of results."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from autograder.base.files import UNFINISHED
from course.kit.units import available_units

HAND_INS = ".hand-ins."  # begins the name of the directory for a course's sanitized notebooks


def clear(directory: Path) -> None:
    """Remove it. Only who has the folder to itself among graders may do that.

    Raises:
        OSError: the folder can't be read.
    """
    for path in _unfinished(directory):
        with contextlib.suppress(OSError):
            path.unlink()
    for scratch in directory.glob(f"{HAND_INS}*"):
        shutil.rmtree(scratch, ignore_errors=True)


def _unfinished(directory: Path) -> Iterator[Path]:
    """Results and exports only: a report may be written in there at this moment."""
    for unit in available_units():
        yield from directory.glob(f"*/.{unit}.json.*{UNFINISHED}")
    yield from (directory / "exports").rglob(f".*{UNFINISHED}")
