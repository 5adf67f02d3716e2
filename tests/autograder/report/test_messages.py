"""Messages taken apart: what the page shows otherwise is cut, and nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.base.text import join, text
from autograder.grading.examination import _hint, _plain, _shown
from autograder.grading.mistakes import mistakes_of
from autograder.report.messages import take_apart
from autograder.report.mistakes import known_mistake
from tests.autograder.report.samples import checked

SAID = text("The weights don't sum to one.", "权重之和不为一。")
KNOWN = mistakes_of("attention")


def told(inputs, got, mistakes):
    """A check's result with the message that the harness gives it."""
    plain = {name: _plain(value) for name, value in inputs.items()}
    hint = _hint(mistakes) if mistakes else None
    return checked(
        status="failed",
        message=join(SAID, _shown(plain, got), hint),
        mistake=mistakes[0].name if len(mistakes) == 1 else None,
        counterexample=plain,
    )


@pytest.mark.parametrize("mistake", KNOWN, ids=lambda mistake: mistake.name)
def test_input_answer_and_hint_are_cut_from_what_the_harness_says(mistake):
    got = np.array([[0.5, float("nan")], [float("-inf"), -1e-5]])
    parts = take_apart(told({"x": np.array([1.0, np.inf]), "axis": -1}, got, (mistake,)), mistake)
    assert parts.said == SAID
    assert parts.answer == [[0.5, "nan"], ["-inf", -1e-5]]


def test_booleans_and_no_answer():
    parts = take_apart(told({"x": "array of shape (9, 9)"}, np.array([True, False]), ()), None)
    assert (parts.said, parts.answer) == (SAID, [True, False])
    parts = take_apart(told({"length": 3}, None, ()), None)
    assert (parts.said, parts.answer) == (SAID, None)


def test_several_mistakes_stay_in_the_message():
    parts = take_apart(told({"x": 1}, None, KNOWN[:2]), None)
    assert parts.said["en"].startswith(f"{SAID['en']} It looks like one of these: ")
    assert parts.said["zh"].startswith(f"{SAID['zh']}看起来是其中之一：")


def test_a_large_input_is_not_in_the_message():
    inputs = {"x": np.zeros((4, 4)) + 0.123, "y": np.ones((5, 5))}
    parts = take_apart(told(inputs, None, KNOWN[:1]), KNOWN[0])
    assert parts.said == SAID


@given(st.text(), st.text(), st.sampled_from([None, KNOWN[0].name]))
def test_any_other_message_stays_whole(en, zh, name):
    check = checked(
        status="failed", message=text(en, zh), mistake=name, counterexample={"x": [1.0]}
    )
    parts = take_apart(check, known_mistake("attention", name))
    assert parts.said["en"] in (en, en.rstrip())
    assert parts.said["zh"] in (zh, zh.rstrip())


def test_an_unknown_mistake_has_no_entry():
    assert known_mistake("attention", "no-such-thing") is None
    assert known_mistake("../attention", "axis-ignored") is None
