"""The grader itself is killed, again and again; `--resume` goes on, and nothing is lost."""

import random
import signal
import subprocess

import pytest

from tests.drawing import SEED, cases
from tests.faults import command
from tests.faults.comparison import differences, results_in

KILLS = cases(6, 20)
LOOK_SECONDS = 0.05
pytestmark = pytest.mark.races


def results(out):
    return len(list(out.glob("*/*.json")))


def kill_at_random(process, moments, how, out):
    """End it, while it starts or some results later, unless it is done; say whether that was so."""
    before, wanted = results(out), moments.randint(0, 6)
    pause = moments.uniform(0.0, 0.4 if wanted else 4.0)
    while process.poll() is None and results(out) < before + wanted:
        wait(process, LOOK_SECONDS)
    if wait(process, pause):
        return False
    process.send_signal(how)
    return process.wait(60) != 0  # it may have been done a moment before


def wait(process, seconds):
    """Wait for its end so long; say whether it came."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


@pytest.mark.slow
def test_whatever_is_there_when_it_is_killed_is_whole_and_the_rest_is_graded_later(
    hand_ins, expected_results, temporary, no_survivors, tmp_path
):
    moments, kills, round_ = random.Random(SEED), 0, 0
    while kills < KILLS:
        out, complete = tmp_path / f"round-{round_}", False
        while not complete:
            how = moments.choice([signal.SIGKILL] * 3 + [signal.SIGTERM])
            process = command.start(hand_ins, out, "--resume")
            killed = kills < KILLS and kill_at_random(process, moments, how, out)
            _, errors = process.communicate(timeout=300)
            kills += killed
            complete = not killed
            assert "Traceback" not in errors
            if killed and how == signal.SIGTERM and process.returncode == 143:
                assert errors.splitlines() == ["Stopped; go on later with --resume."]
            elif killed:
                assert process.returncode == -how
            else:
                assert (process.returncode, errors) == (0, "")
        assert differences(results_in(out), expected_results) == []
        round_ += 1
    assert list(temporary.iterdir()) == []
