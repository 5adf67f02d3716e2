"""Two runs: whose score moved, by how much, and why."""

from dataclasses import replace

import pytest
from typer.testing import CliRunner

from autograder.commands.app import app
from autograder.results.differences import moves
from autograder.results.files import write_result
from tests.autograder.samples import check_result, graded


def check(name, status="passed", mistake=None):
    return check_result(status=status, id=name, worth=2.0, mistake=mistake)


def result(name, *checks, **others):
    fields = {
        "seed": 0,
        "max_score": 4.0,
        "suite": "s",
        "hand_in": "h",
        "checks": list(checks),
    } | others
    score = {} if checks else {"score": 0.0}
    return graded(name, *checks, **(score | fields))


def english(move):
    return tuple(reason["en"] for reason in move.reasons)


@pytest.fixture
def runs(tmp_path):
    """Write results of two runs; return their folders."""

    def write(old, new):
        for folder, results in (("old", old), ("new", new)):
            (tmp_path / folder).mkdir(exist_ok=True)
            for each in results:
                write_result(tmp_path / folder, each)
        return tmp_path / "old", tmp_path / "new"

    return write


def test_equal_results_are_no_move_however_long_they_took(runs):
    same = result("ada", check("a"), check("b", "failed"))
    slower = replace(same, duration_s=9.0, suite="t")
    assert moves(*runs([same], [slower])) == []


def test_those_that_moved_most_come_first_with_their_reasons(runs):
    old = [result("ada", check("a"), check("b")), result("bob", check("a", "failed"), check("b"))]
    new = [
        result("ada", check("a", "timeout"), check("b", "failed"), suite="t"),
        result("bob", check("a"), check("b")),
    ]
    ada, bob = moves(*runs(old, new))
    assert (ada.submission, ada.difference, bob.submission, bob.difference) == ("ada", -4, "bob", 2)
    assert english(ada) == (
        "a: right 2/2, now out of time 0/2",
        "b: right 2/2, now wrong answer 0/2",
        "another version of the suite",
    )
    assert english(bob) == ("a: wrong answer 0/2, now right 2/2",)


def test_reasons_are_in_chinese_too(runs):
    old = [result("ada", check("a"), check("b", "failed"))]
    new = [result("ada", check("a", "crashed"), check("b", "failed", "axis"), backend="jax")]
    (move,) = moves(*runs(old, new))
    assert [reason["zh"] for reason in move.reasons] == [
        "a：正确 2/2，现为进程退出 0/2",
        "b：原指出 无，现指出 axis",
        "后端不同：tensorflow，现为 jax",
    ]


def test_checks_that_come_and_go_and_other_names_are_told(runs):
    old = [result("ada", check("a"), check("b", "failed", "axis-ignored"))]
    new = [result("ada", check("c", "failed"), check("b", "failed"), hand_in="i", seed=3)]
    (move,) = moves(*runs(old, new))
    assert english(move) == (
        "a is gone: was right 2/2",
        "b: named axis-ignored, now nothing",
        "c is new: wrong answer 0/2",
        "another file was handed in",
        "another seed: 0, now 3",
    )


def test_what_a_failure_came_from_is_told(runs):
    right = check_result(id="a", worth=2.0, comes_from="softmax")
    (move,) = moves(*runs([result("ada", check("a", "failed"))], [result("ada", right)]))
    assert move.reasons[0] == {
        "en": "a: wrong answer 0/2, now right 2/2 with a right softmax",
        "zh": "a：结果错误 0/2，现为正确 2/2（换上正确的 softmax）",
    }


def test_who_is_in_one_run_only_is_told(runs):
    ada, bob, eve = (result(name, check("a")) for name in ("ada", "bob", "eve"))
    reasons = {move.submission: english(move) for move in moves(*runs([ada, bob], [bob, eve]))}
    assert reasons == {"ada": ("only in the old run",), "eve": ("only in the new run",)}


def test_the_command_shows_them_and_says_so_by_its_status(runs):
    old, new = runs([result("ada", check("a"))], [result("ada", check("a", "failed"))])
    shown = CliRunner().invoke(app, ["diff", str(old), str(new)])
    assert shown.exit_code == 1
    assert "ada" in shown.output
    assert "-2" in shown.output
    assert "now wrong answer" in shown.output
    shown = CliRunner().invoke(app, ["diff", str(old), str(old)])
    assert (shown.exit_code, "No score moved" in shown.output) == (0, True)


def test_a_folder_without_results_is_named(runs, tmp_path):
    old, _ = runs([result("ada", check("a"))], [])
    (tmp_path / "empty").mkdir()
    shown = CliRunner().invoke(app, ["diff", str(old), str(tmp_path / "empty")])
    assert shown.exit_code == 2
    assert "No result is in" in shown.output
