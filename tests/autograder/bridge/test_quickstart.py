"""The course folder: all units, a configuration that nbgrader reads, and nothing overwritten."""

import os
import sys
from pathlib import Path

import nbformat
import pytest
from traitlets.config import PyFileConfigLoader
from typer.testing import CliRunner

from autograder.bridge import PREPROCESSORS
from autograder.bridge.quickstart import make_course
from autograder.commands.app import app
from course.kit.errors import UserError
from course.kit.units import available_units


def test_all_units_are_there_with_solutions_and_grading_cells(tmp_path):
    made = make_course(tmp_path / "course", "zh")
    assert made == available_units()
    for unit in made:
        path = tmp_path / "course" / "source" / unit / f"{unit}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        assert notebook.metadata["course"] == {"unit": unit, "language": "zh"}
        assert (path.parent / "glossary.md").read_text(encoding="utf-8").startswith("# 术语表")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_the_configuration_is_read_and_names_the_bridge(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    make_course(tmp_path / "course")
    config = PyFileConfigLoader("nbgrader_config.py", str(tmp_path / "course")).load_config()
    assert config.Autograde.autograde_preprocessors == PREPROCESSORS
    assert config.CourseDirectory.root == str(tmp_path / "course")
    assert config.GradeInIsolation.results == str(tmp_path / "course" / "results")


def test_what_is_there_stays(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty"):
        make_course(tmp_path)
    with pytest.raises(UserError, match="choose en or zh"):
        make_course(tmp_path / "new", "fr")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_command_says_what_is_next(tmp_path):
    done = CliRunner().invoke(app, ["quickstart", str(tmp_path / "course")])
    assert done.exit_code == 0, done.output
    assert "nbgrader generate_assignment rnn" in done.output
    done = CliRunner().invoke(app, ["quickstart", str(tmp_path / "course")])
    assert (done.exit_code, "is not empty" in done.output) == (2, True)


@pytest.mark.slow
def test_nbgrader_makes_a_release_of_all_of_it(tmp_path, monkeypatch):
    from nbgrader.apps import NbGraderAPI

    root = tmp_path / "course"
    units = make_course(root)
    # nbgrader calls a program of this environment by name.
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", programs)
    monkeypatch.setattr(sys, "path", list(sys.path))
    config = PyFileConfigLoader("nbgrader_config.py", str(root)).load_config()
    course = NbGraderAPI(config=config)
    for unit in units:
        done = course.generate_assignment(unit)
        assert done["success"], (unit, done["log"], done["error"])
        released = root / "release" / unit
        assert {item.name for item in released.iterdir()} == {f"{unit}.ipynb", "glossary.md"}
        text = (released / f"{unit}.ipynb").read_text("utf-8")
        assert "BEGIN SOLUTION" not in text
        assert "NotImplementedError" in text
