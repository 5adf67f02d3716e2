"""The whole path, slowly: nbgrader, Jupyter, the suites' proof and the demonstration."""

import io
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from rich.console import Console

from autograder.authoring import verify
from autograder.authoring.notebooks import source_notebook
from autograder.commands.demo import WRONG_TURNS, run_demo
from autograder.grading.grader import Grader
from autograder.grading.mistakes import mistakes_of
from autograder.isolation.client import ForkServer
from course.kit.errors import UserError
from course.kit.units import available_units
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def start(*arguments, cwd):
    """Start a command of nbgrader; it calls programs of this environment by name itself."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def nbgrader(*arguments, cwd):
    """Run a command of nbgrader; return its exit status and what it said."""
    running = start(*arguments, cwd=cwd)
    said, _ = running.communicate()
    return running.returncode, said


@pytest.mark.parametrize("unit", available_units())
def test_solved_notebooks_validate_and_released_ones_do_not(unit, tmp_path):
    """At a time: a validation runs the whole notebook. Solved, both languages run for the book."""
    solved = tmp_path / "solved.ipynb"
    nbformat.write(source_notebook(unit, "en"), solved)
    expected = {solved: "Success"}
    for language in ("en", "zh"):
        released = tmp_path / f"released-{language}.ipynb"
        shutil.copy(ROOT / "course" / "notebooks" / language / f"{unit}.ipynb", released)
        expected[released] = "failed"
    running = {
        path: start("validate", "--Execute.timeout=600", path.name, cwd=tmp_path)
        for path in expected
    }
    for path, process in running.items():
        said, _ = process.communicate()
        assert expected[path] in said, (path.name, said)


@pytest.mark.parametrize("unit", available_units())
def test_nbgrader_generates_the_assignment(unit, tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    source = tmp_path / "source" / unit
    source.mkdir(parents=True)
    nbformat.write(source_notebook(unit, "en"), source / f"{unit}.ipynb")
    status, said = nbgrader("generate_assignment", unit, cwd=tmp_path)
    assert status == 0, said
    text = (tmp_path / "release" / unit / f"{unit}.ipynb").read_text("utf-8")
    assert "BEGIN SOLUTION" not in text
    assert "NotImplementedError" in text


@pytest.mark.parametrize("unit", available_units())
def test_verify_proves_the_suite(unit):
    said = Console(file=io.StringIO(), width=200)
    assert verify.run_verify([unit], "tensorflow", "require", 0, said), said.file.getvalue()
    assert len(mistakes_of(unit)) >= 12


def test_verify_can_leave_the_known_mistakes_out():
    said = Console(file=io.StringIO(), width=200)
    assert verify.run_verify(["positional"], "tensorflow", "require", 0, said, right_only=True)
    assert "4 of 4" in said.file.getvalue()
    assert "known mistakes" not in said.file.getvalue()


def test_verify_finds_what_a_suite_lets_through():
    """A known mistake that is none, and one that another check should catch, are both reported."""
    known = {item.name: item for item in mistakes_of("attention")}
    reference = (ROOT / "solutions" / "attention.py").read_text(encoding="utf-8")
    harmless = replace(known["axis-ignored"], name="harmless", source=reference)
    misplaced = replace(known["not-scaled"], caught_by="nothing_like_it")
    with ForkServer() as server, Grader(server) as grader:
        report = verify.verify_unit(grader, "attention", (harmless, misplaced))
    faults = " ".join(report.faults)
    assert "harmless is not caught" in faults
    assert "not-scaled is not caught by attention.scaled_dot_product_attention.nothing" in faults


def test_the_demonstration_names_every_mistake(tmp_path):
    out = tmp_path / "demo"
    results = {r.submission: r for r in run_demo(out, 2, Console(file=io.StringIO()))}
    assert len(results) >= 12
    assert results["solved"].score == results["solved"].max_score == 100
    assert results["untouched"].score == 0
    for name in WRONG_TURNS:
        assert results[f"wrong-{name}"].mistakes == [name]
    for name in ("hostile-endless", "hostile-thief"):
        assert results[name].score < 30
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(UserError, match="--out"):
        run_demo(tmp_path / "other", 1, Console(file=io.StringIO()))
