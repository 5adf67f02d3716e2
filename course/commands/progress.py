"""The command `progress`: which exercises are done."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from course.commands.terminal import speak
from course.kit.language import say
from course.kit.units import available_units


def progress(
    language: Annotated[str | None, typer.Option(help="en or zh.")] = None,
) -> None:
    """Show which exercises are done, checked, or still to do."""
    speak(language)
    console = Console()
    with console.status(say("checking", "检查中")):
        from course.check import check_unit
        from course.commands.check_output import print_progress

        reports = [check_unit(unit, Path.cwd()) for unit in available_units()]
    print_progress(reports, console)
