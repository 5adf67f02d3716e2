"""What the commands share: how they stop, their language, their device, and how they print."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup

from course.kit.errors import UserError
from course.kit.language import say, use_language


class Commands(TyperGroup):
    """Commands that end with the message of a `UserError` and status 2 where one is raised."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            stop(str(error))


def stop(message: str) -> NoReturn:
    """Say what is wrong in one sentence and end with status 2."""
    Console(stderr=True).print(message, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(2)


def speak(code: str | None) -> None:
    """Speak the language that `--language` names, if it names one."""
    if code is not None:
        use_language(code)


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


def use_device(device: str) -> None:
    """Hide the GPUs where `--device cpu` is given; before any backend is loaded, not later."""
    one_of("device", device, ("auto", "cpu", "gpu"))
    if device == "cpu":
        os.environ |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}


@contextlib.contextmanager
def unannounced() -> Iterator[None]:
    """Import a backend without the lines that its libraries write as they are loaded.

    The libraries write past Python, to the process's stderr. The lines of an import that failed
    are shown.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield
        except BaseException:
            file.seek(0)
            os.write(stderr, file.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def stop_training() -> NoReturn:
    """Say after Ctrl-C how a training goes on, and end with status 2."""
    stop(
        say(
            "Stopped; the same command goes on after the last whole epoch.",
            "已停止；再次运行同一命令会从上一个完整的轮次继续。",
        )
    )


def print_line(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: nothing in it is markup, and a terminal wraps it."""
    console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)
