"""The command `diff`: whose score moved between two runs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands import table
from autograder.commands.choices import LANGUAGE_HELP
from autograder.results.differences import moves
from course.commands.terminal import speak


def diff(
    old: Annotated[Path, typer.Argument(help="Results, as `grade --out` wrote them.")],
    new: Annotated[Path, typer.Argument(help="Results of the same hand-ins, graded again.")],
    language: Annotated[str | None, typer.Option(help=LANGUAGE_HELP)] = None,
) -> None:
    """Show whose score moved between two runs, and why; exit status 1 where one did."""
    speak(language)
    differing = moves(old, new)
    table.show_moves(differing, Console())
    raise typer.Exit(1 if differing else 0)
