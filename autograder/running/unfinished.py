"""Remove the files that a grader left unfinished in a folder of results when it was killed."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from autograder.base.files import UNFINISHED
from course.kit.units import available_units

NOTEBOOKS = ".hand-ins."  # how the name of the directory for sanitized notebooks begins


def remove_unfinished(directory: Path) -> None:
    """Remove unfinished files. Only a grader that holds the folder's lock may do that.

    Raises:
        OSError: the folder can't be read.
    """
    for path in _unfinished_files(directory):
        with contextlib.suppress(OSError):
            path.unlink()
    for scratch in directory.glob(f"{NOTEBOOKS}*"):
        shutil.rmtree(scratch, ignore_errors=True)


def _unfinished_files(directory: Path) -> Iterator[Path]:
    """Yield unfinished results and exports; not a report's files, which may be written just now."""
    for unit in available_units():
        yield from directory.glob(f"*/.{unit}.json.*{UNFINISHED}")
    yield from (directory / "exports").rglob(f".*{UNFINISHED}")
