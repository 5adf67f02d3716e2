"""Properties: checks that hold for all inputs of a space.

Hypothesis draws the inputs in the grader. When an input fails, Hypothesis looks for the smallest
one that does, and the student is shown that one.
"""

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis
import numpy as np
from hypothesis import strategies as st

from autograder.grading.check import CheckFailed
from autograder.isolation.student_process import StudentError, StudentGone

EXAMPLES = 6
MAX_SHRINKS = 20


class _Enough(BaseException):
    """Ends Hypothesis's search from within; Hypothesis takes no BaseException for a failure."""


def for_all(
    together: st.SearchStrategy | None = None,
    *,
    examples: int = EXAMPLES,
    always: Sequence[dict[str, Any]] = (),
    **strategies: st.SearchStrategy,
) -> Callable:
    """Run a check's body on many inputs; on failure find the smallest input that fails.

    The examples depend on the seed alone, so they are drawn once for a whole batch. Hypothesis
    itself searches only when one of them failed.

    Args:
        together: a strategy for a dict of the arguments, where they depend on each other.
        examples: how many inputs are drawn.
        always: inputs that are tried before, whatever the seed: a mistake that shows on few inputs
            must not depend on the draw.
        **strategies: a Hypothesis strategy for each argument of the body after `student`.
    """

    strategy = st.fixed_dictionaries(strategies) if together is None else together

    def wrap(body: Callable) -> Callable:
        drawn: dict[int, list[dict[str, Any]]] = {}

        @functools.wraps(body)
        def run(student: Any) -> None:
            seed = student.seed
            if seed not in drawn:
                drawn[seed] = [*always, *_draw(strategy, examples, seed)]
            for inputs in drawn[seed]:
                student.new_example(inputs)
                try:
                    body(student, **inputs)
                except (CheckFailed, StudentError) as failure:
                    if getattr(failure, "kind", "") in ("missing", "forbidden"):
                        student.drop_example()
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
        raise ended  # somebody else ended it: `Examination.undo_unexplained` may allow another try
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
