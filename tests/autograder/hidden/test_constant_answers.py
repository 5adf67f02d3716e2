"""Answers that take no work earn nothing, however well their shapes fit."""

import pytest

from autograder.authoring.worthless import WORTHLESS, worthless_hand_in
from autograder.grading.examination import Examination
from autograder.grading.slots import Slots
from autograder.grading.suite import suite_of
from course.kit.units import ORDER


@pytest.mark.slow
@pytest.mark.parametrize("unit", ORDER)
def test_what_takes_no_work_earns_nothing(server, unit):
    slots, passed = Slots(server, unit), []
    try:
        for name in WORTHLESS:
            data = worthless_hand_in(unit, name).encode()
            examination = Examination(server, data, ".py", unit, slots, searches=False)
            for item in suite_of(unit):
                try:
                    item.run(examination, 0)
                except Exception:  # whatever it is, no points come of it
                    continue
                passed.append((name, item.check.id))
            examination.close()
    finally:
        slots.close()
    assert passed == []
