"""Where the project's parts lie, and which of them no student may ever see."""

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

# The checkout, or the folder of packages (`site-packages`) that the project is installed into.
ROOT = Path(__file__).resolve().parents[2]
HIDDEN_DIR = ROOT / "autograder" / "hidden"
SOLUTIONS_DIR = ROOT / "solutions"

# An installed package has in here what lies at a checkout's root: pyproject.toml, requirements/.
_PACKED = ROOT / "autograder" / "project"
IS_CHECKOUT = not _PACKED.is_dir()
PROJECT_DIR = ROOT if IS_CHECKOUT else _PACKED

# Folders that hold answers: suites, oracles, known mistakes, right solutions.
ANSWERS = ("autograder/hidden", "solutions")
# Folders beside `course/` that are the instructor's alone; those with answers are among them.
INSTRUCTORS = ("autograder", "solutions", "tests", "benchmarks", ".git")
# Folders that students work in: somebody may have solved the exercises in the copy that grades.
WORK = ("course/exercises", "course/notebooks")


@functools.cache
def secret_paths() -> tuple[str, ...]:
    """Return the directories of this project that a student's process must never see.

    A checkout that grades may have an installed copy of the project beside it: every copy counts
    that lies in a folder of packages. The fork server asks once, while it still sees all of the
    disk; its forks have the answer.
    """
    return tuple(str(root / name) for root in _copies() for name in INSTRUCTORS)


@functools.cache
def work_paths() -> tuple[str, ...]:
    """Return the directories of this project that look empty to a student's process."""
    return tuple(str(root / name) for root in _copies() for name in WORK)


def _copies() -> Iterator[Path]:
    """Yield the folders with a copy of this project, `ROOT` first."""
    yield ROOT
    for folder in dict.fromkeys(path.resolve() for path in _package_folders()):
        if folder != ROOT and (folder / "autograder" / "hidden").is_dir():
            yield folder


def _package_folders() -> Iterator[Path]:
    """Yield where Python packages lie: on this process's import path, and of every Python here."""
    yield from map(Path, sys.path)
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    for prefix in sorted({*prefixes, "/usr", "/usr/local"}):
        for environment in (".", "envs/*"):  # conda and pyenv have other environments in a prefix
            yield from Path(prefix).glob(f"{environment}/lib*/python3*/*-packages")


def needs_checkout(what: str) -> None:
    """End where the project is installed, for what only makes sense in a checkout.

    Raises:
        SystemExit: after a sentence that says what to do.
    """
    if not IS_CHECKOUT:
        print(f"{what} needs a checkout: clone the project and run this there.", file=sys.stderr)
        raise SystemExit(2)
