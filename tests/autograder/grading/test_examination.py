"""A hand-in under examination: what checks see of it, and what becomes of it when it dies."""

import contextlib
import json
import os
import re
import signal

import numpy as np
import pytest

from autograder.base.text import text
from autograder.grading.check import Check
from autograder.grading.examination import Examination, NotDefined
from autograder.grading.hand_in_process import Rejected, text_from
from autograder.grading.limits import MAX_SECOND_TRIES, TimeBudget
from autograder.grading.proxies import Student
from autograder.grading.verdict import status_and_fault
from autograder.isolation.student_process import StudentError, StudentGone, StudentProcess
from autograder.isolation.wire import Spec


def check(exercise="softmax", slug="x", timeout=10.0):
    return Check("attention", exercise, slug, 1, text("", ""), timeout, "")


@pytest.fixture
def reference(server, solution):
    examination = Examination(server, solution, ".py", "attention")
    examination.process.open()
    yield examination
    examination.close()


@pytest.fixture
def student(reference):
    reference.begin(check("SelfAttention"), 1)
    return Student(reference, 1)


X = np.arange(12, dtype="float32").reshape(1, 3, 4) / 10


def test_functions_are_called_like_the_real_ones(student):
    got = student.softmax(X, axis=1)
    np.testing.assert_allclose(got.sum(1), 1, atol=1e-6)


def test_objects_stay_over_there(student):
    layer = student.SelfAttention(2, d_v=5)
    assert layer.type_name == "SelfAttention"
    output, weights = layer(X)
    assert (output.shape, weights.shape) == ((1, 3, 5), (1, 3, 3))
    assert len(layer.weights()) == 3
    assert layer.value("d_v") == 5
    assert layer.clone().value("d_v") == 5


def test_weights_can_be_put_in_and_fetched(student):
    layer = student.SelfAttention(2)
    layer(X)
    kernel = np.ones((4, 2), "float32")
    layer.assign(query_projection__kernel=kernel)
    np.testing.assert_array_equal(layer.value("query_projection.kernel"), kernel)
    with pytest.raises(StudentError, match="shape"):
        layer.assign(query_projection__kernel=np.ones((3, 2), "float32"))


def shared_layer(examination, seed):
    """The shared layer as a check with this seed gets it, and its name, which no other has."""
    examination.begin(check("SelfAttention"), seed)
    layer = Student(examination, seed).shared("SelfAttention", 2, built_on=[X])
    return layer, layer.value("name")


def test_checks_share_an_object_that_they_only_look_at(reference):
    layer, name = shared_layer(reference, 1)
    layer(X)
    layer, again = shared_layer(reference, 2)
    assert again == name
    layer.gradients(X, cotangents=[None, np.ones((1, 3, 3), "float32")])
    assert shared_layer(reference, 3)[1] == name


@pytest.mark.parametrize(
    "use",
    [
        lambda layer: layer.graph(X),
        lambda layer: layer.symbolic(X, specs=[(None, None, 4)]),
        lambda layer: layer.reload(X, specs=[(None, None, 4)]),
        lambda layer: layer(X[0, 0]),
    ],
    ids=["traced", "symbolic", "saved", "raised"],
)
def test_what_was_more_than_looked_at_is_not_shared_again(reference, use):
    layer, name = shared_layer(reference, 1)
    with contextlib.suppress(StudentError):
        use(layer)
    assert shared_layer(reference, 2)[1] != name


def test_a_shared_object_is_the_same_whoever_asks_first(server, solution):
    found = []
    for seed in (1, 2):
        examination = Examination(server, solution, ".py", "attention")
        examination.process.open()
        layer, _ = shared_layer(examination, seed)
        found.append(layer.value("query_projection.kernel"))
        examination.close()
    np.testing.assert_array_equal(*found)


def test_other_arguments_make_another_object(reference):
    _, name = shared_layer(reference, 1)
    other = Student(reference, 1).shared("SelfAttention", 3, built_on=[X])
    assert other.value("name") != name


def test_every_way_of_calling_gives_the_same(student):
    layer = student.SelfAttention(2)
    output, _ = layer(X)
    specs = [(None, None, 4)]
    assert layer.symbolic(X, specs=specs)[0] == Spec((None, None, 2), "float32")
    for other in (
        layer.graph(X, specs=specs),
        layer.xla(X),
        layer.functional(X, specs=specs),
        layer.reload(X, specs=specs),
    ):
        np.testing.assert_allclose(other[0], output, atol=1e-5)


