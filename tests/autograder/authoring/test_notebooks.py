"""Notebooks: the same work in both languages, and made by the interpreter alone."""

import ast

import pytest

from autograder.authoring import notebooks
from course.kit.errors import UserError
from course.kit.statements import bound_names
from course.kit.units import available_units

UNITS = available_units()


def names_of(notebook):
    """The names that each code cell binds; the texts in it are in the notebook's language."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    statements = [ast.parse(source).body for source in cells]
    return [set().union(*map(bound_names, body)) - {"say"} for body in statements]


@pytest.mark.parametrize("unit", UNITS)
def test_both_languages_hold_the_same_code_and_as_many_cells(unit):
    english, chinese = (notebooks.source_notebook(unit, language) for language in ("en", "zh"))
    assert names_of(english) == names_of(chinese)
    assert [cell.cell_type for cell in english.cells] == [c.cell_type for c in chinese.cells]
    assert [cell.id for cell in english.cells] == [cell.id for cell in chinese.cells]


@pytest.mark.parametrize("unit", UNITS)
def test_they_are_built_without_anything_on_the_path(unit, monkeypatch, tmp_path):
    """nbgrader's database calls a program by name, which an environment not activated lacks."""
    monkeypatch.setenv("PATH", str(tmp_path))
    made = notebooks.student_notebook(unit, "en")
    kinds = [cell.metadata["nbgrader"] for cell in made.cells if "nbgrader" in cell.metadata]
    assert all(kind["locked"] for kind in kinds if kind["grade"])
    assert not [cell for cell in made.cells if "BEGIN SOLUTION" in cell.source]


def test_a_lesson_that_leaves_an_exercise_out_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(notebooks, "LESSONS_DIR", tmp_path)
    lesson = tmp_path / "attention.py"
    lesson.write_text('# %% exercise="similarity"\n')
    with pytest.raises(UserError, match="no cell for softmax"):
        notebooks.source_notebook("attention", "en")
    lesson.write_text('# %% exercise="astrology"\n')
    with pytest.raises(UserError, match="astrology"):
        notebooks.source_notebook("attention", "en")
