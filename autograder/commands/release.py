"""The command `release`: the student bundle."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from course.commands.terminal import print_line


def release(
    target: Annotated[Path, typer.Argument(help="A directory that doesn't exist yet.")],
    wheel: Annotated[
        bool, typer.Option("--wheel", help="And a wheel with the course, beside the directory.")
    ] = False,
) -> None:
    """Write the student bundle: stubs, notebooks, public checks and the kit; nothing hidden."""
    from autograder.authoring.release import build_release, write_wheel

    console = Console()
    files = build_release(target)
    print_line(console, f"{len(files)} files for students: {target}")
    if wheel:
        print_line(console, f"The course as a wheel, for pip install: {write_wheel(target)}")
