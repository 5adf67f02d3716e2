"""The command `doctor`: what of grading is there, and what to do about what is not."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from autograder.commands.choices import LANGUAGE_HELP
from autograder.commands.table import plain
from autograder.running.health import Finding, host_findings
from course.commands.terminal import print_line, speak
from course.kit.language import language as current_language
from course.kit.language import say

_SIGNS = {True: "[green]✓[/]", False: "[red]✗[/]", None: "–"}
_MOST = 2000  # characters


def doctor(
    course_dir: Annotated[
        Path | None, typer.Option(help="A course of nbgrader, to be looked at, too.")
    ] = None,
    language: Annotated[str | None, typer.Option(help=LANGUAGE_HELP)] = None,
) -> None:
    """Say what of grading is there and what to do about what is not; exit 1 when it can't grade."""
    speak(language)
    console = Console()
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    findings = list(_findings(course_dir))
    for finding in findings:
        lines = [plain(finding.value, _MOST)]
        if finding.remedy is not None:
            lines.append(plain(finding.remedy[current_language()], _MOST))
        name = plain(finding.what[current_language()], 40)
        table.add_row(_SIGNS[finding.good], name, "\n".join(lines))
    console.print(table)
    for finding in findings:
        if finding.lines:
            console.print(finding.lines, markup=False, highlight=False, soft_wrap=True)
    bad = [finding for finding in findings if finding.good is False]
    if bad:
        count = len(bad)
        print_line(console, say(f"To mend: {count}.", f"需要解决：{count} 项。"))
    else:
        print_line(console, say("All that grading needs is there.", "评分所需都已具备。"))
    raise typer.Exit(1 if bad else 0)


def _findings(course_dir: Path | None) -> Iterator[Finding]:
    yield from host_findings()
    if course_dir is not None:
        from autograder.bridge.health import course_findings

        yield from course_findings(course_dir)
