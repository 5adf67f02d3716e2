"""The instructor's commands: `python -m autograder --help`."""

import typer

from autograder.commands.demo import demo
from autograder.commands.diff import diff
from autograder.commands.doctor import doctor
from autograder.commands.export import export
from autograder.commands.extend import extend
from autograder.commands.grade import grade
from autograder.commands.quickstart import quickstart
from autograder.commands.release import release
from autograder.commands.report import report
from autograder.commands.verify import verify
from course.commands.terminal import Commands

app = typer.Typer(
    cls=Commands,
    help="Release the course, grade hand-ins in isolation, and prove the suites.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (export, report, grade, diff, release, quickstart, extend, doctor, verify, demo):
    app.command()(command)


def main() -> None:
    """Run the commands."""
    app(prog_name="python -m autograder")
