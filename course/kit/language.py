"""The language that the notebook and the checks speak: English or Chinese."""

import locale
import os

from course.kit.errors import UserError

Bilingual = tuple[str, str]  # a text in English and in Chinese

_LANGUAGES = ("en", "zh")


def _of_the_system() -> str:
    """Return the language that the environment asks for; where it names none, the system's."""
    named = os.environ.get("LC_ALL") or os.environ.get("LANG")
    name = named or locale.getlocale(locale.LC_CTYPE)[0] or ""  # "Chinese (Simplified)_China"
    return "zh" if name.startswith(("zh", "Chinese")) else "en"


_current = _of_the_system()


def use_language(language: str) -> None:
    """Speak this language from now on.

    Raises:
        UserError: the language is neither "en" nor "zh".
    """
    global _current
    if language not in _LANGUAGES:
        raise UserError(
            say(
                f"There is no language {language!r}; choose one of: en, zh.",
                f"没有语言 {language!r}；可选：en, zh。",
            )
        )
    _current = language


def language() -> str:
    """Return the language in use."""
    return _current


def say(en: str, zh: str) -> str:
    """Return the text in the language in use."""
    return zh if _current == "zh" else en
