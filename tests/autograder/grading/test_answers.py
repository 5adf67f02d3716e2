"""Equal answers are near each other, others are far apart, and hostile ones are only data."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autograder.grading.answers import NEAR, alike, differing_values, distance
from autograder.isolation.wire import Handle, Opaque, Spec


def f32(*values):
    return np.array(values, "float32")


@given(npst.arrays(st.sampled_from(["float16", "float32", "int32", "bool"]), npst.array_shapes()))
def test_an_array_is_at_itself(array):
    assert distance(array, array.copy()) == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.zeros(3), np.zeros(4)),
        (np.zeros(3), np.ones(3)),
        (np.zeros(3), np.zeros(3, "float32")),
        (np.zeros(3, "float16"), np.zeros(3, "float32")),
        (np.zeros(3, "int32"), np.zeros(3, "float32")),
        (np.zeros(3, "bool"), np.zeros(3, "int32")),
        (np.array([1, 2]), np.array([1, 3])),
        (f32(math.nan, 1), f32(1, math.nan)),
        (f32(math.inf, 1), f32(-math.inf, 1)),
        (f32(0.0, 1), f32(1e-9, 1)),  # masked weights are exactly 0
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        (("raised", "ValueError", "a", ""), ("raised", "ValueError", "b", "")),
        (("raised", "ValueError", "a", ""), f32(1)),
        (None, 0),
        (True, 1),
        (Handle(1), Handle(2)),
        (Spec((1,), "float32"), Spec((2,), "float32")),
        (Opaque("a"), "a"),
    ],
)
def test_different_answers_are_far_apart(first, second):
    assert distance(first, second) > 30
    assert distance(second, first) > 30
    assert distance([{"x": first}], [{"x": second}]) > 30


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (f32(math.nan, math.inf, 1.0), f32(math.nan, math.inf, 1.00001)),
        (np.array([3], "int64"), np.array([3], "int32")),
        (np.array(2.5, "float32"), 2.5),
        (3, 3.0),
        (np.array([1 + 2j]), np.array([1 + 2j])),
        (("raised", "ValueError", "a", ""), ("raised", "ValueError", "a", "")),
        (Handle(1, "A"), Handle(1, "B")),
        ([], []),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (None, None),
    ],
)
def test_equal_answers_are_near(first, second):
    assert distance(first, second) <= NEAR


@given(
    npst.arrays("float32", (4, 3), elements=st.floats(0.125, 8, width=32)),
    st.integers(0, 11),
    st.sampled_from([("float32", 3e-5, 0.02), ("float16", 1e-3, 0.5)]),
)
def test_what_is_near_is_said_by_the_arrays_scale_and_dtype(array, index, case):
    dtype, near, far = case
    first, second = array.astype(dtype), array.astype(dtype)
    second.flat[index] += np.abs(array).max() * near
    assert distance(first, second) <= NEAR
    second.flat[index] += np.abs(array).max() * far
    assert distance(first, second) > 30


def test_an_answer_of_few_values_says_little():
    right = np.arange(12.0).reshape(3, 4)
    assert differing_values(np.zeros((3, 4)), right) == 1
    assert differing_values(right + 1, right) == 12
    wrong = right.copy()
    wrong[1] *= 2
    assert differing_values([wrong, right], [right, right]) == 4
    assert differing_values({"a": wrong}, {"a": right}) == 4
    assert differing_values(("raised", "ValueError", "x", ""), right) == 1
    assert differing_values(right, ("raised", "ValueError", "x", "")) == 12
    assert differing_values(np.array([math.nan, math.inf]), np.array([1.0, 2.0])) == 2


SHAPE, RATE = (16, 64), 0.25


def dropped(rng, rate=RATE, shape=SHAPE):
    return ((rng.random(shape) >= rate) / (1 - rate)).astype("float32") * np.ones(SHAPE, "float32")


@given(st.integers(0, 2**32))
def test_two_draws_are_alike(seed):
    rng = np.random.default_rng(seed)
    first, second = dropped(rng), dropped(rng)
    # Summed in another order, a value is another number, and no other value.
    assert alike(first, second * np.float32(1 + 1e-6))
    assert alike([first, second], [second, first])


@given(st.integers(0, 2**32))
def test_draws_of_other_distributions_are_not(seed):
    rng = np.random.default_rng(seed)
    first = dropped(rng)
    for other in (
        np.ones(SHAPE, "float32"),  # nothing is dropped
        dropped(rng, 0.5),  # at another rate
        dropped(rng, shape=(16, 1)),  # whole rows
        dropped(rng) * np.float32(1 - RATE),  # nothing is scaled
        first + 1,
        first.astype("float64"),
        first[:8],
        np.full(SHAPE, math.nan, "float32"),
        [first],
        None,
    ):
        assert not alike(first, other)
        assert not alike(other, first)


@given(st.integers(0, 2**32))
def test_of_few_numbers_nothing_is_known(seed):
    rng = np.random.default_rng(seed)
    assert not alike(rng.normal(size=(5, 6)), rng.normal(size=(5, 6)))
