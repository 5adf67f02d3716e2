"""Texts that a student chose: nothing in them that a terminal or a page obeys."""

import pytest

from autograder.base.printable import MARK, clean, printable

HARMFUL = "\x00\x07\x1b\x7f\x85\u202e\u2066\u200f\u061c\ufeff\ud800\uffff"
INNOCENT = "é，你　\xa0👩\u200d💻\t\n"


@pytest.mark.parametrize("character", HARMFUL, ids=ascii)
def test_harmful_characters_become_a_mark(character):
    assert clean(f"a{character}b") == printable(f"a{character}b", 9) == f"a{MARK}b"


def test_a_document_keeps_what_its_writer_needs():
    assert clean(INNOCENT) == INNOCENT


@pytest.mark.parametrize("character", "\u3000\xa0\u200d\t\r", ids=ascii)
def test_a_terminal_gets_only_what_is_printed(character):
    assert printable(character, 9) == MARK


def test_line_ends_stay_where_they_may():
    assert printable("a\nb", 9) == "a\nb"
    assert printable("a\nb", 9, line_ends=False) == f"a{MARK}b"


def test_a_text_is_cut():
    assert printable("abc", 2) == "ab"


@pytest.mark.parametrize("value", [None, 7, b"abc", ["a"]])
def test_what_is_no_text_gives_none(value):
    assert printable(value, 9) == ""
