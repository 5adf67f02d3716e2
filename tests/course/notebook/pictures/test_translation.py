"""Pictures of the translation lesson: what is drawn is what was given, in both languages."""

import numpy as np
import pytest

from course.kit.notebook.pictures import translation as pictures
from course.kit.tokens import END_ID, PAD_ID


def texts(figure):
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_grid_shows_each_token_with_its_id():
    figure = pictures.grids({"source": ([["a", "b"], ["c", "-"]], np.array([[4, 5], [6, PAD_ID]]))})
    assert texts(figure) == ["a", "4", "b", "5", "c", "6", "-", "0"]
    colours = [patch.get_facecolor() for patch in figure.axes[0].patches]
    assert colours[0] == colours[1] == colours[2] != colours[3]


@pytest.mark.parametrize(
    ("wanted", "counts", "last"),
    [("ab.-", [True, True, True, False], 2), ("abc.", [True, True, True, True], 3)],
)
def test_rows_are_aligned_and_the_last_that_counts_is_the_end(spoken, wanted, counts, last):
    figure = pictures.aligned("<" + wanted[:-1], wanted, counts)
    said = texts(figure)
    assert [said.index(name) > 0 for name in {"en": ["fed"], "zh": ["输入"]}[spoken]] == [True]
    below = figure.axes[0].patches[1::2]
    assert [n for n, each in enumerate(below) if _is_end(each)] == [last]


def _is_end(patch):
    from matplotlib.colors import same_color

    return same_color(patch.get_facecolor(), pictures._FILLS[END_ID])


def test_mean_leaves_padding_out(spoken):
    shares = np.linspace(0.3, 0.9, 4)
    figure = pictures.losses(
        [1.0, 2.0, 9.0], [True, True, False], shares, {0.1: -np.log(shares)}, 4
    )
    left, right = figure.axes
    assert [bar.get_height() for bar in left.patches] == [1.0, 2.0, 9.0]
    assert left.lines[0].get_ydata()[0] == 1.5
    assert (
        left.get_legend().get_texts()[-1].get_text()
        == {"en": "loss 1.50", "zh": "损失 1.50"}[spoken]
    )
    np.testing.assert_allclose(right.lines[0].get_ydata(), -np.log(shares))


def test_chosen_schedule_is_drawn_last_and_named(spoken):
    updates, rates = (
        np.array([1, 2, 3]),
        {2: np.array([1.0, 2.0, 1.5]), 3: np.array([0.5, 1.0, 1.5])},
    )
    figure = pictures.schedules(updates, rates, 2)
    np.testing.assert_array_equal(figure.axes[0].lines[1].get_ydata(), rates[2])
    assert texts(figure) == [{"en": "2 warm-up steps", "zh": "预热 2 步"}[spoken]]


def test_tree_gives_each_beginning_its_chance_and_each_end_its_score(spoken):
    chances = {("a",): 0.6, ("b",): 0.4, ("a", "."): 0.3, ("b", "."): 0.36}
    scores = {("a", "."): -1.2, ("b", "."): -1.02}
    figure = pictures.tree(chances, scores, list(chances), ("a", "."), ("b", "."), ".", alpha=0.6)
    said = texts(figure)
    assert [said.count(each) for each in ("0.60", "0.40", "0.50", "0.90")] == [1, 1, 1, 1]
    assert {"-1.200", "-1.020"} <= set(said)
    title = figure.axes[0].get_title()
    assert title == {"en": "length penalty α = 0.6", "zh": "长度惩罚 α = 0.6"}[spoken]


def test_leaves_of_the_tree_have_lines_of_their_own():
    beginnings = [("a",), ("a", "x"), ("a", "y"), ("b",), ("b", ".")]
    heights = pictures._heights(beginnings)
    leaves = [heights[each] for each in (("a", "x"), ("a", "y"), ("b", "."))]
    assert leaves == [0.0, 1.0, 2.0]
    assert heights[("a",)] == 0.5


def test_ngrams_are_cut_from_what_was_written_and_counted(spoken):
    figure = pictures.ngrams("aab", "abc", [[True, False, True], [False, True]])
    said = texts(figure)
    assert said.count("aa") == said.count("ab") == 1
    assert {"$p_1$ = 2/3", "$p_2$ = 1/2"} <= set(said)
    assert {"en": "reference", "zh": "参考译文"}[spoken] in said


def test_curves_of_training_are_what_was_given(spoken):
    figure = pictures.training({"one": [2.0, 1.0]}, {"one": [10.0, 20.0]})
    assert [list(axes.lines[0].get_ydata()) for axes in figure.axes] == [[2.0, 1.0], [10.0, 20.0]]
    assert figure.axes[0].get_ylabel() == {"en": "validation loss", "zh": "验证损失"}[spoken]


def test_families_have_a_bar_for_each_split_and_a_line_over_the_bands(spoken):
    by_split = {"one": {"test": 70.0, "new": 60.0}, "other": {"test": 99.0, "new": 98.0}}
    figure = pictures.families(by_split, {"one": [1.0, 2.0], "other": [3.0, 4.0]}, ["5–6", "7"])
    left, right = figure.axes
    assert [bar.get_width() for bar in left.patches] == [70.0, 99.0, 60.0, 98.0]
    assert [list(line.get_ydata()) for line in right.lines] == [[1.0, 2.0], [3.0, 4.0]]
    assert [tick.get_text() for tick in right.get_xticklabels()] == ["5–6", "7"]
