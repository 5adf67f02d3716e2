"""The step of a search, compiled.

Run one by one, the hundred small operations of a step take longer to start than to compute.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from course.kit.decoding.steps import PrefixSteps, State, Steps


class CompiledSteps:
    """The steps of another `Steps`, compiled by the backend.

    TensorFlow traces the step once, for all sizes of batches and lengths of sources. JAX compiles
    it for every size. Keras has no tracing on PyTorch; there the step only runs without
    gradients.

    Args:
        steps: from `steps_for(model)`; tensors keep their shapes from one step to the next.
        model: the model that they belong to.
    """

    def __init__(self, steps: Steps, model: Any):
        self.begin = steps.begin
        compile_ = {"tensorflow": _as_graph, "jax": _jitted, "torch": _without_gradients}
        self._step = compile_[keras.backend.backend()](steps.step, model)

    def step(self, words: Any, position: int, state: State) -> tuple[Any, State]:
        """Take the word `(B,)` at a position; return logits `(B, V)` of the next, and the state."""
        return self._step(words, np.int32(position), state)


def compiled(steps: Steps, model: Any) -> Steps:
    """Return these steps compiled, or as they are where every step has another shape."""
    return steps if isinstance(steps, PrefixSteps) else CompiledSteps(steps, model)


def _as_graph(step: Callable, model: Any) -> Callable:
    """Return the step as graphs: one for each length of the buffers, open in all other sizes."""
    import tensorflow as tf

    graphs: dict[tuple, Callable] = {}

    def run(words: Any, position: np.int32, state: State) -> tuple[Any, State]:
        buffers = tuple(part.shape[1:] for part in keras.tree.flatten(state["moving"]))
        if buffers not in graphs:
            spec = {
                "fixed": keras.tree.map_structure(lambda part: _open(part, 2), state["fixed"]),
                "moving": keras.tree.map_structure(lambda part: _open(part, 1), state["moving"]),
            }
            signature = [tf.TensorSpec((None,), "int32"), tf.TensorSpec((), "int32"), spec]
            graphs[buffers] = tf.function(step, signature, autograph=False)
        return graphs[buffers](words, position, state)

    def _open(tensor: Any, axes: int) -> Any:
        return tf.TensorSpec((*[None] * axes, *tensor.shape[axes:]), tensor.dtype)

    return run


def _jitted(step: Callable, model: Any) -> Callable:
    import jax

    variables = list(model.variables)

    @jax.jit
    def pure(values: list, words: Any, position: Any, state: State) -> tuple[Any, State]:
        with keras.StatelessScope(zip(variables, values, strict=True)):
            return step(words, position, state)

    return lambda *inputs: pure([variable.value for variable in variables], *inputs)


def _without_gradients(step: Callable, model: Any) -> Callable:
    import torch

    return torch.no_grad()(step)
