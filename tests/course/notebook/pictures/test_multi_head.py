"""Pictures of the multi-head lesson: what they draw is what they are given."""

import numpy as np

from course.kit.notebook.pictures import multi_head as pictures

WORDS = ["我", "养了", "猫", "它"]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_arcs_are_thicker_for_more_weight_and_say_how_much():
    drawn = pictures.arcs({"a": [0.02, 0.08, 0.9, 0.0], "b": [0.25] * 4}, WORDS, place=3)
    first, second = drawn.axes
    assert [first.get_title(), second.get_title()] == ["a", "b"]
    assert set(WORDS) < set(texts(first))
    assert {"0.08", "0.90"} < set(texts(first))
    assert "0.02" not in texts(first)
    thick = {line.get_gid(): line.get_linewidth() for line in first.lines}
    assert thick["2"] > thick["1"] > thick["0"]
    # The word's own weight has no arc and no number, for there is nowhere to draw it to.
    assert texts(second).count("0.25") == 3


def test_cells_show_each_number_in_its_words_colour_and_its_heads_hatching():
    drawn = pictures.cells({"two": {"head 1": [[11], [21]], "head 2": [[12], [22]]}}, 2, 2)
    (axes,) = drawn.axes
    assert [t for t in texts(axes) if t.isdigit()] == ["11", "21", "12", "22"]
    one, other, hatched, _ = axes.patches
    assert one.get_facecolor() == hatched.get_facecolor() != other.get_facecolor()
    assert one.get_hatch() == other.get_hatch() != hatched.get_hatch()


def test_a_head_reaches_every_row_only_if_the_projection_comes_first(spoken):
    left, right = pictures.reach(6, 3).axes
    has = [sum(patch.get_gid() == "has" for patch in axes.patches) for axes in (left, right)]
    assert has == [36, 12]
    assert left.get_xlabel() == {"en": "column of the result", "zh": "结果的列"}[spoken]


def test_own_share_draws_the_map_and_the_curves_it_is_given(spoken):
    weights = np.eye(4)
    drawn = pictures.own_share(weights, WORDS, {"plain": [0.9, 0.5]}, [1, 8], 8)
    left, right, *_ = drawn.axes
    np.testing.assert_array_equal(left.images[0].get_array(), weights)
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [0.9, 0.5])
    assert right.get_xlabel() == {"en": "number of heads", "zh": "头的个数"}[spoken]
    assert "8" in left.get_title()


def test_masks_stand_in_rows_of_sentences_and_columns_of_heads(spoken):
    mask = np.zeros((2, 3, 4, 4), bool)
    mask[1, 2] = True
    drawn = pictures.mask_grid({"one": mask, "two": ~mask}, [WORDS, WORDS])
    assert len(drawn.axes) == 2 * 6
    assert drawn.axes[8].images[0].get_array().all()
    assert not drawn.axes[11].images[0].get_array().any()
    name = {"en": "sentence 2, head 3", "zh": "第 2 句，头 3"}[spoken]
    assert drawn.axes[8].get_title() == f"one\n{name}"


def test_head_maps_draw_each_head_and_name_the_large_weights(spoken):
    weights = np.full((4, 4), 0.1)
    weights[3, 2] = 0.7
    drawn = pictures.head_maps({"a": weights, "b": weights.T}, WORDS)
    np.testing.assert_array_equal(drawn.axes[1].images[0].get_array(), weights.T)
    assert texts(drawn.axes[0]) == ["0.70"]
    assert drawn.axes[0].get_ylabel() == {"en": "query", "zh": "查询"}[spoken]


def test_costs_draw_the_counts(spoken):
    drawn = pictures.costs([1, 2], {"yours": [80, 80], "other": [80, 160]}, [100, 200])
    left, right = drawn.axes
    assert [list(line.get_ydata()) for line in left.lines] == [[80, 80], [80, 160]]
    assert list(right.lines[0].get_ydata()) == [100, 200]
    assert left.get_ylabel() == {"en": "parameters", "zh": "参数个数"}[spoken]
