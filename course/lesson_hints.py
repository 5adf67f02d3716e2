"""The hints that a lesson gives for an exercise, read from the lesson's source."""

import html
import re

from course.kit.units import EXERCISES_DIR

LESSONS_DIR = EXERCISES_DIR.parent / "lessons"

_CELL = re.compile(r"^# %%", re.MULTILINE)
_HINT = re.compile(r"<summary>(?:Hint|提示)[^<]*</summary>(.*?)</details>", re.DOTALL)


def hints_of(unit: str, exercise: str) -> dict[str, list[str]]:
    """Return the hints that stand above an exercise's cell, in English and Chinese.

    Returns:
        Plain text for each hint, by language.
    """
    hints: dict[str, list[str]] = {}
    source = (LESSONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    for cell in _CELL.split(source):
        header, _, body = cell.partition("\n")
        if f'exercise="{exercise}"' in header:
            return hints
        if language := re.search(r'lang="(\w+)"', header):
            found = _HINT.findall(re.sub(r"(?m)^# ?", "", body))
            hints[language[1]] = [_plain(hint, language[1]) for hint in found]
    return {}


def _plain(text: str, language: str) -> str:
    """Return a hint without markup, on one line."""
    text = re.sub(r"</?code>", "`", text)
    text = re.sub(r"\[([^\]]*)\]\(glossary\.md#[^)]*\)", r"\1", text)
    text = html.unescape(re.sub(r"<[^>]+>", "", text)).strip()
    if language == "zh":  # a line that ends in Chinese goes on without a space
        text = re.sub(
            r"(?<=[\u3000-\u9fff\uff00-\uffef])\n|\n(?=[\u3000-\u9fff\uff00-\uffef])", "", text
        )
    return " ".join(text.split())
