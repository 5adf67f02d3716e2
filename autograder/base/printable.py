"""Texts that a student's process sends: nothing in them that a terminal or a page would obey."""

from typing import Any


def printable(text: Any, limit: int) -> str:
    """Return a text, cut, with a mark in place of every character that isn't printed.

    What is no text at all is none: its own idea of a text may be as long as it likes.
    """
    if not isinstance(text, str):
        return ""
    cut = text[:limit]
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in cut)
