"""PrairieLearn's results.json of an external grader, for one hand-in's unit.

The form is that of https://docs.prairielearn.com/externalGrading/#grading-results.
"""

import json
from typing import Any

from autograder.exports.escaping import number, one_line, short
from autograder.exports.marks import message, notes, share, title
from autograder.results.result import CheckResult, Result
from autograder.results.statuses import STATUS_NAMES

LIMIT = 1_000_000  # bytes; PrairieLearn takes 1 MB
_LONGEST = 20_000


def export(result: Result, language: str = "en") -> str:
    """Return the content of results.json, cut to what PrairieLearn takes.

    A rejected hand-in is not gradable: it costs the student no attempt. A check that could not be
    run is worth 0 of 0 points, which PrairieLearn shows as a note.
    """
    longest = _LONGEST
    while True:
        content = json.dumps(_data(result, language, longest), ensure_ascii=False, indent=1) + "\n"
        if len(content.encode()) <= LIMIT or longest <= 1:
            return content
        longest //= 2


def _data(result: Result, language: str, longest: int) -> dict[str, Any]:
    part = share(result)
    about_all = short(notes(result, language), longest)
    if result.status == "rejected" or part is None:
        problems = [short(one_line(problem[language]), longest) for problem in result.problems]
        return {
            "gradable": False,
            "score": 0.0,
            "message": about_all,
            "format_errors": problems or [about_all or "No check could be run."],
            "tests": [],
        }
    return {
        "gradable": True,
        "score": min(part, 1.0),
        "message": f"{number(result.score)}/{number(result.max_score)}",
        "output": about_all,
        "tests": [_test(check, language, longest) for check in result.checks],
    }


def _test(check: CheckResult, language: str, longest: int) -> dict[str, Any]:
    skipped = check.status == "skipped"
    return {
        "name": title(check, language),
        "description": check.id,
        "points": 0.0 if skipped else check.points,
        "max_points": 0.0 if skipped else check.max_points,
        "message": STATUS_NAMES[check.status][language],
        "output": "" if check.is_plainly_right else short(message(check, language), longest),
    }
