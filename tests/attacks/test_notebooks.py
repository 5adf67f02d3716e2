"""Notebooks whose metadata lies: about points, ids, locks, kernels; with cells twice or hidden."""

import json

import pytest

from autograder.grading.grader import Grader
from autograder.grading.submitted_file import SubmittedFile
from tests.attacks.grading import HONEST

STUB = "def similarity(x):\n    raise NotImplementedError\n"
WRONG = "def similarity(x):\n    return x\n"


def cell(source, kind="code", **metadata):
    return {"cell_type": kind, "source": source, "metadata": metadata, "outputs": []}


def graded_by_nbgrader(points, name="similarity", **more):
    return {
        "nbgrader": {
            "grade": True,
            "solution": True,
            "locked": False,
            "points": points,
            "grade_id": name,
            "schema_version": 3,
            "checksum": "0" * 32,
            "cell_type": "code",
            **more,
        }
    }


def notebook(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


SUPER = graded_by_nbgrader(1e308, task=True)
NOTEBOOKS = {
    "points": notebook(cell(STUB, **SUPER), cell("assert True", **graded_by_nbgrader(100, "t"))),
    "negative": notebook(
        cell(STUB, **graded_by_nbgrader(-5)), cell("1", **graded_by_nbgrader(105))
    ),
    "twins": notebook(*(cell(WRONG, **graded_by_nbgrader(8)) for _ in range(500))),
    "same-ids": notebook(*({**cell(STUB), "id": "one"} for _ in range(5))),
    "locked": notebook(cell(STUB, **graded_by_nbgrader(8, locked=True), deletable=False)),
    "kernel": notebook(
        cell(STUB),
        kernelspec={"name": "bash", "argv": ["sh", "-c", "touch /tmp/owned"], "language": "bash"},
        language_info={"name": "bash", "version": "99"},
    ),
    "skipped": notebook(cell(STUB, tags=["skip-execution", "raises-exception", "remove-cell"])),
    "scores": notebook(
        cell(STUB),
        score=100,
        nbgrader={"score": 100},
        seq2seq={"points": 100},
        celltoolbar="Create Assignment",
    ),
    "magics": notebook(
        cell("%%bash\ntouch /tmp/owned"),
        cell("!id\n%load_ext autoreload\n%%writefile conftest.py\nx"),
        cell("%config Application.verbose_crash=True\n" + STUB),
    ),
    "raw": notebook(cell(HONEST.decode(), "raw"), cell(HONEST.decode(), "markdown"), cell(STUB)),
    "outputs": notebook({**cell(STUB), "outputs": [{"text": "100/100", "points": 100}] * 1000}),
    "sources": notebook(
        {"cell_type": "code", "source": {"a": 1}},
        {"cell_type": "code", "source": [1, None, STUB]},
        {"cell_type": ["code"], "source": STUB},
        {"cell_type": "code"},
        "cell",
        None,
        cell(STUB),
    ),
    "formats": {**notebook(cell(STUB)), "nbformat": "9" * 4000, "nbformat_minor": -1},
    "worksheets": {"worksheets": [{"cells": [cell(HONEST.decode())]}], "cells": [cell(STUB)]},
    "deep": notebook(cell(STUB), deep=json.loads("[" * 500 + "]" * 500)),
}
BROKEN = {
    "bottomless": b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "doubled": b'{"cells": [], "cells": {"a": 1}}',
    "numbers": b'{"cells": [' + b"9" * 5000 + b'], "nbformat": 1e999}',
    "not-text": b"\xff\xfe" + b"{}",
    "nul": b'{"cells": [{"cell_type": "code", "source": "x = 1\\u0000"}]}',
    "surrogate": b'{"cells": [{"cell_type": "code", "source": "def similarity(x): \\ud800"}]}',
}


@pytest.fixture(scope="module")
def results(attacked):
    files = {name: json.dumps(content).encode() for name, content in NOTEBOOKS.items()}
    files |= {**BROKEN, "honest": json.dumps(notebook(cell(HONEST.decode()))).encode()}
    grader = Grader(attacked, diagnose=False)
    return {
        name: grader.grade(SubmittedFile(name, "attention", ".ipynb", data))
        for name, data in files.items()
    }


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_metadata_changes_no_point_and_no_check(name, results):
    result, honest = results[name], results["honest"]
    assert (result.status, result.score, result.max_score) == ("graded", 0, 100)
    mine = [(check.id, check.max_points, check.title) for check in result.checks]
    assert mine == [(check.id, check.max_points, check.title) for check in honest.checks]


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_notebook_is_rejected_with_a_reason(name, results):
    assert results[name].score == 0
    assert results[name].status == "rejected"
    assert results[name].problems


def test_the_same_code_in_a_plain_notebook_counts(results):
    assert results["honest"].score > 0
