"""Which names a hand-in's code uses, directly or through others; none of it is run."""

from collections.abc import Iterable, Mapping

from course.kit.handin import HandIn
from course.kit.statements import bound_names, changed_names, global_names, used_names


def uses(work: HandIn) -> dict[str, set[str]]:
    """Return the names that the statements read which give each name its value, or change it."""
    found: dict[str, set[str]] = {}
    for statement in work.statements:
        node = statement.node
        used = used_names(node)
        for name in bound_names(node) | changed_names(node) | global_names(node):
            found.setdefault(name, set()).update(used)
    return found


def reached(used: Mapping[str, set[str]], names: Iterable[str]) -> set[str]:
    """Return the names that these names use, directly or through others.

    Args:
        used: what `uses` returned.
        names: where to begin; they are part of the answer only where something uses them.
    """
    seen: set[str] = set()
    waiting = [name for first in names for name in used.get(first, ())]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += used.get(name, ())
    return seen
