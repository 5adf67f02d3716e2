"""Texts in both languages."""

from autograder.base.text import LANGUAGES, join, text


def test_a_text_has_every_language():
    assert tuple(text("a", "甲")) == LANGUAGES


def test_parts_are_joined_as_each_language_does_it():
    assert join(text("A.", "甲。"), None, text("B.", "乙。")) == text("A. B.", "甲。乙。")
    assert join() == text("", "")
