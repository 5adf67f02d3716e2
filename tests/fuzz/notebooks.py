"""Notebooks and modules as students hand them in, broken in every way.

What they are made of does no harm, and neither does a broken half of it; all the same nothing that
is made here is run outside of a student's process.
"""

import ast
import functools
import io
import json
import random
import re
import tokenize
from collections.abc import Callable
from typing import Any

from autograder.grading.right_solutions import right_solutions_of
from course.kit.units import EXERCISES_DIR, ORDER
from tests.fuzz.mutations import broken_bytes, broken_json, broken_text

LARGE = 0.02  # how many of the inputs begin as a whole unit's notebook or module
_SMALL_CHARACTERS = 1500

_PIECES = (
    *("\n", "    ", "\t", " ", "(", ")", "[", "]", "{", "}", ":", ",", "\\", '"', "'", '"""', "#"),
    *(
        "%matplotlib inline\n",
        "!ls\n",
        "%%time\n",
        "%%bash\nls\n",
        "x?\n",
        "files = !ls\n",
        "%",
        "!",
    ),
    *("def ", "class ", "return", "lambda", "yield", "await ", "async ", "nonlocal x", "del x"),
    *("from __future__ import annotations\n", "from __future__ import braces\n", "import os\n"),
    *(
        "\x00",
        "\x0c",
        "\ufeff",
        "\u202e",
        "\x1b[2J",
        "名",
        "ﬁ",
        "\x85",
        "\u2028",
        "１",
        "😀",
        "\ud800",
    ),
    *("0x", "1e999", "1_", "0777", "1if 1else 2", "f'{", "f'{x!z}'", "b'ü'", "'\\N{no}'", "'\\x'"),
    *(
        "*",
        "**",
        ":=",
        "->",
        "@",
        "...",
        "match x:\n case _: pass\n",
        "type X = int\n",
        "\r",
        "\r\n",
    ),
    *("A = 1 / 0\n", "B = 2 ** 70\n", "# -*- coding: latin-9 -*-\n", "# coding: no-such\n"),
)


