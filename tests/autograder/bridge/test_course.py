"""What is wrong with a course is said in a sentence; and where the bridge stands in its steps."""

import os
import sys
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import Execute, LimitOutput, SaveAutoGrades
from typer.testing import CliRunner

from autograder.bridge.course import LINES, Course
from autograder.bridge.gradebook import InsertResults, with_results
from autograder.bridge.hand_ins import find_hand_ins
from autograder.bridge.preprocessor import notebook_content
from autograder.commands.app import app
from autograder.grading.versions import content_version
from autograder.results.result import Result
from course.kit.errors import UserError
from tests.autograder.bridge.courses import CONFIG, UNIT, command, essay, hand_in, solved


@pytest.fixture(autouse=True)
def untouched(monkeypatch):
    """nbgrader puts the course's folder on the path; and it calls alembic by its name."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setenv("PATH", path)


@pytest.fixture
def course(tmp_path):
    """A course whose gradebook knows the assignment, and nobody handed anything in."""
    (tmp_path / "nbgrader_config.py").write_text(CONFIG)
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db", "translation") as book:
        book.add_assignment(UNIT)
        book.add_notebook(UNIT, UNIT)
    return tmp_path


def refused(*arguments):
    """What a command says that ends with status 2, in one line."""
    done = CliRunner().invoke(app, ["grade", *map(str, arguments)])
    assert done.exit_code == 2, done.output
    assert len(done.output.strip().splitlines()) == 1
    return done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["hand-ins"], "Name the directory for the results with --out."),
        (["--course-dir", "c", "one", "two"], "name one assignment"),
        (["--course-dir", "c", UNIT, "--unit", UNIT], "no --unit"),
        (["--course-dir", "c", UNIT, "--from", "moodle"], "--from is for other folders"),
        (["--course-dir", "no-such-course", UNIT], "There is no course folder no-such-course."),
    ],
)
def test_what_does_not_go_together_is_refused(arguments, said):
    assert said in refused(*arguments)


def test_what_a_course_lacks_is_said(course):
    assert "run `nbgrader generate_assignment rnn`" in refused("--course-dir", course, "rnn")
    assert "Nobody handed in attention" in refused("--course-dir", course, UNIT)
    assert "takes no such assignment name" in refused("--course-dir", course, "a+b")
    hand_in(course, "ada", essay(), "essay")
    assert "No notebook of a unit" in refused("--course-dir", course, UNIT)
    # nbgrader's own commands would run students' code unprotected
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    assert "doesn't name the grader" in refused("--course-dir", course, UNIT)
    steps = "c.Autograde.autograde_preprocessors = ['no.such.Step']"
    (course / "nbgrader_config.py").write_text(f"c = get_config()\n{steps}\n")
    assert "can't be imported" in refused("--course-dir", course, UNIT)


def test_a_folder_that_is_no_course_gets_no_gradebook(tmp_path):
    assert "nbgrader generate_assignment" in refused("--course-dir", tmp_path, UNIT)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("config", ["c = (", "c = get_config()\nc.CourseDirectory.course_id = 3\n"])
def test_a_broken_configuration_is_named(course, config):
    (course / "nbgrader_config.py").write_text(config)
    assert "nbgrader_config.py can't be read; mend it first" in refused(
        "--course-dir", course, UNIT
    )


@pytest.mark.slow
def test_nbgrader_ends_where_the_grader_cannot_be_imported(course):
    hand_in(course, "ada", solved())
    (course / "nbgrader_config.py").write_text(f"c = get_config()\n{LINES}")
    hidden = course / "autograder"
    hidden.mkdir()
    (hidden / "__init__.py").write_text("raise ImportError('not in this environment')\n")
    said = command("nbgrader", "autograde", UNIT, cwd=course, status=1)
    assert "Install the grader where nbgrader runs: not in this environment" in said
    assert not (course / "autograded").exists()


def test_a_gradebook_that_cannot_be_opened_is_named(course):
    (course / "gradebook.db").write_text("not a database, but long enough to be taken for one" * 9)
    assert "The gradebook can't be used" in refused("--course-dir", course, UNIT)
    url = "postgresql+psycopg://nobody@/none?host=/no/such/folder"
    (course / "nbgrader_config.py").write_text(f"{CONFIG}c.CourseDirectory.db_url = {url!r}\n")
    assert "The gradebook can't be used" in refused("--course-dir", course, UNIT)


def test_the_course_that_is_named_counts_not_another_in_its_configuration(course, tmp_path):
    with (course / "nbgrader_config.py").open("a") as file:
        file.write('c.CourseDirectory.root = "/where/it/was/before"\n')
    made = Course(course, UNIT)
    assert made.app.coursedir.root == str(course)
    with pytest.raises(UserError, match="Nobody handed in"):
        find_hand_ins(made, tmp_path, tmp_path)


def test_working_in_the_course_leaves_no_trace(course):
    before = (os.getcwd(), os.environ["PATH"])
    with Course(course, UNIT).as_working_directory():
        assert os.getcwd() == str(course)
    assert (os.getcwd(), os.environ["PATH"]) == before


def test_results_are_taken_in_the_place_of_grading():
    taken = InsertResults([])
    bridge = "autograder.bridge.preprocessor.GradeInIsolation"
    for given in ([LimitOutput, bridge, SaveAutoGrades], [LimitOutput, Execute, SaveAutoGrades]):
        assert with_results(taken, given) == [LimitOutput, taken, SaveAutoGrades]
    assert with_results(taken, [SaveAutoGrades]) == [taken, SaveAutoGrades]


def test_only_the_result_of_the_very_notebook_is_taken(monkeypatch):
    data = notebook_content(solved())
    ready = Result("ada", UNIT, "graded", 1.0, 1.0, 0, "tensorflow", 0.1, [])
    ready.hand_in = content_version(data)
    monkeypatch.setattr(InsertResults.__mro__[1], "result_of", lambda *_: "graded now")
    taken = InsertResults([ready])
    assert taken.result_of("ada", UNIT, data) is ready
    assert taken.result_of("bob", UNIT, data) == "graded now"
    assert taken.result_of("ada", UNIT, data + b" ") == "graded now"


def test_the_content_that_is_graded_has_no_made_up_ids():
    first, second = solved(), solved()
    for index, cell in enumerate(second.cells):
        cell["id"] = f"made-up-{index}"
    assert notebook_content(first) == notebook_content(second)
    second.cells[-1].source += "\n"
    assert notebook_content(first) != notebook_content(second)
