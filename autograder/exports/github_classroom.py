"""What GitHub Classroom's autograding reporter reads: JSON, and its base64 form.

The reporter (https://github.com/classroom-resources/autograding-grading-reporter) takes the base64
form from the environment variable NAME_RESULTS of each runner NAME. It prints names and messages
into the workflow's log, where a line that begins with `::`, or holds `##[`, is a command.
"""

import base64
import json
import re
from typing import Any

from autograder.exports.escaping import clean_lines, short
from autograder.exports.marks import message, notes, title
from autograder.results.result import CheckResult, Result

LIMIT = 100_000  # bytes; Linux takes environment variables up to 128 KiB
_LONGEST = 2_500
_STATUSES = {"passed": "pass", "failed": "fail", "missing": "fail"}


def export(result: Result, language: str = "en") -> str:
    """Return the JSON of one hand-in's unit, cut so that its base64 form fits the environment.

    Checks that could not be run are left out: the reporter counts whatever is not a pass as a
    failure. Their points are not in `max_score` either.
    """
    longest = _LONGEST
    while True:
        content = json.dumps(_data(result, language, longest), ensure_ascii=False)
        if len(encode(content)) <= LIMIT or longest <= 1:
            return content
        longest //= 2


def encode(content: str) -> str:
    """Return the form in which a runner passes its result on."""
    return base64.b64encode(content.encode()).decode("ascii")


def _data(result: Result, language: str, longest: int) -> dict[str, Any]:
    checks = [check for check in result.checks if check.status != "skipped"]
    tests = [_test(check, language, longest) for check in checks]
    if result.status == "rejected":
        status = "error"
        tests = [_entry("hand-in", "error", 0.0, short(notes(result, language), longest))]
    elif not tests:  # the reporter divides by their number
        status = "pass"
        tests = [_entry(result.unit, "pass", 0.0, short(notes(result, language), longest))]
    elif all(test["status"] == "pass" for test in tests):
        status = "pass"
    else:
        failed = any(test["status"] == "fail" for test in tests)
        status = "fail" if failed or result.score > 0 else "error"
    return {"version": 1, "status": status, "max_score": result.max_score, "tests": tests}


def _test(check: CheckResult, language: str, longest: int) -> dict[str, Any]:
    status = _STATUSES.get(check.status, "error")
    words = "" if check.is_plainly_right else short(message(check, language), longest)
    return _entry(title(check, language), status, check.points, words)


def _entry(name: str, status: str, score: float, message: str) -> dict[str, Any]:
    return {
        "name": _no_commands(name),
        "status": status,
        "score": score,
        "message": _no_commands(message) if message else None,
        "line_no": None,
        "execution_time": None,  # of no use to a student
    }


def _no_commands(text: str) -> str:
    """Return a text of which the runner obeys no line."""
    text = clean_lines(text).replace("##[", "# #[")
    return re.sub(r"^(\s*):(?=:)", r"\1: ", text, flags=re.MULTILINE)
