"""Pictures of the CNN lesson: cones, windows, who moves; what they draw is what they are given."""

import numpy as np
import pytest

from course.kit.notebook.pictures import cnn as pictures
from course.kit.notebook.plots import COLOURS

WORDS = list("我养了一只猫，它很可爱")


def texts(axes):
    return [text.get_text() for text in axes.texts]


def nodes(axes, kind):
    return [line for line in axes.lines if (line.get_gid() or "").startswith(f"{kind} ")]


def test_pairs_end_in_one_box_that_has_the_sentence(spoken):
    (axes,) = pictures.pairs(["I", "like", "deep", "learning"]).axes
    shown = texts(axes)
    assert {"I like", "like deep", "deep learning", "I … deep", "I … learning"} < set(shown)
    assert {"en": "layer 3", "zh": "第 3 层"}[spoken] in shown


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        ((5, 3, 11), [3, 4, 5]),
        ((5, 3, 11, 1, 1), [4, 5, 6]),
        ((0, 3, 11, 1, 1), [0, 1]),
        ((10, 5, 11, 1, 2), [8, 9, 10]),
        ((5, 3, 11, 2, 1), [3, 5, 7]),
        ((1, 3, 11, 2), [1]),
        ((1, 5, 11, 4, 2), [1, 5, 9]),
    ],
)
def test_windows_stay_inside_the_sentence(arguments, places):
    assert list(pictures.window(*arguments)) == places


def test_cones_grow_from_the_output_down_and_dilation_leaves_holes():
    assert pictures.cone(7, 3, 11, [1, 1]) == [{5, 6, 7, 8, 9}, {6, 7, 8}, {7}]
    assert pictures.cone(7, 2, 11, [1] * 9)[0] == {7, 8, 9, 10}
    assert pictures.cone(10, 2, 11, [2, 2, 2], centred=False)[0] == {4, 6, 8, 10}
    assert pictures.cone(10, 2, 11, [1, 2, 4], centred=False)[0] == set(range(3, 11))


def test_a_pyramid_shows_the_words_and_what_is_seen(spoken):
    drawn = pictures.pyramid(WORDS, 3, {"one": [1], "two": [1, 1]}, place=7)
    one, two = drawn.axes
    assert (one.get_title(), two.get_title()) == ("one", "two")
    assert texts(one) == WORDS
    assert [len(nodes(axes, "seen")) for axes in (one, two)] == [1 + 3, 1 + 3 + 5]
    assert one.get_ylabel() == {"en": "layer", "zh": "层"}[spoken]


def test_influence_finds_who_moves():
    def running_sum(x):
        import keras

        return keras.ops.cumsum(x, axis=1)

    moved = pictures.influence(running_sum, length=5, width=3)
    assert ((moved > 0) == np.triu(np.ones((5, 5), "bool"))).all()
    itself = pictures.influence(lambda x: 2 * x, length=4, width=3)
    assert ((itself > 0) == np.eye(4, dtype="bool")).all()


def test_reach_shows_any_change_as_dark(spoken):
    moved = np.array([[0.0, 1e-3], [5.0, 0.0]])
    drawn = pictures.reach({"A": moved, "B": moved.T}, ["a", "b"])
    first, second = drawn.axes
    assert (first.images[0].get_array() == (moved > 0)).all()
    assert (second.images[0].get_array() == (moved.T > 0)).all()
    assert first.get_xlabel() == {"en": "output", "zh": "输出"}[spoken]


def test_race_draws_milliseconds_beside_millions(spoken):
    left, right = pictures.race([8, 16], {"RNN": [0.001, 0.002]}, {"RNN": [2e6, 4e6]}).axes
    assert np.allclose(left.lines[0].get_ydata(), [1, 2])
    assert np.allclose(right.lines[0].get_ydata(), [2, 4])
    assert right.get_title() == {"en": "multiplications", "zh": "乘法次数"}[spoken]


def test_gate_draws_the_curves_that_it_is_given():
    x = np.linspace(-1, 1, 5)
    left, right = pictures.gate((x, {"a = 1": x**2}), (x, {"b = 0": x / 2})).axes
    assert (left.lines[0].get_ydata() == x**2).all()
    assert (right.lines[0].get_ydata() == x / 2).all()
    assert (left.get_xlabel(), right.get_xlabel()) == ("b", "a")


def test_only_centred_windows_reach_the_future(spoken):
    drawn = pictures.leak(["S", "x", "y"], ["x", "y", "E"])
    future = [sum(line.get_color() == COLOURS[5] for line in axes.lines) for axes in drawn.axes]
    assert future == [3, 0]
    assert {"en": "to write", "zh": "要写"}[spoken] in texts(drawn.axes[0])


def test_losses_show_the_best_honest_guess(spoken):
    (axes,) = pictures.losses([1, 2], {"A": [2.0, 1.0]}, np.log(10)).axes
    assert list(axes.lines[0].get_ydata()) == [2.0, 1.0]
    assert axes.lines[1].get_ydata()[0] == np.log(10)
    assert axes.get_ylabel() == {"en": "loss", "zh": "损失"}[spoken]


def test_the_translator_has_an_attention_for_every_block(spoken):
    shown = texts(pictures.translator(3).axes[0])
    name = {"en": "attention", "zh": "注意力"}[spoken]
    assert [text for text in shown if text.startswith(name)] == [f"{name} {n}" for n in (1, 2, 3)]


def test_depth_draws_the_variances():
    (axes,) = pictures.depth([0, 1], {"gain 4": [1.0, 1.2]}).axes
    assert list(axes.lines[0].get_ydata()) == [1.0, 1.2]
    assert axes.get_yscale() == "log"


def test_looks_draws_a_map_for_each_layer(spoken):
    weights = [[0.1, 0.9], [0.6, 0.4]]
    drawn = pictures.looks({"one": weights, "two": weights}, ["r", "s"], ["c", "d"])
    maps = [axes for axes in drawn.axes if axes.images and axes.get_title()]
    assert [axes.get_title() for axes in maps] == ["one", "two"]
    assert (maps[0].images[0].get_array() == np.array(weights)).all()
    assert maps[0].get_ylabel() == {"en": "about to write", "zh": "将要写"}[spoken]
