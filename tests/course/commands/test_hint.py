"""The command `hint`: the lesson's hints, one more each time."""

import re

import pytest
from typer.testing import CliRunner

from course.commands.app import app
from course.kit.language import use_language
from course.kit.units import available_units, exercises_of
from course.lesson_hints import hints_of

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def _english(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    use_language("en")
    yield
    use_language("en")


def hint(*arguments):
    return RUNNER.invoke(app, ["hint", *arguments])


@pytest.mark.parametrize("unit", available_units())
def test_every_exercise_has_as_many_hints_in_both_languages(unit):
    for exercise in exercises_of(unit):
        hints = hints_of(unit, exercise)
        assert len(hints["en"]) == len(hints["zh"]) > 0
        for text in (*hints["en"], *hints["zh"]):
            assert text
            assert not re.search(r"</?\w+>|glossary|\n", text)
        assert not re.search("[\u4e00-\u9fff]", "".join(hints["en"]))


def test_each_time_there_is_one_more_and_then_that_is_said():
    first, second, third = (hint("softmax").output for _ in range(3))
    assert first.startswith("Hint 1 of 2: ")
    assert "same command again" in first
    assert second.startswith(first.splitlines()[0])
    assert "\nHint 2 of 2: " in second
    assert "These are all" in second
    assert third == second
    assert hint("softmax", "--again").output == first
    assert hint("similarity").output.startswith("Hint 1 of 2: ")


def test_another_language_and_a_name_that_is_nearly_right():
    assert hint("softmax", "--language", "zh").output.startswith("提示 1/2：")
    use_language("en")
    done = hint("selfattention")
    assert done.exit_code == 2
    assert "did you mean SelfAttention?" in done.stderr


def test_a_record_that_is_broken_is_begun_anew(tmp_path):
    (tmp_path / "hints.json").write_text("[")
    assert hint("softmax").output.startswith("Hint 1 of 2: ")
