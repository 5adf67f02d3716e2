"""The command `export`: results as another system reads them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.base.text import LANGUAGES
from autograder.commands.choices import check_choice
from autograder.commands.reading import COURSE_HELP, read_for
from autograder.commands.table import plain
from autograder.exports.formats import FORMATS, Format, Request
from autograder.exports.writing import place, write_all
from autograder.running.roster import read_table
from course.commands.terminal import stop
from course.kit.errors import UserError
from course.kit.units import available_units

_NAMES = ", ".join(FORMATS)


def export(
    name: Annotated[str, typer.Argument(metavar="FORMAT", help=f"{_NAMES}.")],
    results: Annotated[
        Path | None,
        typer.Argument(help="What grade --out wrote; gradescope-bundle takes none."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="A directory; or the file, where the export is a single one."),
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit.")] = None,
    course_dir: Annotated[Path | None, typer.Option(help=COURSE_HELP)] = None,
    assignment: Annotated[
        str | None, typer.Option(help="Of the course: only this one's grades.")
    ] = None,
    language: Annotated[str, typer.Option(help="Of names and messages: en or zh.")] = "en",
    roster: Annotated[
        Path | None,
        typer.Option(help="The CSV that Canvas or Moodle exported; canvas and moodle need it."),
    ] = None,
) -> None:
    """Write results as another system reads them; exit 1 when something had to be left out."""
    made_by = FORMATS.get(name)
    if made_by is None:
        stop(f"There is no format {name!r}; choose one of: {_NAMES}.")
    check_choice("language", language, LANGUAGES)
    if unit is not None:
        check_choice("unit", unit, available_units())
    if out is None:
        stop("Name where the export goes with --out.")
    needed = _check_needs(made_by, name, results or course_dir, roster)
    errors = Console(stderr=True)
    read = read_for(results, course_dir, assignment, unit) if needed else None
    if read is not None:
        read.show(errors)
    people = read_table(roster) if roster is not None else None
    made = made_by.make(Request(read.results if read else [], language, unit, people))
    unreadable = read.unreadable if read else []
    files = place(out, made.files)
    write_all(files)
    left_out = [f"{path} is not a whole result." for path in unreadable] + made.left_out
    if left_out:
        errors.print(f"Left out, {len(left_out)}:", highlight=False)
        for line in left_out:
            errors.print(f"  {plain(line, 500)}", highlight=False, soft_wrap=True)
    count = f"{len(files)} file{'' if len(files) == 1 else 's'}"
    Console().print(f"{count}: {out}", highlight=False, soft_wrap=True, markup=False)
    raise typer.Exit(1 if left_out else 0)


def _check_needs(made_by: Format, name: str, results: Path | None, roster: Path | None) -> bool:
    """Return whether a format needs results, once it has what it needs and nothing else."""
    if made_by.needs_results and results is None:
        raise UserError("Name the directory that grade --out wrote, or a course with --course-dir.")
    if not made_by.needs_results and results is not None:
        raise UserError(f"{name} takes no results; it grades what is handed in there.")
    if made_by.needs_roster and roster is None:
        raise UserError(f"{name} needs the course's people: --roster FILE, its CSV export.")
    if not made_by.needs_roster and roster is not None:
        raise UserError(f"--roster is for canvas and moodle; {name} needs none.")
    return made_by.needs_results
