"""Diagnosis: equal answers are equal, and hostile ones are only data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from autograder.grading.diagnosis import same
from autograder.grading.mistakes import mistakes_of
from autograder.isolation.wire import Handle, Opaque, Spec
from course.kit.units import available_units, exercises_of


@given(npst.arrays("float32", npst.array_shapes()))
def test_an_array_is_the_same_as_itself(array):
    assert same(array, array.copy())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.zeros(3), np.zeros(4)),
        (np.zeros(3), np.ones(3)),
        ([1], [1, 2]),
        ({"error": "ValueError"}, {"error": "TypeError"}),
        (None, 0),
        (Handle(1), Handle(2)),
        (Spec((1,), "float32"), Spec((2,), "float32")),
        (Opaque("a"), "a"),
    ],
)
def test_different_answers_differ(first, second):
    assert not same(first, second)


def test_nan_equals_nan():
    assert same(np.array([np.nan, 1.0]), np.array([np.nan, 1.0]))


@pytest.mark.parametrize("unit", available_units())
def test_known_mistakes_are_whole(unit):
    known = mistakes_of(unit)
    assert len({m.name for m in known}) == len(known) >= 12
    for item in known:
        assert item.exercise in exercises_of(unit)
        for words in (item.title, item.hint):
            assert set(words) == {"en", "zh"}
            assert all(words.values())
        compile(item.source, item.name, "exec")
