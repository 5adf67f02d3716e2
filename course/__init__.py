"""Sequence-to-sequence translation, English to Chinese: what a student gets, and all of it."""

__version__ = "0.1.0"
