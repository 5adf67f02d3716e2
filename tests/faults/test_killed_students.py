"""A student's process, or its keeper, is killed by somebody else: it costs the student nothing."""

import os
import select

import pytest

from autograder.grading.grader import Grader
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.student_process import StudentGone
from tests.drawing import SEED, cases
from tests.faults.comparison import differences
from tests.faults.hand_ins import UNIT, sources
from tests.faults.killing_server import KillingServer
from tests.faults.processes import await_end, descendants, end, of_kind

KILLS = cases(30, 130)
PAUSES = (60, 160)
pytestmark = pytest.mark.races


def grade(server, kinds, until=lambda: True):
    """Grade hand-ins, and all of them again until something is so; return the results in turn."""
    results = []
    with Grader(server) as grader:
        while True:
            for kind in kinds:
                job = SubmittedFile(kind, UNIT, ".py", sources()[kind].encode())
                results.append(grader.grade(job).without_times())
            if until():
                return results


@pytest.fixture(scope="module")
def expected(server):
    kinds = list(sources())
    return dict(zip(kinds, grade(server, kinds), strict=True))


@pytest.mark.slow
def test_many_kills_change_no_result(expected, temporary, no_survivors):
    with KillingServer(seed=SEED, pauses=PAUSES) as server:
        server.armed = True
        done = grade(server, list(expected), lambda: sum(server.kills.values()) >= KILLS)
    assert min(server.kills.values()) > KILLS / 8
    for result in done:
        name = result["submission"]
        assert differences({name: result}, {name: expected[name]}) == []
    assert list(temporary.iterdir()) == []


@pytest.fixture
def at_work(server):
    """The server that tests share, started again if another test has ended it."""
    server.fork().close()
    return server


@pytest.mark.parametrize("seed", range(SEED, SEED + cases(1, 3)))
def test_a_few_kills_change_no_result(at_work, temporary, no_survivors, seed):
    kinds = ["right", "stubs", "divided-by-length"]
    expected = grade(at_work, kinds)
    with KillingServer(seed=seed, pauses=PAUSES) as killing:
        killing.armed = True
        assert grade(killing, kinds) == expected
        assert sum(killing.kills.values()) >= 1
    assert list(temporary.iterdir()) == []


def ask(student):
    target = {"name": "similarity"}
    return student.request("call", target=target, args=[0], kwargs={}, mode="eager")


def test_a_process_ends_with_its_keeper_though_it_would_rather_not(server):
    source = b"import ctypes\ndef similarity(x): return ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)\n"
    before = {process.pid for process in descendants(server.pid)}
    student = server.fork()
    keeper, pid = (p.pid for p in descendants(server.pid) if p.pid not in before)
    student.load(source, ".py", ("similarity",))
    assert ask(student) == -1
    held = os.pidfd_open(pid)
    assert end(keeper)
    assert select.select([held], [], [], 30)[0]
    os.close(held)
    with pytest.raises(StudentGone) as caught:
        ask(student)
    assert caught.value.unexplained


def test_who_was_killed_while_the_grader_asks_is_not_taken_for_let_go(server):
    """Its line goes dead a moment before it is gone."""
    for _ in range(10):
        student = server.fork()
        student.load(b"def similarity(x): return x\n", ".py", ("similarity",))
        (pid,) = of_kind("student", server.pid)
        assert end(pid)
        with pytest.raises(StudentGone) as caught:
            ask(student)
        assert caught.value.unexplained
        await_end(pid)
