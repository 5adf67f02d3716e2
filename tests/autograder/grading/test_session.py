"""A hand-in under examination: what checks see of it, and what becomes of it when it dies."""

import contextlib
import os
import re
import signal

import numpy as np
import pytest

from autograder.base.text import text
from autograder.grading import session as session_module
from autograder.grading.check import Check
from autograder.grading.session import MAX_SECOND_TRIES, NotDefined, Rejected, Session, Student
from autograder.isolation.client import StudentError, StudentGone, StudentProcess
from autograder.isolation.wire import Spec


def check(exercise="softmax", slug="x", timeout=10.0):
    return Check("attention", exercise, slug, 1, text("", ""), timeout, "")


@pytest.fixture
def reference(server, solution):
    session = Session(server, solution, ".py", "attention")
    session.open()
    yield session
    session.close()


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


def borrowed(session, seed):
    """The shared layer as a check with this seed gets it, and its name, which no other has."""
    session.begin(check("SelfAttention"), seed)
    layer = Student(session, seed).shared("SelfAttention", 2, built_on=[X])
    return layer, layer.value("name")


def test_checks_share_an_object_that_they_only_look_at(reference):
    layer, name = borrowed(reference, 1)
    layer(X)
    layer, again = borrowed(reference, 2)
    assert again == name
    layer.gradients(X, cotangents=[None, np.ones((1, 3, 3), "float32")])
    assert borrowed(reference, 3)[1] == name


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
    layer, name = borrowed(reference, 1)
    with contextlib.suppress(StudentError):
        use(layer)
    assert borrowed(reference, 2)[1] != name


def test_a_shared_object_is_the_same_whoever_asks_first(server, solution):
    found = []
    for seed in (1, 2):
        session = Session(server, solution, ".py", "attention")
        session.open()
        layer, _ = borrowed(session, seed)
        found.append(layer.value("query_projection.kernel"))
        session.close()
    np.testing.assert_array_equal(*found)


def test_other_arguments_make_another_object(reference):
    _, name = borrowed(reference, 1)
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
    session = Session(server, source, ".py", "attention")
    session.begin(check(), 0)
    with pytest.raises(StudentError, match="nothing") as caught:
        Student(session, 0).softmax(X)
    assert caught.value.where == "your module, line 2"
    session.close()


def test_a_missing_exercise_is_not_defined(server):
    session = Session(server, b"def softmax(x): return x\n", ".py", "attention")
    with pytest.raises(NotDefined):
        session.begin(check("similarity"), 0)
    session.close()


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
    session = Session(server, data, suffix, "attention")
    with pytest.raises(Rejected, match=reason) as caught:
        session.open()
    assert str(caught.value) == caught.value.text["en"]
    assert re.search("[一-鿿]", caught.value.text["zh"])
    session.close()


def test_what_could_not_be_used_is_told_in_both_languages(server):
    source = b"def softmax(x): return x\nraise ValueError('mine')\n"
    session = Session(server, source, ".py", "attention")
    session.open()
    assert session.problems == [
        text("your module, line 2: ValueError: mine", "你的模块第 2 行：ValueError: mine")
    ]
    session.close()


