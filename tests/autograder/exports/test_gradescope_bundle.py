"""The autograder for Gradescope: what is in the zip, and what it does with a hand-in."""

import io
import json
import os
import shutil
import subprocess
import zipfile

import pytest

from autograder.base.paths import ANSWERS
from autograder.exports import gradescope_bundle, gradescope_run
from autograder.grading import versions
from autograder.running.batch import Summary
from autograder.running.submissions import Submission
from course.kit.errors import UserError
from course.kit.units import available_units
from tests.autograder.exports import samples
from tests.autograder.exports.test_gradescope import Results


@pytest.fixture(scope="module")
def bundle():
    return zipfile.ZipFile(io.BytesIO(gradescope_bundle.export("attention", "zh")))


def test_what_gradescope_needs_is_at_the_root(bundle):
    for name in ("setup.sh", "run_autograder"):
        assert bundle.getinfo(name).external_attr >> 16 & 0o111
        assert bundle.read(name).startswith(b"#!/usr/bin/env bash\n")
    assert bundle.read("requirements.txt") == b"-r requirements/cpu.txt\n"
    assert bundle.testzip() is None


def test_it_installs_what_is_pinned_and_runs_this_unit(bundle):
    setup = bundle.read("setup.sh").decode()
    assert '-r "$source/requirements.txt"' in setup
    assert b"numpy==" in bundle.read("requirements/course.txt")
    run = bundle.read("run_autograder").decode()
    assert "-m autograder.exports.gradescope_run attention --language zh" in run


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize("name", ["setup.sh", "run_autograder"])
def test_the_scripts_are_bash(bundle, name):
    subprocess.run(["bash", "-n"], input=bundle.read(name), check=True)


def test_the_secret_folders_are_there_and_closed_to_the_student(bundle):
    names = bundle.namelist()
    setup = bundle.read("setup.sh").decode()
    for folder in ANSWERS:
        assert any(name.startswith(f"{folder}/") for name in names)
        assert sum(folder in line for line in setup.splitlines()) == 2  # chown, chmod


def test_it_has_all_that_grading_imports_and_no_litter(bundle):
    names = set(bundle.namelist())
    assert {
        *("autograder/hidden/attention/test_attention.py", "autograder/hidden/pytest.ini"),
        *("autograder/exports/gradescope_run.py", "course/exercises/attention.py"),
        *("course/kit/units.py", "solutions/attention.py", "requirements/cpu.txt"),
    } <= names
    assert not [n for n in names if "__pycache__" in n or "/." in n or n.endswith(".ipynb")]
    assert not [n for n in names if n.startswith(("/", "tests/", "benchmarks/")) or ".." in n]


def test_it_grades_as_this_project_does(bundle, tmp_path):
    """The digest is of all that a unit's suite imports: nothing of it is missing there."""
    here = {unit: versions.suite_version(unit) for unit in available_units()}
    bundle.extractall(tmp_path)
    assert {unit: versions.suite_version(unit, tmp_path) for unit in here} == here


def test_the_same_project_makes_the_same_zip():
    made_once = gradescope_bundle.export("attention")
    assert gradescope_bundle.export("attention") == made_once


@pytest.mark.parametrize(("unit", "language"), [("nothing", "en"), ("attention", "fr")])
def test_no_such_unit_or_language(unit, language):
    with pytest.raises(UserError, match="There is no"):
        gradescope_bundle.export(unit, language)


def hand_in(directory, *names):
    for age, name in enumerate(names):
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1")
        os.utime(path, (age, age))


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["attention.py"], "attention.py"),
        (["attention/Attention.ipynb", "notes.py"], "attention/Attention.ipynb"),
        (["attention.ipynb", "attention.py"], "attention.py"),  # the newer
        (["my work.ipynb", "read me.txt"], "my work.ipynb"),
        (["a.py", "b.py"], None),
        ([".hidden/attention.py", "__MACOSX/attention.py"], None),
        ([], None),
    ],
)
def test_which_file_is_graded(tmp_path, names, found):
    hand_in(tmp_path, *names)
    assert gradescope_run.find_hand_in(tmp_path, "attention") == (found and tmp_path / found)


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret").mkdir()
    hand_in(tmp_path / "secret", "attention.py")
    there = tmp_path / "there"
    there.mkdir()
    (there / "attention.py").symlink_to(tmp_path / "secret" / "attention.py")
    (there / "folder").symlink_to(tmp_path / "secret")
    assert gradescope_run.find_hand_in(there, "attention") is None


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run it on a directory; `grade_all` is replaced by what is given."""
    (tmp_path / "submission").mkdir()
    results = tmp_path / "results" / "results.json"

    def invoke(grade_all):
        monkeypatch.setattr(gradescope_run, "grade_all", grade_all)
        places = ["--submission", str(tmp_path / "submission"), "--results", str(results)]
        return gradescope_run.main(["attention", *places])

    return invoke, tmp_path / "submission", results


def test_it_grades_and_writes_and_says_what_held(run, capsys):
    invoke, submission, results = run
    hand_in(submission, "attention.py")

    def grade_all(submissions, options):
        assert options.isolation == "best-effort"
        (only,) = submissions
        assert isinstance(only, Submission)
        assert (only.unit, only.path.name) == ("attention", "attention.py")
        return Summary(results=[samples.graded("submission")])

    assert invoke(grade_all) == 0
    assert Results.model_validate(json.loads(results.read_text())).score == 60
    said = capsys.readouterr().out
    assert "Isolated by: seccomp, rlimits." in said
    assert "Not isolated by: namespaces, landlock." in said


def test_nothing_to_grade_is_told_to_the_student(run):
    invoke, _, results = run
    assert invoke(None) == 0
    written = Results.model_validate(json.loads(results.read_text()))
    assert written.score == 0
    assert "attention.ipynb or attention.py" in written.output


def test_a_grader_that_fails_gives_nobody_a_score(run, capsys):
    invoke, submission, results = run
    hand_in(submission, "attention.py")
    failures = [(Submission("submission", "attention", submission), "It died.")]
    assert invoke(lambda *_: Summary(failures=failures)) == 1
    assert not results.exists()
    assert "It died." in capsys.readouterr().err
