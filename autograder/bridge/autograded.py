"""Whether nbgrader has a result already, by what stands in its notebook; no clock is asked."""

import json
import warnings
from pathlib import Path
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.bridge.preprocessor import language_of, put_outputs
from autograder.results.result import Result
from autograder.running.submissions import Submission


def shows(notebook: Path, submission: Submission, result: Result) -> bool:
    """Whether a notebook is this hand-in with this result in its cells.

    nbgrader puts the hand-in there before it is graded, and writes the notebook again after the
    gradebook has the scores: only what stands in its cells tells that all of it was done.

    Args:
        notebook: in nbgrader's `autograded/`.
        submission: the sanitized hand-in.
        result: what became of it.
    """
    try:
        found, expected = _read(notebook.read_bytes()), _read(submission.read())
    except (OSError, ValueError, nbformat.ValidationError):  # not there, or half of it
        return False
    put_outputs(expected, result, language_of(expected))
    return _content(found) == _content(expected)


def _read(data: bytes) -> NotebookNode:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ids that cells lack are no matter here
        return nbformat.reads(data.decode(), as_version=4)


def _content(notebook: NotebookNode) -> list[Any]:
    return [
        (cell.cell_type, cell.source, json.dumps(cell.get("outputs", []), sort_keys=True))
        for cell in notebook.cells
    ]
