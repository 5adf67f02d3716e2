"""A course's roster, as Canvas or Moodle exports it, and which of its people a hand-in is from."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course.kit.errors import UserError

Row = list[str]

# Titles of columns, in the forms of Canvas, Moodle, nbgrader and GitHub Classroom.
FULL_NAMES = ("full name", "fullname", "姓名", "全名")
_NAME_TITLES = ("student", "name", "display name", *FULL_NAMES)
FIRST_NAMES = ("first name", "firstname", "名", "名字")
LAST_NAMES = ("last name", "lastname", "surname", "姓", "姓氏")
_KEY_TITLES = (
    *("id", "sis user id", "sis login id", "integration id", "lms user id", "sid", "identifier"),
    *("id number", "idnumber", "username", "user name", "login", "github username", "学号", "编号"),
    *("email", "email address", "e-mail", "用户名", "邮箱", "电子邮件", "电子邮件地址", "id号"),
)


@dataclass(frozen=True)
class Table:
    """A CSV file: the header's row, the rows below it (all as long), and what parts its cells."""

    header: Row
    rows: list[Row]
    delimiter: str = ","


@dataclass(frozen=True)
class Matched:
    """Which row of the roster each hand-in belongs to, and the hand-ins that have none.

    Attributes:
        rows: indices of rows by the hand-ins' names.
        unmatched: why, by the hand-ins' names.
    """

    rows: dict[str, int]
    unmatched: dict[str, str]


def read_table(path: Path) -> Table:
    """Read a roster's file.

    Raises:
        UserError: it can't be read, or has no rows.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"The roster {path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UserError(f"The roster {path} is not UTF-8; export it as CSV again.") from None
    return parse_table(content, path.name)


def parse_table(content: str, name: str = "roster") -> Table:
    """Return the table that a CSV text holds; commas, semicolons or tabs part its cells.

    Raises:
        UserError: it is no table.
    """
    first = content.lstrip("\ufeff").partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        text = io.StringIO(content.lstrip("\ufeff"), newline="")
        rows = [row for row in csv.reader(text, delimiter=delimiter, strict=True) if any(row)]
    except csv.Error as error:
        raise UserError(f"The roster {name} is no CSV file: {error}.") from None
    if not rows or len(rows[0]) < 2:
        raise UserError(f"The roster {name} has no header row; export it as CSV again.")
    width = len(rows[0])
    if any(len(row) > width for row in rows):
        raise UserError(f"The roster {name} has rows that are longer than its header.")
    return Table(rows[0], [row + [""] * (width - len(row)) for row in rows[1:]], delimiter)


def match(names: Iterable[str], people: Sequence[Iterable[str]]) -> Matched:
    """Find for each hand-in the one row that any of its keys names.

    Args:
        names: the hand-ins'; a mapping gives what else may tell each hand-in's student, what tells
            best first: numbers, addresses.
        people: for each row, what may name it: numbers, logins, addresses, names. Rows that
            nobody is in have none.

    Returns:
        The matches. A name that fits two people, or two names that fit one person, match none:
        nobody gets another's grade.
    """
    index: dict[str, set[int]] = defaultdict(set)
    for number, keys in enumerate(people):
        for key in keys:
            index[_plain(key)].add(number)
            index[_plain(key.partition("@")[0])].add(number)  # the name in an address
    index.pop("", None)
    keys_of = dict(names) if isinstance(names, Mapping) else dict.fromkeys(names, ())
    rows: dict[str, int] = {}
    unmatched: dict[str, str] = {}
    for name in sorted(keys_of):
        fits = [index.get(_plain(key), set()) for key in (*keys_of[name], name)]
        candidates = next((one for one in fits if len(one) == 1), max(fits, key=len))
        if len(candidates) == 1:
            rows[name] = next(iter(candidates))
        elif candidates:
            unmatched[name] = f"fits {len(candidates)} people of the roster"
        else:
            unmatched[name] = "is not in the roster"
    taken: dict[int, list[str]] = defaultdict(list)
    for name, row in rows.items():
        taken[row].append(name)
    for rivals in taken.values():
        if len(rivals) > 1:
            for name in rivals:
                del rows[name]
                others = ", ".join(other for other in rivals if other != name)
                unmatched[name] = f"is the same person as {others}"
    return Matched(rows, unmatched)


@dataclass(frozen=True)
class Person:
    """Somebody on a roster: a name for people, and all that may name them."""

    name: str
    keys: tuple[str, ...]


def people_of(table: Table) -> list[Person]:
    """Return the people of a roster in the form of Canvas, Moodle, nbgrader or GitHub Classroom.

    Where no column has a title that one of them uses, each cell may name the person of its row.
    """
    titles = [_plain(title) for title in table.header]
    known = [i for i, title in enumerate(titles) if title in (*_NAME_TITLES, *_KEY_TITLES)]
    first, last = (_column(titles, names) for names in (FIRST_NAMES, LAST_NAMES))
    people = []
    for row in table.rows:
        if "Points Possible" in row[0]:  # Canvas's row of maxima
            continue
        names = [row[i] for i in known if titles[i] in _NAME_TITLES and row[i].strip()]
        if first is not None and last is not None:
            pair = (row[first].strip(), row[last].strip())
            names += [" ".join(filter(None, pair)), "".join(reversed(pair))]  # 王小明
        cells = [row[i] for i in known] if known or names else row
        keys = [key for cell in (*names, *cells) if cell.strip() for key in names_of(cell)]
        if titles[:2] == ["student", "id"]:
            keys.append(f"canvas:{row[1]}")  # as Canvas's download of hand-ins has it
        if keys:
            name = " ".join(keys[0].split()) if names else keys[0]
            people.append(Person(name, tuple(keys)))
    return people


def _column(titles: Sequence[str], names: Sequence[str]) -> int | None:
    return next((i for i, title in enumerate(titles) if title in names), None)


def names_of(person: str) -> list[str]:
    """Return the ways of writing a person's name: as it is, `Last, First` turned round."""
    last, comma, first = person.partition(",")
    turned = [f"{first.strip()} {last.strip()}"] if comma else []
    return [person, *turned]


def _plain(key: str) -> str:
    return " ".join(key.casefold().replace("_", " ").replace(",", " ").split())
