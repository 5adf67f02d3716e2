"""What lessons measure, on every backend: how long a layer takes, how far it remembers."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


class _Running(keras.Model):
    """A function as a model, so that every backend compiles it."""

    def __init__(self, run: Callable[[Any], Any]):
        super().__init__(name="running")
        self.run = run

    def call(self, inputs: Any) -> Any:
        return self.run(inputs)


def seconds(
    run: Callable[[Any], Any], batch: Any, lengths: Sequence[int], repeats: int = 7
) -> list[float]:
    """Measure how long a compiled function takes for sentences of each length.

    Args:
        run: takes `(B, T, D)` and gives a tensor.
        batch: `(B, L, D)`, at least as long as the longest length.
        lengths: where the batch is cut off.
        repeats: how often each is run; the fastest counts, for it was disturbed least.

    Returns:
        Seconds for the whole batch, one number for each length.
    """
    model, measured = _Running(run), []
    for length in lengths:
        cut = np.ascontiguousarray(batch[:, :length])
        model.predict_on_batch(cut)  # this one compiles
        times = []
        for _ in range(repeats):
            begin = time.perf_counter()
            model.predict_on_batch(cut)
            times.append(time.perf_counter() - begin)
        measured.append(min(times))
    return measured


class _Nudged(keras.Model):
    """A function of inputs plus a weight that is 0: the weight's gradient is the inputs'."""

    def __init__(self, run: Callable[[Any], Any], shape: tuple[int, ...]):
        super().__init__(name="nudged")
        self.run = run
        self.nudge = self.add_weight(shape=shape, initializer="zeros", name="nudge")

    def call(self, inputs: Any) -> Any:
        return self.run(inputs + self.nudge)


def gradient_by_distance(run: Callable[[Any], Any], inputs: Any, direction: Any) -> Any:
    """Measure how strongly a result depends on each word of a sentence.

    One step of gradient descent with the rate 1 moves a weight from 0 to minus its gradient: so
    it can be read off, whatever the backend.

    Args:
        run: takes `(N, T, D)` and gives `(N, U)`.
        inputs: `(N, T, D)`.
        direction: `(N, U)`; the gradient is that of the results' inner product with it.

    Returns:
        `(T,)`: the length of the gradient, averaged over the N sentences and relative to the last
        word; the last word comes first, at the distance 0.
    """
    model = _Nudged(run, inputs.shape)
    model.compile(
        optimizer=keras.optimizers.SGD(1.0),
        loss=lambda towards, result: ops.sum(towards * result),
        run_eagerly=True,
    )
    model.train_on_batch(inputs, direction)
    gradient = np.asarray(ops.convert_to_numpy(model.nudge), "float64")
    norms = np.linalg.norm(gradient, axis=-1).mean(axis=0)[::-1]
    return norms / norms[0]
