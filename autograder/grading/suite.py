"""A unit's hidden suite: its checks in order, each with the function that runs it.

The suites stand in `autograder/hidden/UNIT/test_UNIT.py`, which pytest can run too. A suite is
imported by its unit's name; no module of `grading` names one.
"""

import functools
import importlib
import inspect
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.grading.check import Check, check_of
from autograder.grading.proxies import Student


@dataclass(frozen=True)
class SuiteCheck:
    """A check of a suite.

    Attributes:
        check: what it looks at, and what it is worth.
        function: the test function; takes `student`, and `rng` where it draws random numbers.
        wants_rng: whether the function takes `rng`.
    """

    check: Check
    function: Any
    wants_rng: bool

    def run(self, student: Student) -> None:
        """Run the check on a hand-in; whatever the function raises, it raises.

        Args:
            student: the hand-in, ready for this check; its seed is the seed of `rng`.
        """
        if self.wants_rng:
            self.function(student=student, rng=np.random.default_rng(student.seed))
        else:
            self.function(student=student)


@functools.cache
def suite_of(unit: str) -> tuple[SuiteCheck, ...]:
    """Return the checks of a unit's suite in the order of the file.

    Raises:
        ImportError: there is no such suite.
        TypeError: a test function has no `@check`, or takes other arguments.
    """
    module = importlib.import_module(f"autograder.hidden.{unit}.test_{unit}")
    functions = [value for name, value in vars(module).items() if name.startswith("test_")]
    return tuple(_suite_check(function) for function in functions)


def _suite_check(function: Any) -> SuiteCheck:
    names = set(inspect.signature(function).parameters)
    if not {"student"} <= names <= {"student", "rng"}:
        raise TypeError(f"{function.__name__} takes {sorted(names)}: give it student, and rng.")
    return SuiteCheck(check_of(function), function, "rng" in names)
