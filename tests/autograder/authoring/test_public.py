"""The public checks show nearly every known mistake before the grade."""

import dataclasses

import pytest

from autograder.authoring.public import faults_of, passes_public_checks
from autograder.grading.mistakes import mistakes_of
from course.kit.units import available_units

AT_MOST = 5


@pytest.mark.slow
@pytest.mark.parametrize("unit", available_units())
def test_a_known_mistake_that_passes_says_why(unit):
    faults = [fault for m in mistakes_of(unit) for fault in faults_of(m, passes_public_checks(m))]
    assert faults == []


def test_few_pass():
    reasons = [m.hidden_only for unit in available_units() for m in mistakes_of(unit)]
    assert 0 < sum(map(bool, reasons)) <= AT_MOST


def test_what_passes_needs_a_reason_and_what_is_caught_none():
    caught = mistakes_of("attention")[0]
    assert not passes_public_checks(caught)
    [fault] = faults_of(dataclasses.replace(caught, hidden_only="a reason"), passes=False)
    assert "take its hidden_only away" in fault
    [fault] = faults_of(caught, passes=True)
    assert "doesn't say why" in fault
