"""What the commands share: how they stop, and which language they speak."""

from typing import NoReturn

import typer
from rich.console import Console

from course.kit.language import use_language


def stop(message: str) -> NoReturn:
    """Say what is wrong in one sentence and end with status 2."""
    Console(stderr=True).print(message, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(2)


def speak(code: str | None) -> None:
    """Speak the language that `--language` names, if it names one."""
    if code is not None:
        try:
            use_language(code)
        except ValueError as error:
            stop(str(error))
