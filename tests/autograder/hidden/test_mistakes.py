"""Known mistakes as data: whole, in both languages, tied to checks that exist."""

import ast
import re
from itertools import pairwise

import pytest

from autograder.grading import mistakes
from autograder.grading.mistakes import mistakes_of
from autograder.grading.suite import suite_of
from course.kit.units import available_units, exercises_of

UNITS = available_units()


def check_names(unit):
    """The names of a suite's test functions, by exercise."""
    names = {}
    for item in suite_of(unit):
        names.setdefault(item.check.exercise, set()).add(item.function.__name__)
    return names


@pytest.mark.parametrize("unit", UNITS)
def test_each_has_a_name_of_its_own(unit):
    names = [item.name for item in mistakes_of(unit)]
    assert len(set(names)) == len(names) >= 8
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in names)
    assert max(map(len, names)) <= 40


@pytest.mark.parametrize("unit", UNITS)
def test_each_speaks_both_languages(unit):
    for item in mistakes_of(unit):
        for words in (item.title, item.hint):
            assert set(words) == {"en", "zh"}, item.name
            assert not re.search("[\u4e00-\u9fff]", words["en"]), item.name
            assert re.search("[\u4e00-\u9fff]", words["zh"]), item.name
        assert not item.title["en"].endswith("."), item.name  # it stands within a sentence
        assert item.hint["en"].endswith((".", "?")), item.name
        assert item.hint["zh"].endswith(("。", "？")), item.name


@pytest.mark.parametrize("unit", UNITS)
def test_titles_tell_the_mistakes_of_an_exercise_apart(unit):
    for language in ("en", "zh"):
        told = sorted((m.exercise, m.title[language]) for m in mistakes_of(unit))
        assert [first for first, second in pairwise(told) if first == second] == []


@pytest.mark.parametrize("unit", UNITS)
def test_each_belongs_to_an_exercise_and_a_check(unit):
    checks = check_names(unit)
    for item in mistakes_of(unit):
        assert item.exercise in exercises_of(unit)
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", item.exercise).lower()
        layer = "" if words == item.exercise else "layer_"
        name = f"test_{words}_{layer}{item.caught_by}"
        assert name in checks[item.exercise], f"{item.name}: there is no {name}"


@pytest.mark.parametrize("unit", UNITS)
def test_every_exercise_has_some(unit):
    assert {item.exercise for item in mistakes_of(unit)} == set(exercises_of(unit))


@pytest.mark.parametrize("unit", UNITS)
def test_each_is_a_whole_module_without_the_grader_in_it(unit):
    for item in mistakes_of(unit):
        body = ast.parse(item.source).body
        assert body[-1].name == item.exercise
        assert "mistake(" not in item.definition
        assert "autograder" not in item.source
        assert "solutions" not in item.definition


@pytest.mark.parametrize("unit", UNITS)
def test_hints_do_not_hold_the_answer(unit):
    """No line of the reference's answer is in a hint."""
    solution = (mistakes.SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    parts = re.findall(r"### BEGIN SOLUTION\n(.*?)### END SOLUTION", solution, re.S)
    lines = {line.strip() for part in parts for line in part.splitlines() if len(line.strip()) > 8}
    for item in mistakes_of(unit):
        for hint in item.hint.values():
            assert "ops." not in hint.replace("keras.ops", ""), item.name
            assert not [line for line in lines if line in hint], item.name


def test_a_unit_without_a_file_has_none(elsewhere):
    assert mistakes_of("nothing") == ()


GOOD = """
import math
from autograder.mistakes import mistake
from solutions.unit import helper

LIMIT = 3

def half(x):
    return x / 2

@mistake("a", caught_by="c", title=("t", "题"), hint=("h", "示"))
@half
def wrong(x):
    return half(x) + LIMIT
"""


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A directory of known mistakes that is the test's own; gives what writes a unit there."""
    monkeypatch.setattr(mistakes, "HIDDEN_DIR", tmp_path)
    (tmp_path / "unit").mkdir()
    monkeypatch.setattr(mistakes, "SOLUTIONS_DIR", tmp_path / "solutions")
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "unit.py").write_text("right = 1\n")
    mistakes_of.cache_clear()
    yield lambda source: (tmp_path / "unit" / "mistakes.py").write_text(source, encoding="utf-8")
    mistakes_of.cache_clear()


def test_helpers_and_other_decorators_come_along(elsewhere):
    elsewhere(GOOD)
    (item,) = mistakes_of("unit")
    assert (item.name, item.exercise, item.caught_by) == ("a", "wrong", "c")
    assert item.source.startswith("right = 1\n")
    for part in ("import math", "LIMIT = 3", "def half(x)", "@half\ndef wrong(x)"):
        assert part in item.definition
    for part in ("from autograder", "from solutions", "@mistake"):
        assert part not in item.definition


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('caught_by="c", ', ""),
        ('hint=("h", "示")', 'hin=("h", "示")'),
        ('"a", ', '"a", extra=1, '),
        ('"a", ', "half, "),
        ('"a", ', ""),
        ('title=("t", "题")', 'title=("t",)'),
        ('title=("t"', 'title=("t".upper()'),
        ('title=("t"', 'title=(f"{LIMIT}"'),
    ],
)
def test_a_fact_that_is_missing_unknown_or_computed_is_refused(elsewhere, old, new):
    assert GOOD.count(old) == 1
    elsewhere(GOOD.replace(old, new))
    with pytest.raises(ValueError, match=r"mistakes\.py|malformed"):
        mistakes_of("unit")


def test_the_message_names_the_line(elsewhere):
    elsewhere(GOOD.replace('caught_by="c", ', ""))
    with pytest.raises(ValueError, match=r"mistakes\.py, line \d+: .*caught_by"):
        mistakes_of("unit")
