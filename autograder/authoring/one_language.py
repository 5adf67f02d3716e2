"""Code of a lesson in one language: `say("…", "…")` becomes the one text that the reader reads."""

import ast
import re
from typing import Any

import parso

from autograder.base.text import LANGUAGES

_IMPORT = "from course.kit.language import say\n"


def in_language(code: str, language: str) -> str:
    """Return a cell's code with each `say(en, zh)` replaced by the one text.

    A call whose texts don't stand there, `say(*title)` for example, stays.

    Args:
        code: the code of one cell.
        language: "en" or "zh".
    """
    return _replaced(parso.parse(code), LANGUAGES.index(language))


def without_import(cells: list[str]) -> list[str]:
    """Return a notebook's cells without the import of `say`, where nothing calls it any more."""
    if any(re.search(r"\bsay\(", cell) for cell in cells):
        return cells
    return [cell.replace(_IMPORT, "") for cell in cells]


def _replaced(node: Any, index: int) -> str:
    """Return the code of a node, with its prefix, in one language."""
    text = _chosen(node, index)
    if text is not None:
        rest = "".join(_replaced(child, index) for child in node.children[2:])  # `.split()`
        return node.get_first_leaf().prefix + text + rest
    if not hasattr(node, "children"):
        return node.get_code()
    return "".join(_in_f_string(child, index) or _replaced(child, index) for child in node.children)


def _in_f_string(node: Any, index: int) -> str | None:
    """Return the plain text for a part `{say("…", "…")}` of an f-string, None for all else."""
    if node.type != "fstring_expr" or len(node.children) != 3:
        return None
    text = _chosen(node.children[1], index)
    if len(getattr(node.children[1], "children", ())) != 2:
        return None
    try:
        value = ast.literal_eval(text or "")
    except (SyntaxError, ValueError):  # no text, or an f-string itself
        return None
    if not isinstance(value, str) or re.search(r"[\\\"'\n]", value):
        return None
    return value.replace("{", "{{").replace("}", "}}")


def _chosen(node: Any, index: int) -> str | None:
    """Return the code of the text that a call of `say` chooses; None where the node is no such."""
    if node.type not in ("atom_expr", "power"):
        return None
    name, trailer = node.children[:2]
    if name.type != "name" or name.value != "say" or len(trailer.children) != 3:
        return None
    inside = trailer.children[1]
    if inside.type != "arglist":
        return None
    arguments = [part for part in inside.children if part.type != "operator"]
    if len(arguments) != 2:
        return None
    if any(part.type == "argument" for part in arguments):  # `say(*title)`, keywords
        return None
    chosen = arguments[index]
    text = _replaced(chosen, index).removeprefix(chosen.get_first_leaf().prefix)
    lines = text.split("\n")
    alone = len(node.children) == 2 and node.parent is not None
    in_call = alone and node.parent.type in ("arglist", "trailer")
    indent = "\n" + " " * (node.start_pos[1] + (0 if in_call else 1))
    joined = indent.join([lines[0], *(line.strip() for line in lines[1:])])
    is_simple = chosen.type in ("string", "fstring") or (chosen.type == "strings" and not lines[1:])
    return joined if in_call or is_simple else f"({joined})"
