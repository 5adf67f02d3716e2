"""Answers that dropout can give pass; those of another rate, scale or place don't."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.grading.check import CheckFailed
from autograder.hidden.battery import draw
from autograder.hidden.layer_checks import Sizes
from autograder.hidden.transformer import dropouts, oracle
from autograder.hidden.transformer import test_transformer as suite

PLACES = ("attention", "feed_forward")
LAYER = suite.NARROW_ENCODER


def answers(seed, rate=dropouts.RATE, scale=None, epsilon=oracle.EPSILON, **besides):
    """What an encoder layer gives that drops at this rate, and what the check compares with."""
    rng = np.random.default_rng(seed)
    weights = draw(rng, LAYER.shapes, LAYER.scale)
    [x] = LAYER.inputs(rng, Sizes(1, 1, 1))
    factors = dropouts.choices(PLACES, 4)
    shape = (dropouts.WORDS, 1, 4)
    drawn = {place: rng.random(shape) >= rate for place in PLACES}
    scale = scale or 1 / (1 - rate)
    kept = {place: scale * factor for place, factor in drawn.items()} | besides
    words = x.repeat(dropouts.WORDS, axis=0)
    found = LAYER.right(weights, words, factors=kept, epsilon=epsilon)

    def right(epsilon):
        return LAYER.right(weights, x, factors=factors, epsilon=epsilon)

    return found.astype("float32"), right, factors


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1e-3, 1e-5, 1e-7]))
def test_every_usual_epsilon_passes(seed, epsilon):
    dropouts.expect_drops(*answers(seed, epsilon=epsilon))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.125, 0.225, 0.3, 0.75]))
def test_another_rate_fails(seed, rate):
    with pytest.raises(CheckFailed):
        dropouts.expect_drops(*answers(seed, rate))


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1), st.sampled_from(PLACES))
def test_a_place_that_never_drops_fails(seed, place):
    with pytest.raises(CheckFailed):
        dropouts.expect_drops(*answers(seed, **{place: np.ones(1)}))


def test_an_unscaled_dropout_fails():
    with pytest.raises(CheckFailed):
        dropouts.expect_drops(*answers(0, scale=1.0))
