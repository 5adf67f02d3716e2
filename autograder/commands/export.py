"""The command `export`: results as another system reads them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.base.text import LANGUAGES
from autograder.commands.choices import check_choice
from autograder.commands.table import plain
from autograder.exports.formats import FORMATS, Export, Format, Request
from autograder.exports.writing import place, write_all
from autograder.results.files import read_results
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
    made, unreadable = _make(made_by, name, results, unit, language, roster)
    files = place(out, made.files)
    write_all(files)
    left_out = [f"{path} is not a whole result." for path in unreadable] + made.left_out
    errors = Console(stderr=True)
    if left_out:
        errors.print(f"Left out, {len(left_out)}:", highlight=False)
        for line in left_out:
            errors.print(f"  {plain(line, 500)}", highlight=False, soft_wrap=True)
    count = f"{len(files)} file{'' if len(files) == 1 else 's'}"
    Console().print(f"{count}: {out}", highlight=False, soft_wrap=True, markup=False)
    raise typer.Exit(1 if left_out else 0)


def _make(
    made_by: Format,
    name: str,
    results: Path | None,
    unit: str | None,
    language: str,
    roster: Path | None,
) -> tuple[Export, list[str]]:
    """Return the export, and the files among the results that are no whole results."""
    if made_by.needs_results and results is None:
        raise UserError("Name the directory that grade --out wrote.")
    if not made_by.needs_results and results is not None:
        raise UserError(f"{name} takes no results; it grades what is handed in there.")
    if made_by.needs_roster and roster is None:
        raise UserError(f"{name} needs the course's people: --roster FILE, its CSV export.")
    if not made_by.needs_roster and roster is not None:
        raise UserError(f"--roster is for canvas and moodle; {name} needs none.")
    read, unreadable = read_results(results, unit) if results is not None else ([], [])
    people = read_table(roster) if roster is not None else None
    return made_by.make(Request(read, language, unit, people)), unreadable
