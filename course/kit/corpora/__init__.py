"""Sentence pairs to learn from: English, and the same in Chinese."""

from typing import NamedTuple


class Pair(NamedTuple):
    """A sentence and its translation."""

    english: str
    chinese: str


class DataError(Exception):
    """Data can't be had or used; the message is one sentence that says what to do."""
