"""A result as exports show it: its share of the points, and its checks in words."""

from collections import Counter
from collections.abc import Iterable

from autograder.base.text import Text, text
from autograder.exports.escaping import clean_lines, number, one_line
from autograder.results.result import CheckResult, Grade, Result
from autograder.results.statuses import STATUS_NAMES
from course.kit.units import ORDER

# The checks of a unit add up to this. A system whose maximum is fixed gets points of it, so that
# a check which could not be run costs none there either.
FULL = 100.0

_REJECTED = text("The hand-in could not be graded.", "提交无法评分。")
_SCALED = text(
    "Some checks could not be run here; they cost no points.", "有些检查在此无法运行，不影响得分。"
)
_LOOKS_LIKE = text("Known mistake", "已知错误")
_COLON = text(": ", "：")


def share(result: Result) -> float | None:
    """Return the points as a share of those that could be had, None where there were none.

    Where a course's gradebook was read, its grade counts: it may hold extra credit, so that the
    share is more than one.
    """
    if result.grade is not None and result.grade.max_score > 0:
        return result.grade.total / result.grade.max_score
    if result.status == "rejected":
        return 0.0
    if result.max_score <= 0:
        return None
    return min(max(result.score / result.max_score, 0.0), 1.0)


def points_of(result: Result, full: float = FULL) -> float | None:
    """Return the points where the unit is worth `full`, None where no check could be run."""
    part = share(result)
    return None if part is None else round(part * full, 4)


def has_skipped(result: Result) -> bool:
    """Whether a check could not be run for want of something on the host."""
    return any(check.status == "skipped" for check in result.checks)


def units_of(results: Iterable[Result]) -> list[str]:
    """Return the units that occur, in the order of the course."""
    units = {result.unit for result in results}
    known = [unit for unit in ORDER if unit in units]
    return known + sorted(units.difference(known))


def of_unit(results: Iterable[Result], unit: str) -> dict[str, Result]:
    """Return a unit's results by the hand-ins' names."""
    return {result.submission: result for result in results if result.unit == unit}


def title(check: CheckResult, language: str) -> str:
    """Return `exercise: what the check looks at`, on one line."""
    return one_line(f"{check.exercise}{_COLON[language]}{check.title[language] or check.id}")


def message(check: CheckResult, language: str) -> str:
    """Return the message of a check, with the known mistake that the answers look like."""
    lines = clean_lines(check.message[language]).strip()
    if check.mistake:
        lines += f"\n{_LOOKS_LIKE[language]}{_COLON[language]}{one_line(check.mistake)}"
    return lines.strip() or STATUS_NAMES[check.status][language]


def notes(result: Result, language: str) -> str:
    """Return the problems of the hand-in as a whole, a line each; empty where there are none."""
    lines = [_REJECTED[language]] if result.status == "rejected" else []
    lines += [one_line(problem[language]) for problem in result.problems]
    if has_skipped(result):
        lines.append(_SCALED[language])
    if result.grade is not None:
        lines.append(grade_words(result.grade)[language])
    return "\n".join(lines)


def grade_words(grade: Grade) -> Text:
    """Return what a gradebook holds, and what made it so, in a sentence."""
    reasons = []
    if grade.penalty:
        off = number(grade.penalty)
        reasons.append(text(f"{off} taken off for being late", f"因迟交扣 {off} 分"))
    if grade.by_hand:
        reasons.append(text("points given by hand", "含人工评分"))
    english = ", ".join(reason["en"] for reason in reasons)
    chinese = "，".join(reason["zh"] for reason in reasons)
    total, most = number(grade.total), number(grade.max_score)
    return text(
        f"In the gradebook: {total}/{most}{f' ({english})' if reasons else ''}.",
        f"成绩册：{total}/{most}{f'（{chinese}）' if reasons else ''}。",
    )


def summary(result: Result, language: str) -> str:
    """Return the result in a few lines: points, how the checks went, and what is not right."""
    about_all = notes(result, language)
    if result.status == "rejected":
        return about_all
    colon = _COLON[language]
    counts = Counter(check.status for check in result.checks)
    states = [
        f"{name[language]}{colon}{counts[status]}"
        for status, name in STATUS_NAMES.items()
        if counts[status]
    ]
    lines = [f"{number(result.score)}/{number(result.max_score)}", *states]
    lines += [
        f"{title(check, language)}{colon}{one_line(message(check, language))}"
        for check in result.checks
        if check.status != "skipped" and not check.is_plainly_right
    ]
    return "\n".join([*lines, about_all] if about_all else lines)
