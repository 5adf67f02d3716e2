"""Metadata of notebooks and cells; students may have put anything there."""

from typing import Any

from nbformat.notebooknode import NotebookNode

from autograder.base.text import LANGUAGES


def facts_of(node: NotebookNode, key: str) -> dict[str, Any]:
    """Return a part of a notebook's or a cell's metadata; a student may have put anything there."""
    metadata = node.get("metadata")
    facts = metadata.get(key) if isinstance(metadata, dict) else None
    return facts if isinstance(facts, dict) else {}


def language_of(nb: NotebookNode) -> str:
    """Return the language that a notebook of the course is in."""
    language = facts_of(nb, "course").get("language")
    return language if isinstance(language, str) and language in LANGUAGES else "en"
