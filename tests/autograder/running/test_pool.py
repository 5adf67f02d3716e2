"""Grading many: every hand-in gets its own clear result, whatever the others do."""

import json
import re
import shutil

import pytest

from autograder.results.files import read_result
from autograder.running import batch
from autograder.running.options import GradingOptions
from autograder.running.pool import grade_all
from autograder.running.submissions import Submission, find_submissions
from tests.conftest import ROOT, SOLUTION

STUBS = ROOT / "course" / "exercises" / "attention.py"
NASTY = {
    "broken-json": ("attention.ipynb", "{"),
    "empty": ("attention.py", ""),
    "empty-notebook": ("attention.ipynb", json.dumps({"cells": []})),
    "syntax": ("attention.py", "def softmax(x:\n"),
    "loop-at-import": ("attention.py", "while True: pass\n"),
    "exit": ("attention.py", "import os\ndef softmax(x, axis=-1): os._exit(0)\n"),
    "memory": ("attention.py", "def softmax(x, axis=-1): return bytearray(2**40)\n"),
    "forks": ("attention.py", "import os\ndef softmax(x, axis=-1):\n    while True: os.fork()\n"),
    "prints": ("attention.py", "for _ in range(1000): print('x' * 10**6)\ndef softmax(x): pass\n"),
    "group": ("attention.py", "import os\ndef softmax(x, axis=-1): os.killpg(0, 9)\n"),
    "nothing-of-it": ("attention.py", "x = 1\n"),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hand-ins")
    for name, (file, text) in NASTY.items():
        (folder / name).mkdir()
        (folder / name / file).write_text(text)
    for name, source in (("right", SOLUTION), ("stubs", STUBS)):
        (folder / name).mkdir()
        (folder / name / "attention.py").write_bytes(source.read_bytes())
    out = tmp_path_factory.mktemp("results")
    seen = []
    summary = grade_all(find_submissions([folder]), GradingOptions(out=out, jobs=2), seen.append)
    return folder, out, summary, seen


def result_of(graded, name):
    return read_result(graded[1] / name / "attention.json")


def statuses(result, exercise="softmax"):
    return {check.status for check in result.checks if check.exercise == exercise}


def test_every_hand_in_has_a_result(graded):
    _, _, summary, seen = graded
    assert not summary.failures
    assert {r.submission for r in summary.results} == {*NASTY, "right", "stubs"}
    assert len(seen) == len(summary.results)


def test_right_work_gets_full_marks_among_all_this(graded):
    result = result_of(graded, "right")
    assert (result.score, result.max_score, result.status) == (100.0, 100.0, "graded")
    assert result.isolation == ["namespaces", "seccomp", "landlock", "rlimits"]


def test_stubs_get_nothing_and_hear_that_they_are_stubs(graded):
    result = result_of(graded, "stubs")
    assert result.score == 0
    assert {check.status for check in result.checks} == {"missing"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("broken-json", "JSON"),
        ("empty", "empty"),
        ("empty-notebook", "Nothing of the unit"),
        ("syntax", "line 1"),
        ("nothing-of-it", "Nothing of the unit"),
    ],
)
def test_what_cannot_be_graded_is_rejected_with_the_reason(graded, name, reason):
    result = result_of(graded, name)
    assert (result.status, result.score) == ("rejected", 0)
    [problem] = result.problems
    assert reason in problem["en"]
    assert re.search("[一-鿿]", problem["zh"])


@pytest.mark.parametrize(
    ("name", "status"),
    [("exit", "crashed"), ("memory", "error"), ("forks", "error"), ("loop-at-import", "timeout")],
)
def test_what_goes_wrong_is_said(graded, name, status):
    result = result_of(graded, name)
    assert statuses(result) == {status}
    assert result.score == 0


def test_a_flood_of_output_is_noted(graded):
    result = result_of(graded, "prints")
    assert any("1,000,001,000 characters" in problem["en"] for problem in result.problems)


def test_no_message_has_a_path_of_this_machine(graded):
    for path in graded[1].rglob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        assert "site-packages/" not in text


def test_resume_keeps_what_is_whole_and_grades_the_rest(graded, tmp_path):
    folder, _, _, _ = graded
    submissions = [s for s in find_submissions([folder]) if s.name in ("right", "stubs", "empty")]
    options = GradingOptions(out=tmp_path)
    first = grade_all(submissions, options)
    stamp = (tmp_path / "right" / "attention.json").stat().st_mtime_ns
    (tmp_path / "stubs" / "attention.json").write_text('{"schema": 1, "half": ')
    again = grade_all(submissions, GradingOptions(out=tmp_path, resume=True))
    assert (again.already_graded, len(again.results)) == (2, 3)
    assert (tmp_path / "right" / "attention.json").stat().st_mtime_ns == stamp
    assert [r.score for r in again.results] == [r.score for r in first.results]


def test_what_was_handed_in_anew_or_has_another_suite_is_graded_again(
    graded, tmp_path, monkeypatch
):
    folder, out, _, _ = graded
    shutil.copytree(folder / "stubs", tmp_path / "stubs")
    (submission,) = find_submissions([tmp_path])
    options = GradingOptions(out=out, resume=True)
    result = batch.earlier_result(submission, options)
    assert result is not None
    assert result.submission == "stubs"
    assert batch.earlier_result(submission, GradingOptions(out=out, resume=True, seed=1)) is None
    with monkeypatch.context() as changed:
        changed.setattr(batch, "suite_version", lambda unit: "another")
        assert batch.earlier_result(submission, options) is None
    submission.path.write_bytes(submission.read() + b"\n")
    assert batch.earlier_result(submission, options) is None


def test_a_folder_of_which_nothing_can_be_read_is_no_endless_wait(tmp_path):
    submission = Submission("ann", "attention", tmp_path / "missing.py")
    summary = grade_all([submission], GradingOptions(out=tmp_path / "out"))
    ((failed, reason),) = summary.failures
    assert failed == submission
    assert "missing.py" in reason
