"""Ways to call what a student wrote: compiled, on symbolic tensors, within a functional model."""

from typing import Any

import keras
import numpy as np


def as_tensors(value: Any) -> Any:
    """Return a value with tensors of the backend in place of its NumPy arrays."""
    if isinstance(value, np.ndarray):
        return keras.ops.convert_to_tensor(value)
    if isinstance(value, list):
        return [as_tensors(item) for item in value]
    if isinstance(value, dict):
        return {key: as_tensors(item) for key, item in value.items()}
    return value


def call_compiled(function: Any, args: list, kwargs: dict, xla: bool, specs: Any) -> Any:
    """Call a function within a compiled one; on PyTorch, which Keras does not trace, as it is.

    Args:
        function: what the student wrote.
        args, kwargs: its arguments.
        xla: whether XLA compiles it.
        specs: the shapes of its tensors, None for a size that is unknown; or None for their own.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        tensors = {index: arg for index, arg in enumerate(args) if tf.is_tensor(arg)}
        named = {key: arg for key, arg in kwargs.items() if tf.is_tensor(arg)}

        def traced(positional: dict, keywords: dict) -> Any:
            every = [positional.get(index, arg) for index, arg in enumerate(args)]
            return function(*every, **{**kwargs, **keywords})

        if specs is not None:
            shapes = iter(specs)
            signature = [
                {i: tf.TensorSpec(next(shapes), arg.dtype) for i, arg in tensors.items()},
                {k: tf.TensorSpec(next(shapes), arg.dtype) for k, arg in named.items()},
            ]
        else:
            signature = None
        compiled = tf.function(
            traced, input_signature=signature, autograph=False, jit_compile=xla or None
        )
        return compiled(tensors, named)
    if backend == "jax":
        import jax

        is_array = lambda value: isinstance(value, jax.Array)  # noqa: E731
        tensors = {index: arg for index, arg in enumerate(args) if is_array(arg)}
        named = {key: arg for key, arg in kwargs.items() if is_array(arg)}
        return jax.jit(
            lambda positional, keywords: function(
                *[positional.get(index, arg) for index, arg in enumerate(args)],
                **{**kwargs, **keywords},
            )
        )(tensors, named)
    return function(*args, **kwargs)  # PyTorch has no tracing that Keras relies on


def symbolic_arguments(args: list, specs: Any) -> list:
    """Return arguments with a symbolic tensor of the next shape in place of each tensor."""
    shapes = iter(specs or [])

    def symbol(value: Any) -> Any:
        if not keras.ops.is_tensor(value):
            return value
        shape = tuple(next(shapes, value.shape))
        dtype = keras.backend.standardize_dtype(value.dtype)
        return keras.Input(batch_shape=shape, dtype=dtype)

    return keras.tree.map_structure(symbol, args)


def functional_model(function: Any, args: list, kwargs: dict, specs: Any) -> keras.Model:
    """Return a functional model that calls a layer on inputs of these shapes."""
    inputs = symbolic_arguments(args, specs)
    return keras.Model(inputs, function(*inputs, **kwargs))
