"""What the commands share: how they stop, their language, their device, and how they print."""

import contextlib
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup

from course.commands.streams import prepare_output
from course.kit.backend import is_of_backend, unloadable
from course.kit.errors import UserError
from course.kit.language import language, say, use_language
from course.work import language_in, language_of

# What Typer says of wrong usage, and the same in Chinese.
_USAGE = (
    (r"No such command '(.*?)'\. Did you mean '(.*)'\?", "没有命令 {0}；你是指 {1} 吗？"),
    (r"No such command '(.*?)'\..*", "没有命令 {0}。"),
    (r"No such option: (\S+) Did you mean (\S+)\?", "没有选项 {0}；你是指 {1} 吗？"),
    (r"No such option: (\S+).*", "没有选项 {0}。"),
    (r"Missing argument '(.*)'\.", "缺少参数 {0}。"),
    (r"Missing command\.", "请写明命令。"),
    (r"Option '(.*)' requires an argument\.", "选项 {0} 后面要有一个值。"),
    (r"Got unexpected extra arguments? \((.*)\)", "多了参数：{0}。"),
    (r"Invalid value for '(.*?)': .*", "{0} 的值不对。"),
)


class Commands(TyperGroup):
    """Commands that end with the message of a `UserError` and status 2 where one is raised."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            stop(str(error))
        except (ImportError, ValueError) as error:
            if not is_of_backend(error):
                raise
            stop(unloadable(error))


def usage_message(message: str) -> str:
    """Return what Typer says of wrong usage, in the language in use."""
    if language() == "zh":
        for pattern, chinese in _USAGE:
            if match := re.fullmatch(pattern, message, re.DOTALL):
                return chinese.format(*match.groups())
    return message


def stop(message: str) -> NoReturn:
    """Say what is wrong in one sentence and end with status 2."""
    Console(stderr=True).print(message, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(2)


def speak(code: str | None, file: Path | None = None) -> None:
    """Speak a language from now on.

    Args:
        code: what `--language` names, if it names one.
        file: else a notebook, whose language is spoken; else the one that was worked on last.
    """
    code = code or (language_of(file) if file is not None else language_in(Path.cwd()))
    if code is not None:
        use_language(code)
        prepare_output()


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


def stop_training(*directories: Path) -> NoReturn:
    """Say after Ctrl-C how a training goes on, and end with status 2.

    Args:
        *directories: of the runs; where none has a whole epoch, there is nothing to go on from.
    """
    print(flush=True)  # a progress bar leaves its line open
    if not any((directory / "state.npz").is_file() for directory in directories):
        stop(
            say(
                "Stopped in the first epoch; the same command begins anew.",
                "在第一轮中停止；再次运行同一命令会从头开始。",
            )
        )
    stop(
        say(
            "Stopped; the same command goes on after the last whole epoch.",
            "已停止；再次运行同一命令会从上一个完整的轮次继续。",
        )
    )


def print_line(console: Console, text: str, style: str | None = None) -> None:
    """Print a line as it is: nothing in it is markup, and a terminal wraps it."""
    console.print(text, highlight=False, markup=False, soft_wrap=True, style=style)
