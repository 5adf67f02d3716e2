"""A mistake costs its points once, and a right exercise in a wrong one's place is nobody's gain."""

import ast
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.base.paths import SOLUTIONS_DIR
from autograder.base.text import text
from autograder.grading import grader as grader_module
from autograder.grading import replacement as replacement_module
from autograder.grading.examination import Examination
from autograder.grading.grader import Grader
from autograder.grading.replacement import Standing, exercises_used, passed_with, replacement
from autograder.grading.submitted_file import SubmittedFile
from course.kit.statements import bound_names
from course.kit.units import EXERCISES_DIR, available_units, exercises_of
from tests.autograder.samples import check_result

WRONG = """
def softmax(x, axis=-1):
    return ops.exp(x)
"""
STUB = """
def softmax(x, axis=-1):
    raise NotImplementedError
"""
LOOPS = """
def softmax(x, axis=-1):
    while True:
        pass
"""


def reference(unit="attention"):
    return (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")


def stubs(unit="attention"):
    return (EXERCISES_DIR / f"{unit}.py").read_text(encoding="utf-8")


def without(source, *names):
    """A module without the definitions of these names."""
    tree = ast.parse(source)
    tree.body = [node for node in tree.body if not {*names} & bound_names(node)]
    return ast.unparse(tree)


@pytest.fixture(scope="module")
def grade(server):
    with Grader(server) as grader:
        yield lambda source, unit="attention": grader.grade(
            SubmittedFile("ann", unit, ".py", source.encode())
        )


def lost(result):
    """Points lost by exercise."""
    found = {}
    for check in result.checks:
        if check.points < check.max_points:
            found[check.exercise] = found.get(check.exercise, 0) + check.max_points - check.points
    return found


def causes(result):
    """What checks that passed all the same come from, by exercise."""
    return {(check.exercise, check.comes_from) for check in result.checks if check.comes_from}


# -- what it costs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        reference() + WRONG,
        without(reference(), "softmax") + STUB,
        without(reference(), "softmax"),
        # The wrong one is not only used by its name.
        reference() + WRONG + "\nattend = softmax\n"
        "def self_attention(x):\n    return ops.matmul(attend(similarity(x)), x)\n",
        without(reference(), "self_attention").replace(
            "def similarity", "import functools\nrows = functools.partial(softmax, axis=-1)\n"
            "def self_attention(x):\n    return ops.matmul(rows(similarity(x)), x)\n"
            "def similarity", 1)
        + WRONG,
    ],
    ids=["wrong", "stub", "missing", "alias", "partial"],
)  # fmt: skip
def test_a_wrong_or_missing_exercise_costs_its_own_points(grade, source):
    result = grade(source)
    assert {*lost(result)} == {"softmax"}
    assert ("self_attention", "softmax") in causes(result)
    assert {cause for _, cause in causes(result)} == {"softmax"}
    assert result.score == 100 - lost(result)["softmax"]


def test_the_check_says_what_its_failure_came_from_and_names_no_mistake(grade):
    known = "\ndef softmax(x, axis=-1):\n    return ops.exp(x) / ops.sum(ops.exp(x))\n"
    result = grade(reference() + known)
    [check] = [c for c in result.checks if c.id == "attention.self_attention.values"]
    assert check.message == text(
        "Right, with a right softmax in its place; with what was handed in it fails.",
        "换上正确的 softmax 后结果正确；用提交的 softmax 则不通过。",
    )
    assert (check.status, check.points, check.comes_from) == ("passed", check.max_points, "softmax")
    assert (check.input, check.answer, check.mistake, check.hint) == (None,) * 4
    assert {check.exercise for check in result.checks if check.mistake} <= {"softmax"}


def test_what_is_wrong_by_itself_stays_wrong(grade):
    own = "\ndef self_attention(x):\n    return ops.matmul(softmax(similarity(x), axis=-2), x)\n"
    alone, both = grade(reference() + own), grade(reference() + own + WRONG)
    assert lost(both)["self_attention"] == lost(alone)["self_attention"] > 0
    assert {*lost(both)} == {"softmax", "self_attention"}


