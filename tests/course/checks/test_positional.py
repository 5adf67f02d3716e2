"""Public checks of the positional unit: right work passes, mistakes are caught."""

import pytest
from keras import ops

from course.exercises import positional as stubs
from course.kit.language import use_language
from solutions import positional as solution
from tests.course.checks import public_checks

UNIT = "positional"


@pytest.fixture(autouse=True)
def _english():
    use_language("en")


def test_the_checks_are_whole():
    public_checks.hold(UNIT, solution, stubs)


def in_halves(length, d_model):
    encoding = solution.sinusoidal_encoding(length, d_model)
    return ops.concatenate([encoding[:, 0::2], encoding[:, 1::2]], axis=1)


class AlwaysDropped(solution.PositionalEncoding):
    def call(self, x, training=None):
        return super().call(x, training=True)


class CutOff(solution.PositionalEncoding):
    def call(self, x, training=None):
        return super().call(x[:, : self.max_length])


class OneRow(solution.LearnedPositions):
    def call(self, x):
        return x + self.embeddings[0]


@pytest.mark.parametrize(
    ("exercise", "wrong"),
    [
        ("integer_positions", lambda n: ops.arange(n)),
        ("normalized_positions", lambda n: ops.arange(n) / n),
        ("normalized_positions", lambda n: ops.arange(n) / (n - 1)),
        ("sinusoidal_encoding", in_halves),
        ("sinusoidal_encoding", lambda n, d: solution.sinusoidal_encoding(n, d + d % 2)),
        ("shift_matrix", lambda k, d: ops.transpose(solution.shift_matrix(k, d))),
        ("PositionalEncoding", AlwaysDropped),
        ("PositionalEncoding", CutOff),
        ("LearnedPositions", OneRow),
    ],
)
def test_common_mistakes_are_caught(exercise, wrong):
    assert public_checks.caught(UNIT, solution, exercise, wrong)
