"""The place of a mistake that nobody has a name for: found by edits of the student's own code."""

import json

import pytest

from autograder.grading.grader import Grader
from autograder.grading.place import Tried, place_of
from autograder.grading.submitted_file import SubmittedFile
from autograder.results.message import message, place_sentence, places_in_chinese

OWN = '''
from keras import ops

def powers_of(scores, axis):
    """The powers of e."""
    highest = ops.max(scores, axis=axis, keepdims=True)
    return ops.exp(scores - highest)

def softmax(x, axis=-1):
    powers = powers_of(x, axis)
    total = ops.sum(powers, axis=axis, keepdims=True)
    return powers / total
'''
# Each is spoilt in one place, or in two; the lines are those of the module.
SPOILT = {
    "helper": ([("scores - highest", "highest - scores")], "your module, line 7"),
    "operator": ([("powers / total", "total / powers")], "your module, line 12"),
    "two": (
        [("ops.max(", "ops.min("), ("sum(powers, axis=axis", "sum(powers, axis=-1")],
        "your module, line 6 and your module, line 11",
    ),
}


def spoilt(edits, source=OWN):
    for right, wrong in edits:
        assert source.count(right) == 1
        source = source.replace(right, wrong)
    return source


@pytest.fixture(scope="module")
def attention(request):
    """Grade code of the unit attention; known mistakes are not looked for."""
    server = request.getfixturevalue("server")

    def graded(data, suffix=".py", hints="kind"):
        with Grader(server, seed=1, hints=hints) as grader:
            grader._diagnostician.diagnose = lambda unit, evidence: {}
            return grader.grade(SubmittedFile("case", "attention", suffix, data))

    return graded


def places(result):
    return {check.exercise: check.place for check in result.checks if check.place}


@pytest.mark.parametrize("case", SPOILT)
def test_the_edited_line_is_found(attention, case):
    edits, where = SPOILT[case]
    found = places(attention(spoilt(edits).encode()))
    assert found["softmax"].where == where
    assert found["softmax"].edit is None


def test_cells_are_counted_as_students_see_them(attention):
    cells = ["print(1)", "# nothing", spoilt(SPOILT["operator"][0]).strip()]
    notebook = {
        "cells": [{"cell_type": "code", "source": source, "metadata": {}} for source in cells],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    place = places(attention(json.dumps(notebook).encode(), ".ipynb", "edit"))["softmax"]
    assert (place.where, place.line) == ("code cell 3, line 11", "return total / powers")
    assert place.edit == ["return total / powers", "return powers / total"]


def test_nothing_is_said_where_nothing_helps(attention):
    source = "def softmax(x, axis=-1):\n    return 7\n"
    result = attention(source.encode())
    assert not places(result)


def test_a_right_hand_in_is_not_searched(attention, solution, monkeypatch):
    monkeypatch.setattr("autograder.grading.place._Search", None)
    assert attention(solution).score == 100


def test_a_known_mistake_is_not_searched_for(server, monkeypatch):
    monkeypatch.setattr("autograder.grading.place._Search", None)
    source = "from keras import ops\ndef similarity(x):\n    return ops.matmul(x, x)\n"
    with Grader(server, seed=1) as grader:
        grader._diagnostician.diagnose = Named()
        result = grader.grade(SubmittedFile("case", "attention", ".py", source.encode()))
    assert any(check.hint for check in result.checks)


class Named:
    """A diagnosis in which every failed check has the same known mistake."""

    def __call__(self, unit, evidence):
        from autograder.grading.mistakes import mistakes_of

        failed = [name for name, item in evidence.observations.items() if item.failed]
        return {name: mistakes_of(unit)[:1] for name in failed}


EDIT = Tried(
    0, 0, "", "", "code cell 7, line 3", "a / b", "axis", "sum", "return a / b", "return b / a"
)


@pytest.mark.parametrize(
    ("level", "kind", "edit"),
    [
        ("place", None, None),
        ("kind", "the axis of `sum`", None),
        ("edit", "the axis of `sum`", ["return a / b", "return b / a"]),
    ],
)
def test_a_place_holds_what_its_level_allows(level, kind, edit):
    place = place_of([EDIT], level)
    assert (place.where, place.line, place.edit) == ("code cell 7, line 3", "a / b", edit)
    assert (place.kind and place.kind["en"]) == kind


def test_a_place_is_a_sentence_in_both_languages():
    place = place_of([EDIT], "edit")
    said = message({"en": "Wrong.", "zh": "不对。"}, None, None, None, place.sentence)
    assert said == {
        "en": "Wrong. Look at code cell 7, line 3, `a / b`: the axis of `sum`. "
        "It is right where `return a / b` becomes `return b / a`.",
        "zh": "不对。请看第 7 个代码单元格第 3 行 `a / b`：`sum` 的 axis。"
        "这样改就正确：`return a / b` 改为 `return b / a`。",
    }


def test_two_places_are_named_together():
    where = "your module, line 3 and code cell 2, line 1"
    assert places_in_chinese(where) == "你的模块第 3 行和第 2 个代码单元格第 1 行"
    assert place_sentence(where, None, "a\nb", None)["en"] == f"Look at {where}, `a` and `b`."
