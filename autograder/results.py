"""A result: what a hand-in got, check by check, and the file that says so."""

import json
import os
import re
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.messages import Text

SCHEMA = 1


@dataclass
class CheckResult:
    """What became of one check.

    `status` is `passed`, `failed` (a wrong answer), `error` (the student's code raised),
    `timeout`, `crashed` (its process died), `missing` (not attempted) or `skipped` (the host
    lacks what it needs; no points either way).
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


@dataclass
class Result:
    """What became of one hand-in: `graded`, or `rejected` with the reason in `problems`.

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

    def as_json(self) -> dict[str, Any]:
        """Return the result in the form of the contract."""
        return {"schema": SCHEMA, **asdict(self)}

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
    def misconceptions(self) -> list[str]:
        """The known mistakes that were named, each once, in order."""
        return list(dict.fromkeys(c.misconception for c in self.checks if c.misconception))


def safe_name(name: str) -> bool:
    """Whether a submission's name can be a directory's: no path, nothing hidden, not too long."""
    return (
        bool(name)
        and len(name.encode()) <= 200
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
    """Write a file through a temporary sibling, so that readers never see half of it."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", errors="replace")
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def read_result(path: Path) -> Result:
    """Read a result's file.

    Raises:
        ValueError: it is not there, or not a whole result.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ValueError(f"{path.name} is not a whole result.") from None
    return Result.from_json(data)
