"""What is said of an answer: right ones pass, wrong ones fail with a reason and no secret."""

import numpy as np
import pytest

from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.check import CheckFailed
from autograder.isolation.wire import Handle, Opaque, Spec

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


@pytest.mark.parametrize(
    ("failing", "presumes"),
    [
        (lambda: expect.close(np.ones(2), np.zeros(2)), False),
        (lambda: expect.close(np.ones(2), np.zeros(2), expect.WRONG_VALUES), False),
        (lambda: expect.close(np.ones(2), np.zeros(2), BECAUSE), True),
        (lambda: expect.close(np.ones(2), np.zeros(3), BECAUSE), False),
        (lambda: expect.close(None, np.zeros(3), BECAUSE), False),
        (lambda: expect.same(np.ones(2), np.zeros(2), BECAUSE), False),
        (lambda: expect.that(False, BECAUSE), False),
        (lambda: expect.that(False, BECAUSE, presumes_values=True), True),
        (lambda: expect.finite(np.array([np.inf]), BECAUSE), False),
    ],
)
def test_a_property_that_is_compared_with_right_values_presumes_them(failing, presumes):
    with pytest.raises(CheckFailed) as caught:
        failing()
    assert caught.value.presumes_values is presumes


def test_a_pair_is_two_arrays():
    assert len(expect.pair([np.zeros(1), np.ones(2)])) == 2
    for wrong in (np.zeros(2), [np.zeros(1)], None):
        with pytest.raises(CheckFailed, match="pair"):
            expect.pair(wrong)


def test_dtypes_are_compared_by_name():
    expect.dtype(np.zeros(1, "float16"), "float16")
    with pytest.raises(CheckFailed, match="float32"):
        expect.dtype(np.zeros(1, "float32"), "float16")


def test_a_failure_inside_has_a_picture_of_the_attention_weights():
    weights, right = np.array([[0.5, 0.5]]), np.array([[0.25, 0.75]])
    for given in (right, lambda: right):
        with pytest.raises(CheckFailed) as caught, expect.attention(weights, given):
            expect.close(weights, right, BECAUSE)
        assert caught.value.attention["difference"] == [[[0.25, -0.25]]]


def test_right_weights_are_not_asked_for_unless_something_fails():
    with expect.attention(np.zeros((1, 2)), lambda: pytest.fail("asked")):
        pass


@pytest.mark.parametrize("weights", [None, "text", [0.5], Handle(1, "X"), np.array(["a"])])
def test_what_is_no_array_has_no_picture(weights):
    with pytest.raises(CheckFailed) as caught, expect.attention(weights, np.zeros(1)):
        expect.fail(BECAUSE)
    assert caught.value.attention is None


def test_another_error_inside_stays_what_it_is():
    with pytest.raises(KeyError), expect.attention(np.zeros(1), np.zeros(2)):
        raise KeyError
