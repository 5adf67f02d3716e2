"""Gradescope's results.json for one hand-in's unit.

The form is that of https://gradescope-autograders.readthedocs.io/en/latest/specs/.
"""

import json
from typing import Any

from autograder.exports.marks import has_skipped, message, notes, points_of, title
from autograder.results.result import CheckResult, Result


def export(result: Result, language: str = "en", visibility: str = "visible") -> str:
    """Return the content of results.json.

    An assignment on Gradescope has a fixed maximum, so a score with checks that could not be run
    is given as points of the whole unit; such checks carry no score at all. So is a grade of a
    course's gradebook.

    Args:
        result: the hand-in's.
        language: of names and messages.
        visibility: when students see a check: `visible`, `after_due_date`, `after_published` or
            `hidden`.
    """
    scaled = has_skipped(result) or result.grade is not None
    score = points_of(result) if scaled else result.score
    numbers = _numbers(result.checks)
    data: dict[str, Any] = {
        "score": score or 0.0,
        "execution_time": max(round(result.duration_s), 0),
        "output": notes(result, language),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [
            _test(check, number, language, visibility)
            for check, number in zip(result.checks, numbers, strict=True)
        ],
        "extra_data": {
            "unit": result.unit,
            "status": result.status,
            "max_score": result.max_score,
            "seed": result.seed,
            "backend": result.backend,
            "isolation": result.isolation,
            "suite": result.suite,
        },
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _test(check: CheckResult, number: str, language: str, visibility: str) -> dict[str, Any]:
    test: dict[str, Any] = {"name": title(check, language), "name_format": "text", "number": number}
    if check.status != "skipped":
        test["score"], test["max_score"] = check.points, check.max_points
        test["status"] = "passed" if check.status == "passed" else "failed"
    tags = [check.exercise, check.status, *([check.mistake] if check.mistake else [])]
    return test | {
        "output": message(check, language),
        "output_format": "text",
        "visibility": visibility,
        "tags": tags,
        "extra_data": {"check": check.id, "mistake": check.mistake},
    }


def _numbers(checks: list[CheckResult]) -> list[str]:
    """Number the exercises as they come, and the checks within each: 1.1, 1.2, 2.1."""
    counts: dict[str, int] = {}
    numbers = []
    for check in checks:
        counts[check.exercise] = counts.get(check.exercise, 0) + 1
        numbers.append(f"{list(counts).index(check.exercise) + 1}.{counts[check.exercise]}")
    return numbers
