"""The glossary: both languages from one source, each term with a place to link to."""

import re

import pytest

from autograder.authoring import glossary
from autograder.base.text import LANGUAGES
from course.kit.errors import UserError
from tests.conftest import ROOT


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_has_its_place_its_names_and_its_meaning(language):
    page = glossary.page(language)
    assert re.findall(r'<a id="([^"]+)">', page) == list(glossary.terms())
    for term in glossary.terms().values():
        assert all(name in page for name in term.name.values())
        assert term.meaning[language].strip() in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_beside_the_notebooks_is_the_current_one(language):
    path = ROOT / "course" / "notebooks" / language / "glossary.md"
    assert path.read_text(encoding="utf-8") == glossary.page(language)


def test_the_chinese_meanings_are_chinese():
    for term in glossary.terms().values():
        assert re.search("[一-鿿]", term.meaning["zh"])
        assert not re.search("[一-鿿]", term.meaning["en"])


def test_a_term_that_lacks_a_language_is_named(tmp_path, monkeypatch):
    path = tmp_path / "glossary.yaml"
    path.write_text("query:\n  en: [query, what a word asks]\n", encoding="utf-8")
    monkeypatch.setattr(glossary, "GLOSSARY", path)
    with pytest.raises(UserError, match=r"query lacks .* in zh"):
        glossary.terms()


def test_links_are_found_in_order():
    text = "A [query](glossary.md#query) and a [键](glossary.md#key); [site](https://example.org)."
    assert glossary.linked(text) == ["query", "key"]
