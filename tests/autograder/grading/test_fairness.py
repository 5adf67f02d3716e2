"""A busy machine fails nobody, and lets nobody off."""

import contextlib
import os
import subprocess
import sys

import numpy as np
import pytest

from autograder.base.text import text
from autograder.grading.check import Check
from autograder.grading.examination import Examination
from autograder.grading.mistakes import mistakes_of
from autograder.grading.proxies import Student
from autograder.isolation.fork_server import ForkServer
from autograder.isolation.student_process import StudentGone
from autograder.running.options import GradingOptions
from autograder.running.pool import grade_all
from autograder.running.submissions import find_submissions
from tests.drawing import cases

pytestmark = pytest.mark.races

X = np.ones((2, 2), "float32")
OTHERS = 4  # busy processes beside the hand-in, on its one processor
WORK = """
import threading, time
def similarity(x):
    began = time.thread_time()
    while time.thread_time() - began < {seconds}:
        pass
    return x
"""


@contextlib.contextmanager
def busy(count, processors=None):
    """So many processes that compute for ever, on these processors."""
    pinned = "" if processors is None else f"import os; os.sched_setaffinity(0, {processors!r})\n"
    command = [sys.executable, "-S", "-c", f"{pinned}print(flush=True)\nwhile True: pass"]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(count)]
    try:
        for process in running:
            assert process.stdout is not None
            process.stdout.readline()  # it is at it
        yield
    finally:
        for process in running:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def crowded():
    """A fork server whose processes share one processor with busy ones."""
    before = os.sched_getaffinity(0)
    one = {min(before)}
    os.sched_setaffinity(0, one)
    try:
        server = ForkServer()
        server.start()
    finally:
        os.sched_setaffinity(0, before)
    try:
        with busy(OTHERS, one):
            yield server
    finally:
        server.stop()


def answer(server, source, limit):
    """What a check with this limit gets of a hand-in."""
    examination = Examination(server, source.encode(), ".py", "attention")
    try:
        examination.begin(Check("attention", "similarity", "x", 1, text("", ""), limit, ""), 0)
        return Student(examination, 0).similarity(X)
    finally:
        examination.close()


def test_who_computes_within_the_limit_may_starve_as_long_as_it_takes(crowded):
    np.testing.assert_array_equal(answer(crowded, WORK.format(seconds=1.5), 2.0), X)


def test_by_the_clock_on_the_wall_the_same_would_be_too_late(crowded, monkeypatch):
    monkeypatch.setattr("autograder.isolation.clock.Watched.look", lambda watched: None)
    # The kernel may give half of the processor to one session and half to all that is busy.
    monkeypatch.setattr(crowded, "slowness", 1.0)
    with pytest.raises(StudentGone, match="timeout"):
        answer(crowded, WORK.format(seconds=1.5), 2.0)


@pytest.mark.parametrize(
    "endless",
    [
        pytest.param("while True: pass", id="loop"),
        pytest.param("time.sleep(600)", id="sleep"),
        pytest.param("threading.Event().wait()", id="deadlock", marks=pytest.mark.slow),
        pytest.param(
            "[threading.Thread(target=similarity, args=(x,)).start() for _ in range(2)]\n"
            "    while True: pass",
            id="swarm",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "threading.stack_size(2**17)\n"
            "    [threading.Thread(target=time.sleep, args=(600,)).start() for _ in range(300)]\n"
            "    time.sleep(600)",
            id="sleepers",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_never_ends_is_ended_there_too(crowded, endless):
    source = f"import threading, time\ndef similarity(x):\n    {endless}\n"
    with pytest.raises(StudentGone, match="timeout"):
        answer(crowded, source, 0.3)


TIMES, BESIDE, GRADERS = cases(10, 50), 8, 3


def compared(result):
    """All of a result but whose it is and how long it took."""
    return {**result.without_times(), "submission": ""}


@pytest.mark.slow
def test_many_times_under_load_a_hand_in_gets_what_it_gets_alone(tmp_path, solution):
    wrong = next(m for m in mistakes_of("attention") if m.name == "axis-ignored")
    files = {"right": solution, "wrong": wrong.source.encode()}
    for kind, data in files.items():
        for name in (f"{kind}-alone", *(f"{kind}-{number}" for number in range(TIMES))):
            (tmp_path / "in" / name).mkdir(parents=True)
            (tmp_path / "in" / name / "attention.py").write_bytes(data)
    found = find_submissions([tmp_path / "in"])
    alone = [item for item in found if item.name.endswith("-alone")]
    others = [item for item in found if item not in alone]
    expected = {
        result.submission.partition("-")[0]: compared(result)
        for result in grade_all(alone, GradingOptions(tmp_path / "alone")).results
    }
    assert expected["right"]["score"] == 100 > expected["wrong"]["score"] > 0
    assert [c["mistake"] for c in expected["wrong"]["checks"] if c["mistake"]]
    with busy(BESIDE):
        summary = grade_all(others, GradingOptions(tmp_path / "out", jobs=GRADERS))
    assert summary.failures == []
    assert len(summary.results) == 2 * TIMES
    for result in summary.results:
        assert compared(result) == expected[result.submission.partition("-")[0]], result.submission
