"""Output that any terminal and file takes: what an encoding lacks is written in plain signs."""

import codecs
import sys
from typing import TextIO

from course.kit.language import language

_PLAIN = {
    "✓": "+",
    "✗": "x",
    "·": "-",
    "…": "...",
    "“": '"',
    "”": '"',
    "’": "'",
    "×": "x",
    "░": ".",
    "▒": ":",
    "▓": "*",
    "█": "#",
    "▇": "#",
    "ᵀ": "^T",
    "₂": "2",
    "–": "-",
}


def _in_plain_signs(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign, "?") for sign in lacking), error.end


codecs.register_error("course.plain", _in_plain_signs)


def take_any_text(stream: TextIO) -> None:
    """Let a stream take any text; Chinese is written in UTF-8 where its encoding has none."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:  # a notebook's, or a test's
        return
    encoding = None
    if language() == "zh":
        try:
            "中".encode(stream.encoding)
        except UnicodeEncodeError:
            encoding = "utf-8"
    reconfigure(encoding=encoding or stream.encoding, errors="course.plain")


def prepare_output() -> None:
    """Let stdout and stderr take any text."""
    for stream in (sys.stdout, sys.stderr):
        take_any_text(stream)
