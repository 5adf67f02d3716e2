"""No answer, however absurd, makes a check take much memory of the grader's.

The reference's answers to each check are recorded once. Then each check runs again on a recording
in which one answer after the other has become absurd: with another shape, huge, empty, not finite,
or no array at all. Nothing of a student's runs then, so what memory is taken is the check's own.
"""

import resource
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from autograder.grading.check import CheckFailed, Skipped
from autograder.grading.examination import Examination
from autograder.grading.suite import suite_of
from autograder.isolation.student_process import StudentError
from autograder.isolation.wire import Handle, Opaque, Spec
from course.kit.units import ORDER
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

_ROOM = 384 * 2**20  # bytes; the largest frame has 64 MB, and is widened to float64 at most twice


TRIES = 6  # absurd answers in the place of each recorded one


class _Recorded(Examination):
    """An examination that writes down what it was answered, or answers what was written down."""

    answers: list[Any]
    at = 0
    replaying = False

    def begin(self, check, seed, policy="float32"):
        self.at = 0
        if self.replaying:
            self.example = None
            self.restart_transcript(seed, policy)
        else:
            self.answers = []
            super().begin(check, seed, policy)

    def claim_search(self):
        return False

    def request(self, operation, **fields):
        if not self.replaying:
            try:
                answer = super().request(operation, **fields)
            except StudentError as error:
                answer = error
            self.answers.append(answer)
        elif self.at < len(self.answers):
            answer = self.answers[self.at]
        else:
            raise CheckFailed({"en": "The recording ends.", "zh": "The recording ends."})
        self.at += 1
        if isinstance(answer, StudentError):
            raise answer
        return answer


def _absurd_arrays(right: np.ndarray) -> list[Any]:
    """Arrays that a student may send in the place of a right one."""
    dtype = right.dtype
    whole = np.zeros(right.shape, "float32")
    return [
        np.zeros((1, 200_000, 1), dtype),
        np.zeros((200_000, 1), dtype),
        np.zeros((1, 200_000), dtype),
        np.zeros((*right.shape[:-1], 20_000), dtype) if right.size < 500 else whole,
        np.zeros((20_000, *right.shape[1:]), dtype) if right.size < 500 else whole,
        np.zeros(8 * 2**20, "float64"),
        np.zeros((0, *right.shape), dtype),
        np.zeros((0,) * right.ndim, dtype),
        np.zeros((), dtype),
        np.zeros((1,) * right.ndim, dtype),
        np.zeros((1,) * 16, dtype),
        np.full(right.shape, np.nan, "float32"),
        np.full(right.shape, -1, "int64"),
        np.full(right.shape, 2**62, "int64"),
        np.full(right.shape, np.inf, "float64"),
        whole.astype(ml_dtypes.bfloat16),
        whole.astype("complex128"),
        whole.astype(bool),
    ]


_OTHERS: list[Any] = [
    *(None, True, -1, 2**62, float("nan"), float("inf"), "text", b"", [], {}),
    *(Opaque("object"), Spec((None, 2**39), "float32"), Handle(10**6, "object")),
    *([np.zeros((1, 20_000, 1), "float32")] * 2, [[[]] * 1000] * 1000, [0] * 100_000),
    {"inputs": [np.zeros(200_000)], "weights": [np.zeros(200_000)]},
]


def _absurd(right: Any) -> list[Any]:
    """What a student may send in the place of a right answer, one part of it spoilt or all."""
    if isinstance(right, np.ndarray):
        return [*_absurd_arrays(right), *_OTHERS]
    if isinstance(right, list) and right:
        each = [
            [*right[:n], spoilt, *right[n + 1 :]] for n in (0, -1) for spoilt in _absurd(right[n])
        ]
        return [*each, right * 2, right[:1], *_OTHERS]
    if isinstance(right, dict) and right:
        return [{**right, key: spoilt} for key in right for spoilt in _absurd(right[key])]
    return list(_OTHERS)


def _data() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[5])
    return pages * resource.getpagesize()


@pytest.mark.parametrize("unit", ORDER)
def test_no_answer_takes_the_graders_memory(server, unit):
    source = (ROOT / "solutions" / f"{unit}.py").read_bytes()
    examination = _Recorded(server, source, ".py", unit, searches=False)
    draw = np.random.default_rng(ORDER.index(unit))
    before = resource.getrlimit(resource.RLIMIT_DATA)
    hurt, tried = [], 0
    try:
        for suite_check in suite_of(unit):
            examination.replaying = False
            try:
                suite_check.run(examination, 0)
            except Skipped:
                continue
            examination.replaying, recorded = True, examination.answers
            resource.setrlimit(resource.RLIMIT_DATA, (_data() + _ROOM, before[1]))
            for place, right in enumerate(recorded):
                spoilt = _absurd(right)
                for number in draw.permutation(len(spoilt))[:TRIES]:
                    examination.answers = [*recorded]
                    examination.answers[place] = spoilt[number]
                    tried += 1
                    try:
                        suite_check.run(examination, 0)
                    except MemoryError:
                        hurt.append((suite_check.check.id, place, number))
                    except Exception:
                        pass
            resource.setrlimit(resource.RLIMIT_DATA, before)
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, before)
        examination.close()
    assert tried > 100
    assert hurt == []
