"""What a hidden check is: a pytest test with points, an exercise and a title in both languages.

    @check(exercise="softmax", points=3, title=text("…", "…"))
    def test_softmax_sums_to_one(student, rng): ...

`for_all` turns the body into a property: Hypothesis draws the inputs, here in the grader, and when
one fails, it looks for the smallest that does.
"""

import functools
import inspect
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st

from autograder.base.text import Text
from autograder.isolation.client import StudentError, StudentGone

EXAMPLES = 6
MAX_SHRINKS = 20
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
        attention: the attention weights that were looked at, as `attention_picture` writes them.
    """

    def __init__(self, message: Text, got: Any = None):
        super().__init__(message["en"])
        self.text, self.got = message, got
        self.attention: dict[str, Any] | None = None


class _Enough(BaseException):
    """Ends Hypothesis's search from within; as no `Exception`, it counts as no failure."""


def check(
    *,
    exercise: str,
    points: float,
    title: Text,
    timeout: float = 10.0,
    needs: str = "",
    evident: bool = True,
) -> Callable[[Callable], Callable]:
    """Mark a test function as a hidden check of an exercise; the slug comes from its name."""

    def mark(function: Callable) -> Callable:
        unit = function.__module__.rpartition(".")[2].removeprefix("test_")
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", exercise).lower()
        slug = function.__name__.removeprefix("test_").removeprefix(f"{words}_")
        if exercise != words:  # a class: the functions of its lower-case name are another exercise
            slug = slug.removeprefix("layer_")
        info = Check(unit, exercise, slug, points, title, timeout, needs, evident)
        setattr(function, _ATTRIBUTE, info)
        return function

    return mark


def check_of(function: Callable) -> Check:
    """Return what `check` recorded on a test function.

    Raises:
        TypeError: it has no `@check`.
    """
    info = getattr(function, _ATTRIBUTE, None)
    if not isinstance(info, Check):
        raise TypeError(f"{function.__name__} is no hidden check: give it an @check.")
    return info


def for_all(
    together: st.SearchStrategy | None = None,
    *,
    examples: int = EXAMPLES,
    **strategies: st.SearchStrategy,
) -> Callable:
    """Run a check's body on many inputs; on failure find the smallest input that fails.

    The examples depend on the seed alone, so they are drawn once for a whole batch. Hypothesis
    itself searches only when one of them failed.

    Args:
        together: a strategy for a dict of the arguments, where they depend on each other.
        examples: how many inputs are drawn.
        **strategies: a Hypothesis strategy for each argument of the body after `student`.
    """

    strategy = st.fixed_dictionaries(strategies) if together is None else together

    def wrap(body: Callable) -> Callable:
        drawn: dict[int, list[dict[str, Any]]] = {}

        @functools.wraps(body)
        def run(student: Any) -> None:
            seed = student.seed
            if seed not in drawn:
                drawn[seed] = _draw(strategy, examples, seed)
            for inputs in drawn[seed]:
                student.new_example(inputs)
                try:
                    body(student, **inputs)
                except (CheckFailed, StudentError) as failure:
                    if getattr(failure, "kind", "") in ("missing", "forbidden"):
                        student.no_example()
                        raise  # no input has anything to do with it
                    if not student.claims_search():
                        raise
                    _raise_smallest(body, student, strategy, examples, seed, inputs, failure)

        parameters = [inspect.Parameter("student", inspect.Parameter.POSITIONAL_OR_KEYWORD)]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        return run

    return wrap


def _settings(examples: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.generate, hypothesis.Phase.shrink),
        suppress_health_check=list(hypothesis.HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=hypothesis.Verbosity.quiet,
    )


def _draw(strategy: st.SearchStrategy, examples: int, seed: int) -> list[dict[str, Any]]:
    drawn: list[dict[str, Any]] = []

    @hypothesis.seed(seed)
    @_settings(examples)
    @hypothesis.given(strategy)
    def collect(inputs: dict[str, Any]) -> None:
        drawn.append(inputs)

    collect()
    return drawn


def _raise_smallest(
    body: Callable,
    student: Any,
    strategy: st.SearchStrategy,
    examples: int,
    seed: int,
    inputs: dict[str, Any],
    failure: Exception,
) -> None:
    """Let Hypothesis shrink a failing input, then raise what the smallest one raises.

    The search is bounded: it ends when its tries are used up, with the smallest found until then.
    """
    failures: dict[str, tuple[dict[str, Any], Exception]] = {
        _key(inputs): (inputs, failure),
    }
    last = _key(inputs)
    tries = 0
    ended: StudentGone | None = None

    @hypothesis.seed(seed)
    @_settings(examples)
    @hypothesis.given(strategy)
    def search(candidate: dict[str, Any]) -> None:
        nonlocal tries, last, ended
        key = _key(candidate)
        if key in failures:
            last = key
            raise CheckFailed({"en": "known", "zh": "known"})
        if tries >= MAX_SHRINKS:
            raise _Enough
        tries += 1
        student.new_example(candidate)
        try:
            body(student, **candidate)
        except (CheckFailed, StudentError) as error:
            failures[key] = (candidate, error)
            last = key
            raise CheckFailed({"en": "known", "zh": "known"}) from None
        except StudentGone as gone:  # a smaller input that kills the process says less, not more
            ended = gone
            raise _Enough from None

    try:
        search()
    except (_Enough, Exception):
        inputs, failure = failures[last]
    if ended is not None and ended.unexplained:
        raise ended  # by somebody else: the search may be begun again, see `Session.forgives`
    student.new_example(inputs)
    try:
        body(student, **inputs)
    except (CheckFailed, StudentError) as again:
        raise again from None
    except StudentGone as gone:
        if ended is None and gone.unexplained:
            raise  # so too at the last moment
    raise failure from None  # it fails only now and then


def _key(inputs: dict[str, Any]) -> str:
    parts: list[tuple] = []
    for name, value in inputs.items():
        if isinstance(value, np.ndarray):
            parts.append((name, value.shape, value.dtype.name, value.tobytes()))
        else:
            parts.append((name, repr(value)))
    return repr(parts)
