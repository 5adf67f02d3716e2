"""The student's own work on a unit: where it lies, what of it is written, and how it is run."""

import ast
import types
from pathlib import Path
from typing import Any

from course.kit import handin
from course.kit.errors import UserError
from course.kit.language import language, say
from course.kit.problems import UnreadableHandIn
from course.kit.statements import bound_names, is_stub
from course.kit.units import EXERCISES_DIR, exercises_of

_COURSE_DIR = EXERCISES_DIR.parent
_IS_INSTALLED = _COURSE_DIR.parent.name in ("site-packages", "dist-packages")


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


def is_begun(path: Path, unit: str) -> bool:
    """Whether an exercise of a file differs from its untouched stub, or the file can't be read."""
    try:
        definitions = _definitions(path, unit)
    except (OSError, UnreadableHandIn):
        return True
    return not all(
        name in definitions and is_stub(definitions[name]) for name in exercises_of(unit)
    )


def is_written(path: Path, unit: str, exercise: str) -> bool:
    """Whether a file defines an exercise, and not as its stub."""
    try:
        definitions = _definitions(path, unit)
    except (OSError, UnreadableHandIn):
        return False
    return exercise in definitions and not is_stub(definitions[exercise])


def _definitions(path: Path, unit: str) -> dict[str, ast.stmt]:
    """Return, by name, the last statement of a file that binds the name."""
    work = handin.read_handin(path.read_bytes(), path.suffix, exercises_of(unit))
    return {name: s.node for s in work.statements for name in bound_names(s.node)}


def load_work(path: Path, unit: str) -> tuple[types.SimpleNamespace, handin.HandIn]:
    """Return the student's exercises as attributes, and the hand-in that they come from.

    Raises:
        NoWork: the file can't be read as a notebook or a module; the message says why.
    """
    colon = say(": ", "：")
    try:
        work = handin.read_handin(path.read_bytes(), path.suffix, exercises_of(unit))
    except OSError as error:
        raise NoWork(f"{path}{colon}{error.strerror}{say('.', '。')}") from None
    except UnreadableHandIn as error:
        raise NoWork(f"{path.name}{colon}{error.message()}") from None
    namespace: dict[str, Any] = {"__name__": "course_work"}
    work.execute(namespace)
    return types.SimpleNamespace(**namespace), work
