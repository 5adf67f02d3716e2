"""Texts that a student may have chosen: no character in them that a terminal or a page would obey.

`printable` is strict, for terminals and for what a student's process sends; `clean` keeps all that
may stand in a document: tabs, the spaces of any language, joined characters.
"""

import re
from typing import Any

MARK = "\ufffd"  # stands where a character was taken out

# What XML 1.0 has no place for, what terminals and log readers obey, and what turns the reading
# direction around, so that a name looks like another one.
_HARMFUL = re.compile(
    "[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    "|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def printable(text: Any, limit: int, line_ends: bool = True) -> str:
    """Return a text, cut, with a mark in place of every character that isn't printed.

    Args:
        text: the text. Any other object gives an empty text: its own `str` may be of any length.
        limit: the most characters that are returned.
        line_ends: whether the ends of lines stay.
    """
    if not isinstance(text, str):
        return ""
    allowed = "\n" if line_ends else ""
    return "".join(c if c.isprintable() or c in allowed else MARK for c in text[:limit])


def clean(text: str) -> str:
    """Return a text with a mark in place of every character that harms a document."""
    return _HARMFUL.sub(MARK, text)