def test_gradients_come_for_inputs_and_weights(student):
    layer = student.SelfAttention(2)
    output, _ = layer(X)
    slopes = layer.gradients(X, cotangents=[np.ones_like(output), None])
    assert [slope.shape for slope in slopes["inputs"]] == [X.shape]
    assert len(slopes["weights"]) == 3


def test_the_policy_holds_for_one_check(reference, student):
    student.use_policy("mixed_float16")
    assert student.SelfAttention(2)(X)[0].dtype == "float16"
    reference.begin(check(), 1)
    assert Student(reference, 1).SelfAttention(2)(X)[0].dtype == "float32"


def test_the_same_seed_makes_the_same_layer(reference):
    made = []
    for seed in (3, 3, 4):
        reference.begin(check(), seed)
        made.append(Student(reference, seed).SelfAttention(2)(X)[0])
    np.testing.assert_array_equal(made[0], made[1])
    assert not np.allclose(made[0], made[2])


def test_errors_say_what_and_where(server):
    source = b"def softmax(x, axis=-1):\n    return x.nothing\n"
    examination = Examination(server, source, ".py", "attention")
    examination.begin(check(), 0)
    with pytest.raises(StudentError, match="nothing") as caught:
        Student(examination, 0).softmax(X)
    assert caught.value.where == "your module, line 2"
    examination.close()


def notebook(*cells):
    made = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"cells": made}).encode()


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (
            ["SCALE = load('x')"],
            "`SCALE` is assigned in code cell 2, line 1, which the grader does not run: it calls "
            "`load`.",
        ),
        (
            ["import nowhere\nSCALE = nowhere.scale"],
            "`SCALE` is assigned in code cell 2, line 2, which failed: NameError: name 'nowhere' "
            "is not defined.",
        ),
    ],
)
def test_an_error_says_why_a_name_is_missing(server, cells, sentence):
    source = notebook("def softmax(x, axis=-1):\n    return x * SCALE", *cells)
    examination = Examination(server, source, ".ipynb", "attention")
    examination.begin(check(), 0)
    with pytest.raises(StudentError, match="SCALE") as caught:
        Student(examination, 0).softmax(X)
    status, wrong = status_and_fault(check(), caught.value)
    assert status == "error"
    assert wrong["en"].startswith("Your code raised NameError (code cell 1, line 2): name 'SCALE'")
    assert wrong["en"].endswith(f" {sentence}")
    assert "`SCALE` 在第 2 个代码单元格第" in wrong["zh"]
    assert any("`SCALE`" in problem["en"] for problem in examination.process.problems) == (
        "grader" in sentence
    )
    examination.close()


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (
            "similarity = load('x')",
            "assigned in code cell 2, line 1, which the grader does not run",
        ),
        ("def similarity(x:\n  pass", "defined in code cell 2, which can't be read: Syntax error"),
        ("%%script x\ndef similarity(x): pass", "defined in code cell 2, which the grader does no"),
    ],
)
def test_a_check_says_why_its_exercise_is_missing(server, cell, sentence):
    source = notebook("def softmax(x): return x", cell)
    examination = Examination(server, source, ".ipynb", "attention")
    with pytest.raises(NotDefined) as caught:
        examination.begin(check("similarity"), 0)
    status, wrong = status_and_fault(check("similarity"), caught.value)
    assert status == "missing"
    assert wrong["en"].startswith(f"`similarity` is {sentence}")
    assert wrong["zh"].startswith("`similarity` 在第 2 个代码单元格")
    examination.close()


@pytest.mark.parametrize(
    "cells",
    [
        ["import keras\nops = keras.ops", "def softmax(x, axis=-1): return ops.abs(x)"],
        [
            "from keras import ops\ncalls = 0\ndef softmax(x, axis=-1):\n"
            "  global calls\n  calls += 1\n  return ops.abs(x)"
        ],
        ["import keras\ndef mine(x, axis): return x", "softmax = lambda x, axis=-1: mine(x, axis)"],
        ["from functools import partial\ndef f(x, axis): return x\nsoftmax = partial(f, axis=0)"],
    ],
)
def test_what_an_exercise_needs_of_a_notebook_is_run(server, cells):
    examination = Examination(server, notebook(*cells), ".ipynb", "attention")
    examination.begin(check(), 0)
    np.testing.assert_array_equal(Student(examination, 0).softmax(X), X)
    assert not examination.process.problems
    examination.close()


