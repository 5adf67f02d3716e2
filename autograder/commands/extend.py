"""The command `extend`: a student of a course may hand in later."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands.choices import LANGUAGE_HELP
from course.commands.terminal import print_line, speak
from course.kit.language import say

_FORM = "%Y-%m-%d %H:%M"


def extend(
    course_dir: Annotated[Path, typer.Argument(metavar="COURSE", help="A course of nbgrader.")],
    assignment: Annotated[str, typer.Argument(help="The assignment's name.")],
    students: Annotated[list[str], typer.Argument(help="Names, as the gradebook has them.")],
    until: Annotated[
        str,
        typer.Option(
            help="Date and time, in UTC unless it names a zone; the due date itself takes an "
            "extension away."
        ),
    ],
    language: Annotated[str | None, typer.Option(help=LANGUAGE_HELP)] = None,
) -> None:
    """Let students hand in later; `grade --resume` then takes their late penalties back."""
    speak(language)
    from autograder.bridge.course import Course
    from autograder.bridge.extensions import extend as extend_in

    console = Console()
    for extension in extend_in(Course(course_dir, assignment), students, until):
        end, due = extension.until.strftime(_FORM), extension.due.strftime(_FORM)
        print_line(
            console,
            say(
                f"{extension.student}: {assignment} until {end} UTC; due {due} UTC for others.",
                f"{extension.student}：{assignment} 可交至 {end} UTC；其他人截止 {due} UTC。",
            ),
        )
    command = f"python -m autograder grade --course-dir {course_dir} {assignment} --resume"
    print_line(
        console,
        say(f"Bring it into the grades: {command}", f"更新成绩：{command}"),
    )