def test_a_check_that_still_fails_keeps_its_first_result(grade):
    own = "\ndef self_attention(x):\n    print('SE' + 'EN')\n"
    own += "    return ops.matmul(softmax(x), softmax.no)\n"
    result = grade(without(reference(), "softmax") + STUB + own)
    checks = [check for check in result.checks if check.exercise == "self_attention"]
    assert {check.status for check in checks} == {"error"}
    assert {check.wrong["en"] for check in checks} == {
        "self_attention uses softmax, which is not written yet."
    }
    assert "SEEN" not in json.dumps(result.as_json())


@pytest.mark.slow  # it costs the time limit that it tries
def test_who_uses_an_endless_loop_is_right(grade):
    assert {*lost(grade(reference() + LOOPS))} == {"softmax"}


def test_classes_stand_in_for_classes_in_saved_models_too(grade):
    wrong = "\n@keras.saving.register_keras_serializable(package='course')\n"
    wrong += "class GRUCell(RNNCell):\n    pass\n"
    result = grade(reference("rnn") + wrong, "rnn")
    assert {*lost(result)} == {"GRUCell"}
    assert ("RNNSeq2Seq", "GRUCell") in causes(result)


def test_each_of_two_mistakes_costs_its_points(grade):
    wrong = "\ndef similarity(x):\n    return ops.matmul(x, ops.swapaxes(x, -1, -2)) + 1.0\n"
    result = grade(reference() + wrong + WRONG)
    assert {*lost(result)} == {"similarity", "softmax"}
    both = [check for check in result.checks if check.comes_from == "similarity"]
    assert all("a right similarity and a right softmax" in check.message["en"] for check in both)


def test_nothing_is_run_again_where_nothing_else_is_wrong(grade, monkeypatch):
    def refuse(*_):
        raise AssertionError

    monkeypatch.setattr(grader_module, "exercises_used", refuse)
    assert grade(reference()).score == 100
    assert lost(grade(without(reference(), "causal_mask"))) == {"causal_mask": 4}


def test_a_second_examination_has_no_more_time_than_the_first_has_left(grade, monkeypatch):
    budgets = []
    begin = Examination.begin

    def recorded(examination, *rest):
        budgets.append(examination.budget)
        return begin(examination, *rest)

    monkeypatch.setattr(Examination, "begin", recorded)
    assert causes(grade(reference() + WRONG))
    assert len({id(budget) for budget in budgets}) == 1


# -- what nobody gains ----------------------------------------------------------------------------

TRICKS = """
import gc
import inspect
import sys
import types

from keras import ops

names = ("self_attention", "scaled_dot_product_attention", "SelfAttention")
mine = []


def tables():
    yield getattr(softmax, "__globals__", {})
    yield from (vars(module) for module in list(sys.modules.values()) if module)
    for kind in (dict, list, tuple, types.FunctionType, type, types.CodeType, str):
        for thing in gc.get_objects():
            if type(thing) is dict:
                yield thing
            elif type(thing) in (types.FunctionType, type):
                yield {thing.__name__: thing}
    for frame in [info.frame for info in inspect.stack()] + frames:
        yield {**frame.f_globals, **frame.f_locals}


def right(name):
    for table in tables():
        for value in list(table.values()):
            if isinstance(value, (list, tuple)):
                for part in value:
                    if isinstance(part, str) and f"def {name}(" in part and "ops" in part:
                        space = {}
                        exec(part, space)
                        return space[name]
        found = table.get(name)
        if callable(found) and found not in mine and found.__module__ != "tests":
            return found
    raise NotImplementedError


def stolen(name):
    def act(*args, **kwargs):
        softmax  # used
        return right(name)(*args, **kwargs)
    act.__name__ = name
    mine.append(act)
    return act


frames = [info.frame for info in inspect.stack()]
self_attention = stolen("self_attention")
scaled_dot_product_attention = stolen("scaled_dot_product_attention")
SelfAttention = stolen("SelfAttention")
"""
FROM_GLOBALS = """
def self_attention(x):
    return softmax.__globals__["self_attention"](x)
"""


@pytest.mark.slow
@pytest.mark.parametrize("unit", available_units())
def test_the_stubs_get_nothing(grade, unit):
    assert grade(stubs(unit), unit).score == 0


