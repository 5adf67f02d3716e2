"""What goes wrong in the grader is billed to nobody: another try, or no result and the reason."""

import errno
import os
import signal

import pytest

from autograder.base.text import text
from autograder.grading.grader import Grader, GraderError, Job
from autograder.grading.session import Session
from autograder.isolation.client import ServerError


class Everything(set):
    """A set that holds whatever it is asked for."""

    def __contains__(self, item):
        return True


def graded(server, job, all_sound=False):
    """Grade one hand-in, where asked with a grader that has seen every check hold before."""
    grader, results = Grader(server, diagnose=False), []
    if all_sound:
        grader._sound = Everything()
    grader.run([job.unit], lambda g: results.append(g.grade(job)))
    return results[0]


@pytest.fixture
def job(solution):
    return Job("right", "attention", ".py", solution)


def upset(monkeypatch, fault, times):
    """Let a fault happen at some of a session's requests."""
    request, count = Session.request, iter(range(10_000))

    def faulty(session, operation, **fields):
        if next(count) in times:
            fault(session)
        return request(session, operation, **fields)

    monkeypatch.setattr(Session, "request", faulty)


def kill(session):
    os.kill(session._process.pid, signal.SIGKILL)


def want_memory(session):
    raise MemoryError


def fill_the_disk(session):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("fault", [kill, want_memory])
def test_a_fault_that_comes_and_goes_costs_no_point(server, job, monkeypatch, fault):
    upset(monkeypatch, fault, {40})
    result = graded(server, job)
    assert (result.score, {check.status for check in result.checks}) == (100, {"passed"})


def test_a_hand_in_that_is_killed_again_and_again_pays_for_it_in_the_end(server, job, monkeypatch):
    upset(monkeypatch, kill, range(10_000))
    result = graded(server, job)
    assert result.score == 0
    assert {check.status for check in result.checks} == {"crashed"}


def test_a_full_disk_is_no_wrong_answer(server, job, monkeypatch):
    upset(monkeypatch, fill_the_disk, {40})
    with pytest.raises(GraderError, match="No space left"):
        graded(server, job)


def test_a_grader_without_memory_gives_no_result(server, job, monkeypatch):
    upset(monkeypatch, want_memory, range(40, 10_000))
    with pytest.raises(GraderError, match="MemoryError"):
        graded(server, job, all_sound=True)


def test_a_fork_server_that_gives_nothing_is_no_wrong_answer(server, job, monkeypatch):
    def none():
        raise ServerError("The fork server gives no processes.")

    def lose_it(session):
        monkeypatch.setattr(server, "fork", none)
        kill(session)

    upset(monkeypatch, lose_it, {40})
    with pytest.raises(ServerError):
        graded(server, job)


def test_a_file_that_could_not_be_unpacked_is_rejected_with_its_reason(server):
    reason = text("Pack it again.", "请重新打包。")
    result = graded(server, Job("broken", "attention", ".py", b"", reason))
    assert (result.status, result.score, result.max_score) == ("rejected", 0, 100)
    assert (result.problems, result.problems_zh) == (["Pack it again."], ["请重新打包。"])
