"""nbgrader's own commands over the bridge: scores, partial credit, feedback, late hand-ins."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.authoring.notebooks import source_notebook
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

CONFIG = """
from autograder.bridge import PREPROCESSORS
c = get_config()
c.CourseDirectory.course_id = "translation"
c.Autograde.autograde_preprocessors = PREPROCESSORS
c.GradeInIsolation.results = "results"
"""
ESSAY = "2 + 2 == 4"


def run(*arguments, cwd):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def solved(language="en"):
    return source_notebook("attention", language)


def with_source(notebook, grade_id, change):
    """Change the source of one cell."""
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id:
            cell.source = change(cell.source)
    return notebook


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with a unit and a notebook of another kind, graded by nbgrader's command."""
    root = tmp_path_factory.mktemp("course")
    (root / "nbgrader_config.py").write_text(CONFIG)
    source = root / "source" / "attention"
    source.mkdir(parents=True)
    nbformat.write(solved(), source / "attention.ipynb")
    essay = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(f"assert {ESSAY}")])
    essay.cells[0].metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": "sum",
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
        "points": 5,
    }
    essay.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    nbformat.write(essay, source / "essay.ipynb")
    run("generate_assignment", "attention", cwd=root)
    released = nbformat.read(root / "release" / "attention" / "attention.ipynb", as_version=4)
    unscaled = with_source(
        solved(),
        "scaled_dot_product_attention",
        lambda code: code.replace(" / math.sqrt(d_k)", ""),
    )
    cheat = with_source(solved(), "check-softmax", lambda code: "print('all right')")
    for cell in cheat.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "softmax":
            cell.source = "def softmax(x, axis=-1):\n    return x"
    for name, notebook in (
        ("ada", solved()),
        ("bob", unscaled),
        ("cai", released),
        ("eve", cheat),
    ):
        place = root / "submitted" / name / "attention"
        place.mkdir(parents=True)
        nbformat.write(notebook, place / "attention.ipynb")
        nbformat.write(essay, place / "essay.ipynb")
    said = run("autograde", "attention", cwd=root)
    return root, said


def score(root, student, notebook="attention"):
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        return gradebook.find_submission_notebook(notebook, "attention", student).score


def test_scores_land_in_the_gradebook(course):
    root, _ = course
    assert score(root, "ada") == 100
    assert 40 < score(root, "bob") < 80  # the unscaled attention costs its checks, no others
    assert score(root, "cai") == 0
    assert score(root, "eve") < 100  # what was written into the grading cell counts for nothing


def test_other_notebooks_are_executed_as_ever(course):
    root, _ = course
    assert score(root, "ada", "essay") == 5


def test_graded_notebooks_carry_messages_and_no_source_of_a_check(course):
    root, _ = course
    text = (root / "autograded" / "bob" / "attention" / "attention.ipynb").read_text("utf-8")
    assert "sqrt(d_k)" in text
    assert "✗ " in text
    for leaked in ("expect.close", "@check", "autograder.hidden", "oracle."):
        assert leaked not in text


def test_results_are_kept_for_the_reports(course):
    root, _ = course
    assert {path.parent.name for path in (root / "results").glob("*/attention.json")} == {
        *("ada", "bob", "cai", "eve")
    }


def test_one_process_graded_them_all(course):
    _, said = course
    assert said.count("in isolation") == 4
    assert "Traceback" not in said


def test_feedback_is_made_of_it(course):
    root, _ = course
    run("generate_feedback", "attention", "--student", "bob", cwd=root)
    page = (root / "feedback" / "bob" / "attention" / "attention.html").read_text("utf-8")
    assert "✗ " in page


def test_grading_again_keeps_a_manual_score(course):
    root, _ = course
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("check-softmax", "attention", "attention", "cai")
        grade.manual_score = 7.0
        gradebook.db.commit()
    run("autograde", "attention", "--student", "cai", "--force", cwd=root)
    assert score(root, "cai") == 7
