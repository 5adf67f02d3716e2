"""Answers that depend on nothing earn nothing, however well their shapes and shares fit."""

import pytest

from autograder.grading.examination import Examination
from autograder.grading.slots import Slots
from autograder.grading.suite import suite_of
from course.kit.units import exercises_of

CONSTANTS = {
    "zeros": "keras.ops.zeros((2, 3))",
    "of a usual shape": "keras.ops.ones((3, 5, 4))",
    "a quarter dropped": "keras.ops.convert_to_tensor(np.repeat([0.0, 4 / 3], [1000, 3000]))",
    "numbers": "keras.ops.arange(6.0)",
}
UNITS = ("positional", "cnn")


def hand_in(unit, constant):
    """A hand-in whose functions and layers all give the same constant."""
    parts = ["import keras\nimport numpy as np\n"]
    for exercise in exercises_of(unit):
        if exercise[0].islower():
            parts.append(f"def {exercise}(*args, **options):\n    return {constant}\n")
        else:
            parts.append(
                f"class {exercise}(keras.layers.Layer):\n"
                "    def __init__(self, *args, name=None, **options):\n"
                "        super().__init__(name=name)\n"
                "        self.options = options\n"
                "    def __call__(self, *args, **options):\n"
                f"        return {constant}\n"
                "    def get_config(self):\n"
                "        return {**super().get_config(), **self.options}\n"
            )
    return "\n".join(parts).encode()


@pytest.mark.slow
@pytest.mark.parametrize("name", CONSTANTS)
@pytest.mark.parametrize("unit", UNITS)
def test_a_constant_earns_nothing(server, unit, name):
    slots, passed = Slots(server, unit), []
    data = hand_in(unit, CONSTANTS[name])
    examination = Examination(server, data, ".py", unit, slots, searches=False)
    try:
        for item in suite_of(unit):
            try:
                item.run(examination, 0)
            except Exception:  # whatever it is, no points come of it
                continue
            passed.append(item.check.id)
    finally:
        examination.close()
        slots.close()
    assert passed == []
