"""Whose a file is: students' names and numbers out of the paths that platforms make of them.

plain               NAME/…                                            a folder a student
moodle              NAME_ID_assignsubmission_file_/…                  a download of all hand-ins
canvas              NAME_ID_SUBMISSION_FILE, NAME_LATE_ID_SUBMISSION_FILE
gradescope          submission_N/…  with submission_metadata.yml beside it
github-classroom    ASSIGNMENT-LOGIN/…                                clones
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from autograder.running.contents import Entry, read
from course.kit.units import available_units

LAYOUTS = ("auto", "plain", "moodle", "canvas", "gradescope", "github-classroom")

_MOODLE = re.compile(
    r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_(?:file|onlinetext)(?:_(?P<file>.*))?"
)
_CANVAS = re.compile(r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<id>\d+)_(?P<number>\d+)_(?P<file>.+)")
_GRADESCOPE = re.compile(r"submission_\d+")
METADATA = "submission_metadata.yml"
_MAX_METADATA = 20 * 2**20


@dataclass(frozen=True)
class Student:
    """A student as a platform names them.

    Attributes:
        name: what their results are called.
        id: the platform's number, or the student's own where the platform gives that.
        email: where the platform gives it.
        late: whether the platform says that the hand-in came late.
        platform: which it is; "" where the name is a folder's.
    """

    name: str
    id: str = ""
    email: str = ""
    late: bool = False
    platform: str = ""

    def as_json(self) -> dict[str, str | bool]:
        """Return what is known, for the result."""
        known: dict[str, str | bool] = {"name": self.name, "id": self.id, "email": self.email}
        known |= {"late": self.late, "platform": self.platform}
        return {key: value for key, value in known.items() if value}


@dataclass(frozen=True)
class Owned:
    """An entry, whose it is, and its path below what is the student's."""

    student: Student
    parts: tuple[str, ...]
    entry: Entry


def owners(entries: Sequence[Entry], layout: str = "auto") -> tuple[list[Owned], list[Entry]]:
    """Return the entries with their students, and the entries that are nobody's.

    Args:
        entries: all that lies below one folder or zip.
        layout: one of `LAYOUTS`; `auto` looks at each entry's path.

    Raises:
        yaml.YAMLError, OSError: Gradescope's metadata can't be read.
    """
    submitters = _submitters(entries) if layout in ("auto", "gradescope") else {}
    prefix = _common_prefix(entries) if layout == "github-classroom" else ""
    owned: list[Owned] = []
    nobodys: list[Entry] = []
    for entry in entries:
        students = list(_students_of(entry, layout, submitters, prefix))
        owned += students
        if not students:
            nobodys.append(entry)
    return _told_apart(owned), nobodys


def _students_of(
    entry: Entry, layout: str, submitters: dict[tuple[str, ...], list[Student]], prefix: str
) -> Iterable[Owned]:
    parts = entry.parts
    if layout in ("auto", "gradescope"):
        for depth, part in enumerate(parts[:-1], start=1):
            if _GRADESCOPE.fullmatch(part) and parts[:depth] in submitters:
                for student in submitters[parts[:depth]]:
                    yield Owned(student, parts[depth:], entry)
                return
    if layout in ("auto", "moodle"):
        for depth, part in enumerate(parts, start=1):
            if found := _MOODLE.fullmatch(part):
                student = Student(found["name"], found["id"], platform="moodle")
                own = parts[depth:] or ((found["file"],) if found["file"] else ())
                yield Owned(student, own or (part,), entry)
                return
    if layout in ("auto", "canvas"):
        # Where nobody says that it is Canvas's, a student's own `part_1_2_notes.py` is not.
        tops = parts if layout == "canvas" else parts[:1]
        for depth, part in enumerate(tops, start=1):
            if found := _CANVAS.fullmatch(part):
                late = bool(found["late"])
                student = Student(found["name"], found["id"], late=late, platform="canvas")
                yield Owned(student, (found["file"], *parts[depth:]), entry)
                return
    if layout in ("auto", "github-classroom") and parts:
        login = _login(parts[0], prefix)
        if login:
            yield Owned(Student(login), parts[1:] or (parts[0],), entry)
            return
    if layout in ("auto", "plain", "github-classroom") and len(parts) > 1:
        yield Owned(Student(parts[0]), parts[1:], entry)


def _login(folder: str, prefix: str) -> str:
    """Return the login in a clone's name `ASSIGNMENT-LOGIN`, "" where it is none."""
    prefixes = [prefix] if prefix else [f"{unit}-" for unit in available_units()]
    prefixes += [one.replace("_", "-") for one in prefixes]
    for one in sorted(prefixes, key=len, reverse=True):
        if folder.casefold().startswith(one.casefold()) and len(folder) > len(one):
            return folder[len(one) :]
    return ""


def _common_prefix(entries: Sequence[Entry]) -> str:
    """Return what all top folders begin with, up to a hyphen; "" where there is one folder only."""
    tops = sorted({entry.parts[0] for entry in entries if len(entry.parts) > 1})
    words = tops[0].split("-") if len(tops) > 1 else []
    prefixes = ("-".join(words[:count]) + "-" for count in range(len(words) - 1, 0, -1))
    return next((p for p in prefixes if all(top.startswith(p) for top in tops)), "")


def _submitters(entries: Sequence[Entry]) -> dict[tuple[str, ...], list[Student]]:
    """Return the students of each folder that Gradescope's metadata names."""
    students: dict[tuple[str, ...], list[Student]] = {}
    for entry in entries:
        if entry.parts and entry.parts[-1] == METADATA and entry.obstacle is None:
            data = yaml.safe_load(read(entry.path, entry.members, _MAX_METADATA))
            for folder, facts in (data if isinstance(data, dict) else {}).items():
                people = facts.get(":submitters") if isinstance(facts, dict) else None
                named = [_submitter(one) for one in people or [] if isinstance(one, dict)]
                students[(*entry.parts[:-1], str(folder))] = [one for one in named if one.name]
    return students


def _submitter(facts: dict[str, Any]) -> Student:
    name, number, email = (str(facts.get(f":{key}") or "") for key in ("name", "sid", "email"))
    return Student(name or email or number, number, email, platform="gradescope")


def _told_apart(owned: list[Owned]) -> list[Owned]:
    """Return the entries with students of one name told apart by their numbers."""
    numbers: dict[str, set[str]] = {}
    for item in owned:
        numbers.setdefault(item.student.name, set()).add(item.student.id)
    return [
        replace(
            item, student=replace(item.student, name=f"{item.student.name} ({item.student.id})")
        )
        if len(numbers[item.student.name]) > 1 and item.student.id
        else item
        for item in owned
    ]