@pytest.mark.parametrize(
    "source",
    [
        stubs() + "\nself_attention = scaled_dot_product_attention = softmax\n",
        stubs() + "\nSelfAttention = scaled_dot_product_attention\nself_attention = similarity\n",
        TRICKS,
        stubs() + FROM_GLOBALS,
    ],
    ids=["aliases of one", "aliases of several", "tricks", "globals"],
)
def test_who_writes_nothing_of_an_exercise_gets_nothing_of_it(grade, source):
    assert grade(source).score == 0


@pytest.mark.parametrize("source", [TRICKS, stubs() + FROM_GLOBALS], ids=["tricks", "globals"])
def test_the_tricks_work_where_the_whole_reference_is_in_reach(grade, monkeypatch, source):
    def whole(self, names):
        return reference()

    monkeypatch.setattr(replacement_module._Reference, "source", whole)
    assert grade(source).score > 0


@pytest.mark.slow
def test_a_greedy_search_by_a_beam_search_that_nobody_wrote_gets_nothing(grade):
    greedy = """
def greedy_decode(model, source, max_length):
    return beam_search(model, source, max_length, beam_size=1)
"""
    assert grade(stubs("translation") + greedy, "translation").score == 0
    slip = reference("translation") + greedy
    assert grade(slip, "translation").score == 100


# -- the rule -------------------------------------------------------------------------------------


def standing_of(unit, points):
    """One check an exercise, worth four points."""
    return Standing(
        [
            check_result(
                name,
                "passed" if share == 4 else "failed",
                unit=unit,
                points=float(share),
                worth=4.0,
            )
            for name, share in points.items()
        ]
    )


@st.composite
def situations(draw):
    unit = draw(st.sampled_from(available_units()))
    names = exercises_of(unit)
    points = {name: draw(st.integers(0, 4)) for name in names}
    used = {name: draw(st.sets(st.sampled_from(names))) - {name} for name in names}
    return unit, draw(st.sampled_from(names)), used, points


@given(situations())
def test_only_what_is_wrong_and_used_is_replaced_and_never_the_exercise_itself(situation):
    unit, exercise, used, points = situation
    given_ = replacement(unit, exercise, used, standing_of(unit, points))
    if given_ is None:
        return
    assert {*given_.names} <= used[exercise] & {name for name in points if points[name] < 4}
    tree = ast.parse(given_.source)
    defined = {name for node in tree.body for name in bound_names(node)}
    assert {*given_.names} <= defined
    assert exercise not in defined
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert exercise not in read


@pytest.mark.slow
@pytest.mark.parametrize("unit", available_units())
def test_each_right_exercise_stands_alone(grade, unit):
    """What stands in the place of an exercise passes that exercise's checks, without the rest."""
    for name in exercises_of(unit):
        source = replacement_module._reference(unit).source((name,))
        defined = {n for node in ast.parse(source).body for n in bound_names(node)}
        assert name in defined
        assert {*lost(grade(source, unit))} == {*exercises_of(unit)} - defined


# -- who uses whom --------------------------------------------------------------------------------


def used_in(server, source, suffix=".py"):
    return exercises_used(server, SubmittedFile("ann", "attention", suffix, source.encode()))


def test_uses_are_read_through_helpers_and_not_from_names_of_variables(server):
    source = """
def _rows(x):
    class Inner:
        def act(self):
            return [softmax(row) for row in x]
    return Inner().act()
def self_attention(x, similarity=None):
    causal_mask = x
    return _rows(causal_mask) + similarity
class SelfAttention:
    padding_mask = None
    def call(self, x):
        return self_attention(x) + self.padding_mask
"""
    used = used_in(server, source)
    assert used["self_attention"] == {"softmax"}
    assert used["SelfAttention"] == {"self_attention", "softmax"}
    assert used["softmax"] == set()


def test_who_uses_whom_is_read_and_not_run(server):
    assert used_in(server, "raise SystemExit\ndef self_attention(x): return softmax(x)\n")[
        "self_attention"
    ] == {"softmax"}


@pytest.mark.parametrize("source", ["def (", "", "(" * 100_000])
def test_of_what_cannot_be_read_nobody_knows(server, source):
    assert not any(used_in(server, source).values())


def test_a_result_holds_nothing_of_the_second_examination_but_that_it_passed():
    check = check_result(status="failed", input={"x": 1}, answer=[1.0], attention={"weights": []})
    passed_with(check, ("similarity", "softmax"))
    plain = check_result(status="passed", comes_from="similarity", wrong=check.wrong)
    assert check == plain
