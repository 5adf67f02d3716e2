"""What goes wrong in the grader is billed to nobody: another try, or no result and the reason."""

import errno
import os
import signal

import pytest

from autograder.base.text import text
from autograder.grading.examination import Examination
from autograder.grading.grader import Grader, GraderError
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.fork_server import ServerError


class Everything(set):
    """A set that holds whatever it is asked for."""

    def __contains__(self, item):
        return True


def graded(server, job, all_sound=False):
    """Grade one hand-in, where asked with a grader that has seen every check hold before."""
    grader = Grader(server, diagnose=False)
    if all_sound:
        grader._sound = Everything()
    return grader.grade(job)


@pytest.fixture
def job(solution):
    return SubmittedFile("right", "attention", ".py", solution)


def upset(monkeypatch, fault, times):
    """Let a fault happen at some of an examination's requests."""
    request, count = Examination.request, iter(range(10_000))

    def faulty(examination, operation, **fields):
        if next(count) in times:
            fault(examination)
        return request(examination, operation, **fields)

    monkeypatch.setattr(Examination, "request", faulty)


def kill(examination):
    os.kill(examination.process.pid, signal.SIGKILL)


def want_memory(examination):
    raise MemoryError


def fill_the_disk(examination):
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

    def lose_it(examination):
        monkeypatch.setattr(server, "fork", none)
        kill(examination)

    upset(monkeypatch, lose_it, {40})
    with pytest.raises(ServerError):
        graded(server, job)


def test_a_file_that_could_not_be_unpacked_is_rejected_with_its_reason(server):
    reason = text("Pack it again.", "请重新打包。")
    result = graded(server, SubmittedFile("broken", "attention", ".py", b"", reason))
    assert (result.status, result.score, result.max_score) == ("rejected", 0, 100)
    assert result.problems == [text("Pack it again.", "请重新打包。")]
