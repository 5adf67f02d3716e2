"""Find out by a notebook's cells whether nbgrader has a result already; no clock is asked."""

import json
import warnings
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.bridge.metadata import language_of
from autograder.bridge.preprocessor import put_outputs
from autograder.results.result import Result
from autograder.running.submissions import Submission


def is_up_to_date(path: Path, submission: Submission, result: Result) -> bool:
    """Whether an autograded notebook is this hand-in with this result in its cells.

    nbgrader writes the notebook twice: before it grades the hand-in, and after the gradebook has
    the scores. Only the outputs of its cells tell whether the second writing was done.

    Args:
        path: the notebook in nbgrader's `autograded/`.
        submission: the sanitized hand-in.
        result: the hand-in's result.
    """
    try:
        notebook, expected = _read(path.read_bytes()), _read(submission.read())
    except (OSError, ValueError, nbformat.ValidationError):  # not there, or half of it
        return False
    put_outputs(expected, result, language_of(expected))
    return _cells(notebook) == _cells(expected)


def _read(data: bytes) -> NotebookNode:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that cells lack ids does not matter here
        return nbformat.reads(data.decode(), as_version=4)


def _cells(notebook: NotebookNode) -> list[Any]:
    return [
        (cell.cell_type, cell.source, json.dumps(cell.get("outputs", []), sort_keys=True))
        for cell in notebook.cells
    ]
