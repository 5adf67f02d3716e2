"""The command `progress`: which exercises are done."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from course.check_process import CheckProcess
from course.commands import options
from course.commands.check_output import print_next, print_progress
from course.commands.terminal import speak
from course.kit.language import say
from course.kit.units import available_units
from course.outcomes import has_to_run, known_outcomes, read_unit


def progress(
    check: Annotated[
        bool,
        typer.Option(
            "--check",
            help=say(
                "Run the public checks on what is written, too.", "同时对已写的练习运行公开检查。"
            ),
        ),
    ] = False,
    language: options.Language = None,
) -> None:
    """Show which exercises are to do, begun and written; with --check, how many checks pass."""
    speak(language)
    console = Console()
    reports = [read_unit(unit, Path.cwd()) for unit in available_units()]
    begun = [report for report in reports if has_to_run(report)]
    if check and begun:
        with (
            console.status(say("running your code", "正在运行你的代码")),
            CheckProcess() as process,
        ):
            for report in begun:
                list(process.run(report))
    for report in reports:
        if not report.outcomes:
            report.outcomes += filter(None, known_outcomes(report))
    print_progress(reports, console)
    if check or not begun:
        print_next(reports, console)
        return
    console.print()
    more = say(
        "What is right of it: python -m course progress --check",
        "查看哪些是对的：python -m course progress --check",
    )
    console.print(more, highlight=False, soft_wrap=True)
