"""Hand-ins to compare: written apart, and copied with all that can be changed without thinking."""

import ast
import functools
import json
import re
from collections import Counter

from autograder.base.paths import HIDDEN_DIR, SOLUTIONS_DIR
from autograder.grading.mistakes import mistakes_of
from autograder.lookalikes.code import pieces_of
from autograder.lookalikes.comparing import ReadHandIn


def read(name: str, source: str, unit: str, suffix: str = ".py") -> ReadHandIn:
    """Return a hand-in as it is compared."""
    return ReadHandIn(name, pieces_of(source.encode(), suffix, unit))


def right_modules(unit: str) -> dict[str, str]:
    """Return the modules in which a unit is solved otherwise, by name."""
    paths = sorted((HIDDEN_DIR / unit / "right").glob("*.py"))
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


@functools.cache
def written_apart(unit: str) -> list[ReadHandIn]:
    """Return the right solutions and the known mistakes, as a class in which nobody copied.

    One author wrote the right solutions, and some functions stand in two of them, word for word.
    These are copies, so they are left out.
    """
    hand_ins = [read(name, source, unit) for name, source in right_modules(unit).items()]
    words = Counter(_words(piece) for hand_in in hand_ins for piece in hand_in.pieces)
    apart = [
        ReadHandIn(h.name, [piece for piece in h.pieces if words[_words(piece)] == 1])
        for h in hand_ins
    ]
    wrong = [read(item.name, item.source, unit) for item in mistakes_of(unit)]
    return [*apart, read("reference", reference(unit), unit), *wrong]


def _words(piece) -> tuple[str, ...]:
    return tuple(text for _, text in piece.lines)


def reference(unit: str) -> str:
    """Return the reference's source."""
    return (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")


class _Rename(ast.NodeTransformer):
    """Gives a function's variables other names, and takes its docstring away."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        if ast.get_docstring(node) is not None and len(node.body) > 1:
            del node.body[0]
        names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and _stores(n)}
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and part.id in names:
                part.id = f"my_{part.id.removeprefix('my_')}"
        return node


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def disguised(source: str) -> str:
    """Return a copy with other names, another layout, no comment, and its functions upside down."""
    tree = _Rename().visit(ast.parse(source))
    given = [node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)]
    made = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    tree.body = [*given, *reversed(made)]
    copied = ast.unparse(ast.fix_missing_locations(tree))
    return re.sub("(?m)^    ", "  ", re.sub(r"\bops\.", "keras.ops.", copied))


def notebook(source: str) -> str:
    """Return a module as a notebook of a single cell, with an output beside it."""
    cell = {"cell_type": "code", "source": source.splitlines(keepends=True), "outputs": ["x" * 10]}
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "# Mine"}, cell]})
