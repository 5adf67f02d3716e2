"""What is said of an answer: right ones pass, wrong ones fail with a reason and no secret."""

import numpy as np
import pytest

from autograder import expect
from autograder.checks import CheckFailed
from autograder.isolation.wire import Handle, Opaque, Spec
from autograder.messages import text

BECAUSE = text("It is wrong.", "不对。")


@pytest.mark.parametrize("value", [None, "text", [1.0], {"a": 1}, Handle(1, "X"), Opaque("lambda")])
def test_what_is_no_array_fails(value):
    with pytest.raises(CheckFailed, match="tensor"):
        expect.array(value)


def test_numbers_count_as_arrays():
    assert expect.array(1.5).shape == ()
    assert expect.number(np.float32(2)) == 2.0


def test_shapes_may_leave_sizes_open():
    expect.shape(np.zeros((2, 3)), (None, 3))
    expect.shape(Spec((None, 3), "float32"), (None, 3))
    with pytest.raises(CheckFailed, match=r"\(2, 3\)"):
        expect.shape(np.zeros((2, 3)), (3, 3))


def test_wrong_values_are_named_without_the_right_ones():
    with pytest.raises(CheckFailed) as caught:
        expect.close(np.array([1.0]), np.array([12345.0]), BECAUSE)
    assert "12345" not in caught.value.text["en"]
    assert caught.value.text["zh"].startswith("不对")


def test_nan_is_named():
    with pytest.raises(CheckFailed, match="NaN"):
        expect.close(np.array([np.nan]), np.array([1.0]), BECAUSE)
    with pytest.raises(CheckFailed, match="inf"):
        expect.finite(np.array([np.inf]), BECAUSE)


def test_a_pair_is_two_arrays():
    assert len(expect.pair([np.zeros(1), np.ones(2)])) == 2
    for wrong in (np.zeros(2), [np.zeros(1)], None):
        with pytest.raises(CheckFailed, match="pair"):
            expect.pair(wrong)


def test_dtypes_are_compared_by_name():
    expect.dtype(np.zeros(1, "float16"), "float16")
    with pytest.raises(CheckFailed, match="float32"):
        expect.dtype(np.zeros(1, "float32"), "float16")
