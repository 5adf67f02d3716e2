"""The process that runs checks: it is ended where a check hangs, and says where."""

import pytest

from course.check_process import CheckProcess
from course.kit.language import use_language
from course.kit.public_checks import declared_checks
from course.kit.units import EXERCISES_DIR
from course.outcomes import read_file
from tests.conftest import SOLUTION

pytestmark = pytest.mark.slow  # each process loads Keras

STUBS = (EXERCISES_DIR / "attention.py").read_text(encoding="utf-8")
ENDLESS = (
    STUBS
    + """

def similarity(x):
    while True:
        x = x + 0

def self_attention(x):
    return softmax(similarity(x)) @ x

def causal_mask(length):
    import os
    os._exit(3)
"""
)


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("en")


def report_of(tmp_path, text):
    path = tmp_path / "attention.py"
    path.write_text(text, encoding="utf-8")
    return read_file("attention", path)


def test_right_work_passes_and_brings_its_weights(tmp_path):
    report = report_of(tmp_path, SOLUTION.read_text(encoding="utf-8"))
    with CheckProcess() as process:
        assert {outcome.status for outcome in process.run(report)} == {"passed"}
        assert len(report.weights) == 3
        again = report_of(tmp_path, "def similarity(x):\n    return x\nbroken = 1 / 0\n")
        statuses = [outcome.status for outcome in process.run(again)]
    assert statuses[:2] == ["failed", "failed"]
    assert set(statuses[2:]) == {"absent"}
    assert [problem.where[0] for problem in again.problems] == ["your module, line 3"]


def test_what_hangs_or_ends_python_is_named_and_the_rest_is_checked(tmp_path):
    report = report_of(tmp_path, ENDLESS)
    with CheckProcess(seconds=2) as process:
        outcomes = list(process.run(report))
    similarity, uses, ends = (
        report.of(name) for name in ("similarity", "self_attention", "causal_mask")
    )
    lines = ("while True:", "x = x + 0")
    for outcome in similarity:
        assert outcome.got.startswith("still running after 2 s\nyour module, line ")
        assert outcome.got.endswith(lines)
    assert {outcome.status for outcome in uses} == {"blocked"}
    assert [outcome.got.splitlines()[0] for outcome in ends] == ["Python itself ended here"] * 2
    assert len(outcomes) == len(declared_checks("attention"))


def test_a_file_that_never_gets_to_its_end_is_refused(tmp_path):
    report = report_of(tmp_path, "def similarity(x):\n    return x\nwhile True:\n    pass\n")
    with CheckProcess(seconds=2) as process:
        assert not list(process.run(report))
    assert report.refused.startswith("still running after 2 s\nyour module, line ")
