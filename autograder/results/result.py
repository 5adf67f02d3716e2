"""A result: what a hand-in got, check by check."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from itertools import zip_longest
from typing import Any

from autograder.base.text import Text, text

SCHEMA = 1
STATUSES = ("passed", "failed", "error", "timeout", "crashed", "missing", "skipped")


@dataclass
class CheckResult:
    """What became of one check.

    `status` is `passed`, `failed` (a wrong answer), `error` (the student's code raised),
    `timeout`, `crashed` (its process died), `missing` (not attempted) or `skipped` (the host
    lacks what it needs; no points either way). `attention` holds the weights that a check found
    wrong, as `grading.attention_picture` writes them; `seconds` is how long the check took.
    """

    id: str
    exercise: str
    title: Text
    status: str
    points: float
    max_points: float
    message: Text
    mistake: str | None = None
    counterexample: dict[str, Any] | None = None
    attention: dict[str, Any] | None = None
    seconds: float = 0.0


@dataclass
class Result:
    """What became of one hand-in: `graded`, or `rejected` with the reason in `problems`.

    `problems_zh` says the same in Chinese, one for one; results of older runs don't have it.
    `suite` and `hand_in` tell which code graded which file (`autograder.grading.versions`).
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
    def mistakes(self) -> list[str]:
        """The known mistakes that were named, each once, in order."""
        return list(dict.fromkeys(c.mistake for c in self.checks if c.mistake))
