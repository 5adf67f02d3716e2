"""The command `quickstart`: a course folder for nbgrader."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console


def quickstart(
    directory: Annotated[Path, typer.Argument(help="A directory that doesn't exist yet.")],
    language: Annotated[str, typer.Option(help="Of the notebooks: en or zh.")] = "en",
) -> None:
    """Make a course folder for nbgrader with all units, graded in isolation."""
    from autograder.bridge.quickstart import make_course

    units = make_course(directory, language)
    console = Console()
    console.print(f"{len(units)} units: {directory}", highlight=False, soft_wrap=True)
    console.print(
        f"Next: cd {directory}; nbgrader generate_assignment {units[0]}; or open formgrader "
        "in `jupyter lab` there.",
        highlight=False,
        soft_wrap=True,
        markup=False,
    )
