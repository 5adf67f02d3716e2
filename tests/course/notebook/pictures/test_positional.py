"""Pictures of the positional lesson: what they draw is what they are given."""

import numpy as np

from course.kit.notebook.pictures import positional as pictures


def texts(axes):
    return [text.get_text() for text in axes.texts]


def waves(length, width):
    angles = np.arange(length)[:, None] / 10.0 ** np.arange(width // 2)
    return np.stack([np.sin(angles), np.cos(angles)], -1).reshape(length, width)


def test_outputs_show_each_words_numbers_beside_it():
    values = np.array([[0.25, -1.0], [0.5, 0.75]])
    one, other = pictures.outputs([("a", ["猫", "追"], values), ("b", ["追", "猫"], -values)]).axes
    assert [tick.get_text() for tick in one.get_yticklabels()] == ["猫", "追"]
    assert texts(one) == ["0.25", "-1.00", "0.50", "0.75"]
    assert other.get_title() == "追猫\nb"
    assert one.images[0].get_clim() == other.images[0].get_clim()


def test_clocks_have_a_face_for_each_pair_and_dots_for_the_positions_before(spoken):
    table = waves(6, 4)
    drawn = pictures.clocks(table, 3)
    assert drawn.get_suptitle() == {"en": "position 3", "zh": "位置 3"}[spoken]
    first, second = drawn.axes
    assert "(0.141, \N{MINUS SIGN}0.990)" in first.get_title()
    dots = second.lines[1]
    np.testing.assert_allclose(dots.get_xydata(), table[:3, 2:])


def test_both_sentences_are_drawn_in_every_panel(spoken):
    panels = {"count": [np.arange(3), np.arange(5)], "waves": [waves(3, 2), waves(5, 2)]}
    count, two = pictures.three_ways(panels, ["a", "b", "c"]).axes
    np.testing.assert_allclose(count.lines[0].get_ydata(), np.arange(5))
    np.testing.assert_allclose(two.lines[3].get_ydata(), waves(3, 2)[:, 1])
    named = [text.get_text() for text in count.get_legend().get_texts()]
    assert named == [{"en": "5 words", "zh": "5 个词"}[spoken], "abc"]


def test_the_table_is_the_encoding(spoken):
    axes = pictures.table(waves(7, 4)).axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), waves(7, 4))
    assert axes.get_ylabel() == {"en": "position", "zh": "位置"}[spoken]


def test_distances_are_counted_from_each_start():
    products = np.arange(16.0).reshape(4, 4)
    right = pictures.distance(products, starts=(0, 2)).axes[1]
    assert [list(line.get_ydata()) for line in right.lines] == [[0, 1, 2, 3], [10, 11]]


def test_shifts_show_their_blocks_and_no_minus_before_a_zero():
    matrix = np.diag([0.5, 1.0, 1.0, 1.0])
    matrix[0, 1] = -0.001
    (axes,) = pictures.shifts({-2: matrix}).axes
    assert texts(axes) == ["0.50", "0.00", "0.00", "1.00", "1.00", "0.00", "0.00", "1.00"]
    assert axes.get_title() == "k = \N{MINUS SIGN}2"


def test_accuracies_have_a_curve_for_each_model(spoken):
    shares = {"a": [0.5, 0.6], "b": [1.0, 0.9]}
    (axes,) = pictures.accuracies([6, 30], shares, [6]).axes
    assert [list(line.get_ydata()) for line in axes.lines] == list(shares.values())
    assert {"en": "trained", "zh": "训练过"}[spoken] in texts(axes)
