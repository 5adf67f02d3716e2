"""One loop over time for every backend, inside compiled functions too.

`keras.ops.scan` is the same idea. But on TensorFlow it can't be differentiated under XLA, and each
output must have the structure of the carry; this loop has neither limit.
"""

from collections.abc import Callable
from typing import Any

import keras

Step = Callable[[Any, Any], tuple[Any, Any]]


def scan(step: Step, carry: Any, length: Any) -> tuple[Any, Any]:
    """Call `step` once for each t = 0, 1, ..., length - 1, one after the other.

    Args:
        step: takes `(carry, t)` and gives `(carry, output)`: the carry of the next step, in the
            same structure and shapes, and the output of this one.
        carry: the carry of the first step: tensors, or lists and tuples of them.
        length: how many steps; an int, or a scalar tensor inside a compiled function.

    Returns:
        `(carry, outputs)`: the carry after the last step, and every step's output, stacked along
        a new first axis.

    Raises:
        ValueError: there is no step to take.
    """
    if isinstance(length, int) and length < 1:
        raise ValueError(f"A loop over time needs at least one step, and the length is {length}.")
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        if not tf.executing_eagerly():
            return _scan_in_graph(step, carry, length)
    if backend == "jax":
        return keras.ops.scan(step, carry, keras.ops.arange(length))
    return _scan_in_python(step, carry, length)


def _scan_in_python(step: Step, carry: Any, length: Any) -> tuple[Any, Any]:
    outputs = []
    for t in range(int(length)):
        carry, output = step(carry, t)
        outputs.append(output)
    return carry, keras.tree.map_structure(lambda *each: keras.ops.stack(each), *outputs)


def _scan_in_graph(step: Step, carry: Any, length: Any) -> tuple[Any, Any]:
    import tensorflow as tf

    # The first step runs before the loop: it shows what outputs look like, and leaves every
    # layer built, since no weight can be made inside a loop.
    carry, first = step(carry, 0)
    flat = [tf.convert_to_tensor(output) for output in keras.tree.flatten(first)]
    arrays = [
        tf.TensorArray(output.dtype, size=length, element_shape=output.shape).write(0, output)
        for output in flat
    ]

    def body(t: Any, carry: Any, arrays: list) -> tuple[Any, Any, list]:
        carry, output = step(carry, t)
        each = zip(arrays, keras.tree.flatten(output), strict=True)
        return t + 1, carry, [array.write(t, value) for array, value in each]

    _, carry, arrays = tf.while_loop(
        lambda t, *_: t < length,
        body,
        (tf.constant(1), carry, arrays),
        maximum_iterations=length,  # without a bound XLA can't differentiate the loop
    )
    stacked = [array.stack() for array in arrays]
    if isinstance(length, int):
        stacked = [tf.ensure_shape(s, [length, *s.shape[1:]]) for s in stacked]
    return carry, keras.tree.pack_sequence_as(first, stacked)
