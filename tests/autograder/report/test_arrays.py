"""How values are shown: in words, as tables, as heatmaps; and whatever comes, without a fault."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.report.arrays import show


def test_a_number_and_words():
    assert show("axis", -1).words == text("-1", "-1")
    assert show("x", "array of shape (9, 9)").words == text(
        "array of shape (9, 9)", "形状为 (9, 9) 的数组"
    )


def test_a_matrix_is_a_table():
    value = show("x", [[1.0, 2.5], ["-inf", 0.0156251]])
    assert value.shape == "(2, 2)"
    assert [block.rows for block in value.blocks] == [[["1", "2.5"], ["-inf", "0.0156251"]]]
    assert value.blocks[0].heatmap is None


def test_more_axes_are_several_tables():
    value = show("x", [[[1, 2]], [[3, 4]], [[5, 6]]])
    assert [(block.index, block.rows) for block in value.blocks] == [
        ("[0]", [["1", "2"]]),
        ("[1]", [["3", "4"]]),
        ("[2]", [["5", "6"]]),
    ]


def test_an_input_of_equal_numbers_is_told_in_words_and_an_answer_is_not():
    zeros = [[0.0] * 4] * 3
    assert show("x", zeros).words == text("every value is 0", "所有值都是 0")
    assert show(None, zeros).blocks[0].heatmap is not None


@pytest.mark.parametrize(
    ("name", "matrix", "drawn"),
    [
        ("weights", [[3.0, 4.0]], True),
        ("attention_mask", [[True, False]], True),
        ("x", [[0.25, 0.75], [1.0, 0.0]], True),
        ("x", [[0.25, 1.0], [0.75, 0.0]], True),
        ("x", [[0.25, 0.5], [1.0, 0.0]], False),
        ("x", [[0.5, "nan"]], False),
        (None, [[3.0, -4.0]], True),
        (None, [[3.0]], False),
        (None, [3.0, 4.0], False),
    ],
)
def test_weights_are_a_heatmap(name, matrix, drawn):
    assert (show(name, matrix).blocks[0].heatmap is not None) == drawn


def test_a_heatmap_holds_each_number_and_says_them():
    [block] = show(None, [[0.5, "nan"], [-2.0, 1.0]]).blocks
    cells = [(cell.text, cell.strength, cell.negative) for cell in block.heatmap.cells]
    assert cells == [
        ("0.5", 0.25, False),
        ("nan", None, False),
        ("-2", 1.0, True),
        ("1", 0.5, False),
    ]
    assert block.heatmap.spoken == "2 × 2: 0.5, nan; -2, 1"


DATA = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(10**400), max_value=10**400)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["nan", "inf", "-inf"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=20,
)


@given(st.sampled_from([None, "x", "weights"]), DATA)
def test_whatever_a_result_holds_is_shown(name, value):
    shown = show(name, value)
    assert (shown.words is None) == bool(shown.blocks)


@pytest.mark.parametrize("value", [[], [[]], [[], []], [[1], [1, 2]], [0.5] * 1000])
def test_what_is_no_small_array_is_told_in_words(value):
    assert show("x", value).words is not None
