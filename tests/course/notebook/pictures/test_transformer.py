"""Pictures of the Transformer lesson: what they draw is what they are given."""

import numpy as np
import pytest

from course.kit.notebook.pictures import transformer as pictures

WORDS = ["我", "养了", "猫"]


def texts(axes):
    return [text.get_text() for text in axes.texts]


def test_the_map_has_every_part_and_an_add_and_norm_for_each_sublayer(spoken):
    (axes,) = pictures.model_map().axes
    found = texts(axes)
    sublayers = {
        "en": ["self-attention", "causal self-attention", "cross-attention"],
        "zh": ["自注意力", "因果自注意力", "交叉注意力"],
    }[spoken]
    network = {"en": "feed-forward network [2]", "zh": "前馈网络 [2]"}[spoken]
    frame = {"en": "add and norm [3]", "zh": "相加与归一化 [3]"}[spoken]
    assert set(sublayers) < set(found)
    assert found.count(network) == 2
    assert found.count(frame) == len(sublayers) + 2


def test_changes_are_as_high_as_they_are(spoken):
    (axes,) = pictures.changes({"a": [0.5, 0.0, 2.0], "b": [0.0, 0.0, 1.0]}, WORDS, 2).axes
    assert [bar.get_height() for bar in axes.patches[:6]] == [0.5, 0, 2, 0, 0, 1]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == WORDS
    assert WORDS[2] in axes.get_title()


def test_stages_write_their_numbers():
    drawn = pictures.stages({"post": {"x": [0.0, -1.5], "y": [2.0, 3.0]}})
    first, second = drawn.axes
    assert texts(first) == ["0", "-1.5"]
    assert texts(second) == ["2", "3"]
    assert [axes.get_title() for axes in drawn.axes] == ["x", "y"]
    assert first.get_ylabel() == "post"


@pytest.mark.parametrize("frame", [pictures._plain, pictures._post, pictures._pre])
def test_derivatives_of_the_frames_are_those_that_small_steps_give(frame):
    rng = np.random.default_rng(0)
    x, first, second = rng.normal(size=5), rng.normal(size=(5, 10)), rng.normal(size=(10, 5))
    _, slope = frame(x, first, second)
    step = 1e-6
    measured = [
        (frame(x + one, first, second)[0] - frame(x - one, first, second)[0]) / (2 * step)
        for one in step * np.eye(5)
    ]
    np.testing.assert_allclose(slope, measured, atol=1e-5)


def test_only_a_stack_without_residual_connections_loses_the_gradient():
    plain, post, pre = pictures.gradients_by_layer(12, width=32).values()
    assert [len(plain), plain[-1], post[-1], pre[-1]] == [13, 1.0, 1.0, 1.0]
    assert plain[0] < 0.05
    assert min(post) > 0.3
    assert min(pre) > 0.3


def test_gradients_draw_a_line_for_each_frame():
    (axes,) = pictures.gradients({"a": [0.1, 1.0], "b": [0.5, 1.0]}).axes
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.1, 1.0], [0.5, 1.0]]
    assert len({line.get_marker() for line in axes.lines}) == 2
    assert axes.get_yscale() == "log"


def test_maps_show_yes_and_no_with_words_on_both_sides():
    table = np.array([[True, False, True], [True, True, False]])
    (axes,) = pictures.maps({"mask": (table, ["a", "b"], WORDS)}, ("row", "column")).axes
    assert texts(axes) == ["1", "0", "1", "1", "1", "0"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == WORDS
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ["a", "b"]
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("row", "column")


def test_a_task_is_a_curve_and_a_map_for_each_model():
    weights = {"a": np.eye(2), "b": np.full((2, 2), 0.5)}
    drawn = pictures.task({"a": [0.1, 1.0], "b": [0.0, 0.2]}, weights, ["x", "y"], ["u", "v"])
    curves, one, other, *_ = drawn.axes
    assert [list(line.get_ydata()) for line in curves.lines] == [[0.1, 1.0], [0.0, 0.2]]
    for axes, table in ((one, weights["a"]), (other, weights["b"])):
        np.testing.assert_array_equal(axes.images[0].get_array(), table)


def test_parameters_are_drawn_as_shares_and_written_as_numbers(spoken):
    drawn = pictures.parameters({"small": {"p": 1_000, "q": 3_000}, "large": {"p": 5, "q": 5}})
    left, right = drawn.axes
    assert [bar.get_width() for bar in left.patches] == [0.25, 0.75]
    assert texts(left) == ["1,000", "3,000"]
    assert [bar.get_width() for bar in right.patches] == [0.5, 0.5]
    assert "4,000" in left.get_title()
    share = {"en": "share of all parameters", "zh": "占全部参数的比例"}[spoken]
    assert left.get_xlabel() == share
