"""A result: what a hand-in got, check by check, and the file that says so."""

import contextlib
import functools
import json
import math
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from pathlib import Path
from typing import Any

from autograder.messages import LANGUAGES, Text, text

SCHEMA = 1
STATUSES = ("passed", "failed", "error", "timeout", "crashed", "missing", "skipped")
UNFINISHED = ".unfinished"  # ends the name of a file that is being written


@dataclass
class CheckResult:
    """What became of one check.

    `status` is `passed`, `failed` (a wrong answer), `error` (the student's code raised),
    `timeout`, `crashed` (its process died), `missing` (not attempted) or `skipped` (the host
    lacks what it needs; no points either way). `attention` holds the weights that a check found
    wrong, as `autograder.attention_picture` writes them; `seconds` is how long the check took.
    """

    id: str
    exercise: str
    title: Text
    status: str
    points: float
    max_points: float
    message: Text
    misconception: str | None = None
    counterexample: dict[str, Any] | None = None
    attention: dict[str, Any] | None = None
    seconds: float = 0.0


@dataclass
class Result:
    """What became of one hand-in: `graded`, or `rejected` with the reason in `problems`.

    `problems_zh` says the same in Chinese, one for one; results of older runs don't have it.
    `suite` and `hand_in` tell which code graded which file (`autograder.versions`).
    """

    submission: str
    unit: str
    status: str
    score: float
    max_score: float
    seed: int
    backend: str
    duration_s: float
    isolation: list[str]
    checks: list[CheckResult] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    suite: str = ""
    hand_in: str = ""
    problems_zh: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the result in the form of the contract."""
        return {"schema": SCHEMA, **asdict(self)}

    def without_times(self) -> dict[str, Any]:
        """Return the result as JSON but for what differs from run to run: how long things took."""
        data = self.as_json()
        del data["duration_s"]
        for check in data["checks"]:
            del check["seconds"]
        return data

    def tell(self, problems: Iterable[Text]) -> None:
        """Add problems, in both languages."""
        for problem in problems:
            self.problems_zh += self.problems[len(self.problems_zh) :]  # told in English alone
            self.problems.append(problem["en"])
            self.problems_zh.append(problem["zh"])

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Result":
        """Read a result back.

        Raises:
            ValueError: it is not a whole result of a known schema.
        """
        try:
            fields = dict(data)
            if fields.pop("schema") != SCHEMA:
                raise ValueError("The result has another schema.")
            fields["checks"] = [CheckResult(**check) for check in fields["checks"]]
            return cls(**fields)
        except (KeyError, TypeError, AttributeError):
            raise ValueError("The file is not a whole result.") from None

    @property
    def told(self) -> list[Text]:
        """The problems in both languages; in English where nobody wrote the Chinese."""
        pairs = zip_longest(self.problems, self.problems_zh[: len(self.problems)])
        return [text(en, zh or en) for en, zh in pairs]

    @property
    def misconceptions(self) -> list[str]:
        """The known mistakes that were named, each once, in order."""
        return list(dict.fromkeys(c.misconception for c in self.checks if c.misconception))


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


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file through a temporary sibling, so that readers never see half of it.

    Raises:
        OSError: it can't be written; what was there before still is.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", errors="replace")
    try:
        _write_beside(path, data)
    except FileNotFoundError:  # a grader that began just now took the sibling for a leftover
        _write_beside(path, data)


def _write_beside(path: Path, data: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):  # Ctrl-C came after the last step
            os.unlink(temporary)
        raise


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
