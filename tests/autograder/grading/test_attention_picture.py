"""The picture of attention weights that a result keeps: small and plain, whatever came."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autograder.grading.attention_picture import MAX_HEADS, MAX_SIDE, picture


def weights(*shape):
    return np.full(shape, 0.5, "float32")


def test_a_matrix_is_one_head_and_its_difference_has_signs():
    right = np.array([[0.25, 0.5], [0.75, 0.5]])
    assert picture(weights(2, 2), right) == {
        "weights": [[[0.5, 0.5], [0.5, 0.5]]],
        "difference": [[[0.25, 0.0], [-0.25, 0.0]]],
        "shape": [2, 2],
    }


@pytest.mark.parametrize(
    ("shape", "heads"), [((4,), 1), ((3, 4), 1), ((2, 3, 4), 1), ((2, 5, 3, 4), 5)]
)
def test_heads_are_kept_and_sentences_are_not(shape, heads):
    kept = picture(weights(*shape), np.zeros(shape))
    assert len(kept["weights"]) == len(kept["difference"]) == heads
    assert kept["shape"] == list(shape)


def test_the_sentence_that_is_furthest_from_right_is_kept():
    found, right = weights(3, 2, 2), weights(3, 2, 2)
    right[0, 0, 0] = 0.6
    right[2, 1, 1] = 0.9
    assert picture(found, right)["difference"] == [[[0.0, 0.0], [0.0, -0.4]]]
    found[1, 0, 1] = np.nan
    assert picture(found, right)["difference"] == [[[0.0, "nan"], [0.0, 0.0]]]


def test_weights_of_another_shape_have_no_difference():
    kept = picture(weights(3, 4), np.zeros((4, 3)))
    assert kept["difference"] is None
    assert np.shape(kept["weights"]) == (1, 3, 4)


def test_where_the_weights_are_right_something_else_is_wrong():
    assert picture(weights(2, 2), np.full((2, 2), 0.500001)) is None


def test_a_difference_has_two_digits():
    right = np.array([[0.25 + 0.00321, 0.5], [0.75 - 0.00321, 0.5]])
    assert picture(weights(2, 2), right)["difference"] == [[[0.25, 0.0], [-0.25, 0.0]]]


def test_weights_that_are_nearly_right_have_no_difference():
    right = weights(2, 2) + np.array([[0.004, -0.004], [0.0, 0.001]])
    kept = picture(weights(2, 2), right)
    assert kept["difference"] is None
    assert kept["weights"] == [[[0.5, 0.5], [0.5, 0.5]]]


def test_it_is_cut_to_a_bounded_size():
    kept = picture(weights(2, 50, 60, 70), np.zeros((2, 50, 60, 70)))
    assert np.shape(kept["weights"]) == (MAX_HEADS, MAX_SIDE, MAX_SIDE)
    assert np.shape(kept["difference"]) == (MAX_HEADS, MAX_SIDE, MAX_SIDE)
    assert kept["shape"] == [2, 50, 60, 70]


@given(
    npst.arrays(
        st.sampled_from(["float16", "float32", "float64", "int64", "uint64", "bool"]),
        npst.array_shapes(min_dims=0, max_dims=6, min_side=0, max_side=5),
    ),
    st.booleans(),
)
def test_whatever_comes_is_small_and_json(found, same_shape):
    kept = picture(found, np.zeros(found.shape if same_shape else (2, 2)))
    said = json.dumps(kept, allow_nan=False)  # raises for what JSON has no number for
    assert len(said) < 40 * (2 * MAX_HEADS * MAX_SIDE**2 + 10)
    if kept is not None:
        assert np.ndim(kept["weights"]) == 3
