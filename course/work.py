"""The student's own work on a unit: where it lies, what of it is written, and how it is run."""

import ast
import functools
import json
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course.kit import handin
from course.kit.errors import UserError
from course.kit.language import language, say
from course.kit.problems import UnreadableHandIn
from course.kit.statements import body_of, bound_names, functions_of, is_stub, is_unwritten
from course.kit.units import EXERCISES_DIR, TO_WRITE, available_units, exercises_of

_COURSE_DIR = EXERCISES_DIR.parent
_IS_INSTALLED = _COURSE_DIR.parent.name in ("site-packages", "dist-packages")

# How far an exercise is.
ABSENT, UNTOUCHED, BEGUN, WRITTEN = "absent", "untouched", "begun", "written"


class NoWork(UserError):
    """A unit has no file that can be read; the message says what was looked for, or why."""


def places_of(unit: str, directory: Path) -> list[Path]:
    """Return where a student's work on a unit may lie: in `directory`, then in a course.

    A course is the folder `course` in `directory`, and the folder that this module lies in. Nobody
    works inside an installed package: the stubs and notebooks there are no student's work.
    """
    names = (f"{unit}.ipynb", f"{unit}.py", f"{unit}/{unit}.ipynb", f"{unit}/{unit}.py")
    places = [directory / name for name in names]
    codes = sorted(("en", "zh"), key=lambda code: code != language())
    courses = [directory.resolve() / "course"]
    if not _IS_INSTALLED:
        courses.append(_COURSE_DIR)
    for course in dict.fromkeys(courses):
        places += [course / "notebooks" / code / f"{unit}.ipynb" for code in codes]
        places.append(course / "exercises" / f"{unit}.py")
    return places


def find_work(unit: str, directory: Path) -> Path:
    """Return the student's file for a unit: of those that were worked on, the one saved last.

    Where no file was worked on yet, the first of `places_of` that exists is returned.

    Raises:
        NoWork: none of these files exists.
    """
    files = [place for place in places_of(unit, directory) if place.is_file()]
    if not files:
        raise NoWork(
            say(
                f"There is no {unit}.ipynb and no {unit}.py here; go to the folder with your work, "
                "or name the file with --file.",
                f"这里没有 {unit}.ipynb 或 {unit}.py；请进入作业所在的文件夹，"
                "或用 --file 指定文件。",
            )
        )
    begun = [file for file in files if is_begun(file, unit)]
    return max(begun, key=lambda file: file.stat().st_mtime) if begun else files[0]


def language_of(path: Path) -> str | None:
    """Return the language that a notebook was made in; None where the file says none."""
    if path.suffix != ".ipynb":
        return None
    try:
        language = json.loads(path.read_bytes())["metadata"]["course"]["language"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return language if language in ("en", "zh") else None


def language_in(directory: Path) -> str | None:
    """Return the language of the notebook that was worked on last; None where there is none.

    Where nothing is begun yet, the language of the notebooks in the folder itself counts.
    """
    begun = []
    for unit in available_units():
        places = (place for place in places_of(unit, directory) if place.is_file())
        begun += [place for place in places if language_of(place) and is_begun(place, unit)]
    if begun:
        return language_of(max(begun, key=lambda place: place.stat().st_mtime))
    languages = {language_of(directory / f"{unit}.ipynb") for unit in available_units()} - {None}
    return languages.pop() if len(languages) == 1 else None


def is_begun(path: Path, unit: str) -> bool:
    """Whether an exercise of a file differs from its untouched stub, or the file can't be read."""
    try:
        status = path.stat()
    except OSError:
        return True
    return _is_begun(path.absolute(), unit, status.st_mtime_ns, status.st_size)


@functools.cache
def _is_begun(path: Path, unit: str, saved: int, size: int) -> bool:
    """Answer `is_begun` of a file as it was saved then; each version is read once."""
    try:
        work = read_work(path, unit)
    except NoWork:
        return True
    return set(standings(work, unit).values()) != {UNTOUCHED}


def is_written(path: Path, unit: str, exercise: str) -> bool:
    """Whether a file defines an exercise, and not as its stub."""
    try:
        definitions = _definitions(read_work(path, unit))
    except NoWork:
        return False
    return exercise in definitions and not is_stub(definitions[exercise])


def standings(work: handin.HandIn, unit: str) -> dict[str, str]:
    """Return how far each exercise of a unit is, told from the source alone.

    Returns:
        For each exercise `ABSENT` (nothing has its name), `UNTOUCHED` (it is as the stub has it),
        `BEGUN` (a part of it is still to write) or `WRITTEN`.
    """
    definitions = _definitions(work)
    # What a star import brings isn't known before it is run.
    unknown = WRITTEN if "*" in definitions else ABSENT
    return {
        name: _standing(definitions[name], unit) if name in definitions else unknown
        for name in exercises_of(unit)
    }


def _standing(node: ast.stmt, unit: str) -> str:
    to_write = [
        is_unwritten(function) and len(body_of(function)) == TO_WRITE[unit][owner + function.name]
        for owner, function in functions_of([node])
        if owner + function.name in TO_WRITE[unit]
    ]
    if to_write and all(to_write):
        return UNTOUCHED
    return BEGUN if is_stub(node) else WRITTEN


def _definitions(work: handin.HandIn) -> dict[str, ast.stmt]:
    """Return, by name, the last statement of a hand-in that binds the name."""
    return {name: s.node for s in work.statements for name in bound_names(s.node)}


def read_work(path: Path, unit: str) -> handin.HandIn:
    """Read a file, without running anything of it.

    Raises:
        NoWork: the file can't be read as a notebook or a module; the message says why.
    """
    colon = say(": ", "：")
    try:
        return handin.read_handin(path.read_bytes(), path.suffix, exercises_of(unit))
    except OSError as error:
        raise NoWork(f"{path}{colon}{error.strerror}{say('.', '。')}") from None
    except UnreadableHandIn as error:
        raise NoWork(f"{path.name}{colon}{error.message()}") from None


def run_work(
    work: handin.HandIn, replaced: Mapping[str, Any] | None = None
) -> types.SimpleNamespace:
    """Run what counts of a hand-in, and return the student's exercises as attributes.

    Args:
        work: the hand-in; what fails is noted among its problems.
        replaced: names that have these values, whatever the hand-in binds.
    """
    namespace: dict[str, Any] = {"__name__": "course_work"}
    work.execute(namespace, replaced)
    return types.SimpleNamespace(**namespace)


def load_work(path: Path, unit: str) -> tuple[types.SimpleNamespace, handin.HandIn]:
    """Return the student's exercises as attributes, and the hand-in that they come from.

    Raises:
        NoWork: the file can't be read as a notebook or a module; the message says why.
    """
    work = read_work(path, unit)
    return run_work(work), work
