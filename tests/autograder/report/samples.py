"""Results to make pages of."""

import json
from typing import Any

from autograder.base.text import Text, text
from autograder.results.files import result_path
from autograder.results.result import CheckResult, Result
from autograder.results.statuses import CheckStatus

RIGHT = text("Right.", "正确。")
EMPTY = text("The file is empty.", "文件是空的。")


def checked(
    exercise: str = "softmax",
    status: CheckStatus = "passed",
    *,
    slug: str = "values",
    title: Text | None = None,
    wrong: Text | None = None,
    input: dict[str, Any] | None = None,
    answer: Any = None,
    mistake: str | None = None,
    hint: Text | None = None,
    attention: dict[str, Any] | None = None,
    seconds: float = 0.0,
    worth: float = 4.0,
) -> CheckResult:
    """Return what became of a check of the attention unit."""
    return CheckResult(
        id=f"attention.{exercise}.{slug}",
        exercise=exercise,
        title=title or text("The weights follow the formula", "权重符合公式"),
        status=status,
        points=worth if status == "passed" else 0.0,
        max_points=0.0 if status == "skipped" else worth,
        wrong=wrong or (RIGHT if status == "passed" else text("It is wrong.", "不对。")),
        input=input,
        answer=answer,
        mistake=mistake,
        hint=hint,
        attention=attention,
        seconds=seconds,
    )


def graded(
    name: str, *checks: CheckResult, unit: str = "attention", seconds: float = 0.4
) -> Result:
    """Return the result of a hand-in that was graded."""
    found = list(checks) or [checked()]
    return Result(
        submission=name,
        unit=unit,
        status="graded",
        score=sum(check.points for check in found),
        max_score=sum(check.max_points for check in found),
        seed=7,
        backend="tensorflow",
        duration_s=seconds,
        isolation=["seccomp"],
        checks=found,
    )


def rejected(name: str, problem: Text = EMPTY, unit: str = "attention") -> Result:
    """Return the result of a hand-in that could not be read."""
    return Result(name, unit, "rejected", 0.0, 100.0, 7, "tensorflow", 0.1, [], problems=[problem])


def weights(heads: int = 1, queries: int = 2, keys: int = 3) -> dict[str, Any]:
    """Return a picture of attention weights that are wrong in each of their heads."""
    return {
        "weights": [[[0.5] * keys] * queries] * heads,
        "difference": [[[-0.25] * keys] * queries] * heads,
        "shape": [1, heads, queries, keys],
    }


def put(directory, *results: Result) -> None:
    """Write results where `grade` would, without waiting for the disk."""
    for result in results:
        path = result_path(directory, result.submission, result.unit)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(result.as_json(), ensure_ascii=False), encoding="utf-8")
