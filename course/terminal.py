"""What the commands share: how they stop, and which language they speak."""

from typing import NoReturn

import typer
from rich.console import Console

from course.kit.language import say, use_language


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


def one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    """End with status 2 where an option has none of the values that it may have."""
    if value not in known:
        names = ", ".join(known)
        stop(
            say(
                f"--{option} can't be {value!r}; choose one of: {names}.",
                f"--{option} 不能是 {value!r}；可选：{names}。",
            )
        )


def print_line(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: nothing in it is markup, and a terminal wraps it."""
    console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)
