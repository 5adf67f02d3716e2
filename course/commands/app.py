"""The student's commands: `python -m course --help`."""

import os
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# With oneDNN, TensorFlow trains in little more than half the time; nothing else needs oneDNN, and
# its libraries announce themselves wherever they are on.
os.environ.setdefault(
    "TF_ENABLE_ONEDNN_OPTS", "1" if {"train", "compare"} & {*sys.argv[1:2]} else "0"
)

import typer

from course.commands.check import check
from course.commands.compare import compare
from course.commands.data import data_app
from course.commands.progress import progress
from course.commands.terminal import Commands
from course.commands.train import train
from course.commands.translate import translate

app = typer.Typer(
    cls=Commands,
    help="Check your work, see what is next, and translate with it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")
for command in (train, translate, compare, check, progress):
    app.command()(command)


def main() -> None:
    """Run the commands; wrong usage is one sentence on stderr and status 2."""
    try:
        status = app(prog_name="python -m course", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        print(file=sys.stderr)
        status = 130  # as shells say it of Ctrl-C
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's errors for wrong usage have it
            raise
        if message := error.format_message():
            print(message, file=sys.stderr)
        status = 2
    sys.exit(status or 0)
