"""Sentence pairs to learn from: English, and the same in Chinese."""

from typing import NamedTuple


class Pair(NamedTuple):
    """A sentence and its translation."""

    english: str
    chinese: str
