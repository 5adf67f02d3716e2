"""Plain CSV for people: a row a hand-in, and a row a check.

Excel reads Chinese only behind a byte order mark, so both files begin with one; read them with
`encoding="utf-8-sig"`. What a spreadsheet would take for a formula has an apostrophe before it.
"""

from collections.abc import Mapping, Sequence

from autograder.exports.escaping import Cell, one_line, safe_csv
from autograder.exports.marks import message, units_of
from autograder.results.result import Result

_MARK = "\ufeff"
_PEOPLE = ("name", "id", "email", "late")
_GRADE_COLUMNS = ("gradebook", "penalty", "changed")


def export_grades(results: Sequence[Result]) -> str:
    """Return one row a hand-in: a column a unit, the total, what could be had, what was rejected.

    A unit that was not handed in is an empty cell; a rejected one has 0 and its name in the last
    column. Checks that could not be run are in neither total. What a platform says of students
    stands behind: name, number, address, whether the hand-in came late. Where a course's gradebook
    was read, its grades come last: for each unit what it holds, penalties off, and the penalty.
    """
    units = units_of(results)
    rows: list[list[Cell]] = [["hand-in", *units, "total", "max_total", "rejected"]]
    with_grades = any(result.grade is not None for result in results)
    with_people = any(result.student for result in results)
    if with_people:
        rows[0] += _PEOPLE
    if with_grades:
        rows[0] += [f"{unit} {what}" for unit in units for what in _GRADE_COLUMNS]
        rows[0] += ["gradebook total", "gradebook max_total"]
    by_name: dict[str, dict[str, Result]] = {}
    for result in results:
        by_name.setdefault(result.submission, {})[result.unit] = result
    for name in sorted(by_name):
        mine = by_name[name]
        rows.append(
            [
                one_line(name),
                *(mine[unit].score if unit in mine else None for unit in units),
                sum(result.score for result in mine.values()),
                sum(result.max_score for result in mine.values()),
                " ".join(unit for unit in units if unit in mine and _rejected(mine[unit])),
            ]
        )
        if with_people:
            facts = next((result.student for result in mine.values() if result.student), {})
            rows[-1] += [_fact(facts.get(key)) for key in _PEOPLE]
        if with_grades:
            rows[-1] += _grade_cells(mine, units)
    return _MARK + safe_csv(rows)


def _fact(value: str | bool | None) -> str:
    """Return a fact of a student as a cell: what is so has its `yes`."""
    return one_line(value) if isinstance(value, str) else "yes" if value else ""


def _grade_cells(mine: Mapping[str, Result], units: Sequence[str]) -> list[Cell]:
    grades = {unit: result.grade for unit, result in mine.items() if result.grade is not None}
    cells: list[Cell] = []
    for unit in units:
        grade = grades.get(unit)
        by_hand = "by hand" if grade is not None and grade.by_hand else ""
        cells += [grade.total, grade.penalty, by_hand] if grade is not None else [None, None, ""]
    cells.append(sum(grade.total for grade in grades.values()))
    cells.append(sum(grade.max_score for grade in grades.values()))
    return cells


def export_checks(results: Sequence[Result], language: str = "en") -> str:
    """Return one row a check; a rejected hand-in has one row, with the reason and no check."""
    rows: list[list[Cell]] = [
        [
            *("hand-in", "unit", "hand-in status", "check", "exercise", "title", "status"),
            *("points", "max_points", "mistake", "message"),
        ]
    ]
    for result in results:
        begin: list[Cell] = [one_line(result.submission), result.unit, result.status]
        if not result.checks:
            reason = " ".join(one_line(problem[language]) for problem in result.problems)
            rows.append(
                [*begin, "", "", "", "", result.score, result.max_score, "", reason],
            )
        for check in result.checks:
            rows.append(
                [
                    *begin,
                    check.id,
                    check.exercise,
                    one_line(check.title[language]),
                    check.status,
                    check.points,
                    check.max_points,
                    check.mistake,
                    message(check, language),
                ]
            )
    return _MARK + safe_csv(rows)


def _rejected(result: Result) -> bool:
    return result.status == "rejected"
