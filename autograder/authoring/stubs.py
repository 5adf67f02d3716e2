"""Make `course/exercises/UNIT.py` from `solutions/UNIT.py`, and the course's table of units.

What stands between the solution markers becomes one `raise NotImplementedError` that carries the
exercise's name; all else stays to the letter.
"""

import ast
import json
from pathlib import Path

from autograder.authoring.author_command import author_command
from autograder.base.paths import ROOT, SOLUTIONS_DIR
from autograder.grading.unit import unit_names, unit_of
from course.kit.errors import UserError
from course.kit.statements import body_of, functions_of, is_unwritten

EXERCISES_DIR = ROOT / "course" / "exercises"
UNITS_TABLE = ROOT / "course" / "kit" / "units.json"

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"


def owner_of(tree: ast.Module, line: int) -> str:
    """Return the dotted name of the function or class that holds a line."""
    names: list[str] = []
    body: list[ast.stmt] = tree.body
    while True:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and (
                node.lineno <= line <= (node.end_lineno or node.lineno)
            ):
                names.append(node.name)
                body = node.body
                break
        else:
            return ".".join(names)


def strip_solutions(source: str) -> str:
    """Return the source with every marked region replaced by a `NotImplementedError`.

    Raises:
        UserError: a BEGIN without its END, or the other way round.
    """
    tree = ast.parse(source)
    lines: list[str] = []
    opened: int | None = None
    for number, line in enumerate(source.splitlines(), start=1):
        marker = line.strip()
        if marker == BEGIN:
            if opened is not None:
                raise UserError(f"Line {number} begins a solution inside that of line {opened}.")
            opened = number
            indent = line[: len(line) - len(line.lstrip())]
            lines.append(f'{indent}raise NotImplementedError("{owner_of(tree, number)}")')
        elif marker == END:
            if opened is None:
                raise UserError(f"Line {number} ends a solution that nothing began.")
            opened = None
        elif opened is None:
            lines.append(line)
    if opened is not None:
        raise UserError(f"The solution begun on line {opened} has no end.")
    return "\n".join(lines) + "\n"


def stub_source(unit: str) -> str:
    """Return the stub module of a unit, as it should stand in `course/exercises`."""
    path = SOLUTIONS_DIR / f"{unit}.py"
    return strip_solutions(path.read_text(encoding="utf-8"))


def units_table() -> str:
    """Return what `course/kit/units.json` should hold: the units in order, and what is to write."""
    table = {
        unit: {"title": unit_of(unit).title, "to_write": to_write(stub_source(unit))}
        for unit in unit_names()
    }
    return json.dumps(table, ensure_ascii=False, indent=2) + "\n"


def to_write(source: str) -> dict[str, int]:
    """Return the functions and methods of a stub module that are to be written.

    Returns:
        Each one's dotted name, and how many statements it has before anything is written.
    """
    return {
        f"{owner}{node.name}": len(body_of(node))
        for owner, node in functions_of(ast.parse(source).body)
        if is_unwritten(node)
    }


def write_stubs() -> list[Path]:
    """Write the stub module of every unit, and the table of units; return what changed."""
    changed = []
    texts = {EXERCISES_DIR / f"{unit}.py": stub_source(unit) for unit in unit_names()}
    for target, text in {**texts, UNITS_TABLE: units_table()}.items():
        if not target.is_file() or target.read_text(encoding="utf-8") != text:
            target.write_text(text, encoding="utf-8")
            changed.append(target)
    return changed


if __name__ == "__main__":
    with author_command("Making the stubs again"):
        for path in write_stubs():
            print(path.relative_to(ROOT))
