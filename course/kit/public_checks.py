"""The mark of a public check, and the checks of a unit, read from their module's source.

@public_check("softmax", title=("…", "…"), hint=("…", "…"))
def test_softmax_of_logarithms(work): ...
"""

import ast
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from course.kit.language import Bilingual
from course.kit.units import EXERCISES_DIR

CHECKS_DIR = EXERCISES_DIR.parent / "checks"
_ATTRIBUTE = "public_check"


@dataclass(frozen=True)
class PublicCheck:
    """A public check's exercise, and its texts in English and Chinese."""

    exercise: str
    title: Bilingual
    hint: Bilingual


def public_check(
    exercise: str, title: Bilingual, hint: Bilingual
) -> Callable[[Callable], Callable]:
    """Mark a test function as a public check of an exercise."""

    def mark(function: Callable) -> Callable:
        setattr(function, _ATTRIBUTE, PublicCheck(exercise, title, hint))
        return function

    return mark


def public_check_of(function: Any) -> PublicCheck | None:
    """Return the public check that a function was marked as, None where it is no check."""
    return getattr(function, _ATTRIBUTE, None)


@functools.cache
def declared_checks(unit: str) -> tuple[PublicCheck, ...]:
    """Return the public checks of a unit, in order, without running their module.

    The module needs Keras; who only wants to know which checks there are doesn't wait for it.
    """
    tree = ast.parse((CHECKS_DIR / f"{unit}.py").read_text(encoding="utf-8"))
    checks = []
    for node in tree.body:
        for mark in getattr(node, "decorator_list", ()):
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == public_check.__name__:
                arguments = [ast.literal_eval(value) for value in mark.args]
                named = {str(word.arg): ast.literal_eval(word.value) for word in mark.keywords}
                checks.append(PublicCheck(*arguments, **named))
    return tuple(checks)
