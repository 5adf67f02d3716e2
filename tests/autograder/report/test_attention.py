"""How attention weights are shown: head by head, beside the difference, whatever a file holds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.grading.attention_picture import picture
from autograder.report.attention import show, shows
from tests.autograder.report.test_arrays import DATA

WRONG = {"weights": [[[0.25, 0.75]]], "difference": [[[-0.25, 0.25]]], "shape": [1, 2]}


def test_the_difference_stands_beside_the_weights_with_its_sign_and_colour():
    [head] = show(WRONG).heads
    assert [cell.text for cell in head.weights.cells] == ["0.25", "0.75"]
    assert [(cell.text, cell.negative) for cell in head.difference.cells] == [
        ("−0.25", True),
        ("+0.25", False),
    ]
    assert [(entry.weight, entry.difference) for entry in head.rows[0]] == [
        ("0.25", "−0.25"),
        ("0.75", "+0.25"),
    ]


def test_a_small_difference_is_no_strong_colour():
    small = WRONG | {"difference": [[[0.001, -0.0004]]]}
    [head] = show(small).heads
    assert [(cell.text, cell.strength) for cell in head.difference.cells] == [
        ("+0.001", 0.01),
        ("0", 0.004),
    ]


def test_a_weight_that_is_hardly_more_than_zero_is_not_called_zero():
    [head] = show(WRONG | {"weights": [[[0.0, 1e-9]]]}).heads
    assert [cell.text for cell in head.weights.cells] == ["0", "≈0"]
    assert [entry.weight for entry in head.rows[0]] == ["0", "1e-09"]


def test_every_head_is_shown_and_what_is_cut_is_said():
    found = np.random.default_rng(0).random((2, 3, 4, 5))
    whole = show(picture(found, found + 0.5))
    assert (len(whole.heads), whole.shape, whole.cut) == (3, "(2, 3, 4, 5)", False)
    large = np.zeros((2, 3, 4, 50))
    assert show(picture(large, large + 1)).cut


def test_without_a_difference_the_weights_are_still_shown():
    [head] = show(WRONG | {"difference": None}).heads
    assert head.difference is None
    assert [entry.difference for entry in head.rows[0]] == [None, None]


def test_numbers_that_are_none_are_shown_as_words():
    strange = np.array([[np.nan, np.inf, -np.inf, 1e300]])
    [head] = show(picture(strange, np.zeros((1, 4)))).heads
    assert [cell.strength for cell in head.weights.cells][:3] == [None, None, None]
    assert [entry.weight for entry in head.rows[0]] == ["nan", "inf", "-inf", "1e+300"]


@pytest.mark.parametrize(
    "change",
    [
        {"weights": None},
        {"weights": []},
        {"weights": [[]]},
        {"weights": [[[0.5], [0.5, 0.5]]]},
        {"weights": [[["<b>"]]]},
        {"weights": [[[float("nan")]]]},
        {"weights": [[[0.5] * 13]]},
        {"weights": [[[0.5]]] * 9},
        {"shape": "(1, 2)"},
        {"shape": [-1]},
        {"shape": []},
    ],
    ids=str,
)
def test_what_is_no_picture_is_not_shown(change):
    assert show(WRONG | change) is None


def test_a_difference_of_another_form_is_left_out():
    assert show(WRONG | {"difference": [[[0.5]]]}).heads[0].difference is None


@given(st.dictionaries(st.sampled_from(["weights", "difference", "shape"]), DATA) | st.none())
def test_whatever_a_file_holds_is_shown_or_not(kept):
    shown = show(kept)
    assert shown is None or shown.heads
    assert shows(kept, [[0.5]]) in (True, False)


def test_an_answer_that_is_the_picture_is_known():
    assert shows(WRONG, [[0.25, 0.75]])
    assert not shows(WRONG, [[0.75, 0.25]])
    assert not shows(None, [[0.25, 0.75]])
