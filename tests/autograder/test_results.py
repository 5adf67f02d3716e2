"""Results: their form, and that they are written whole or not at all."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.messages import text
from autograder.results import (
    CheckResult,
    Result,
    read_result,
    safe_name,
    write_atomically,
    write_result,
)


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
        *("duration_s", "isolation", "checks", "problems", "suite", "hand_in"),
    }
    assert set(data["checks"][0]) == {
        *("id", "exercise", "title", "status", "points", "max_points", "message"),
        *("misconception", "counterexample"),
    }
    assert read_result(path) == result()
    assert result().misconceptions == ["axis-ignored"]


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
