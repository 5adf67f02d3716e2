"""What a result depends on: digests of a unit's suite and of the hand-in's file.

A result keeps both, so that `grade --resume` grades again what a change touches, and nothing else.
"""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

from autograder.base.paths import ROOT

_PACKAGES = ("autograder", "course", "solutions")


def content_version(data: bytes) -> str:
    """Return a digest of a file's content."""
    return hashlib.sha256(data).hexdigest()[:16]


@functools.cache
def suite_version(unit: str, root: Path = ROOT) -> str:
    """Return a digest of the code that decides what a hand-in of a unit gets.

    That is the unit's facts, its hidden suite, its known mistakes, its reference, what runs them,
    and all of this project that these import in turn. Nothing is imported to find out.

    Args:
        unit: the unit's name.
        root: the project.
    """
    hidden, solutions = root / "autograder" / "hidden", root / "solutions"
    code = [
        hidden / unit / f"test_{unit}.py",
        hidden / unit / "unit.py",  # what hand-ins may not use
        hidden / "conftest.py",
        root / "autograder" / "grading" / "grader.py",
        root / "autograder" / "isolation" / "agent.py",
        solutions / f"{unit}.py",
    ]
    data = [
        hidden / unit / "mistakes.toml",
        *hidden.joinpath(unit).glob("*.npz"),
        solutions / "weights" / unit / "weights.npz",
    ]
    digest = hashlib.sha256()
    for path in sorted(_imported_by(code, root) | {path for path in data if path.is_file()}):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _imported_by(paths: list[Path], root: Path) -> set[Path]:
    """Return these files and all files of the project that they import, directly or not."""
    files: set[Path] = set()
    waiting = [path for path in paths if path.is_file()]
    while waiting:
        path = waiting.pop()
        if path not in files:
            files.add(path)
            waiting += _imports(path, root)
    return files


def _imports(path: Path, root: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_bytes())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.split(".")[0] in _PACKAGES:
                place = root.joinpath(*name.split("."))
                candidates = (place.with_suffix(".py"), place / "__init__.py")
                yield from filter(Path.is_file, candidates)
