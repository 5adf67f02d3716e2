"""The glossary: one source for both languages, a page for each.

`course/lessons/glossary.yaml` has the terms. A lesson links a term where it first uses it, as
`[query](glossary.md#query)`; the page lies beside the notebooks.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml

from autograder.authoring.chinese import joined
from autograder.base.paths import ROOT
from autograder.base.text import LANGUAGES
from course.kit.errors import UserError

GLOSSARY = ROOT / "course" / "lessons" / "glossary.yaml"
_LINK = re.compile(r"\]\(glossary\.md#([^)\s]*)\)")
_HEADS = {
    "en": "# Glossary\n\nThe terms of the course, in both languages.\n",
    "zh": "# 术语表\n\n课程中的术语，中英对照。\n",
}


@dataclass(frozen=True)
class Term:
    """A term: its name and what it means, by language."""

    key: str
    name: dict[str, str]
    meaning: dict[str, str]


def terms() -> dict[str, Term]:
    """Return the terms by their keys, in the order of the English names.

    Raises:
        UserError: a term has no name or no meaning in one of the languages.
    """
    by_key = {}
    for key, entry in yaml.safe_load(GLOSSARY.read_text(encoding="utf-8")).items():
        for language in LANGUAGES:
            name, meaning = (entry.get(language) or [None, None])[:2]
            if not name or not meaning:
                raise UserError(f"The term {key} lacks its name or its meaning in {language}.")
        name, meaning = ({code: entry[code][n] for code in LANGUAGES} for n in (0, 1))
        by_key[key] = Term(key, name, meaning)
    return dict(sorted(by_key.items(), key=lambda item: item[1].name["en"].lower()))


def linked(text: str) -> list[str]:
    """Return the keys of the terms that a text links to, in order."""
    return _LINK.findall(text)


def page(language: str, anchor: str = '<a id="{}"></a>') -> str:
    """Return the glossary's page in a language, as Markdown.

    Args:
        language: "en" or "zh".
        anchor: how the place that links lead to is written; MyST has its own way.
    """
    other = next(code for code in LANGUAGES if code != language)
    parts = [_HEADS[language]]
    for term in terms().values():
        parts.append(
            f"{anchor.format(term.key)}\n\n"
            f"**{term.name[language]}** · {term.name[other]}\n\n"
            f"{_text(term.meaning[language], language)}\n"
        )
    return "\n".join(parts)


def _text(meaning: str, language: str) -> str:
    return joined(meaning.strip()) if language == "zh" else meaning.strip()


def write_glossaries(directory: Path) -> list[Path]:
    """Write the page of each language beside its notebooks; return the paths that changed."""
    changed = []
    for language in LANGUAGES:
        path = directory / language / "glossary.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != page(language):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(page(language), encoding="utf-8")
            changed.append(path)
    return changed
