"""The command `report`: HTML pages from results."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from course.kit.language import language as current_language
from course.kit.language import say
from course.terminal import print_line, speak, stop

# A student of this name keeps the results: `write_site` replaces nothing but pages.
DEFAULT_OUT = "report"


def add_to(app: typer.Typer) -> None:
    """Put the command into an app."""
    app.command()(report)


def report(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The results, as `grade --out DIR` wrote them.")
    ],
    out: Annotated[Path | None, typer.Option(help="Where the pages go; else DIR/report.")] = None,
    language: Annotated[
        str | None, typer.Option(help="What the pages open in: en or zh; both are in them.")
    ] = None,
) -> None:
    """Make HTML pages from results: one a student, one for the class."""
    speak(language)
    from autograder.report.reading import ReportError, read_gradebook
    from autograder.report.site import write_site

    target = out or directory / DEFAULT_OUT
    errors = Console(stderr=True)
    try:
        with Progress(console=errors, transient=True) as progress:
            gradebook = read_gradebook(directory)
            task = progress.add_task(say("pages", "页面"), total=len(gradebook.students) + 1)
            index = write_site(
                gradebook, target, current_language(), lambda: progress.advance(task)
            )
    except ReportError as error:
        stop(str(error))
    except OSError as error:
        reason = error.strerror or error
        stop(
            say(
                f"The pages can't be written to {target}: {reason}.",
                f"无法把页面写到 {target}：{reason}。",
            )
        )
    if count := len(gradebook.unreadable):
        print_line(
            errors,
            say(
                f"Not in the pages: {count} files that are no whole results; grade them again.",
                f"有 {count} 个文件不是完整的评分结果，未写入页面；请重新评分。",
            ),
        )
    print_line(Console(), say(f"Open {index}", f"请打开 {index}"))
