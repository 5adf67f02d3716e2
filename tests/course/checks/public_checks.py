"""What every unit's public checks are held to."""

import re
import types

from course.check import checks_of, details, run_checks
from course.kit.units import exercises_of


def outcomes(unit, solution, exercise=None, **changed):
    """Run a unit's public checks on the reference with some exercises exchanged."""
    work = types.SimpleNamespace(**{**vars(solution), **changed})
    return list(run_checks(unit, work, exercise))


def hold(unit, solution, stubs):
    """The reference passes, stubs don't, and every exercise has two checks in both languages."""
    assert {outcome.status for outcome in outcomes(unit, solution)} == {"passed"}
    undone = list(run_checks(unit, stubs))
    assert {outcome.status for outcome in undone} <= {"missing", "blocked"}
    order = [check.exercise for check, _ in checks_of(unit)]
    assert tuple(dict.fromkeys(order)) == exercises_of(unit)
    assert all(order.count(exercise) >= 2 for exercise in exercises_of(unit))
    for check, _ in checks_of(unit):
        for english, chinese in (check.title, check.hint):
            assert english.strip()
            assert not re.search("[\u4e00-\u9fff]", english)
            assert re.search("[\u4e00-\u9fff]", chinese)


def caught(unit, solution, exercise, wrong):
    """The outcomes of the checks that a wrong exercise fails; each says what came, and a hint."""
    found = outcomes(unit, solution, exercise, **{exercise: wrong})
    failed = [outcome for outcome in found if outcome.status != "passed"]
    for outcome in failed:
        assert outcome.status in ("failed", "error")
        assert outcome.got
        assert any(line.startswith("hint: ") for line in details(outcome))
    return failed
