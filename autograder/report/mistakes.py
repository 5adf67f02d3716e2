"""Find a known mistake by the name that a result gives it."""

import functools

from autograder.grading.mistakes import Mistake, mistakes_of
from course.kit.units import ORDER


@functools.cache
def known_mistake(unit: str, name: str | None) -> Mistake | None:
    """Return a unit's known mistake, or None where the catalogue has none of this name."""
    if unit not in ORDER:
        return None
    return next((item for item in mistakes_of(unit) if item.name == name), None)
