"""Public checks of the translation unit: right work passes, mistakes are caught."""

import types

import pytest
from keras import ops

from autograder.grading.right_solutions import right_solutions_of
from course.exercises import translation as stubs
from course.kit.language import use_language
from solutions import translation as solution
from tests.course.checks import public_checks

UNIT = "translation"


@pytest.fixture(autouse=True)
def _english():
    use_language("en")


def test_the_checks_are_whole():
    public_checks.hold(UNIT, solution, stubs)


def over_all_positions(labels, logits, label_smoothing=0.0):
    loss = solution.masked_cross_entropy(labels, logits, label_smoothing)
    return loss * ops.mean(ops.cast(labels != 0, "float32"))


class FromZero(solution.WarmupInverseSqrt):
    def __call__(self, step):
        return super().__call__(step - 1)


def with_start(model, source, max_length):
    written = solution.greedy_decode(model, source, max_length)
    return ops.pad(written, [[0, 0], [1, 0]], constant_values=2)


def greedy(model, source, max_length, beam_size=4, length_penalty=0.6):
    return solution.greedy_decode(model, source, max_length)


@pytest.mark.parametrize(
    ("exercise", "wrong"),
    [
        ("shift_right", lambda target: target),
        ("shift_right", lambda target: ops.roll(target, 1, axis=1)),
        ("masked_cross_entropy", over_all_positions),
        (
            "masked_cross_entropy",
            lambda a, b, label_smoothing=0.0: solution.masked_cross_entropy(a, b),
        ),
        ("WarmupInverseSqrt", FromZero),
        ("greedy_decode", with_start),
        ("beam_search", greedy),
        ("corpus_bleu", lambda h, r: solution.corpus_bleu(h, r) / 100),
        ("corpus_bleu", lambda h, r: solution.corpus_bleu(h, h) if r else 0.0),
    ],
)
def test_common_mistakes_are_caught(exercise, wrong):
    assert public_checks.caught(UNIT, solution, exercise, wrong)


def outcomes_of(source, exercise=None):
    """What the public checks say of a whole hand-in."""
    names = {"__name__": "hand_in"}
    exec(source, names)
    return public_checks.outcomes(UNIT, types.SimpleNamespace(**names), exercise)


@pytest.mark.parametrize("name", right_solutions_of(UNIT))
def test_right_solutions_in_other_styles_pass(name):
    found = outcomes_of(right_solutions_of(UNIT)[name])
    assert [o.title for o in found if o.status != "passed"] == []
