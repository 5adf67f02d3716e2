"""Public checks of the multi-head unit: right work passes, mistakes are caught."""

import keras
import pytest
from keras import ops

from course.exercises import multi_head as stubs
from course.kit.language import use_language
from solutions import multi_head as solution
from tests.course.checks import public_checks

UNIT = "multi_head"


@pytest.fixture(autouse=True)
def _english():
    use_language("en")


def test_the_checks_are_whole():
    public_checks.hold(UNIT, solution, stubs)


class NoMask(solution.MultiHeadAttention):
    def call(self, query, value, key=None, attention_mask=None, **options):
        return super().call(query, value, key, **options)


class KeyIgnored(solution.MultiHeadAttention):
    def call(self, query, value, key=None, attention_mask=None, **options):
        return super().call(query, value, None, attention_mask, **options)


class AlwaysDropped(solution.MultiHeadAttention):
    def call(self, *inputs, training=None, **options):
        return super().call(*inputs, training=True, **options)


class OneHead(solution.MultiHeadAttention):
    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__(d_model, 1, dropout)


class DropsTheOutput(solution.MultiHeadAttention):
    def call(self, *inputs, training=None, **options):
        output = super().call(*inputs, training=False, **options)
        return self.dropout_layer(output, training=training)


class NeverDrops(solution.MultiHeadAttention):
    def call(self, *inputs, training=None, **options):
        return super().call(*inputs, training=False, **options)


class NoOutputProjection(solution.MultiHeadAttention):
    def call(self, *inputs, **options):
        self.output_projection, kept = lambda x: x, self.output_projection
        try:
            return super().call(*inputs, **options)
        finally:
            self.output_projection = kept


def keras_layer(d_model, num_heads, dropout=0.0):
    return keras.layers.MultiHeadAttention(num_heads, d_model // num_heads, dropout=dropout)


@pytest.mark.parametrize(
    ("exercise", "wrong"),
    [
        ("split_heads", lambda x, n: ops.reshape(x, (x.shape[0], n, x.shape[1], -1))),
        ("split_heads", lambda x, n: ops.reshape(x, (x.shape[0], x.shape[1], n, -1))),
        ("merge_heads", lambda x: ops.reshape(x, (x.shape[0], x.shape[2], -1))),
        ("merge_heads", lambda x: ops.mean(x, axis=1)),
        ("MultiHeadAttention", NoMask),
        ("MultiHeadAttention", KeyIgnored),
        ("MultiHeadAttention", AlwaysDropped),
        ("MultiHeadAttention", OneHead),
        ("MultiHeadAttention", DropsTheOutput),
        ("MultiHeadAttention", NeverDrops),
        ("MultiHeadAttention", NoOutputProjection),
        ("MultiHeadAttention", keras_layer),
    ],
)
def test_common_mistakes_are_caught(exercise, wrong):
    assert public_checks.caught(UNIT, solution, exercise, wrong)