def _deep(rng: random.Random) -> str:
    """A source that is nested, long, or large."""
    depth = rng.choice((50, 90, 101, 300, 3000))
    return rng.choice(
        (
            lambda: "work = " + "(" * depth + "1" + ")" * depth,
            lambda: "work = " + "[" * depth,
            lambda: "work = " + "-" * depth + "1",
            lambda: "work = 1" + " + 1" * depth,
            lambda: "work = " + "not " * depth + "x",
            lambda: "work = x" + ".y" * depth,
            lambda: "work = x" + "[0]" * depth,
            lambda: "work = " + "lambda: " * depth + "1",
            lambda: "work = " + "1 if x else " * depth + "2",
            lambda: "\n".join(" " * n + "if x:" for n in range(min(depth, 120))) + " pass",
            lambda: "\n".join(" " * n + f"def f{n}():" for n in range(min(depth, 120))),
            lambda: f"work = {'9' * depth * 3}",
            lambda: f"work = 0x{'f' * depth * 3}",
            lambda: "work = '" + "x" * depth * 30,
            lambda: "work = f'" + "{f'" * min(depth, 60) + "x",
            lambda: "\n".join(f"def f{n}(): return f{n + 1}()" for n in range(depth // 3)),
            lambda: "\n".join(f"def f{n}(): return f{n - 1}()" for n in range(depth // 3)),
            lambda: "%%time\n" * depth,
            lambda: "!" + "\\\n" * depth,
            lambda: "work = " + "*" * depth + "x",
            lambda: "def work(" + ", ".join(f"a{n}" for n in range(depth)) + "): pass",
            lambda: "@x\n" * depth + "def work(): pass",
        )
    )()


def _nested(depth: int, around: Callable[[Any], Any]) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = around(value)
    return value


_STRANGE: tuple[Callable[[random.Random], Any], ...] = (
    lambda rng: None,
    lambda rng: rng.choice((True, False, 0, -1, 4, 5, 2**70, 1.5, float("nan"), float("inf"))),
    lambda rng: rng.choice(("", "code", "markdown", "\ud800", "\x00", "cells", "x" * 20_000)),
    lambda rng: [],
    lambda rng: {},
    lambda rng: [None, 1, "x = 1\n", ["y"], {"source": "z"}],
    lambda rng: _nested(rng.choice((5, 50, 400)), lambda inner: [inner]),
    lambda rng: _nested(rng.choice((5, 50, 400)), lambda inner: {"cells": inner}),
    lambda rng: {"cell_type": "code", "source": _deep(rng)},
    lambda rng: {"cell_type": "code", "source": ["def work():\n", 3, None, "  return 1"]},
    _deep,
)


@functools.cache
def _sources(unit: str) -> tuple[str, ...]:
    """A unit's whole modules: its stubs, and its right solutions."""
    stubs = EXERCISES_DIR.joinpath(f"{unit}.py").read_text(encoding="utf-8")
    return (stubs, *right_solutions_of(unit).values())


@functools.cache
def _definitions(unit: str) -> tuple[str, ...]:
    """Its imports, functions and classes, one by one, those that are not long."""
    found = []
    for source in _sources(unit):
        for node in ast.parse(source).body:
            part = ast.get_source_segment(source, node)
            if part and len(part) < _SMALL_CHARACTERS:
                found.append(part)
    return tuple(found)


@functools.cache
def _whole_notebook(unit: str) -> dict[str, Any]:
    return json.loads((EXERCISES_DIR.parent / "notebooks" / "en" / f"{unit}.ipynb").read_bytes())


def _tokens(source: str) -> list[str]:
    """A source in pieces that a student may lose: names, signs, and what is between them."""
    if len(source) < 400:
        try:
            lines = source.splitlines(keepends=True)
            found, at = [], (1, 0)
            for token in tokenize.generate_tokens(io.StringIO(source).readline):
                if token.start > at and token.start[0] == at[0]:
                    found.append(lines[at[0] - 1][at[1] : token.start[1]])
                found.append(token.string)
                at = token.end
            return found
        except (tokenize.TokenError, SyntaxError, IndexError):
            pass
    return re.split(r"(\W)", source)


def _source(unit: str, rng: random.Random) -> str:
    """One cell's source, whole or broken."""
    if rng.random() < 0.06:
        return _deep(rng)
    source = rng.choice(_definitions(unit))
    if rng.random() < 0.7:
        source = broken_text(source, _tokens(source), _PIECES, rng)
    return source


def _notebook(unit: str, rng: random.Random) -> dict[str, Any]:
    if rng.random() < LARGE:
        return _whole_notebook(unit)
    cells: list[dict[str, Any]] = []
    for number in range(rng.choice((1, 1, 2, 3))):
        source: Any = _source(unit, rng)
        if rng.random() < 0.3:
            source = source.splitlines(keepends=True)
        cell = {"cell_type": "code", "id": f"c{number}", "metadata": {}, "source": source}
        cells.append(cell | {"execution_count": None, "outputs": []})
    version = rng.choice((2, 3, 4, 4, 4, 5))
    made: dict[str, Any] = {"nbformat": version, "nbformat_minor": 5, "metadata": {}}
    if version < 4:  # where cells were in worksheets, and their source was the input
        old = [
            {"cell_type": "code", "input": cell["source"], "language": "python"} for cell in cells
        ]
        return made | {"worksheets": [{"cells": old}]}
    return made | {"cells": cells}


def hand_in(rng: random.Random) -> tuple[bytes, str, str]:
    """Return a hand-in's bytes, its suffix, and its unit."""
    unit = rng.choice(ORDER)
    if rng.random() < 0.3:
        whole = rng.random() < LARGE
        text = rng.choice(_sources(unit)) if whole else _source(unit, rng)
        data, suffix = text.encode("utf-8", "surrogatepass"), ".py"
    else:
        made: Any = _notebook(unit, rng)
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            made = broken_json(made, _STRANGE, rng)
        text = json.dumps(made, ensure_ascii=rng.random() < 0.5)
        data, suffix = text.encode("utf-8", "surrogatepass"), ".ipynb"
    if rng.random() < 0.25:
        data = broken_bytes(data, data, rng)
    if rng.random() < 0.05:
        encodings = ("utf-16", "utf-32", "latin-1", "utf-8-sig", "gb18030", "utf-7")
        data = data.decode("utf-8", "replace").encode(rng.choice(encodings), "replace")
    if rng.random() < 0.01:
        suffix = rng.choice((".ipynb", ".py", ".txt", ""))
    return data, suffix, unit
