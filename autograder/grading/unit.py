"""The facts of a unit: one record a unit, in `autograder/hidden/UNIT/unit.py`."""

import functools
import importlib
from dataclasses import dataclass

from autograder.base.paths import HIDDEN_DIR
from autograder.base.text import Text


@dataclass(frozen=True)
class Unit:
    """The facts of a unit.

    Attributes:
        order: its place in the course, counted from 1.
        title: what pages call it.
        forbidden: dotted names of built-ins that its exercises ask the student to write, and that
            hand-ins may not use; groups of them stand in `isolation.forbidden`.
    """

    order: int
    title: Text
    forbidden: tuple[str, ...] = ()


@functools.cache
def unit_of(name: str) -> Unit:
    """Return the facts of a unit.

    Raises:
        ImportError: there is no such unit.
    """
    return importlib.import_module(f"autograder.hidden.{name}.unit").UNIT


def unit_names() -> list[str]:
    """Return the names of all units, in the order of the course."""
    names = [path.parent.name for path in HIDDEN_DIR.glob("*/unit.py")]
    return sorted(names, key=lambda name: unit_of(name).order)
