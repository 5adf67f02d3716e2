"""Stand-ins whose answers can be worked out by hand, and padding as Keras marks it."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from course.kit.tokens import PAD_ID


class ScriptedModel:
    """The face of the course's models over four tables of logits, whose rows are added up.

    The next word depends on the last word, on the position, on the source without its padding, and
    on all words so far: an error of decoding in any of these changes the translation.

    Args:
        by_word: `(V, V)`, a row for the word that was written last.
        by_position: `(L, V)`, a row for each position; the last one serves all that follow.
        by_source: `(N, V)`, the row (sum of the source's ids) modulo N.
        by_history: `(M, V)`, the row (sum of the ids written) modulo M.

    Attributes:
        sentences_read: how many sentences `encode` was given, in all its calls.
        decode_calls: how often `decode` was called.
    """

    def __init__(self, by_word: Any, by_position: Any, by_source: Any, by_history: Any):
        tables = (by_word, by_position, by_source, by_history)
        self.by_word, self.by_position, self.by_source, self.by_history = (
            ops.convert_to_tensor(table, dtype="float32") for table in tables
        )
        self.sentences_read = self.decode_calls = 0

    def encode(self, source: Any) -> tuple[Any, Any]:
        """Return `(source (B, S) with ones for padding, source_mask (B, S))`."""
        source = ops.cast(source, "int32")
        self.sentences_read += source.shape[0] or 0
        mask = ops.not_equal(source, PAD_ID)
        return ops.where(mask, source, 1), mask

    def decode(self, target_in: Any, memory: Any) -> Any:
        """Return logits `(B, T, V)` for the target so far `(B, T)` and what `encode` gave."""
        self.decode_calls += 1
        source, mask = memory
        rows = ops.mod(ops.sum(ops.where(mask, source, 0), axis=1), self.by_source.shape[0])
        target_in = ops.cast(target_in, "int32")
        places = np.minimum(np.arange(target_in.shape[1]), self.by_position.shape[0] - 1)
        history = ops.mod(ops.cumsum(target_in, axis=1), self.by_history.shape[0])
        return (
            ops.take(self.by_word, target_in, axis=0)
            + ops.take(self.by_position, ops.convert_to_tensor(places), axis=0)
            + ops.take(self.by_source, rows, axis=0)[:, None, :]
            + ops.take(self.by_history, history, axis=0)
        )


class RunningSum:
    """A cell that adds up its inputs, and counts its steps in a second state.

    Args:
        units: the width of the inputs and of either state.
    """

    def __init__(self, units: int):
        self.units = self.output_size = units
        self.state_size = [units, units]

    def __call__(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Return `(sum so far, [sum so far, steps so far])`, each `(B, units)`."""
        total, steps = states
        total = total + inputs
        return total, [total, steps + 1.0]


class FadingSum:
    """A cell whose output is none of its states: it adds up, forgets half, and counts its steps.

    sum' = sum / 2 + input kernel,  steps' = steps + 1,  output = 2 sum' - steps'

    Args:
        kernel: `(D, U)`, from the width of the inputs to that of the states.
        states: how many there are; the sum is the first, and each of the others counts.
    """

    def __init__(self, kernel: Any, states: int):
        self.kernel = kernel
        self.units = self.output_size = kernel.shape[1]
        self.state_size = [self.units] * states

    def __call__(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Return `(output, new states)`, each `(B, U)`, for inputs `(B, D)`."""
        total, *counts = states
        total = total / 2 + ops.matmul(inputs, ops.cast(self.kernel, inputs.dtype))
        counts = [steps + 1.0 for steps in counts]
        return 2 * total - sum(counts), [total, *counts]


def with_padding(layer: Any, x: Any, *others: Any) -> tuple[Any, Any]:
    """Call a layer on words `(B, T, D)` of which Keras knows that those of zeros are padding.

    Returns:
        The layer's output, and the mask that Keras attached to it: None, or `(B, T)`.
    """
    output = layer(keras.layers.Masking()(x), *others)
    return output, getattr(output, "_keras_mask", None)


class _Calling(keras.layers.Layer):
    """A layer that calls a function."""

    def __init__(self, function: Callable[..., Any]):
        super().__init__()
        self.function = function

    def call(self, *inputs: Any) -> Any:
        return self.function(*inputs)


def in_a_model(function: Callable[..., Any], *inputs: Any) -> Any:
    """Return what a function gives in a model that is being made, where tensors have no values yet.

    Args:
        function: takes tensors, and returns one.
        *inputs: `keras.Input`s.

    Returns:
        A symbolic tensor; all that is known of it is its shape and its dtype.
    """
    return _Calling(function)(*inputs)
