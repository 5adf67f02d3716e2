"""Pictures of the RNN lesson: they hold what they were given, in either language."""

import numpy as np
import pytest

from course.kit.notebook.pictures import rnn as pictures


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_cells_read_every_word_and_write_to_the_end(spoken):
    drawn = pictures.unrolled(["I", "like"], ["我", "喜欢"], list("我喜欢"))
    written = texts(drawn.axes[0])
    assert written.count("I") == 2
    assert {"h1", "h2", "s1", "s4"} <= set(written)
    assert {"en": "(end)", "zh": "（结束）"}[spoken] in written
    assert "s5" not in written


def test_gates_and_the_lane_speak_the_language(spoken):
    left, _ = pictures.gates().axes
    assert left.get_xlabel() == {"en": "sum of inputs", "zh": "输入之和"}[spoken]
    assert {"en": "memory c' = 0.9", "zh": "记忆 c' = 0.9"}[spoken] in texts(
        pictures.lane().axes[0]
    )


def test_the_numbers_of_the_lane_are_an_lstm_step():
    kept, new = 0.75 * 0.8, 0.5 * np.tanh(np.log(2))
    assert kept + new == pytest.approx(0.9)
    assert 0.5 * np.tanh(0.9) == pytest.approx(0.358, abs=5e-4)


def test_held_values_are_bars_and_states_are_lines(spoken):
    axes = pictures.held([1.0, -2.0], [0, 1], {"RNN": [0.5, -0.5], "GRU": [0.0, -1.0]}).axes[0]
    assert sorted(bar.get_height() for bar in axes.patches) == [-2.0, 1.0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [0.5, -0.5])
    assert axes.get_xlabel() == {"en": "step", "zh": "步"}[spoken]


def test_ripples_mark_the_place_and_the_zeros():
    axes = pictures.ripples({"RNN": np.array([0.0, 3.0, 1.0])}, 1).axes[0]
    assert [bar.get_height() for bar in axes.patches] == [0.0, 3.0, 1.0]
    assert [bar.get_hatch() for bar in axes.patches] == [None, "///", None]
    assert texts(axes) == ["0"]


def test_times_are_drawn_whole_and_per_word():
    left, right = pictures.times([2, 4], {"RNN": [0.002, 0.004]}).axes
    np.testing.assert_allclose(left.lines[0].get_ydata(), [2.0, 4.0])
    np.testing.assert_allclose(right.lines[0].get_ydata(), [1.0, 1.0])


def test_gradients_are_drawn_as_they_are(spoken):
    left, right = pictures.vanishing({"a": [1.0, 0.5]}, {"b": [1.0, 0.9]}).axes
    np.testing.assert_array_equal(left.lines[0].get_ydata(), [1.0, 0.5])
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [1.0, 0.9])
    assert left.get_yscale() == "log"
    assert left.get_title() == {"en": "The simple cell", "zh": "最简单的单元"}[spoken]


def test_states_have_a_row_for_each_word():
    axes = pictures.states(np.eye(2), ["我", "你"]).axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), np.eye(2))
    assert [label.get_text() for label in axes.get_yticklabels()] == ["我", "你"]


def test_maps_stand_side_by_side():
    maps = {"one": np.eye(2), "two": np.zeros((2, 2))}
    axes = pictures.side_by_side(maps, ["a", "b"], ["c", "d"], ("rows", "columns")).axes
    assert [one.get_title() for one in axes[:2]] == ["one", "two"]
    assert axes[0].get_ylabel() == "rows"


def test_the_bottleneck_shades_what_was_not_trained(spoken):
    axes = pictures.bottleneck([2, 4, 6], {"x": [1.0, 0.5, 0.0]}, 4).axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [1.0, 0.5, 0.0])
    assert texts(axes) == [{"en": "longer than trained", "zh": "比训练的更长"}[spoken]]
    assert texts(pictures.bottleneck([2, 4], {"x": [1.0, 0.5]}, 8).axes[0]) == []
