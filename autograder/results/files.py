"""The files of results, `DIR/NAME/UNIT.json`: one writer, one reader."""

import functools
import json
import math
import re
from pathlib import Path
from typing import Any

from autograder.base.files import write_atomically
from autograder.base.text import LANGUAGES
from autograder.results.result import STATUSES, Result


def safe_name(name: str) -> bool:
    """Whether a submission's name can be a directory's: no path, nothing hidden, not too long.

    Bytes that are no text, as a file system may hold them, are no name either.
    """
    return (
        bool(name)
        and len(name.encode(errors="replace")) <= 200
        and not any("\ud800" <= c <= "\udfff" for c in name)
        and not name.startswith(".")
        and re.search(r"[/\\\x00-\x1f\x7f]", name) is None
    )


def result_path(directory: Path, name: str, unit: str) -> Path:
    """Return where a result is kept: `DIR/NAME/UNIT.json`."""
    return directory / name / f"{unit}.json"


def write_result(directory: Path, result: Result) -> Path:
    """Write a result whole or not at all, and return its path.

    Raises:
        OSError: it can't be written; nothing half-written is left behind.
    """
    path = result_path(directory, result.submission, result.unit)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(result.as_json(), ensure_ascii=False, indent=1) + "\n")
    return path


def read_result(path: Path) -> Result:
    """Read a result's file; what it holds has the types that readers count on.

    Raises:
        ValueError: it is not there, not a whole result, or somebody else's.
    """
    try:
        content = path.read_bytes()
        result = _form().validate_json(content, strict=True)
        Result.from_json(json.loads(content))  # nothing missing, nothing else, and of this schema
    except (OSError, ValueError):
        raise ValueError(f"{path.name} is not a whole result.") from None
    texts = [text for check in result.checks for text in (check.title, check.message)]
    numbers = [result.score, result.max_score, result.duration_s]
    for check in result.checks:
        numbers += [check.points, check.max_points, check.seconds]
    if not (
        (result.submission, result.unit) == (path.parent.name, path.stem)
        and result.status in ("graded", "rejected")
        and all(check.status in STATUSES for check in result.checks)
        and all(language in text for text in texts for language in LANGUAGES)
        and all(map(math.isfinite, numbers))
    ):
        raise ValueError(f"{path.name} is not a whole result.")
    return result


@functools.cache
def _form() -> Any:
    from pydantic import TypeAdapter  # who writes results need not load it

    return TypeAdapter(Result)