def test_problems_that_are_left_out_are_counted(server):
    source = b"def softmax(x): return x\n" + b"1 / 0\n" * 25
    examination = Examination(server, source, ".py", "attention")
    examination.begin(check(), 0)
    assert examination.process.problems[-1] == text(
        "Problems that are not listed here: 5.", "另有 5 个问题。"
    )
    assert len(examination.process.problems) == 21
    examination.close()


def test_a_missing_exercise_is_not_defined(server):
    examination = Examination(server, b"def softmax(x): return x\n", ".py", "attention")
    with pytest.raises(NotDefined):
        examination.begin(check("similarity"), 0)
    examination.close()


@pytest.mark.parametrize(
    ("data", "suffix", "reason"),
    [
        (b"", ".py", "empty"),
        (b"def f(:", ".py", "line 1"),
        (b"{", ".ipynb", "JSON"),
        (b"[1, 2]", ".ipynb", "cells"),
        (b"\xff\xfe\x00", ".py", "UTF-8"),
        (b"(" * 5000, ".py", "Syntax|nested"),
    ],
)
def test_what_cannot_be_read_is_rejected(server, data, suffix, reason):
    examination = Examination(server, data, suffix, "attention")
    with pytest.raises(Rejected, match=reason) as caught:
        examination.process.open()
    assert str(caught.value) == caught.value.text["en"]
    assert re.search("[一-鿿]", caught.value.text["zh"])
    examination.close()


def test_what_could_not_be_used_is_told_in_both_languages(server):
    source = b"def softmax(x): return x\nraise ValueError('mine')\n"
    examination = Examination(server, source, ".py", "attention")
    examination.process.open()
    assert examination.process.problems == [
        text("your module, line 2: ValueError: mine", "你的模块第 2 行：ValueError: mine")
    ]
    examination.close()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (["a", "甲"], text("a", "甲")),
        (["a", 3], text("a", "a")),
        ("a", text("a", "a")),
        (["a\x1b", "甲\x00"], text("a\ufffd", "甲\ufffd")),
        (["a" * 900, "甲" * 900], text("a" * 500, "甲" * 500)),
        (["", "甲"], None),
        (["a", "b", "c"], None),
        ([["a"], "b"], None),
        ({"en": "a"}, None),
        (None, None),
    ],
)
def test_whatever_a_process_says_of_its_hand_in_is_a_short_text_or_none(message, expected):
    assert text_from(message) == expected


def test_a_process_that_dies_is_begun_again(server):
    source = b"""
import os
def softmax(x, axis=-1): os._exit(1)
def similarity(x): return x
"""
    examination = Examination(server, source, ".py", "attention")
    for _ in range(2):
        examination.begin(check(), 0)
        with pytest.raises(StudentGone):
            Student(examination, 0).softmax(X)
    with pytest.raises(StudentGone):  # two crashes are enough for one exercise
        examination.begin(check(), 0)
    examination.begin(check("similarity"), 0)
    np.testing.assert_array_equal(Student(examination, 0).similarity(X), X)
    examination.close()


def test_one_timeout_is_enough_for_an_exercise(server):
    source = b"def softmax(x, axis=-1):\n    while True: pass\n"
    examination = Examination(server, source, ".py", "attention")
    examination.begin(check(timeout=0.2), 0)
    with pytest.raises(StudentGone, match="timeout"):
        Student(examination, 0).softmax(X)
    with pytest.raises(StudentGone, match="timeout"):
        examination.begin(check(slug="y"), 0)
    examination.close()


def test_a_hand_in_is_waited_for_so_long_in_all(server, monkeypatch):
    monkeypatch.setattr("autograder.grading.limits.ALL_SECONDS", 0.5)
    source = f"""
import time
def softmax(x, axis=-1):
    time.sleep({0.4 * server.slowness})
    return x
similarity = softmax
"""
    examination = Examination(server, source.encode(), ".py", "attention")
    examination.begin(check(), 0)
    Student(examination, 0).softmax(X)
    examination.begin(check("similarity"), 0)
    with pytest.raises(StudentGone, match="timeout"):
        Student(examination, 0).similarity(X)
    assert examination.budget.is_used_up
    examination.close()


