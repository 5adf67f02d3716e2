"""Courses of nbgrader: made, handed in to, and worked on with nbgrader's own commands."""

import copy
import os
import subprocess
import sys
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

from autograder.authoring.notebooks import source_notebook
from autograder.bridge.preprocessor import share
from course.kit.units import exercises_of
from tests.conftest import ROOT

UNIT = "attention"
CONFIG = """
from autograder.bridge import PREPROCESSORS, SANITIZERS
c = get_config()
c.Autograde.sanitize_preprocessors = SANITIZERS
c.CourseDirectory.course_id = "translation"
c.Autograde.autograde_preprocessors = PREPROCESSORS
c.GradeInIsolation.results = "results"
c.GradeInIsolation.seed = 0  # each run would draw one
"""


def environment():
    """The variables of a process that finds this project, and this environment's programs."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}


def command(module, *arguments, cwd, status=0):
    """Run a module of this environment; return what it said, once its exit status is right."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def nbgrader(*arguments, cwd):
    return command("nbgrader", *arguments, cwd=cwd)


def grade(root, *options, status=0):
    """Grade the unit of a course with this project's command."""
    return command(
        "autograder", "grade", "--course-dir", root, UNIT, *options, cwd=ROOT, status=status
    )


def make_course(root, config=CONFIG, others=()):
    """Make a course with the unit, and with other notebooks in its assignment; release it."""
    source = root / "source" / UNIT
    source.mkdir(parents=True)
    (root / "nbgrader_config.py").write_text(config)
    nbformat.write(solved(), source / f"{UNIT}.ipynb")
    for name, notebook in others:
        nbformat.write(notebook, source / f"{name}.ipynb")
    nbgrader("generate_assignment", UNIT, cwd=root)


def hand_in(root, student, notebook, name=UNIT, timestamp=None):
    """Put a notebook, or any text, where nbgrader collects a student's."""
    place = root / "submitted" / student / UNIT
    place.mkdir(parents=True, exist_ok=True)
    if isinstance(notebook, str):
        (place / f"{name}.ipynb").write_text(notebook)
    else:
        nbformat.write(notebook, place / f"{name}.ipynb")
    if timestamp is not None:
        (place / "timestamp.txt").write_text(timestamp)


def solved(language="en"):
    return source_notebook(UNIT, language)


def released(root):
    return nbformat.read(root / "release" / UNIT / f"{UNIT}.ipynb", as_version=4)


def cell_named(notebook, grade_id):
    """The cell with this name."""
    (found,) = (
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    )
    return found


def unscaled():
    """A notebook with a known mistake: the scores are not divided by the root of d_k."""
    notebook = solved()
    wrong = cell_named(notebook, "scaled_dot_product_attention")
    assert " / math.sqrt(d_k)" in wrong.source
    wrong.source = wrong.source.replace(" / math.sqrt(d_k)", "")
    return notebook


def doubled():
    """A notebook with an exercise's cell twice, as a split or a copied cell is."""
    notebook = solved()
    index = notebook.cells.index(cell_named(notebook, "softmax"))
    notebook.cells.insert(index + 1, copy.deepcopy(notebook.cells[index]))
    notebook.cells[index + 1].id = "doubled"
    return notebook


def bare():
    """A notebook whose cells lost their metadata, as other programs that edit notebooks do."""
    notebook = solved()
    for cell in notebook.cells:
        cell.metadata = {}
    return notebook


def less():
    """A notebook without its grading cells."""
    notebook = solved()
    notebook.cells = [
        cell for cell in notebook.cells if not cell.metadata.get("nbgrader", {}).get("grade")
    ]
    return notebook


def cheating():
    """A notebook with no softmax in it, and a grading cell that is content."""
    notebook = solved()
    cell_named(notebook, "softmax").source = "def softmax(x, axis=-1):\n    return x"
    cell_named(notebook, "check-softmax").source = "print('all right')"
    return notebook


def essay():
    """A notebook that is no unit's, with a grading cell of five points that passes."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("assert 2 + 2 == 4")])
    notebook.cells[0].metadata["nbgrader"] = {
        "schema_version": 3,
        "grade_id": "sum",
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
        "points": 5,
    }
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return notebook


def gradebook(root):
    """The course's gradebook, to be used in a `with`."""
    return Gradebook(f"sqlite:///{root}/gradebook.db")


def score(root, student, notebook=UNIT):
    with gradebook(root) as book:
        return book.find_submission_notebook(notebook, UNIT, student).score


def in_cells(result):
    """What a result is worth in the points of the notebook's grading cells."""
    return sum(
        cell.metadata["nbgrader"]["points"]
        * share(result, [check for check in result.checks if check.exercise == exercise])
        for exercise in exercises_of(UNIT)
        for cell in [cell_named(solved(), f"check-{exercise}")]
    )