@pytest.mark.parametrize(
    ("said", "told"),
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
def test_whatever_a_process_says_of_its_hand_in_is_a_short_text_or_none(said, told):
    assert session_module._told(said) == told


def test_a_process_that_dies_is_begun_again(server):
    source = b"""
import os
def softmax(x, axis=-1): os._exit(1)
def similarity(x): return x
"""
    session = Session(server, source, ".py", "attention")
    for _ in range(2):
        session.begin(check(), 0)
        with pytest.raises(StudentGone):
            Student(session, 0).softmax(X)
    with pytest.raises(StudentGone):  # two crashes are enough for one exercise
        session.begin(check(), 0)
    session.begin(check("similarity"), 0)
    np.testing.assert_array_equal(Student(session, 0).similarity(X), X)
    session.close()


def test_one_timeout_is_enough_for_an_exercise(server):
    source = b"def softmax(x, axis=-1):\n    while True: pass\n"
    session = Session(server, source, ".py", "attention")
    session.begin(check(timeout=0.2), 0)
    with pytest.raises(StudentGone, match="timeout"):
        Student(session, 0).softmax(X)
    with pytest.raises(StudentGone, match="timeout"):
        session.begin(check(slug="y"), 0)
    session.close()


def test_a_hand_in_is_waited_for_so_long_in_all(server, monkeypatch):
    monkeypatch.setattr("autograder.grading.session.ALL_ANSWERS_SECONDS", 0.5)
    source = b"""
import time
def softmax(x, axis=-1):
    time.sleep(0.4)
    return x
similarity = softmax
"""
    session = Session(server, source, ".py", "attention")
    session.begin(check(), 0)
    Student(session, 0).softmax(X)
    session.begin(check("similarity"), 0)
    with pytest.raises(StudentGone, match="timeout"):
        Student(session, 0).similarity(X)
    session.close()


def test_loading_again_and_again_ends(server, monkeypatch):
    monkeypatch.setattr("autograder.grading.session.ALL_LOADS_SECONDS", 0.8)
    source = b"""
import os, time
time.sleep(0.5)
def softmax(x, axis=-1): os._exit(1)
similarity = softmax
"""
    session = Session(server, source, ".py", "attention")
    session.begin(check(), 0)
    with pytest.raises(StudentGone, match="crashed"):
        Student(session, 0).softmax(X)
    for _ in range(2):
        with pytest.raises(StudentGone, match="timeout"):
            session.begin(check("similarity"), 0)
    session.close()


def test_huge_answers_are_judged_and_not_kept(server):
    source = b"import numpy as np\ndef softmax(x, axis=-1): return np.zeros(2**22, 'float64')\n"
    session = Session(server, source, ".py", "attention")
    session.begin(check(), 0)
    assert Student(session, 0).softmax(X).shape == (2**22,)
    assert not session.transcript.whole
    assert session.transcript.exchanges == []
    session.close()


def killed(session):
    """What a check gets whose process somebody kills."""
    os.kill(session._process.pid, signal.SIGKILL)
    with pytest.raises(StudentGone) as caught:
        Student(session, 0).softmax(X)
    return caught.value


def test_a_killing_that_nobody_explains_is_forgiven_once_a_check(server, solution):
    session = Session(server, solution, ".py", "attention")
    for number in range(MAX_SECOND_TRIES + 1):
        one = check(slug=f"number {number}")
        session.begin(one, 0)
        gone = killed(session)
        assert (gone.reason, gone.detail, gone.unexplained) == ("crashed", "signal 9", True)
        if number == MAX_SECOND_TRIES:  # it may be the hand-in's own doing
            assert not session.forgives(gone)
            break
        assert session.forgives(gone)
        session.begin(one, 0)
        assert Student(session, 0).softmax(X).shape == X.shape
    session.begin(one, 0)  # one death is not enough to give the exercise up
    assert not session.forgives(killed(session))
    with pytest.raises(StudentGone) as again:
        session.begin(check(), 0)
    assert not session.forgives(again.value)
    session.close()


def test_what_is_forgiven_leaves_no_trace(server, solution):
    session = Session(server, solution, ".py", "attention")
    for _ in range(2):
        session.begin(check(), 0)
        assert session.claim_search()
        gone = killed(session)
        with pytest.raises(StudentGone) as caught:  # asked again, it tells the same
            Student(session, 0).softmax(X)
        assert caught.value is gone
        if not session.forgives(gone):
            break
    session.begin(check(slug="other"), 0)
    assert not session.claim_search()
    session.close()


def test_a_death_of_its_own_is_not_forgiven(server):
    for action in ("os._exit(1)", "os.abort()", "os.close(3); time.sleep(60)"):
        source = f"import os, time\ndef softmax(x, axis=-1):\n    {action}\n"
        session = Session(server, source.encode(), ".py", "attention")
        session.begin(check(), 0)
        with pytest.raises(StudentGone) as caught:
            Student(session, 0).softmax(X)
        assert not session.forgives(caught.value), action
        session.close()


def test_a_process_that_is_killed_while_it_loads_is_begun_again(server, solution, monkeypatch):
    session = Session(server, solution, ".py", "attention")
    load, loads = StudentProcess.load, []

    def watched(process, *args, **kwargs):
        loads.append(process)
        if len(loads) == 1:
            os.kill(process.pid, signal.SIGKILL)
        return load(process, *args, **kwargs)

    monkeypatch.setattr(StudentProcess, "load", watched)
    session.open()
    assert "softmax" in session.defined
    assert len(loads) == 2
    session.close()
