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


REFERENCE = """
@registered
def half(x):
    '''A docstring with x / 2 in it.'''
    total = x + x  # twice

    if total:
        return total / 4
"""
FACTS = """
caught_by = "c"
title = { en = "t", zh = "题" }
hint = { en = "h", zh = "示" }
"""


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A directory of known mistakes that is the test's own; gives what writes a unit there."""
    monkeypatch.setattr(mistakes, "HIDDEN_DIR", tmp_path)
    (tmp_path / "unit").mkdir()
    monkeypatch.setattr(mistakes, "SOLUTIONS_DIR", tmp_path / "solutions")
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "unit.py").write_text(REFERENCE)
    mistakes_of.cache_clear()
    yield lambda entry: (tmp_path / "unit" / "mistakes.toml").write_text(entry, encoding="utf-8")
    mistakes_of.cache_clear()


def definition(elsewhere, body):
    """The one known mistake's code."""
    elsewhere(f"[half.a]{FACTS}{body}")
    (item,) = mistakes_of("unit")
    assert (item.name, item.exercise, item.caught_by) == ("a", "half", "c")
    assert item.source == f"{REFERENCE}\n\n{item.definition}"
    return item.definition


def test_a_change_is_made_to_the_code_without_comments_and_docstrings(elsewhere):
    assert definition(elsewhere, "change = [['x + x', 'x']]") == (
        "@registered\ndef half(x):\n    total = x\n    if total:\n        return total / 4\n"
    )


def test_every_occurrence_changes_one_change_after_the_other(elsewhere):
    code = definition(elsewhere, "change = [['x', 'y'], ['total = y + y', 'total = 1']]")
    assert "def half(y):\n    total = 1\n" in code


def test_lines_are_found_and_put_in_whatever_their_indentation(elsewhere):
    old = "total = x + x\nif total:\n  return total / 4"
    new = "if x:\n    return 1\nreturn 2"
    body = f"change = [['''{old}''', '''{new}''']]"
    assert definition(elsewhere, body).endswith("\n    if x:\n        return 1\n    return 2\n")


def test_a_whole_exercise_may_stand_instead(elsewhere):
    assert definition(elsewhere, "code = '''\ndef half(x):\n    return x\n'''") == (
        "def half(x):\n    return x\n"
    )


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('caught_by = "c"', "", "caught_by"),
        ("hint =", "hin =", "hin"),
        ("caught_by", "extra = 1\ncaught_by", "extra"),
        ('zh = "题"', 'de = "t"', "zh"),
        ("[half.a]", "[other.a]", "no such exercise"),
        ("x + x", "x - x", "doesn't hold 'x - x'"),
        ("'x']", "'x =']", "invalid syntax"),
        ("change =", "chang =", "one of change and code"),
    ],
)
def test_a_wrong_entry_is_refused_by_name(elsewhere, old, new, reason):
    good = f"[half.a]{FACTS}change = [['x + x', 'x']]"
    assert old in good
    elsewhere(good.replace(old, new))
    with pytest.raises(ValueError, match=reason):
        mistakes_of("unit")
