"""`doctor` says what is there and what to do; its status says whether one can grade."""

import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder.bridge.course import LINES
from autograder.commands.app import app
from autograder.isolation.fork_server import IsolationError
from autograder.isolation.sandbox import ALL_LAYERS
from autograder.running import health
from course.kit.language import use_language
from tests.autograder.bridge.courses import environment


@pytest.fixture(autouse=True)
def english():
    yield
    use_language("en")


@pytest.fixture
def walls(monkeypatch):
    """The walls that this host is said to have; a test may take some away."""
    layers = list(ALL_LAYERS)

    @contextmanager
    def server(isolation):
        assert isolation == "best-effort"
        if not layers:
            raise IsolationError("The fork server doesn't start.")
        yield SimpleNamespace(layers=layers)

    monkeypatch.setattr(health, "ForkServer", server)
    return layers


def run(*arguments, status=0):
    done = CliRunner().invoke(app, ["doctor", *map(str, arguments)], env={"COLUMNS": "200"})
    assert done.exit_code == status, done.output
    return " ".join(done.output.split())


def test_all_is_there(walls):
    said = run()
    assert "All that grading needs is there." in said
    assert ", ".join(ALL_LAYERS) in said
    assert "评分所需都已具备。" in run("--language", "zh")


def test_what_is_lacking_is_said_with_what_to_do(walls):
    walls.remove("seccomp")
    assert "It grades without seccomp" in run()
    walls[:] = ["rlimits"]
    assert "user namespaces or Landlock" in run(status=1)
    walls.clear()
    assert "The fork server doesn't start. Mend this first" in run(status=1)


@pytest.mark.slow
def test_a_course_without_the_grader_is_told_the_lines(walls, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))  # nbgrader puts the course's folder on it
    monkeypatch.setenv("PATH", environment()["PATH"])  # its gradebook calls alembic by its name
    config = tmp_path / "nbgrader_config.py"
    config.write_text("c = get_config()\n")
    said = run("--course-dir", tmp_path, status=1)
    assert " ".join(LINES.split()) in said
    assert "generate_assignment" in said  # there is no gradebook
    config.write_text(f"c = get_config()\n{LINES}")
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as book:
        book.add_assignment("attention")
    said = run("--course-dir", tmp_path)
    assert "1 assignment, 0 students" in said
    assert "try: from autograder.bridge" not in said


def test_a_folder_that_is_no_course_is_said(walls, tmp_path):
    assert "There is no course folder" in run("--course-dir", tmp_path / "none", status=1)
    assert "No nbgrader_config.py is in force" in run("--course-dir", tmp_path, status=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_walls_of_this_host_are_tried():
    walls = [finding for finding in health.host_findings() if finding.what["en"] == "walls"]
    assert "rlimits" in walls[0].value
