"""A check's end becomes parts, and the parts make the message that a student reads."""

import json

import numpy as np
import pytest

from autograder.base.text import text
from autograder.grading.check import Check, CheckFailed
from autograder.grading.mistakes import known_mistake, mistakes_of
from autograder.grading.verdict import Skipped, name_mistakes, verdict
from autograder.isolation.client import StudentGone

CHECK = Check("attention", "softmax", "sums", 3, text("They sum to one", "和为一"), 1.0, "")
FAULT = text("The weights don't sum to one.", "权重之和不为一。")
KNOWN = mistakes_of("attention")


def failed(example, answer=None):
    return verdict(CHECK, CheckFailed(FAULT, answer), example)


def test_a_right_answer_gets_the_points_and_shows_no_input():
    result = verdict(CHECK, None, {"x": 1}, seconds=0.12345)
    assert (result.status, result.points, result.max_points) == ("passed", 3.0, 3.0)
    assert (result.message, result.input, result.seconds) == (
        text("Right.", "正确。"),
        None,
        0.1235,
    )


def test_a_small_input_and_answer_stand_in_the_message():
    answer = np.array([[0.5, np.nan], [-np.inf, -1e-5]])
    result = failed({"x": np.array([1.0, np.inf]), "axis": -1}, answer)
    assert result.wrong == FAULT
    assert result.input == {"x": [1.0, "inf"], "axis": -1}
    assert result.answer == [[0.5, "nan"], ["-inf", -1e-5]]
    assert result.message == text(
        "The weights don't sum to one. An input that shows it: x = [1.0, inf], axis = -1; "
        "yours gives [[0.5, nan], [-inf, -1e-05]].",
        "权重之和不为一。反例：x = [1.0, inf], axis = -1；"
        "你的结果是 [[0.5, nan], [-inf, -1e-05]]。",
    )


@pytest.mark.parametrize("answer", [None, np.zeros(17), "text"])
def test_an_answer_that_is_large_or_no_array_is_left_out(answer):
    result = failed({"length": 3}, answer)
    assert result.answer is None
    assert result.message["en"].endswith(" An input that shows it: length = 3.")
    assert result.message["zh"].endswith("反例：length = 3。")


def test_a_long_input_is_held_for_the_pages_alone_and_a_large_one_described():
    result = failed({"x": np.arange(64.0) / 7}, np.zeros(2))
    assert len(result.input["x"]) == 64
    assert (result.answer, result.message) == (None, FAULT)
    assert failed({"x": np.zeros((9, 9))}).input == {"x": "array of shape (9, 9)"}


@pytest.mark.parametrize("answer", [np.array([1 + 2j]), np.array([True]), np.array(3), np.zeros(0)])
def test_every_answer_can_be_written_as_json(answer):
    result = failed({"x": 1}, answer)
    assert json.loads(json.dumps(result.answer)) == result.answer
    assert f"yours gives {answer.tolist()!s}." in result.message["en"]


@pytest.mark.parametrize("mistake", KNOWN, ids=lambda mistake: mistake.name)
def test_a_known_mistake_is_named_with_its_hint(mistake):
    result = failed(None)
    name_mistakes(result, [mistake])
    assert result.mistake == mistake.name
    like = f"It looks like this: {mistake.title['en']}. {mistake.hint['en']}"
    assert result.message["en"] == f"{FAULT['en']} {like}"
    assert result.message["zh"].startswith(f"{FAULT['zh']}看起来是：{mistake.title['zh']}。")


def test_of_several_mistakes_none_is_named_alone():
    result = failed(None)
    name_mistakes(result, KNOWN[:2])
    assert result.mistake is None
    titles = [mistake.title for mistake in KNOWN[:2]]
    assert result.hint == text(
        f"It looks like one of these: {titles[0]['en']}; or {titles[1]['en']}.",
        f"看起来是其中之一：{titles[0]['zh']}；或者{titles[1]['zh']}。",
    )


def test_a_process_that_ended_and_a_check_that_was_not_run_show_no_input():
    assert verdict(CHECK, Skipped("gpu"), {"x": 1}).max_points == 0.0
    gone = verdict(CHECK, StudentGone("timeout"), {"x": 1})
    assert (gone.status, gone.points, gone.input) == ("timeout", 0.0, None)


def test_an_unknown_mistake_has_no_entry():
    assert known_mistake("attention", KNOWN[0].name) == KNOWN[0]
    assert known_mistake("attention", "no-such-thing") is None
    assert known_mistake("../attention", "axis-ignored") is None
