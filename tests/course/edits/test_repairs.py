"""Edits that may make a student's own code right."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.grading.right_solutions import right_solutions_of
from course.kit.edits.repairs import MOST_STATEMENTS, Repairs
from course.kit.handin import read_handin
from course.kit.units import available_units, exercises_of

RIGHT = """
from keras import ops

def softmax(x, axis=-1):
    shifted = x - ops.max(x, axis=axis, keepdims=True)
    powers = ops.exp(shifted)
    return powers / ops.sum(powers, axis=axis, keepdims=True)
"""
OWN = """
import keras.ops as K

def softmax(scores, axis=-1):
    top = K.max(scores, axis=axis, keepdims=True)
    e = K.exp(scores - top)
    return e / K.sum(e, axis=axis, keepdims=True)
"""


def repairs(source, models=(RIGHT,), lines=(), exercise="softmax"):
    work = read_handin(source.encode(), ".py", (exercise,))
    return Repairs(work, exercise, {exercise}, models, lines)


def changed(source, *edits):
    for right, wrong in edits:
        assert source.count(right) == 1
        source = source.replace(right, wrong)
    return source


@pytest.mark.parametrize(
    ("right", "wrong", "line", "kind", "about"),
    [
        ("e / K.sum", "e * K.sum", 7, "operator", ""),
        ("K.sum(e", "K.mean(e", 7, "function", "mean"),
        ("K.sum(e, axis=axis", "K.sum(e, axis=0", 7, "axis", "sum"),
        (
            "K.max(scores, axis=axis, keepdims=True)",
            "K.max(scores, axis=axis)",
            5,
            "arguments",
            "max",
        ),
        ("scores - top", "top - scores", 6, "order", ""),
        ("K.exp(scores - top)", "scores - top", 6, "around", ""),
        ("e / K.sum", "scores / K.sum", 7, "name", "scores"),
        ("    return e", "    e = e + 1\n    return e", 7, "extra", ""),
    ],
)
def test_a_slip_is_undone_and_named(right, wrong, line, kind, about):
    plain = ast.unparse(ast.parse(OWN).body[-1])
    made = repairs(changed(OWN, (right, wrong))).singles()
    found = [r for r in made if r.text.replace("    pass\n", "") == plain]
    assert [(r.line, r.kind, r.about) for r in found] == [(line, kind, about)]


def test_what_right_code_has_between_two_statements_is_put_in():
    short = changed(OWN, ("    e = K.exp(scores - top)\n", ""))
    model = changed(
        RIGHT, ("shifted = x - ops.max", "highest = ops.max"), ("shifted", "x - highest")
    )
    plain = ast.unparse(ast.parse(OWN).body[-1])
    found = [r for r in repairs(short, (model,)).singles() if r.text == plain]
    assert [(r.line, r.kind) for r in found] == [(5, "missing")]


def test_the_line_that_raised_comes_first():
    found = list(repairs(OWN, lines=[("your module", 7)]).singles())
    assert found[0].line == 7
    lines = [item.line for item in found]
    assert lines.index(6) > max(n for n, line in enumerate(lines) if line == 7)


def test_a_second_edit_stands_on_the_first():
    spoilt = changed(OWN, ("e / K.sum", "e * K.sum"), ("scores - top", "top - scores"))
    made = repairs(spoilt)
    first = next(item for item in made.singles() if "e / K.sum" in item.text)
    plain = ast.unparse(ast.parse(OWN).body[-1])
    assert plain in {item.text for item in made.pairs(first.number)}


def test_no_edit_gives_another_variable_the_value():
    model = changed(RIGHT, ("shifted = x - ops", "x = x - ops"), ("exp(shifted)", "exp(x)"))
    texts = [item.text for item in repairs(OWN, (model,)).singles()]
    assert texts
    assert not [text for text in texts if "scores = " in text and "top = " not in text]


def test_what_is_too_long_is_not_edited():
    long = OWN.replace("    e = K", "    scores = scores + 0\n" * MOST_STATEMENTS + "    e = K")
    assert list(repairs(long).singles()) == []


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_every_edit_of_right_work_is_code_and_is_undone(data):
    unit = data.draw(st.sampled_from(available_units()))
    source = data.draw(st.sampled_from(sorted(right_solutions_of(unit).values())))
    exercise = data.draw(st.sampled_from(exercises_of(unit)))
    models = tuple(right_solutions_of(unit).values())[:2]
    made = repairs(source, models, exercise=exercise)
    before = made.sources()
    texts = set()
    for item in made.singles():
        ast.parse(item.text)
        assert item.text != before[item.statement]
        texts.add(item.text)
        if len(texts) == 60:
            break
    assert made.sources() == before
