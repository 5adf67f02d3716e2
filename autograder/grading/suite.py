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

from autograder.grading import corpus
from autograder.grading.check import Check, Skipped, check_of
from autograder.grading.examination import Examination
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

    def run(self, examination: Examination, seed: int) -> None:
        """Run the check on a hand-in; raise what `student_for` and the test function raise.

        Args:
            examination: the hand-in.
            seed: the seed of the run.
        """
        student = student_for(self.check, examination, seed)
        if self.wants_rng:
            self.function(student=student, rng=np.random.default_rng(student.seed))
        else:
            self.function(student=student)


def student_for(check: Check, examination: Examination, seed: int) -> Student:
    """Return the hand-in's exercises, ready for a check.

    Args:
        check: the check that is to run.
        examination: the hand-in.
        seed: the seed of the run, from which the check's own seed is made.

    Raises:
        Skipped: this host lacks what the check needs.
        NotDefined: the exercise is not in the hand-in.
        Rejected: the hand-in can't be read.
        StudentGone: too many checks of the exercise ended the hand-in's process.
    """
    needs = check.needs.split()
    if "gpu" in needs and examination.device != "gpu":
        raise Skipped("gpu")
    if "corpus" in needs and not corpus.is_there():
        raise Skipped("corpus")
    check_seed = check.seed(seed)
    examination.begin(check, check_seed)
    return Student(examination, check_seed)


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
