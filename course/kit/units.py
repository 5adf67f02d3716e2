"""The units of the course, in order, and the exercises that each of them holds."""

import ast
import functools
import json
from pathlib import Path

EXERCISES_DIR = Path(__file__).resolve().parent.parent / "exercises"

# Each unit's title, in the order of the course, and what is to write. The file is made from the
# units' own records, as the stubs are from the solutions. A unit is offered once its stub module
# exists.
_TABLE = json.loads(Path(__file__).with_name("units.json").read_text(encoding="utf-8"))
TITLES: dict[str, dict[str, str]] = {unit: entry["title"] for unit, entry in _TABLE.items()}
ORDER = tuple(TITLES)
# Of each unit the functions and methods that a stub leaves to the student, by their dotted names,
# with the number of statements that stand there at first.
TO_WRITE: dict[str, dict[str, int]] = {unit: entry["to_write"] for unit, entry in _TABLE.items()}


def available_units() -> list[str]:
    """Return the units that have a stub module, in the order of the course."""
    return [unit for unit in ORDER if (EXERCISES_DIR / f"{unit}.py").is_file()]


@functools.cache
def exercises_of(unit: str) -> tuple[str, ...]:
    """Return the names of a unit's exercises, in the order in which they are met.

    They are the stub module's `__all__`, read without running it.

    Raises:
        ValueError: there is no such unit.
    """
    path = EXERCISES_DIR / f"{unit}.py"
    if unit not in ORDER or not path.is_file():
        known = ", ".join(available_units())
        raise ValueError(f"There is no unit {unit!r}; the units are: {known}.")
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
        ):
            return tuple(ast.literal_eval(node.value))
    raise ValueError(f"{path.name} has no __all__ that lists its exercises.")


def unit_with(exercise: str) -> str | None:
    """Return the unit that has an exercise of this name, None where no unit has."""
    for unit, to_write in TO_WRITE.items():
        if any(name.partition(".")[0] == exercise for name in to_write):
            return unit
    return None
