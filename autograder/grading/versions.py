"""What a result depends on: digests of a unit's suite and of the hand-in's file.

A result keeps both, so that `grade --resume` grades again what a change touches, and nothing else.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from autograder.base.paths import HIDDEN_DIR, ROOT, SOLUTIONS_DIR

_PACKAGES = ("autograder", "course", "solutions")


def content_version(data: bytes) -> str:
    """Return a digest of a file's content."""
    return hashlib.sha256(data).hexdigest()[:16]


@functools.cache
def suite_version(unit: str) -> str:
    """Return a digest of the code that decides what a hand-in of a unit gets.

    That is its hidden suite, its known mistakes, its reference, what runs them, and all of this
    project that these import in turn. Nothing is imported to find out.
    """
    begin = [
        HIDDEN_DIR / unit / f"test_{unit}.py",
        HIDDEN_DIR / unit / "mistakes.py",
        HIDDEN_DIR / "conftest.py",
        ROOT / "autograder" / "grading" / "grader.py",
        ROOT / "autograder" / "isolation" / "agent.py",
        SOLUTIONS_DIR / f"{unit}.py",
    ]
    kept = [
        *sorted((HIDDEN_DIR / unit).glob("*.npz")),
        SOLUTIONS_DIR / "weights" / unit / "weights.npz",
    ]
    digest = hashlib.sha256()
    for path in sorted(_reached(begin) | {path for path in kept if path.is_file()}):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _reached(begin: list[Path]) -> set[Path]:
    """The files of the project that some files import, directly or not, and these themselves."""
    found: set[Path] = set()
    waiting = [path for path in begin if path.is_file()]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _imported(path)
    return found


def _imported(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] in _PACKAGES:
                place = ROOT.joinpath(*name.split("."))
                yield from (
                    file
                    for file in (place.with_suffix(".py"), place / "__init__.py")
                    if file.is_file()
                )
