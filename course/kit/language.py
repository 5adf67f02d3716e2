"""The language that the notebook and the checks speak: English or Chinese."""

import os

from course.kit.errors import UserError

Bilingual = tuple[str, str]  # a text in English and in Chinese

_LANGUAGES = ("en", "zh")
_current = (
    "zh" if (os.environ.get("LC_ALL") or os.environ.get("LANG", "")).startswith("zh") else "en"
)


def use_language(language: str) -> None:
    """Speak this language from now on.

    Raises:
        UserError: the language is neither "en" nor "zh".
    """
    global _current
    if language not in _LANGUAGES:
        raise UserError(f"There is no language {language!r}; choose one of: en, zh.")
    _current = language


def language() -> str:
    """Return the language in use."""
    return _current


def say(en: str, zh: str) -> str:
    """Return the text in the language in use."""
    return zh if _current == "zh" else en
