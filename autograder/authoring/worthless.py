"""Hand-ins without any work in them: every exercise gives the same answer, or raises.

No check may give a point for one of them: it would be a point for knowing the name of the exercise.
"""

from course.kit.units import exercises_of

# What every function and every layer does, by a name. `first` is the first tensor of the arguments;
# a zero where there is none.
WORTHLESS = {
    "zeros": "return keras.ops.zeros((2, 3))",
    "ones of a usual shape": "return keras.ops.ones((3, 5, 4))",
    "a quarter dropped": "return keras.ops.repeat(keras.ops.array([0, 4 / 3, 4 / 3, 4 / 3]), 9)",
    "numbers": "return keras.ops.arange(6.0)",
    "NaN": "return first * float('nan')",
    "zeros like the input": "return keras.ops.zeros_like(first)",
    "the input itself": "return first",
    "the input, and zeros": "return first, keras.ops.zeros_like(first)",
    "the input and a state": "return first, [first]",
    "nothing": "return None",
    "an empty list": "return []",
    "true": "return True",
    "a number": "return 0.0",
    "always ValueError": "raise ValueError('refused')",
    "always TypeError": "raise TypeError('refused')",
}

_HEAD = """
import keras
import numpy as np


def _first(values):
    for value in keras.tree.flatten(values):
        if keras.ops.is_tensor(value) or isinstance(value, keras.KerasTensor):
            return value
    return keras.ops.zeros(())
"""

_FUNCTION = """

def {name}(*args, **options):
    first = _first([args, options])
    {body}
"""

_LAYER = """

@keras.saving.register_keras_serializable(package="course")
class {name}(keras.layers.Layer):
    def __init__(self, *args, name=None, dtype=None, trainable=True, **options):
        super().__init__(name=name, dtype=dtype)
        self.arguments, self.options = args, options
        for option, value in options.items():
            try:
                setattr(self, option, value)
            except Exception:
                pass

    def __call__(self, *args, **options):
        first = _first([args, options])
        {body}

    def call(self, *args, **options):
        first = _first([args, options])
        {body}

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)

        def method(*args, **options):
            first = _first([args, options])
            {body}

        return method

    def get_config(self):
        return {{**super().get_config(), **self.options}}
"""


def worthless_hand_in(unit: str, name: str) -> str:
    """Return the source of a hand-in of a unit in which every exercise does the same.

    Args:
        unit: the unit's name.
        name: one of `WORTHLESS`.
    """
    parts = [_HEAD]
    for exercise in exercises_of(unit):
        form = _FUNCTION if exercise[0].islower() else _LAYER
        parts.append(form.format(name=exercise, body=WORTHLESS[name]))
    return "".join(parts)
