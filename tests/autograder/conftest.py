"""Lessons that were run, for all tests that look at one."""

import copy

import pytest

from autograder.authoring.executed import executed


@pytest.fixture(scope="session")
def lesson_run():
    """A function that gives a lesson's notebook, solved and run; each is run once."""
    found = {}

    def run(unit, language):
        if (unit, language) not in found:
            found[unit, language] = executed(unit, language)
        return copy.deepcopy(found[unit, language])

    return run
