"""What works for the grader is killed while it does: workers, fork servers, keepers, students."""

import multiprocessing
import os
import random
import signal
import threading

import pytest

from autograder.isolation import fork_server
from autograder.isolation.fork_server import ForkServer, ServerError
from autograder.running import process_main
from autograder.running.batch import Batch
from autograder.running.options import GradingOptions
from autograder.running.outcome import Died
from autograder.running.pool import grade_all
from autograder.running.process import GradingProcess
from autograder.running.submissions import Submission, find_submissions
from tests.drawing import SEED, cases
from tests.faults.comparison import differences, results_in
from tests.faults.killer import Killer

# How often each kind is killed beside the others.
SHARES = {"worker": 12, "server": 24, "keeper": 7, "student": 7}
KILLS = cases(10, 50)


def grade_until_complete(hand_ins, out):
    """Grade, and go on with `resume` where something was killed too often."""
    resume = False
    for _ in range(20):
        try:
            summary = grade_all(
                find_submissions([hand_ins]), GradingOptions(out=out, jobs=2, resume=resume)
            )
        except ServerError:
            summary = None
        if summary is not None and not summary.failures:
            return
        resume = True
    raise AssertionError("There were twenty tries, and never a result for all.")


@pytest.mark.slow
@pytest.mark.races
def test_results_are_those_of_an_undisturbed_run(
    hand_ins, few, expected_results, temporary, no_survivors, tmp_path
):
    rng = random.Random(SEED)
    kinds = [*SHARES, *rng.choices([*SHARES], [*SHARES.values()], k=KILLS - len(SHARES))]
    rng.shuffle(kinds)
    with Killer(kinds, seed=SEED, pauses=(4, 12)) as killer:
        round_ = 0
        while killer.left:
            out = tmp_path / f"round-{round_}"
            grade_until_complete(hand_ins, out)
            assert differences(results_in(out), expected_results) == []
            round_ += 1
    # What two kills at once have left, a worker's and its server's, the next run takes away.
    grade_until_complete(few, tmp_path / "last")
    assert list(temporary.iterdir()) == []


def test_a_server_that_is_killed_while_it_starts_is_started_again(temporary, no_survivors):
    with Killer(["server"], seed=2, pauses=(0, 0)) as killer, ForkServer() as server:
        server.fork().close()
    assert killer.left == []
    assert list(temporary.iterdir()) == []


def test_who_was_interrupted_while_it_looked_at_its_server_can_end_it(
    monkeypatch, temporary, no_survivors
):
    monkeypatch.setattr(fork_server, "_LEAVE_SECONDS", 0.1)
    monkeypatch.setattr(fork_server, "_KILLED_SECONDS", 0.1)
    with ForkServer() as server:
        process = server._process
        os.kill(process.pid, signal.SIGSTOP)  # it doesn't leave by itself
        with process._waitpid_lock:  # as `poll` has it, when the signal comes
            server.stop()
        assert process.wait(30) == -signal.SIGKILL
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("busy", [True, False])
def test_a_worker_whose_grader_is_gone_leaves_what_it_is_at(monkeypatch, busy):
    ours, theirs = multiprocessing.Pipe()
    at_work, sent = threading.Event(), []
    if busy:
        at_work.set()
    monkeypatch.setattr(os, "kill", lambda *signalled: sent.append(signalled))
    ours.close()
    process_main._end_with_grader(theirs, at_work)
    assert sent == ([(os.getpid(), signal.SIGTERM)] if busy else [])


def test_a_process_that_has_died_between_two_hand_ins_is_known_to_have(tmp_path):
    process = GradingProcess(GradingOptions(out=tmp_path), ["attention"])
    process.connection, theirs = multiprocessing.Pipe()
    theirs.close()
    assert process.grade(None) == Died()


class NoProcesses:
    """A grader whose fork server gives nothing any more."""

    def grade(self, job):
        raise ServerError("The fork server gives no processes.")


def test_a_fork_server_that_fails_costs_its_hand_in_a_try_and_not_the_others(tmp_path):
    submission = Submission("ann", "attention", tmp_path / "attention.py", size=0)
    outcome = process_main._outcome(NoProcesses(), None)
    assert outcome == Died("The fork server gives no processes.")
    batch = Batch([submission], GradingOptions(out=tmp_path), lambda result: None)
    batch.settle(batch.waiting.popleft(), outcome)
    assert list(batch.waiting) == [(submission, 2)]
    batch.settle(batch.waiting.popleft(), outcome)
    assert batch.finish().failures == [(submission, outcome.reason)]