def test_loading_and_answers_share_the_time(monkeypatch):
    monkeypatch.setattr("autograder.grading.limits.ALL_SECONDS", 30.0)
    budget = TimeBudget()
    budget.charge_loading(18.0)
    assert (budget.for_loading(), budget.for_answers(10.0)) == (12.0, 10.0)
    budget.charge_answers(9.0)
    assert (budget.for_loading(), budget.for_answers(10.0)) == (3.0, 3.0)
    budget.charge_answers(4.0)
    assert (budget.for_loading(), budget.for_answers(10.0)) == (0.0, 0.0)
    assert budget.is_used_up


def test_loading_again_and_again_ends(server, monkeypatch):
    monkeypatch.setattr("autograder.grading.limits.ALL_LOADS_SECONDS", 0.8)
    source = f"""
import os, time
time.sleep({0.5 * server.slowness})
def softmax(x, axis=-1): os._exit(1)
similarity = softmax
"""
    examination = Examination(server, source.encode(), ".py", "attention")
    examination.begin(check(), 0)
    with pytest.raises(StudentGone, match="crashed"):
        Student(examination, 0).softmax(X)
    for _ in range(2):
        with pytest.raises(StudentGone, match="timeout"):
            examination.begin(check("similarity"), 0)
    examination.close()


def test_huge_answers_are_judged_and_not_kept(server):
    source = b"import numpy as np\ndef softmax(x, axis=-1): return np.zeros(2**22, 'float64')\n"
    examination = Examination(server, source, ".py", "attention")
    examination.begin(check(), 0)
    assert Student(examination, 0).softmax(X).shape == (2**22,)
    assert not examination.transcript.complete
    assert examination.transcript.exchanges == []
    examination.close()


def killed(examination):
    """What a check gets whose process somebody kills."""
    os.kill(examination.process.pid, signal.SIGKILL)
    with pytest.raises(StudentGone) as caught:
        Student(examination, 0).softmax(X)
    return caught.value


def test_a_killing_that_nobody_explains_is_forgiven_once_a_check(server, solution):
    examination = Examination(server, solution, ".py", "attention")
    for number in range(MAX_SECOND_TRIES + 1):
        one = check(slug=f"number {number}")
        examination.begin(one, 0)
        gone = killed(examination)
        assert (gone.reason, gone.detail, gone.unexplained) == ("crashed", "signal 9", True)
        if number == MAX_SECOND_TRIES:  # it may be the hand-in's own doing
            assert not examination.undo_unexplained(gone)
            break
        assert examination.undo_unexplained(gone)
        examination.begin(one, 0)
        assert Student(examination, 0).softmax(X).shape == X.shape
    examination.begin(one, 0)  # one death is not enough to give the exercise up
    assert not examination.undo_unexplained(killed(examination))
    with pytest.raises(StudentGone) as again:
        examination.begin(check(), 0)
    assert not examination.undo_unexplained(again.value)
    examination.close()


def test_what_is_forgiven_leaves_no_trace(server, solution):
    examination = Examination(server, solution, ".py", "attention")
    for _ in range(2):
        examination.begin(check(), 0)
        assert examination.claim_search()
        gone = killed(examination)
        with pytest.raises(StudentGone) as caught:  # asked again, it tells the same
            Student(examination, 0).softmax(X)
        assert caught.value is gone
        if not examination.undo_unexplained(gone):
            break
    examination.begin(check(slug="other"), 0)
    assert not examination.claim_search()
    examination.close()


def test_a_death_of_its_own_is_not_forgiven(server):
    for action in ("os._exit(1)", "os.abort()", "os.close(3); time.sleep(60)"):
        source = f"import os, time\ndef softmax(x, axis=-1):\n    {action}\n"
        examination = Examination(server, source.encode(), ".py", "attention")
        examination.begin(check(), 0)
        with pytest.raises(StudentGone) as caught:
            Student(examination, 0).softmax(X)
        assert not examination.undo_unexplained(caught.value), action
        examination.close()


def test_a_process_that_is_killed_while_it_loads_is_begun_again(server, solution, monkeypatch):
    examination = Examination(server, solution, ".py", "attention")
    load, loads = StudentProcess.load, []

    def watched(process, *args, **kwargs):
        loads.append(process)
        if len(loads) == 1:
            os.kill(process.pid, signal.SIGKILL)
        return load(process, *args, **kwargs)

    monkeypatch.setattr(StudentProcess, "load", watched)
    examination.process.open()
    assert "softmax" in examination.process.defined
    assert len(loads) == 2
    examination.close()
