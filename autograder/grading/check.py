"""What a hidden check is: a pytest test with points, an exercise and a title in both languages.

@check(exercise="softmax", points=3, title=text("…", "…"))
def test_softmax_sums_to_one(student, rng): ...
"""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from autograder.base.text import Text, text

_ATTRIBUTE = "course_check"


@dataclass(frozen=True)
class Check:
    """One hidden check.

    Attributes:
        unit, exercise, slug: what it checks; together its id.
        points: what it is worth; a unit's checks add up to 100.
        title: what it looks at, in both languages.
        timeout: seconds that it may take of the process's own time (`isolation.clock`).
        needs: what the host must have, with spaces: `gpu`, `corpus` (real sentences); else empty.
        evident: whether known mistakes are told apart by it; not worth it where it is costly.
    """

    unit: str
    exercise: str
    slug: str
    points: float
    title: Text
    timeout: float
    needs: str
    evident: bool = True

    @property
    def id(self) -> str:
        return f"{self.unit}.{self.exercise}.{self.slug}"

    def seed(self, base: int) -> int:
        """Return this check's own seed, from the seed of the run."""
        return zlib.crc32(f"{base}/{self.id}".encode()) & 0x7FFFFFFF


class CheckFailed(AssertionError):
    """The answer is wrong; the message says how, without the expected values.

    Attributes:
        text: the message in both languages.
        got: what the student's code gave, to be shown beside the input where both are small.
        presumes_values: whether the message holds only where the exercise's plain values are right.
        attention: the attention weights that were looked at, as `attention_picture` writes them.
    """

    def __init__(self, message: Text, got: Any = None, presumes_values: bool = False):
        super().__init__(message["en"])
        self.text, self.got, self.presumes_values = message, got, presumes_values
        self.attention: dict[str, Any] | None = None


class Skipped(Exception):
    """This host lacks what a check needs.

    Attributes:
        lack: `gpu`, or `corpus` for real sentences.
    """

    def __init__(self, lack: str):
        super().__init__(lack)
        self.lack = lack


def check(
    exercise: str,
    points: float,
    english: str,
    chinese: str,
    *,
    timeout: float = 10.0,
    needs: str = "",
    evident: bool = True,
) -> Callable[[Callable], Callable]:
    """Mark a test function as a hidden check; the check's slug comes from the function's name.

    Args:
        exercise: the exercise that the check looks at.
        points: what the check is worth.
        english, chinese: its title, in both languages.
        timeout, needs, evident: see `Check`.
    """

    def mark(function: Callable) -> Callable:
        unit = function.__module__.rpartition(".")[2].removeprefix("test_")
        slug = function.__name__.removeprefix(prefix_of(exercise))
        title = text(english, chinese)
        info = Check(unit, exercise, slug, points, title, timeout, needs, evident)
        setattr(function, _ATTRIBUTE, info)
        return function

    return mark


def prefix_of(exercise: str) -> str:
    """Return how the names of an exercise's check functions begin: `test_softmax_`.

    A class's begin with `test_conv_block_layer_`: `test_conv_block_` is for a function's.
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", exercise).lower()
    return f"test_{words}_" if exercise == words else f"test_{words}_layer_"


def made_check(unit: str, exercise: str, body: Callable, *title: Any, **facts: Any) -> Callable:
    """Return a check function that is named and placed as if the unit's suite had written it.

    Args:
        unit, exercise: the unit's name, the exercise's name.
        body: the function; its name is the check's slug.
        *title, **facts: what `check` takes after the exercise.
    """
    body.__name__ = f"{prefix_of(exercise)}{body.__name__}"
    body.__module__ = f"autograder.hidden.{unit}.test_{unit}"
    return check(exercise, *title, **facts)(body)


def check_of(function: Callable) -> Check:
    """Return what `check` recorded on a test function.

    Raises:
        TypeError: it has no `@check`.
    """
    info = getattr(function, _ATTRIBUTE, None)
    if not isinstance(info, Check):
        raise TypeError(f"{function.__name__} is no hidden check: give it an @check.")
    return info
