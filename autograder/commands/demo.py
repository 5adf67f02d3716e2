"""The command `demo`: the whole loop on sample hand-ins."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from autograder.commands import table
from autograder.commands.progress import grade_with_progress
from autograder.results.result import Result
from autograder.running.options import GradingOptions
from autograder.running.submissions import find_submissions
from course.kit.errors import UserError


def demo(
    out: Annotated[Path, typer.Option(help="The directory for all of it.")] = Path("demo-out"),
    jobs: Annotated[int, typer.Option(help="Hand-ins at a time; 0: one a processor.")] = 0,
) -> None:
    """The whole loop on sample hand-ins: release, hand in, grade, see what was found."""
    run_demo(out, jobs or len(os.sched_getaffinity(0)), Console())


def run_demo(out: Path, jobs: int, console: Console) -> Sequence[Result]:
    """Build the release, make hand-ins, grade them in isolation, and print what was found.

    Args:
        out: the directory for all of it; what an earlier demonstration left there is replaced.
        jobs: hand-ins at a time.
        console: where to print.

    Raises:
        UserError: the directory holds something else.
        IsolationError: this host gives no isolation.
    """
    from autograder.authoring.release import build_release
    from autograder.authoring.sample_hand_ins import UNIT, write_sample_hand_ins

    mark = out / ".demo"
    if out.exists() and any(out.iterdir()) and not mark.exists():
        raise UserError(f"{out} holds something else; name another directory with --out.")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    mark.touch()
    console.print("1. The student bundle: stubs, notebooks, public checks, kit.", highlight=False)
    build_release(out / "release")
    console.print("2. Sample hand-ins; Jupyter runs the solved notebook.", highlight=False)
    write_sample_hand_ins(out / "submitted", out / "release")
    console.print("3. Grading, each hand-in in a process of its own that sees no check.")
    submissions = find_submissions([out / "submitted"])
    options = GradingOptions(out=out / "results", jobs=jobs)
    summary = grade_with_progress(submissions, options, console)
    console.print()
    table.show(summary, console)
    console.print(f"The results: {out / 'results'}/NAME/{UNIT}.json", highlight=False)
    return summary.results
