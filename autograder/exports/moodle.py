"""The CSV that Moodle's gradebook imports (Grades, Import, CSV file): one file a unit.

In Moodle, map the identifier's column to the user field of the same name, GRADE to the unit's
grade item, FEEDBACK to its feedback. An empty cell would take a grade away in Moodle, and an
unknown person would stop the whole import: so only people with a result are in a unit's file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from autograder.exports.escaping import csv_text, number, safe_cell, short
from autograder.exports.marks import FULL, of_unit, points_of, summary
from autograder.results.result import Result
from autograder.running.roster import (
    FIRST_NAMES,
    FULL_NAMES,
    LAST_NAMES,
    Row,
    Table,
    match,
    names_of,
)
from course.kit.errors import UserError

# What Moodle calls the fields that it can tell people by, in English and in Chinese.
_IDENTIFIERS = {
    "idnumber": ("id number", "idnumber", "useridnumber", "编号", "id号", "id 号", "学号"),
    "email": ("email address", "email", "useremail", "电子邮件地址", "电子邮件", "邮箱"),
    "username": ("username", "user name", "用户名"),
}
_FEEDBACK = 10_000  # characters


@dataclass(frozen=True)
class MoodleExport:
    """The file's content, and why hand-ins have no row in it, by name."""

    content: str
    unmatched: dict[str, str]


def export(
    results: Sequence[Result], roster: Table, unit: str, language: str = "en"
) -> MoodleExport:
    """Return the identifiers of the roster, the grade out of 100, and the feedback for one unit.

    Raises:
        UserError: the roster has no column that Moodle tells people by.
    """
    identifiers = _columns(roster.header)
    if not identifiers:
        raise UserError(
            "The roster needs a column ID number, Email address or Username; export the "
            "participants from Moodle with one of them."
        )
    mine = of_unit(results, unit)
    matched = match(
        {name: result.keys for name, result in mine.items()},
        [_keys(row, roster.header, identifiers) for row in roster.rows],
    )
    unmatched = dict(matched.unmatched)
    rows = [[*(roster.header[i] for i in identifiers), "GRADE", "FEEDBACK"]]
    for name, index in sorted(matched.rows.items(), key=lambda item: item[1]):
        points = points_of(mine[name], FULL)
        if points is None:
            unmatched[name] = "has no check that could be run"
            continue
        # Moodle reads feedback as HTML. Identifiers stay as they are: Moodle looks them up.
        feedback = escape(short(summary(mine[name], language), _FEEDBACK), quote=False)
        cells = [roster.rows[index][i] for i in identifiers]
        rows.append([*cells, number(points), safe_cell(feedback)])
    return MoodleExport(csv_text(rows), unmatched)


def _columns(header: Row) -> list[int]:
    """Return the columns that identify people, one a field."""
    columns: list[int] = []
    for titles in _IDENTIFIERS.values():
        columns += [i for i, title in enumerate(header) if _plain(title) in titles][:1]
    return columns


def _keys(row: Row, header: Row, identifiers: list[int]) -> list[str]:
    keys = [row[i] for i in identifiers]
    named = {_plain(title): cell for title, cell in zip(header, row, strict=True)}
    first = next((named[title] for title in FIRST_NAMES if title in named), "")
    last = next((named[title] for title in LAST_NAMES if title in named), "")
    if first and last:
        keys += [*names_of(f"{last}, {first}"), f"{last}{first}"]  # 王小明
    return keys + [named[title] for title in FULL_NAMES if title in named]


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())
