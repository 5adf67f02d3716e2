"""Known mistakes: what a mistake is called, which check catches it, its hint, and its code.

`hidden/UNIT/mistakes.toml` has the known mistakes of a unit. Each is an edit of the reference:

    [softmax.axis-ignored]
    caught_by = "axis"
    title.en = "…"
    title.zh = "…"
    hint.en = "…"
    hint.zh = "…"
    change = [["axis=axis", "axis=-1"]]

`change` holds pairs of an old and a new piece of the exercise's code, applied one after the other.
The code is the reference's without comments, docstrings and blank lines. Every place where the old
piece stands is changed; how far its lines are indented doesn't matter, and the lines of the new
piece are indented like the first line of the old one. Where a mistake has little in common with the
reference, `code` holds the whole exercise instead, with what it needs.

The wrong exercise is placed behind the reference, so that a layer may inherit from its right self.
"""

import ast
import functools
import io
import re
import tokenize
import tomllib
from dataclasses import dataclass
from typing import Any

from autograder.base.paths import HIDDEN_DIR, SOLUTIONS_DIR
from autograder.base.text import Text, text
from course.kit.units import ORDER

_FACTS = {"caught_by", "title", "hint"}
_OPTIONAL = {"compiled_only", "hidden_only"}


@dataclass(frozen=True)
class Mistake:
    """A known mistake.

    Attributes:
        name: short and unique in the unit.
        unit, exercise: where it happens.
        caught_by: the slug of the check that must catch it.
        title: the mistake in a few words.
        hint: what to look at, without the answer.
        definition: the exercise written wrong, with what it needs.
        source: the reference, followed by the definition: a whole hand-in.
        compiled_only: it shows in compiled functions alone, which Keras on PyTorch has not.
        hidden_only: why no public check shows it, "" where one does.
    """

    name: str
    unit: str
    exercise: str
    caught_by: str
    title: Text
    hint: Text
    definition: str
    source: str
    compiled_only: bool = False
    hidden_only: str = ""


@functools.cache
def mistakes_of(unit: str) -> tuple[Mistake, ...]:
    """Return the known mistakes of a unit, in the order of the file.

    Raises:
        ValueError: an entry lacks a fact or has an unknown one, or its change doesn't apply.
    """
    path = HIDDEN_DIR / unit / "mistakes.toml"
    if not path.is_file():
        return ()
    reference = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    mistakes: list[Mistake] = []
    for exercise, entries in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for name, facts in entries.items():
            try:
                mistakes.append(_mistake(unit, reference, exercise, name, facts))
            except (KeyError, TypeError, ValueError, SyntaxError) as error:
                raise ValueError(f"{unit}/{path.name}, {exercise}.{name}: {error}.") from None
    return tuple(mistakes)


@functools.cache
def known_mistake(unit: str, name: str | None) -> Mistake | None:
    """Return a unit's known mistake, or None where the catalogue has none of this name."""
    if unit not in ORDER:
        return None
    return next((item for item in mistakes_of(unit) if item.name == name), None)


def _mistake(unit: str, reference: str, exercise: str, name: str, facts: dict[str, Any]) -> Mistake:
    body = {"change", "code"} & facts.keys()
    unknown = facts.keys() - _FACTS - {"change", "code"} - _OPTIONAL
    if len(body) != 1 or unknown or not facts.keys() >= _FACTS:
        expected = "caught_by, title, hint, one of change and code, and compiled_only, hidden_only"
        raise ValueError(f"its facts are {', '.join(sorted(facts))}, not {expected}")
    definition = facts.get("code") or _code(_exercise(reference, exercise))
    for old, new in facts.get("change", []):
        definition = _changed(definition, old, new)
    definition = definition.strip() + "\n"
    ast.parse(definition)
    return Mistake(
        name=name,
        unit=unit,
        exercise=exercise,
        caught_by=facts["caught_by"],
        title=text(facts["title"]["en"], facts["title"]["zh"]),
        hint=text(facts["hint"]["en"], facts["hint"]["zh"]),
        definition=definition,
        source=f"{reference}\n\n{definition}",
        compiled_only=facts.get("compiled_only", False),
        hidden_only=facts.get("hidden_only", ""),
    )


def _exercise(reference: str, name: str) -> str:
    """Return the source of an exercise in the reference, decorators included."""
    lines = reference.splitlines(keepends=True)
    for node in ast.parse(reference).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            return "".join(lines[first - 1 : node.end_lineno])
    raise ValueError("the reference has no such exercise")


def _code(source: str) -> str:
    """Return Python source without its comments, docstrings and blank lines."""
    lines = source.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            docstring = node.body[0]
            lines[docstring.lineno - 1 : docstring.end_lineno] = [""] * (
                (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
            )
    return "".join(f"{line.rstrip()}\n" for line in lines if line.strip())


def _changed(code: str, old: str, new: str) -> str:
    """Return code with each occurrence of a piece replaced, whatever the piece's indentation.

    Raises:
        ValueError: the code doesn't hold the old piece.
    """
    pattern = r"\n *".join(re.escape(line.strip()) for line in old.strip().splitlines())
    first, *others = new.strip("\n").split("\n")

    def replaced(match: re.Match[str]) -> str:
        line = code[code.rfind("\n", 0, match.start()) + 1 :]
        indentation = line[: len(line) - len(line.lstrip())]
        return "\n".join([first, *(indentation + other if other else "" for other in others)])

    changed, count = re.subn(pattern, replaced, code)
    if not count:
        raise ValueError(f"the reference doesn't hold {old.strip()!r}")
    return changed
