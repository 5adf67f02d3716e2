"""The command: where files go, what is said of what is left out, and one sentence for errors."""

import csv
import json
import zipfile
from xml.etree import ElementTree as ET

import pytest
import typer
from typer.testing import CliRunner

from autograder.commands.export import export
from autograder.exports.formats import FORMATS
from autograder.exports.writing import write_all
from autograder.results.files import write_result
from course.commands.terminal import Commands
from course.kit.errors import UserError
from tests.autograder.exports import samples

CANVAS = """\
Student,ID,SIS Login ID,Section
    Points Possible,,,
"A, Alice",1,alice,X
"""


@pytest.fixture
def graded(tmp_path):
    """A directory as `grade --out` writes it."""
    directory = tmp_path / "graded"
    for result in (
        samples.graded("alice"),
        samples.graded("alice", "rnn"),
        samples.rejected("=bob's [x]"),
    ):
        write_result(directory, result)
    return directory


@pytest.fixture
def run():
    app = typer.Typer(cls=Commands)
    app.command()(export)
    app.command()(lambda: None)  # with one command alone Typer takes no name

    def invoke(*arguments):
        return CliRunner().invoke(app, ["export", *map(str, arguments)])

    return invoke


def files_of(directory):
    return {p.relative_to(directory).as_posix() for p in directory.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["gradescope", "prairielearn"])
