"""The command `report`: HTML pages from results."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from autograder.commands.choices import check_choice
from autograder.commands.reading import COURSE_HELP, read_for
from course.commands.terminal import print_line, speak, stop
from course.kit.errors import UserError
from course.kit.language import language as current_language
from course.kit.language import say
from course.kit.units import available_units

# A student of this name keeps the results: `write_site` replaces nothing but pages.
DEFAULT_OUT = "report"


def report(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="DIR",
            help="The results, as `grade --out DIR` wrote them; a course has its own.",
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the pages go; else DIR/report.")] = None,
    hand_ins: Annotated[
        list[Path] | None,
        typer.Option(
            help="What was graded: files, folders or zips. Names those that read alike, as a hint "
            "to look; can be given several times."
        ),
    ] = None,
    roster: Annotated[
        Path | None,
        typer.Option(help="A CSV of the course's people: the class page names who is missing."),
    ] = None,
    course_dir: Annotated[Path | None, typer.Option(help=COURSE_HELP)] = None,
    assignment: Annotated[
        str | None, typer.Option(help="Of the course: only this one's grades.")
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="The hand-ins' unit, where their files' names don't say it.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="What the pages open in: en or zh; both are in them.")
    ] = None,
) -> None:
    """Make HTML pages from results: one a student, one for the class."""
    speak(language)
    from autograder.report.reading import gradebook_of
    from autograder.report.site import write_site
    from autograder.running.submissions import find_submissions

    if unit is not None:
        check_choice("unit", unit, available_units())
    read = read_for(directory, course_dir, assignment)
    directory = read.directory
    target = out or directory / DEFAULT_OUT
    errors = Console(stderr=True)
    read.show(errors)
    try:
        with Progress(console=errors, transient=True) as progress:
            gradebook = gradebook_of(read.results, read.unreadable, roster)
            hints = None
            if hand_ins:
                from autograder.lookalikes.hints import find_hints

                submissions = find_submissions(hand_ins, unit)
                task = progress.add_task(say("hand-ins", "作业"), total=len(submissions))
                graded = {(result.submission, result.unit) for result in gradebook.results}
                hints = find_hints(submissions, graded, lambda: progress.advance(task))
                if not hints.compared:
                    raise UserError(_nothing_compared(directory))
            task = progress.add_task(say("pages", "页面"), total=len(gradebook.students) + 1)
            index = write_site(
                gradebook, target, current_language(), hints, lambda: progress.advance(task)
            )
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
    if hints is not None:
        count = len(hints.pairs)
        print_line(
            Console(),
            say(
                f"{hints.compared} hand-ins compared; pairs that read alike: {count}",
                f"已比较 {hints.compared} 份作业；写法相近的有 {count} 对",
            ),
        )
    print_line(Console(), say(f"Open {index}", f"请打开 {index}"))


def _nothing_compared(directory: Path) -> str:
    return say(
        f"None of these hand-ins that can be read has a result in {directory}; name the paths "
        "that were graded.",
        f"这些作业中能读取的，在 {directory} 中都没有评分结果；请给出当时评分所用的路径。",
    )
