"""The gradebook CSV that Canvas imports, made from the gradebook CSV that Canvas exported.

Canvas needs its own columns of people (Student, ID, SIS User ID, SIS Login ID, Section) and the row
`Points Possible`. Beside them only the units' columns are written: a column that the file leaves
out keeps its grades in Canvas, while an old one in it would overwrite newer grades.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from autograder.exports.escaping import csv_text, number, one_line, safe_cell
from autograder.exports.marks import FULL, of_unit, points_of, units_of
from autograder.results.result import Result
from autograder.running.roster import Row, Table, match, names_of
from course.kit.errors import UserError

_PEOPLE = (
    *("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID"),
    *("Integration ID", "Root Account", "Section"),
)
_KEYS = ("SIS Login ID", "SIS User ID", "ID", "Integration ID")
_EXCUSED = ("EX", "N/A")  # excused, not assigned: the instructor's word, which no grade undoes


@dataclass(frozen=True)
class CanvasExport:
    """The file's content, the hand-ins that are not in it, and grades that the roster forbids.

    Attributes:
        content: the CSV.
        unmatched: why a hand-in has no row, by name.
        excused: `NAME/UNIT` where the roster says excused or not assigned, and still does.
    """

    content: str
    unmatched: dict[str, str]
    excused: list[str] = field(default_factory=list)


def export(results: Sequence[Result], roster: Table) -> CanvasExport:
    """Return the gradebook with a column for each unit, added or filled.

    A column whose title is the unit's name is filled, in points of its Points Possible; else one
    is added, worth 100. Where somebody has no result, the cell stays as the roster has it.

    Raises:
        UserError: the roster is no gradebook of Canvas.
    """
    people = _columns(roster)
    units = units_of(results)
    columns = {unit: _column_of(unit, roster.header) for unit in units}
    possible_row = next((row for row in roster.rows if _is_possible(row)), None)
    if possible_row is None:
        raise UserError("The roster has no row Points Possible; export it from Canvas's gradebook.")
    possible = {unit: _possible(column, possible_row) for unit, column in columns.items()}
    students = [row for row in roster.rows if not _is_possible(row) and _is_student(row, people)]
    matched = match(
        {result.submission: result.keys for result in results},
        [_keys(row, people) for row in students],
    )
    named = {row: name for name, row in matched.rows.items()}
    titles = [unit if column is None else roster.header[column] for unit, column in columns.items()]
    rows = [[*people, *titles]]
    rows.append(
        [possible_row[i] for i in people.values()] + [number(possible[unit]) for unit in units]
    )
    excused: list[str] = []
    by_unit = {unit: of_unit(results, unit) for unit in units}
    for index, row in enumerate(students):
        cells = [
            safe_cell(row[i]) if title in _PEOPLE[:3] else row[i] for title, i in people.items()
        ]
        for unit, column in columns.items():
            old = row[column] if column is not None else ""
            result = by_unit[unit].get(named.get(index, ""))
            points = points_of(result, possible[unit]) if result is not None else None
            if points is not None and old.strip().upper() in _EXCUSED:
                excused.append(f"{named[index]}/{unit}")
                points = None
            cells.append(old if points is None else number(points))
        rows.append(cells)
    return CanvasExport(csv_text(rows), matched.unmatched, excused)


def _columns(roster: Table) -> dict[str, int]:
    """Return the columns of people by title, as Canvas's importer demands them."""
    columns = {title: i for i, title in enumerate(roster.header) if title in _PEOPLE}
    named = "Student" in columns or {"LastName", "FirstName"} <= columns.keys()
    if not named or "ID" not in columns or "Section" not in columns:
        raise UserError(
            "The roster lacks a column of Student, ID, Section; export it from Canvas's gradebook."
        )
    return columns


def _column_of(unit: str, header: Row) -> int | None:
    """Return the column whose title is the unit's name; Canvas puts an id in brackets behind it."""
    titles = [re.sub(r"\s*\(\d+\)$", "", title.strip()) for title in header]
    columns = [i for i, title in enumerate(titles) if _plain(title) == _plain(unit)]
    if len(columns) > 1:
        raise UserError(f"The roster has {len(columns)} columns named {unit}; leave one of them.")
    return columns[0] if columns else None


def _plain(title: str) -> str:
    return re.sub(r"[\s_-]+", " ", title.casefold()).strip()


def _possible(column: int | None, row: Row) -> float:
    if column is None:
        return FULL
    try:
        value = float(row[column].replace(",", "."))
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise UserError(
            f"The roster gives no Points Possible for {one_line(row[column]) or 'a unit'}; "
            "set the assignment's points in Canvas and export again."
        )
    return value


def _is_possible(row: Row) -> bool:
    return "Points Possible" in row[0]


def _is_student(row: Row, people: dict[str, int]) -> bool:
    """Whether somebody is in the row; the row of posting policies has nobody."""
    return any(row[i].strip() for i in people.values())


def _keys(row: Row, people: dict[str, int]) -> list[str]:
    keys = [row[people[title]] for title in _KEYS if title in people]
    keys.append(f"canvas:{row[people['ID']]}")  # as Canvas's download of hand-ins has it
    if "Student" in people:
        return keys + names_of(row[people["Student"]])
    return keys + names_of(f"{row[people['LastName']]}, {row[people['FirstName']]}")
