"""Files of results: what is written is read again, what is no whole result is not."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.results.files import (
    parse_result,
    read_result,
    read_results,
    safe_name,
    write_result,
)
from autograder.results.result import CheckResult, Place, Result
from autograder.results.statuses import CHECK_STATUSES
from course.kit.errors import UserError
from tests.autograder.samples import check_result, graded, put

SCHEMA_1 = Path(__file__).parent / "schema_1"

numbers = st.floats(allow_nan=False, allow_infinity=False)
pairs = st.builds(text, st.text(), st.text())
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.text(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(), parts, max_size=3),
    max_leaves=8,
)
dictionaries = st.dictionaries(st.text(), plain, max_size=3)
checks = st.builds(
    CheckResult,
    id=st.text(),
    exercise=st.text(),
    title=pairs,
    status=st.sampled_from(CHECK_STATUSES),
    points=numbers,
    max_points=numbers,
    wrong=pairs,
    input=st.none() | dictionaries,
    answer=plain,
    mistake=st.none() | st.text(),
    hint=st.none() | pairs,
    place=st.none() | st.builds(Place, st.text(), pairs),
    comes_from=st.none() | st.text(),
    attention=st.none() | dictionaries,
    seconds=numbers,
)
results = st.builds(
    Result,
    submission=st.just("ann"),
    unit=st.just("attention"),
    status=st.sampled_from(("graded", "rejected")),
    score=numbers,
    max_score=numbers,
    seed=st.integers(),
    backend=st.text(),
    duration_s=numbers,
    isolation=st.lists(st.text(), max_size=3),
    suite=st.text(),
    hand_in=st.text(),
    checks=st.lists(checks, max_size=3),
    problems=st.lists(pairs, max_size=3),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(results)
def test_every_result_comes_back_as_it_was(tmp_path_factory, result):
    path = write_result(tmp_path_factory.getbasetemp(), result)
    again = read_result(path)
    assert again == result
    assert [check.message for check in again.checks] == [c.message for c in result.checks]


def test_a_result_has_the_contracts_form(tmp_path):
    result = graded("ann", check_result(mistake="axis-ignored"))
    path = write_result(tmp_path, result)
    data = json.loads(path.read_text(encoding="utf-8"))
    assert path == tmp_path / "ann" / "attention.json"
    assert data["schema"] == 2
    assert set(data) == {
        *("schema", "submission", "unit", "status", "score", "max_score", "seed", "backend"),
        *("duration_s", "isolation", "checks", "problems", "suite", "hand_in"),
        "student",
    }
    assert set(data["checks"][0]) == {
        *("id", "exercise", "title", "status", "points", "max_points", "wrong", "input", "answer"),
        *("mistake", "hint", "place", "comes_from", "message", "attention", "seconds"),
    }
    assert result.mistakes == ["axis-ignored"]


def test_a_result_of_schema_1_is_read():
    result = read_result(SCHEMA_1 / "ann" / "attention.json")
    assert result.problems == [
        text("code cell 3: the line was left out.", "第 3 个代码单元格：该行被忽略。")
    ]
    right, wrong = result.checks
    assert right.message == text("Right.", "正确。")
    assert wrong.input == {"x": [[0.0, "-inf"]]}
    assert (wrong.mistake, wrong.answer, wrong.hint, wrong.seconds) == (
        "axis-ignored",
        None,
        None,
        0.25,
    )
    assert wrong.message == wrong.wrong  # whole: the input is not named twice
    assert wrong.message["en"].endswith("Look at the axis.")
    assert wrong.message["zh"].endswith("请检查轴。")
    assert parse_result(json.dumps(result.as_json()).encode()) == result


def test_older_results_of_schema_1_are_read_too():
    data = json.loads((SCHEMA_1 / "ann" / "attention.json").read_text(encoding="utf-8"))
    del data["problems_zh"], data["suite"], data["hand_in"]
    for check in data["checks"]:
        del check["seconds"], check["attention"]
        check["misconception"] = check.pop("mistake")
    result = parse_result(json.dumps(data).encode())
    english = "code cell 3: the line was left out."
    assert result.problems == [text(english, english)]
    assert (result.mistakes, result.checks[1].seconds) == (["axis-ignored"], 0.0)


def test_results_that_differ_in_time_alone_are_the_same_without_it():
    first, slow = graded("ann"), graded("ann", check_result(seconds=8.0), seconds=9.0)
    assert slow.without_times() == first.without_times()
    assert graded("ann", check_result(worth=3.0)).without_times() != first.without_times()


CHECK = graded("bob").as_json()["checks"][0]


@pytest.mark.parametrize(
    "change",
    [
        {"submission": "eve"},
        {"unit": "rnn"},
        {"score": "all"},
        {"score": float("nan")},
        {"status": "splendid"},
        {"checks": [CHECK | {"status": "splendid"}]},
        {"checks": [CHECK | {"title": {"en": "only"}}]},
        {"checks": [CHECK | {"wrong": "words"}]},
        {"checks": [CHECK | {"hint": {"zh": "只有"}}]},
        {"checks": [CHECK | {"place": {"line": "x"}}]},
        {"checks": [CHECK | {"seconds": float("inf")}]},
        {"checks": [CHECK | {"counterexample": None}]},
        {"checks": 3},
        {"problems": ["words"]},
        {"schema": 3},
        {"more": 1},
    ],
    ids=lambda change: "-".join(change),
)
def test_what_is_no_whole_result_is_named_and_left_out(tmp_path, change):
    put(tmp_path, graded("ann"))
    path = tmp_path / "bob" / "attention.json"
    path.parent.mkdir()
    path.write_text(json.dumps(graded("bob").as_json() | change))
    assert read_results(tmp_path) == ([graded("ann")], ["bob/attention.json"])
    with pytest.raises(ValueError, match=r"attention\.json is not a whole result"):
        read_result(path)


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "[]", "{}", '{"schema": 2}', b"\xff"])
def test_rubbish_is_no_result(tmp_path, content):
    put(tmp_path, graded("ann"), graded("bob"))
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "bob" / "attention.json").write_bytes(data)
    assert read_results(tmp_path)[1] == ["bob/attention.json"]


def test_hidden_files_are_no_results_and_not_named(tmp_path):
    put(tmp_path, graded("ann"), graded(".bob"))
    (tmp_path / "ann" / ".rnn.json").write_text("{}")
    (tmp_path / "report.json").write_text("{}")
    assert read_results(tmp_path) == ([graded("ann")], [])


def test_a_folder_whose_name_is_no_text_is_named(tmp_path):
    put(tmp_path, graded("ann"))
    (tmp_path / "\udcff").mkdir()
    (tmp_path / "\udcff" / "attention.json").touch()
    assert read_results(tmp_path) == ([graded("ann")], ["\udcff/attention.json"])


@pytest.mark.parametrize("name", ["nothing", "there"])
def test_a_folder_without_results_is_an_error(tmp_path, name):
    (tmp_path / "there").mkdir()
    with pytest.raises(UserError, match=r"No result is in .*grade --out"):
        read_results(tmp_path / name)
    put(tmp_path, graded("ann"))
    with pytest.raises(UserError, match="No result of the unit rnn is in"):
        read_results(tmp_path, "rnn")


def test_a_result_that_names_a_path_is_none(tmp_path):
    path = tmp_path / "x" / "attention.json"
    path.parent.mkdir()
    path.write_text(json.dumps(graded("../../etc").as_json()))
    with pytest.raises(UserError):
        read_results(tmp_path)


def test_a_result_is_its_owners_alone_to_read(tmp_path):
    path = write_result(tmp_path, graded("ann"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["", ".", "..", ".x", "a/b", "a\\b", "a\n", "\x1b[31m", "x" * 300])
def test_names_that_are_paths_or_worse_are_refused(name):
    assert not safe_name(name)


@given(st.text())
def test_a_safe_name_stays_one_part_of_a_path(name):
    if safe_name(name):
        assert "/" not in name
        assert name not in (".", "..")
