"""The READMEs: their counts are those of the suites, and what they link to is there."""

import re

import pytest

from autograder.authoring.readme import with_counts
from autograder.grading.suite import suite_of
from course.kit.units import ORDER, exercises_of
from tests.conftest import ROOT

READMES = ("README.md", "README.zh.md")


@pytest.mark.parametrize("name", READMES)
def test_the_table_of_units_counts_what_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \| \d+ \| \d+ \|", text, re.MULTILINE) == [*ORDER]
    assert with_counts(text) == text, "Run make sync."


@pytest.mark.parametrize("unit", ORDER)
def test_the_checks_of_a_unit_are_worth_a_hundred_points(unit):
    assert sum(item.check.points for item in suite_of(unit)) == 100
    assert {item.check.exercise for item in suite_of(unit)} == {*exercises_of(unit)}


@pytest.mark.parametrize("name", READMES)
def test_what_is_linked_is_there(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
