"""Public checks of the units rnn, cnn and transformer: right work passes, mistakes are caught."""

import importlib

import pytest
from keras import ops

from course.kit.language import use_language
from solutions import cnn, rnn, transformer
from tests.course.checks import public_checks


@pytest.fixture(autouse=True)
def _english():
    use_language("en")


@pytest.mark.parametrize("unit", ["rnn", "cnn", "transformer"])
def test_the_checks_are_whole(unit):
    solution = importlib.import_module(f"solutions.{unit}")
    public_checks.hold(unit, solution, importlib.import_module(f"course.exercises.{unit}"))


class ShutMemory(rnn.LSTMCell):
    def call(self, inputs, states):
        state, memory = states
        return super().call(inputs, [state, memory * 0])


class Inverted(rnn.GRUCell):
    def call(self, inputs, states):
        [state] = states
        new, _ = super().call(inputs, states)
        return state - new, [state - new]


class NoMask(rnn.AdditiveAttention):
    def call(self, query, keys, keys_mask=None):
        return super().call(query, keys)


class Acausal(cnn.CausalConv1D):
    def call(self, x):
        return ops.flip(super().call(ops.flip(x, axis=1)), axis=1)


class Unscaled(cnn.ConvBlock):
    def call(self, x, mask=None):
        return super().call(x, mask) * 2**0.5


class NoRelu(transformer.FeedForward):
    def call(self, x):
        return self.outer(ops.matmul(x, self.inner.kernel) + self.inner.bias)


class MaskIgnored(transformer.EncoderLayer):
    def call(self, x, mask=None, training=None):
        return super().call(x, None, training)


class WrongMask(transformer.DecoderLayer):
    def call(self, target, memory, target_mask=None, memory_mask=None, **options):
        return super().call(target, memory, memory_mask, target_mask, **options)


class WithoutPositions(transformer.Transformer):
    def __init__(self, *sizes, **options):
        super().__init__(*sizes, **options)
        self.positions = lambda x, training=None: x


@pytest.mark.parametrize(
    ("unit", "exercise", "wrong"),
    [
        (rnn, "LSTMCell", ShutMemory),
        (rnn, "GRUCell", Inverted),
        (rnn, "unroll", lambda cell, x, s, mask=None: rnn.unroll(cell, x, s)),
        (rnn, "unroll", lambda cell, x, s, mask=None: rnn.unroll(cell, ops.flip(x, 1), s, mask)),
        (rnn, "AdditiveAttention", NoMask),
        (cnn, "receptive_field", lambda k, n, dilation=1: k * n * dilation),
        (cnn, "gated_linear_unit", lambda x: cnn.gated_linear_unit(ops.flip(x, -1))),
        (cnn, "CausalConv1D", Acausal),
        (cnn, "ConvBlock", Unscaled),
        (transformer, "FeedForward", NoRelu),
        (transformer, "EncoderLayer", MaskIgnored),
        (transformer, "DecoderLayer", WrongMask),
        (transformer, "Transformer", WithoutPositions),
    ],
)
def test_common_mistakes_are_caught(unit, exercise, wrong):
    name = unit.__name__.rpartition(".")[2]
    assert public_checks.caught(name, unit, exercise, wrong)
