"""Texts in both languages of the course."""

from typing import TypeAlias

Text: TypeAlias = dict[str, str]

LANGUAGES = ("en", "zh")


def text(en: str, zh: str) -> Text:
    """Return a text in English and Chinese."""
    return {"en": en, "zh": zh}


def join(*parts: Text | None) -> Text:
    """Return the parts one after the other, in each language; a part that is None is left out."""
    texts = [part for part in parts if part]
    return {
        "en": " ".join(part["en"] for part in texts),
        "zh": "".join(part["zh"] for part in texts),
    }
