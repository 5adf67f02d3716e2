"""Grade with a progress bar."""

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from autograder.commands import table
from autograder.results.result import Result
from autograder.running.batch import Summary
from autograder.running.cluster.grading import grade_on_cluster
from autograder.running.options import GradingOptions
from autograder.running.pool import grade_all
from autograder.running.submissions import Submission
from course.kit.language import say


def progress_bar(console: Console) -> Progress:
    """Return a bar that names the last hand-in and vanishes at its end."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)


def grade_with_progress(
    submissions: list[Submission],
    options: GradingOptions,
    console: Console,
    cluster: str | None = None,
) -> Summary:
    """Grade, here or on a cluster, with a progress bar that names the last hand-in."""
    with progress_bar(console) as progress:
        task = progress.add_task(say("grading", "评分中"), total=len(submissions))

        def advance(result: Result) -> None:
            progress.update(task, advance=1, description=table.plain(result.submission, 30))

        if cluster is not None:
            return grade_on_cluster(submissions, options, cluster, advance)
        return grade_all(submissions, options, advance)
