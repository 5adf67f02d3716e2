"""Gradients by each backend's own automatic differentiation."""

from collections.abc import Callable
from typing import Any

import keras


def gradients(
    function: Callable, args: list, kwargs: dict, weights: list, cotangents: list
) -> dict[str, list]:
    """Differentiate sum over outputs of sum(output * cotangent).

    Args:
        function: what is called, `function(*args, **kwargs)`.
        args: positional arguments; gradients are taken to the floating-point tensors among them,
            also to those in lists.
        kwargs: keyword arguments, held constant.
        weights: the variables that gradients are taken to.
        cotangents: an array for each output in its flattened order, or None to leave it out.

    Returns:
        `{"inputs": [...], "weights": [...]}`; None where the output doesn't depend on it.
    """
    backend = keras.backend.backend()
    flat = keras.tree.flatten(args)
    variable = [index for index, arg in enumerate(flat) if _is_float(arg)]

    def objective(inputs: list) -> Any:
        every = list(flat)
        for index, value in zip(variable, inputs, strict=True):
            every[index] = value
        nested = keras.tree.pack_sequence_as(args, every)
        outputs = keras.tree.flatten(function(*nested, **kwargs))
        terms = [
            keras.ops.sum(output * keras.ops.cast(cotangent, output.dtype))
            for output, cotangent in zip(outputs, cotangents, strict=False)
            if cotangent is not None
        ]
        return sum(terms[1:], terms[0])

    inputs = [flat[index] for index in variable]
    by_backend = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
    to_inputs, to_weights = by_backend[backend](objective, inputs, weights)
    return {"inputs": to_inputs, "weights": to_weights}


def _is_float(value: Any) -> bool:
    if not keras.ops.is_tensor(value):
        return False
    return "float" in keras.backend.standardize_dtype(value.dtype)


def _tensorflow(objective: Callable, inputs: list, weights: list) -> tuple[list, list]:
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(inputs)
        result = objective(inputs)
    found = tape.gradient(result, [*inputs, *(weight.value for weight in weights)])
    dense = [tf.convert_to_tensor(item) if item is not None else None for item in found]
    return dense[: len(inputs)], dense[len(inputs) :]


def _jax(objective: Callable, inputs: list, weights: list) -> tuple[list, list]:
    import jax

    def stateless(values: list, weight_values: list) -> Any:
        mapping = list(zip(weights, weight_values, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return objective(values)

    current = [weight.value for weight in weights]
    return jax.grad(stateless, argnums=(0, 1))(inputs, current)


def _torch(objective: Callable, inputs: list, weights: list) -> tuple[list, list]:
    import torch

    leaves = [item.detach().clone().requires_grad_() for item in inputs]
    parameters = [weight.value for weight in weights]
    result = objective(leaves)
    found = torch.autograd.grad(result, [*leaves, *parameters], allow_unused=True)
    return list(found[: len(leaves)]), list(found[len(leaves) :])
