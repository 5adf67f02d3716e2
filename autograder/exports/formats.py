"""The formats by name: which files each makes of the results, and what it had to leave out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from autograder.exports import (
    canvas,
    github_classroom,
    gradescope,
    gradescope_bundle,
    junit,
    moodle,
    plain_csv,
    prairielearn,
)
from autograder.exports.marks import units_of
from autograder.results.result import Result
from autograder.running.roster import Table
from course.kit.errors import UserError


@dataclass(frozen=True)
class Request:
    """What is to be exported.

    Attributes:
        results: sorted by name and unit.
        language: of names and messages.
        unit: the only one, if one was named.
        roster: the course's people, if given.
    """

    results: Sequence[Result] = ()
    language: str = "en"
    unit: str | None = None
    roster: Table | None = None


@dataclass(frozen=True)
class Export:
    """Contents by relative path, and a line for each thing that is not in them."""

    files: dict[str, bytes]
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Format:
    """A format: how it is made, and what it needs beside results."""

    make: Callable[[Request], Export]
    needs_results: bool = True
    needs_roster: bool = False


def _each(name: str, content: Callable[[Result, str], str]) -> Callable[[Request], Export]:
    """A format with a file for each hand-in and unit: NAME/UNIT/file."""

    def make(request: Request) -> Export:
        return Export(
            {
                f"{result.submission}/{result.unit}/{name}": _encoded(
                    content(result, request.language)
                )
                for result in request.results
            }
        )

    return make


def _github_classroom(request: Request) -> Export:
    files = {}
    for result in request.results:
        content = github_classroom.export(result, request.language)
        base = f"{result.submission}/{result.unit}"
        files[f"{base}.json"] = _encoded(content)
        files[f"{base}.b64"] = _encoded(github_classroom.encode(content))
    return Export(files)


def _junit(request: Request) -> Export:
    return Export({"junit.xml": _encoded(junit.export(request.results, request.language))})


def _csv(request: Request) -> Export:
    return Export(
        {
            "grades.csv": _encoded(plain_csv.export_grades(request.results)),
            "checks.csv": _encoded(plain_csv.export_checks(request.results, request.language)),
        }
    )


def _canvas(request: Request) -> Export:
    assert request.roster is not None
    made = canvas.export(request.results, request.roster)
    left_out = [f"{name} {why}." for name, why in made.unmatched.items()]
    left_out += [
        f"{name} is excused or not assigned in Canvas, and stays so." for name in made.excused
    ]
    return Export({"canvas.csv": _encoded(made.content)}, left_out)


def _moodle(request: Request) -> Export:
    assert request.roster is not None
    files: dict[str, bytes] = {}
    left_out: list[str] = []
    for unit in units_of(request.results):
        made = moodle.export(request.results, request.roster, unit, request.language)
        files[f"{unit}.csv"] = _encoded(made.content)
        left_out += [f"{name} {why}." for name, why in made.unmatched.items()]
    return Export(files, list(dict.fromkeys(left_out)))


def _bundle(request: Request) -> Export:
    if request.unit is None:
        raise UserError("A Gradescope autograder grades one unit; name it with --unit.")
    content = gradescope_bundle.export(request.unit, request.language)
    return Export({f"gradescope-{request.unit}.zip": content})


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", errors="replace")  # lone surrogates have no other form


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "gradescope": Format(_each("results.json", gradescope.export)),
        "gradescope-bundle": Format(_bundle, needs_results=False),
        "junit": Format(_junit),
        "csv": Format(_csv),
        "canvas": Format(_canvas, needs_roster=True),
        "moodle": Format(_moodle, needs_roster=True),
        "prairielearn": Format(_each("results.json", prairielearn.export)),
        "github-classroom": Format(_github_classroom),
    }
)
