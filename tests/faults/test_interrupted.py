"""Ctrl-C once, and again while it tidies up: it ends soon, says one thing, and leaves nothing."""

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.faults import command
from tests.faults.comparison import results_in
from tests.faults.processes import of_kind

pytestmark = pytest.mark.races

SENTENCE = "Stopped; go on later with --resume."
STOPPED = 130
LOOK_SECONDS = 0.02


class Terminal:
    """The command in a terminal, whose keys it gets as a person's.

    Args:
        arguments: the command line.
        environment: its variables.
    """

    def __init__(self, arguments, environment):
        self._keys, theirs = pty.openpty()
        self.process = subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=environment,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=_begin_in_terminal,
        )
        os.close(theirs)
        self.screen = ""

    def press(self, keys):
        os.write(self._keys, keys)

    def watch(self, enough):
        """Read the screen until something is so, or nobody writes to it any more."""
        while not enough():
            if select.select([self._keys], [], [], LOOK_SECONDS)[0]:
                try:
                    self.screen += os.read(self._keys, 65536).decode(errors="replace")
                except OSError:  # the last who had the terminal is gone
                    return

    def close(self):
        """Read to the end; return the exit status."""
        self.watch(lambda: False)
        os.close(self._keys)
        return self.process.wait(60)


def _begin_in_terminal():
    """As a person's shell starts it, wherever the tests themselves were started."""
    import fcntl
    import termios

    # Tests that run in the background inherit that it is ignored.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture
def terminal(few, temporary, tmp_path):
    """The command that grades few hand-ins, in a terminal."""
    opened = Terminal(command.arguments(few, tmp_path / "out"), {**os.environ, "TERM": "xterm"})
    yield opened
    if opened.process.poll() is None:
        opened.process.kill()


def in_plain(screen):
    """What a person reads on it: no colours, no bars that are gone."""
    import re

    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen)
    lines = [line.strip() for line in re.split(r"[\r\n]+", plain.replace("^C", ""))]
    return [line for line in lines if line and "grading" not in line and "━" not in line]


def graded(out):
    return sorted(out.glob("*/*.json")) if out.exists() else []


@pytest.mark.slow
@pytest.mark.parametrize("presses", [1, 2, 20])
def test_it_stops_and_the_rest_is_graded_later(
    terminal, few, temporary, no_survivors, tmp_path, presses
):
    out = tmp_path / "out"
    terminal.watch(lambda: graded(out))
    for _ in range(presses):
        terminal.press(b"\x03")
    status = terminal.close()
    assert status == STOPPED
    if presses < 3:  # who presses more often wants it to end at once, tidied up or not
        assert in_plain(terminal.screen)[-1] == SENTENCE
        assert list(temporary.iterdir()) == []
    assert "Traceback" not in terminal.screen
    assert "Error" not in terminal.screen
    status, _, errors = command.run(few, out, "--resume")
    assert (status, errors) == (0, "")
    assert len(results_in(out)) == 4
    assert list(temporary.iterdir()) == []


def loading(process):
    """Whether it has begun to load its libraries."""
    return "site-packages" in Path(f"/proc/{process.pid}/maps").read_text()


MOMENTS = {
    "it loads": lambda process, out: loading(process),
    "there is a folder": lambda process, out: out.exists(),
    "workers start": lambda process, out: of_kind("worker", process.pid),
    "fork servers start": lambda process, out: of_kind("server", process.pid),
    "students' processes start": lambda process, out: of_kind("student", process.pid),
    "there are results": lambda process, out: len(graded(out)) > 2,
}


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS.values(), ids=MOMENTS.keys())
def test_nor_does_it_complain_whenever_that_is(terminal, temporary, no_survivors, tmp_path, moment):
    terminal.watch(lambda: moment(terminal.process, tmp_path / "out"))
    terminal.press(b"\x03")
    assert terminal.close() == STOPPED
    assert "Traceback" not in terminal.screen
    assert "Error" not in terminal.screen
    assert list(temporary.iterdir()) == []
    results_in(tmp_path / "out")


SWALLOWS = """
import os, signal, sys
from autograder.base.signals import Stopped, stoppable
signal.signal(signal.SIGINT, signal.default_int_handler)
with stoppable():
    try:
        os.kill(os.getpid(), signal.SIGINT)
    except Stopped as stopped:
        print(stopped.status)
    os.kill(os.getpid(), signal.SIGINT)
    print("still here", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
    print("too long")
"""


def test_the_second_changes_nothing_and_the_third_ends_it():
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWS], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (STOPPED, "130\nstill here\n")


IGNORES = """
import os, signal
from autograder.base.signals import stoppable
signal.signal(signal.SIGHUP, signal.SIG_IGN)
with stoppable():
    os.kill(os.getpid(), signal.SIGHUP)
print("done")
"""


def test_under_nohup_a_closed_terminal_stops_nothing():
    done = subprocess.run([sys.executable, "-c", IGNORES], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "done\n")


def test_what_was_handled_before_is_again_afterwards():
    from autograder.base.signals import stoppable

    before = signal.getsignal(signal.SIGTERM)
    with stoppable():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
