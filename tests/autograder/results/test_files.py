"""Results: their form, and that they are written whole or not at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.base.files import write_atomically
from autograder.base.text import text
from autograder.results.files import read_result, safe_name, write_result
from autograder.results.result import CheckResult, Result


def result():
    checked = CheckResult(
        "attention.softmax.axis",
        "softmax",
        text("a", "b"),
        "failed",
        0.0,
        3.0,
        text("c", "d"),
        "axis-ignored",
        {"x": [1.0]},
    )
    return Result(
        "alice", "attention", "graded", 97.0, 100.0, 7, "tensorflow", 0.4, ["seccomp"], [checked]
    )


def test_a_result_has_the_contracts_form_and_comes_back(tmp_path):
    path = write_result(tmp_path, result())
    data = json.loads(path.read_text(encoding="utf-8"))
    assert path == tmp_path / "alice" / "attention.json"
    assert set(data) == {
        *("schema", "submission", "unit", "status", "score", "max_score", "seed", "backend"),
        *("duration_s", "isolation", "checks", "problems", "suite", "hand_in", "problems_zh"),
    }
    assert set(data["checks"][0]) == {
        *("id", "exercise", "title", "status", "points", "max_points", "message"),
        *("mistake", "counterexample", "attention", "seconds"),
    }
    assert read_result(path) == result()
    assert result().mistakes == ["axis-ignored"]


def test_a_result_of_an_older_run_still_loads(tmp_path):
    data = result().as_json()
    del data["problems_zh"], data["checks"][0]["seconds"], data["checks"][0]["attention"]
    path = write_result(tmp_path, result())
    path.write_text(json.dumps(data))
    assert read_result(path) == result()


def test_results_that_differ_in_time_alone_are_the_same_without_it():
    slow, wrong = result(), result()
    slow.duration_s, slow.checks[0].seconds = 9.0, 8.0
    wrong.checks[0].points = 3.0
    assert slow.without_times() == result().without_times()
    assert wrong.without_times() != result().without_times()


def test_problems_are_told_in_both_languages_and_in_english_where_the_chinese_is_lacking():
    told = result()
    told.problems = ["It is empty."]
    told.tell([text("It is large.", "太大。")])
    assert told.problems == ["It is empty.", "It is large."]
    assert told.told == [text("It is empty.", "It is empty."), text("It is large.", "太大。")]
    told.problems_zh = ["空。", "太大。", "多余。"]
    assert told.told == [text("It is empty.", "空。"), text("It is large.", "太大。")]
    told.problems_zh = []
    assert [problem["zh"] for problem in told.told] == told.problems


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"schema": 2}', '{"schema": 1}'])
def test_half_a_result_is_none(tmp_path, content):
    path = tmp_path / "attention.json"
    path.write_text(content)
    with pytest.raises(ValueError, match="result"):
        read_result(path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    write_atomically(path, "old")

    def refuse(*_):
        raise OSError("full")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OSError, match="full"):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", ".", "..", ".x", "a/b", "a\\b", "a\n", "\x1b[31m", "x" * 300])
def test_names_that_are_paths_or_worse_are_refused(name):
    assert not safe_name(name)


@given(st.text())
def test_a_safe_name_stays_one_part_of_a_path(name):
    if safe_name(name):
        assert "/" not in name
        assert name not in (".", "..")