def test_a_file_for_each_hand_in_and_unit(name, graded, tmp_path, run):
    done = run(name, graded, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert files_of(tmp_path / "out") == {
        "alice/attention/results.json",
        "alice/rnn/results.json",
        "=bob's [x]/attention/results.json",
    }
    data = json.loads((tmp_path / "out/alice/rnn/results.json").read_text(encoding="utf-8"))
    assert data["tests"][0]["name"] == "softmax: Title of rows"


def test_one_unit_in_chinese(graded, tmp_path, run):
    options = ("--unit", "rnn", "--language", "zh", "--out", tmp_path / "out")
    assert run("gradescope", graded, *options).exit_code == 0
    assert files_of(tmp_path / "out") == {"alice/rnn/results.json"}
    data = json.loads((tmp_path / "out/alice/rnn/results.json").read_text(encoding="utf-8"))
    assert data["tests"][0]["name"] == "softmax：rows 的标题"


def test_github_classroom_has_both_forms(graded, tmp_path, run):
    assert run("github-classroom", graded, "--out", tmp_path / "out").exit_code == 0
    assert {"alice/rnn.json", "alice/rnn.b64"} <= files_of(tmp_path / "out")


def test_a_single_file_may_be_named(graded, tmp_path, run):
    assert run("junit", graded, "--out", tmp_path / "new" / "tests.xml").exit_code == 0
    assert len(ET.parse(tmp_path / "new" / "tests.xml").getroot()) == 3
    assert run("junit", graded, "--out", tmp_path / "dir").exit_code == 0
    assert files_of(tmp_path / "dir") == {"junit.xml"}
    assert files_of(tmp_path / "new") == {"tests.xml"}  # nothing half-written beside it


def test_csv_is_two_files(graded, tmp_path, run):
    assert run("csv", graded, "--out", tmp_path / "out").exit_code == 0
    assert files_of(tmp_path / "out") == {"grades.csv", "checks.csv"}
    with (tmp_path / "out/grades.csv").open(encoding="utf-8-sig", newline="") as file:
        assert [row[0] for row in csv.reader(file)] == ["hand-in", "'=bob's [x]", "alice"]


@pytest.mark.parametrize(
    ("name", "roster", "written"),
    [
        ("canvas", CANVAS, {"canvas.csv"}),
        ("moodle", "Username,Full name\nalice,A\n", {"attention.csv", "rnn.csv"}),
    ],
)
def test_who_is_not_in_the_roster_is_named(name, roster, written, graded, tmp_path, run):
    path = tmp_path / "roster.csv"
    path.write_text(roster)
    done = run(name, graded, "--roster", path, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "=bob's [x] is not in the roster." in done.stderr
    assert files_of(tmp_path / "out") == written
    only = run(name, graded, "--roster", path, "--unit", "rnn", "--out", tmp_path / "rnn")
    assert only.exit_code == 0, only.output


def test_what_is_no_whole_result_is_named_and_the_rest_exported(graded, tmp_path, run):
    (graded / "alice" / "cnn.json").write_text("{")
    (graded / "carl").mkdir()
    text = (graded / "alice" / "rnn.json").read_text()
    (graded / "carl" / "rnn.json").write_text(text)  # says that it is Alice's
    done = run("junit", graded, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "alice/cnn.json is not a whole result." in done.stderr
    assert "carl/rnn.json is not a whole result." in done.stderr
    assert len(ET.parse(tmp_path / "out" / "junit.xml").getroot()) == 3


def test_the_bundle_needs_a_unit_and_no_results(tmp_path, graded, run):
    out = tmp_path / "out.zip"
    done = run("gradescope-bundle", "--unit", "attention", "--out", out)
    assert done.exit_code == 0, done.output
    assert "run_autograder" in zipfile.ZipFile(out).namelist()
    assert run("gradescope-bundle", "--out", out).exit_code == 2
    assert run("gradescope-bundle", graded, "--unit", "rnn", "--out", out).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("word", "{graded}", "--out", "{out}"), "There is no format 'word'"),
        (("csv", "{graded}", "--out", "{out}", "--language", "fr"), "no language 'fr'"),
        (("csv", "{graded}", "--out", "{out}", "--unit", "x"), "no unit 'x'"),
        (("csv", "{graded}", "--out", "{out}", "--unit", "cnn"), "No result of the unit cnn"),
        (("csv", "{graded}"), "with --out"),
        (("csv", "--out", "{out}"), "that grade --out wrote"),
        (("csv", "{out}", "--out", "{out}"), "No result is in"),
        (("csv", "{graded}", "--out", "{out}.csv"), "name a directory"),
        (("junit", "{graded}", "--out", "{out}.csv"), "is a .xml file"),
        (("csv", "{graded}", "--out", "{graded}/alice/rnn.json/x"), "can't be written"),
        (("canvas", "{graded}", "--out", "{out}"), "--roster FILE"),
        (("canvas", "{graded}", "--out", "{out}", "--roster", "{out}/no"), "can't be read"),
        (("csv", "{graded}", "--out", "{out}", "--roster", "{out}"), "is for canvas and moodle"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(arguments, complaint, graded, tmp_path, run):
    places = {"graded": graded, "out": tmp_path / "out"}
    done = run(*(argument.format(**places) for argument in arguments))
    assert done.exit_code == 2
    assert complaint in done.stderr
    assert done.stderr.strip().endswith(".")
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_text("old")

    def refuse(*_):
        raise OSError("full")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(UserError, match=r"can't be written: full\."):
        write_all({path: b"new"})
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_all_formats_are_there():
    assert set(FORMATS) == {
        *("gradescope", "gradescope-bundle", "junit", "csv", "canvas", "moodle"),
        *("prairielearn", "github-classroom"),
    }


def test_grading_writes_the_formats_that_it_is_asked_for(tmp_path, monkeypatch):
    from autograder.commands import app, grade
    from autograder.running.batch import Summary

    result = samples.graded("ada")
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "attention.py").write_text("x = 1\n")
    monkeypatch.setattr(grade, "grade_with_progress", lambda *_: Summary([result]))
    out = tmp_path / "out"
    arguments = ["grade", str(tmp_path / "ada"), "--unit", "attention", "--out", str(out)]
    done = CliRunner().invoke(app.app, [*arguments, "--format", "json,junit, csv,gradescope"])
    assert done.exit_code == 0, done.output
    written = {path.relative_to(out / "exports").as_posix() for path in out.rglob("*.*")}
    gradescope = f"gradescope/{result.submission}/{result.unit}/results.json"
    assert written == {"junit/junit.xml", "csv/grades.csv", "csv/checks.csv", gradescope}
    done = CliRunner().invoke(app.app, [*arguments, "--format", "pdf"])
    assert done.exit_code == 2
    assert "There is no format 'pdf'" in done.output
