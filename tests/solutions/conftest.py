"""The references answer to their saved names, whatever else a test process has loaded."""

import importlib

import keras
import pytest

from course.kit.units import ORDER


@pytest.fixture(autouse=True)
def saved_names(monkeypatch):
    """Bind the names in saved files to the references.

    Exercises and solved notebooks register classes of the same names, and the last one loaded wins.
    """
    registered = keras.saving.get_custom_objects()
    for unit in ORDER:
        module = importlib.import_module(f"solutions.{unit}")
        for value in (vars(module)[name] for name in module.__all__):
            if isinstance(value, type):
                monkeypatch.setitem(registered, keras.saving.get_registered_name(value), value)
