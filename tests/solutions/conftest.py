"""The references answer to their saved names, whatever else a test process has loaded."""

import importlib

import keras
import pytest

from course.kit.units import ORDER


@pytest.fixture(autouse=True)
def saved_names():
    """Bind the names in saved files to the references.

    Exercises and solved notebooks register classes of the same names, and the last one loaded wins.
    """
    modules = [importlib.import_module(f"solutions.{unit}") for unit in ORDER]
    found = [vars(module)[name] for module in modules for name in module.__all__]
    classes = {keras.saving.get_registered_name(c): c for c in found if isinstance(c, type)}
    with keras.saving.custom_object_scope(classes):
        yield
