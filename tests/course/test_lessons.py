"""Lessons: every text in both languages, in pairs, and a cell for every exercise."""

import re

import jupytext
import pytest

from autograder.authoring import glossary, language_pairs
from autograder.authoring.notebooks import LESSONS_DIR
from course.kit.units import exercises_of

LESSONS = sorted(LESSONS_DIR.glob("*.py"))


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return request.param, jupytext.read(request.param, fmt="py:percent").cells


def test_every_text_comes_in_both_languages(lesson):
    _, cells = lesson
    languages = [c.metadata.get("lang") for c in cells if c.cell_type == "markdown"]
    assert languages
    assert languages == ["en", "zh"] * (len(languages) // 2)


def test_pairs_have_the_same_headings_formulas_code_and_hints(lesson):
    _, cells = lesson
    texts = [cell.source for cell in cells if cell.cell_type == "markdown"]
    for english, chinese in zip(texts[::2], texts[1::2], strict=True):
        for pattern in (r"(?m)^#+ ", r"\$\$[^$]+\$\$", r"`[^`\n]+`", r"<details>", r"(?m)^\|"):
            one, other = re.findall(pattern, english), re.findall(pattern, chinese)
            assert sorted(one) == sorted(other), (english[:60], pattern)


def test_every_exercise_has_its_cell(lesson):
    path, cells = lesson
    tagged = [cell for cell in cells if "exercise" in cell.metadata]
    assert [cell.metadata["exercise"] for cell in tagged] == list(exercises_of(path.stem))
    assert not [cell for cell in tagged if "points" in cell.metadata]  # they stand in the suite


def test_links_lead_into_the_glossary_and_are_the_same_in_both_languages(lesson):
    path, _ = lesson
    for english, chinese in language_pairs.texts(path):
        links = glossary.linked(english)
        assert sorted(links) == sorted(glossary.linked(chinese)), english[:60]
        assert set(links) <= set(glossary.terms())


def test_no_text_changed_without_its_pair(lesson):
    path, _ = lesson
    recorded = language_pairs.recorded()[path.stem]
    assert language_pairs.changed_alone(path, recorded) == []
    assert language_pairs.digests(path) == recorded, (
        "`make pairs` writes down what changed in both."
    )


def test_every_lesson_begins_by_finding_the_course(lesson):
    _, cells = lesson
    codes = [cell for cell in cells if cell.cell_type == "code"]
    assert [bool(cell.metadata.get("setup")) for cell in codes].index(True) == 0
    assert sum(bool(cell.metadata.get("setup")) for cell in codes) == 1
