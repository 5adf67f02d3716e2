"""The command `hint`: a lesson's hints for an exercise, one more each time."""

import difflib
import json
from typing import Annotated

import typer
from rich.console import Console

from course.commands import options
from course.commands.terminal import print_line, speak, stop
from course.kit.corpora.home import data_home
from course.kit.files import write_file
from course.kit.language import language as language_in_use
from course.kit.language import say
from course.kit.units import available_units, exercises_of, unit_with
from course.lesson_hints import hints_of

_SEEN = "hints.json"  # how many hints of each exercise were shown


def hint(
    exercise: Annotated[str, typer.Argument(help=say("Its name.", "练习的名称。"))],
    again: Annotated[
        bool,
        typer.Option("--again", help=say("Begin with the first one.", "从第一条重新开始。")),
    ] = False,
    language: options.Language = None,
) -> None:
    """Show the lesson's next hint for an exercise."""
    speak(language)
    unit = unit_with(exercise)
    if unit is None:
        stop(_unknown(exercise))
    hints = hints_of(unit, exercise)[language_in_use()]
    seen = {} if again else _read()
    shown = min(seen.get(exercise, 0) + 1, len(hints))
    console = Console()
    for number, text in enumerate(hints[:shown], start=1):
        of = say(f"Hint {number} of {len(hints)}: ", f"提示 {number}/{len(hints)}：")
        print_line(console, of + text, style=None if number == shown else "dim")
    if shown < len(hints):
        more = say("One more: the same command again.", "再看一条：再次运行同一命令。")
    else:
        more = say("These are all; the formula is in the lesson.", "以上是全部提示；公式见课文。")
    print_line(console, more, style="dim")
    _remember({**_read(), exercise: shown})


def _unknown(name: str) -> str:
    names = [exercise for unit in available_units() for exercise in exercises_of(unit)]
    folded = {exercise.casefold(): exercise for exercise in names}
    near = difflib.get_close_matches(name.casefold(), folded, n=1)
    if near:
        other = folded[near[0]]
        return say(
            f"There is no exercise {name!r}; did you mean {other}?",
            f"没有名为 {name!r} 的练习；你是指 {other} 吗？",
        )
    return say(
        f"There is no exercise {name!r}; python -m course progress lists them.",
        f"没有名为 {name!r} 的练习；python -m course progress 会列出全部练习。",
    )


def _read() -> dict[str, int]:
    try:
        seen = json.loads((data_home() / _SEEN).read_text(encoding="utf-8"))
        return {str(name): int(number) for name, number in seen.items()}
    except (OSError, ValueError, AttributeError, TypeError):  # none yet, or written by hand
        return {}


def _remember(seen: dict[str, int]) -> None:
    """Write how many hints were shown; where nothing can be written, the first comes again."""
    try:
        write_file(data_home() / _SEEN, json.dumps(seen, indent=1))
    except OSError as error:
        stop(
            say(
                f"Which hints you have seen can't be kept: {error}; set COURSE_DATA to a folder "
                "of yours.",
                f"无法记录已看过的提示：{error}；请把 COURSE_DATA 设为你自己的文件夹。",
            )
        )
