"""Edits of right code: each is another program, in one place, and undone again."""

import ast
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.base.paths import SOLUTIONS_DIR
from course.kit.edits.editor import TWO, Editor
from course.kit.units import available_units, exercises_of

SOURCE = '''
import math
import keras
from keras import ops

def scale(x, width, heads=2):
    """A docstring."""
    return x / math.sqrt(width)

class Gate(keras.layers.Layer):
    def __init__(self, units, dropout=0.1, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first = keras.layers.Dense(units)
        self.second = keras.layers.Dense(units)
        self.drop = keras.layers.Dropout(dropout)

    def call(self, x, training=None):
        gate = ops.sigmoid(self.first(x))
        return self.drop(gate * self.second(x[:, :-1]), training=training)
'''


def edits(exercise):
    return {(m.kind, m.after) for m in Editor(SOURCE, exercise).singles}


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("constant", "def scale(x, width, heads=3):"),
        ("operator", "return x * math.sqrt(width)"),
        ("operands", "return x"),
        ("formula", "return x / (width / 2)"),
        ("formula", "return x / int(width ** 0.5)"),
        ("name", "return x / math.sqrt(heads)"),
        ("wrapper", "return round(x / math.sqrt(width), 3)"),
    ],
)
def test_a_function_is_edited_in_the_ways_of_the_table(kind, after):
    assert (kind, after) in edits("scale")


def test_annotations_are_not_edited():
    source = "def f(x: int | None) -> tuple[int, int]:\n    return x\n"
    assert {mutant.kind for mutant in Editor(source, "f").singles} == set()


@pytest.mark.parametrize(
    ("right", "wrong", "harmless"),
    [
        ("ops.swapaxes(x, -1, -2)", "ops.swapaxes(-1, x, -2)", "ops.swapaxes(x, -2, -1)"),
        ("ops.equal(x, y)", "ops.not_equal(x, y)", "ops.equal(y, x)"),
        ("ops.matmul(x, y)", "ops.matmul(y, x)", None),
        ("ops.exp(x)", "keras.ops.round(ops.exp(x), 3)", "keras.ops.abs(ops.exp(x))"),
        ("ops.log(x)", "keras.ops.abs(ops.log(x))", None),
        ("ops.where(y, x, -1e9)", "ops.where(y, x, -1e-09)", "ops.where(y, x, -2000000000.0)"),
        ("x * 10000.0", "x * 10100.0", "x * 10000.01"),
        (
            "ops.sin(ops.arange(x))",
            "keras.ops.round(ops.sin(ops.arange(x)), 3)",
            "keras.ops.stop_gradient(ops.sin(ops.arange(x)))",
        ),
        ("ops.less(x, y)[None]", "keras.ops.cast(ops.less(x, y)[None], 'float32')", None),
        ("ops.less(x, y)[None]", "ops.greater(x, y)[None]", "keras.ops.abs(ops.less(x, y)[None])"),
    ],
)
def test_what_can_change_nothing_is_not_an_edit(right, wrong, harmless):
    found = {m.after for m in Editor(f"def f(x, y):\n    return {right}\n", "f").singles}
    assert f"return {wrong}" in found
    assert f"return {harmless}" not in found


@pytest.mark.parametrize(
    ("kind", "after"),
    [
        ("ignored", "self.units = 2"),
        ("ignored", "def __init__(self, units, dropout=0.1, **kwargs): dropout = 0.1"),
        ("ignored", "def call(self, x, training=None): training = None"),
        ("statement", "(left out)"),
        ("name", "gate = ops.sigmoid(self.second(x))"),
        ("function", "gate = ops.tanh(self.first(x))"),
        ("dropout", "self.drop = keras.layers.Dropout(0.0)"),
        ("dropout", "gate = self.drop(ops.sigmoid(self.first(x)), training=training)"),
        ("argument", "return self.drop(gate * self.second(x[:, :-1]))"),
        ("argument", "return gate * self.second(x[:, :-1])"),
        ("element", "return self.drop(gate * self.second(x[:, :]), training=training)"),
        ("wrapper", "gate = keras.ops.stop_gradient(ops.sigmoid(self.first(x)))"),
    ],
)
def test_a_layer_is_edited_in_the_ways_of_the_table(kind, after):
    assert (kind, after) in edits("Gate")


def test_edits_that_no_check_could_see_are_left_out():
    source = (
        SOURCE.replace("units = units\n", "units = units\n        self.width = units\n")
        .replace("Dense(units)", 'Dense(units, name="dense")')
        .replace("gate = ", "self.first.build(x.shape)\n        gate = self.units * ")
    )
    found = [mutant.after for mutant in Editor(source, "Gate").singles]
    assert any("name='dense'" in after for after in found)
    for hidden in ("self.width *", "Dense(units)", "build"):
        assert not any(hidden in after for after in found)


def rest_of(source, exercise):
    """The definitions beside an exercise, without their places."""
    return [
        ast.dump(node) for node in ast.parse(source).body if getattr(node, "name", "") != exercise
    ]


@pytest.mark.parametrize("unit", available_units())
def test_every_edit_is_another_program_in_the_exercise_alone(unit):
    source = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    for exercise in exercises_of(unit):
        mutants = list(Editor(source, exercise).singles)
        assert len({source, *(mutant.source for mutant in mutants)}) == len(mutants) + 1 > 5
        assert all(0 < mutant.line <= source.count("\n") for mutant in mutants)
        for mutant in random.Random(exercise).sample(mutants, 3):
            assert rest_of(mutant.source, exercise) == rest_of(source, exercise)
            compile(mutant.source, "mutant", "exec")


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6))
def test_two_edits_depend_on_the_seed_alone(seed):
    first = list(Editor(SOURCE, "Gate").pairs(3, seed))
    assert first == list(Editor(SOURCE, "Gate").pairs(3, seed))
    assert {mutant.kind for mutant in first} <= {TWO}
    singles = {SOURCE, *(mutant.source for mutant in Editor(SOURCE, "Gate").singles)}
    assert len({m.source for m in first} - singles) == len(first)


def test_an_exercise_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="nothing"):
        Editor(SOURCE, "nothing")
