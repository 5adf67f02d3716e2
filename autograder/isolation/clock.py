"""How long the grader waits for a student's process: in the time that the process itself takes.

The clock on the wall would bill a hand-in for all that the machine does beside it. Here a stretch
of waiting counts in whole where the process slept or computed, and with the processor time that
it got where it wanted to run and wasn't let. So an endless loop ends, a sleeper ends, and one that
starves among others pays for what it ate. Seconds are those of an ordinary machine: `slowness`
tells at the start how many seconds of this one make one of them.

The kernel's own account of waiting (`schedstat`) is not in every kernel, and a thousand threads
that wait for each other could fill it. So the process is looked at while it is waited for, some
twenty times a second; an answer that comes at once costs no look. When the next look comes nobody
can tell, else a sleeper would wake for it. Who waits for the disk is no exception: whoever likes
can do that for ever.
"""

import contextlib
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

SLICE = (0.03, 0.07)  # seconds between two looks
_LEAST = 0.01  # seconds that a wait lasts at least, so that the last moments aren't spun away
# However the machine is loaded, nobody waits longer than so many times the limit.
BACKSTOP = 10.0
_WANTS = "R"  # it runs, or would if it were let
_MAX_THREADS = 256  # that are looked at; right work has a dozen

NOMINAL_SECONDS = 0.0025  # what the fixed piece of work takes an ordinary machine
MAX_SLOWNESS = 8.0
_TICKS = os.sysconf("SC_CLK_TCK")


class TimedOut(Exception):
    """What was waited for didn't come in time."""


class Timer(Protocol):
    """Somebody who says how long there is to wait."""

    def wait(self, poll: Callable[[float | None], bool]) -> None:
        """Let `poll` wait for some seconds, or for ever; it says whether there is something.

        Raises:
            TimedOut: the time is over.
        """

    def check(self) -> None:
        """Raise where something goes on for ever without being waited for.

        Raises:
            TimedOut: it does.
        """


class WallTimer:
    """So many seconds on the wall, or no end; for what no student's code has a part in."""

    def __init__(self, seconds: float | None):
        self._end = None if seconds is None else time.monotonic() + seconds

    def wait(self, poll: Callable[[float | None], bool]) -> None:
        """Let `poll` wait for the rest of the time."""
        left = None if self._end is None else self._end - time.monotonic()
        if left is not None and left <= 0:
            raise TimedOut
        poll(left)

    def check(self) -> None:
        """Nothing: who sends without a pause is read."""


@dataclass(frozen=True)
class Look:
    """What a process was doing at a moment, and the processor seconds of all its threads so far."""

    wants: bool
    cpu: float


class Watched:
    """A process that can be looked at, whoever gets its number later.

    Args:
        pid: its number, 0 where nobody knows it.
    """

    def __init__(self, pid: int):
        self._folder: int | None = None
        with contextlib.suppress(OSError):  # no /proc, or none that shows it: it pays wall time
            # Where /proc is another namespace's, the number is somebody else's there.
            if pid and os.readlink("/proc/self") == str(os.getpid()):
                self._folder = os.open(f"/proc/{pid}", os.O_RDONLY | os.O_DIRECTORY)

    def look(self) -> Look | None:
        """Return what it does just now, None where nobody can tell."""
        if self._folder is None:
            return None
        try:
            state, cpu = _read(self._folder, "stat")
            return Look(state in _WANTS or self._has_thread_that_wants(), cpu)
        except (OSError, ValueError, IndexError):
            return None

    def _has_thread_that_wants(self) -> bool:
        """Whether another thread than the first does: a library may compute in one of its own."""
        assert self._folder is not None
        tasks = os.open("task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._folder)
        try:
            names = os.listdir(tasks)
        finally:
            os.close(tasks)
        if len(names) > _MAX_THREADS:
            return False
        for name in names:
            with contextlib.suppress(OSError, IndexError):  # it has ended meanwhile
                if _read(self._folder, f"task/{name}/stat")[0] in _WANTS:
                    return True
        return False

    def close(self) -> None:
        """Let go of it."""
        if self._folder is not None:
            os.close(self._folder)
            self._folder = None


def _read(folder: int, path: str) -> tuple[str, float]:
    """Return the state and the processor seconds in a file of the form of `/proc/PID/stat`."""
    descriptor = os.open(path, os.O_RDONLY, dir_fd=folder)
    try:
        content = os.read(descriptor, 1024)
    finally:
        os.close(descriptor)
    fields = content.rpartition(b")")[2].split()  # a name may hold anything, brackets too
    return fields[0].decode("ascii"), (int(fields[11]) + int(fields[12])) / _TICKS


class Meter:
    """Counts what waiting for one process comes to, and ends it when that is too much.

    Args:
        look: tells what the process is doing; None: nobody knows.
        slowness: how many seconds of this machine make one of an ordinary machine.
        now: the clock on the wall.

    Attributes:
        spent: ordinary seconds that the process has taken so far.
    """

    def __init__(
        self,
        look: Callable[[], Look | None],
        slowness: float = 1.0,
        now: Callable[[], float] = time.monotonic,
    ):
        self._look, self._slowness, self._now = look, slowness, now
        self._random = random.Random()
        self.spent = 0.0
        self._end: float | None = None  # of `spent`
        self._waited = 0.0  # on the wall
        self._most = 0.0  # that may be waited, from `_waited_before` on
        self._waited_before = 0.0
        self._began = now()
        self._cpu: float | None = None

    def allow(self, seconds: float | None) -> None:
        """Let it take so many ordinary seconds from now on; None: as many as it likes."""
        self._end = None if seconds is None else self.spent + seconds
        self._most = BACKSTOP * self._slowness * (seconds or 0.0)
        self._waited_before = self._waited

    def begin(self) -> None:
        """Something new is asked."""
        self._began, self._cpu = self._now(), None

    def wait(self, poll: Callable[[float | None], bool]) -> None:
        """Let `poll` wait for a moment, and count it."""
        seconds = self._random.uniform(*SLICE)
        if self._end is not None:
            left_on_wall = self._most - (self._waited - self._waited_before)
            left = min((self._end - self.spent) * self._slowness, left_on_wall)
            if left <= 0:
                raise TimedOut
            seconds = min(seconds, max(left, _LEAST))
        began = self._now()
        ready = poll(seconds)
        waited = self._now() - began
        if ready:  # nobody knows when it came: the grader may have slept meanwhile
            own = waited = min(waited, seconds)
            self._cpu = None
        else:
            own = self._own(waited)
        self._waited += waited
        self.spent += own / self._slowness

    def check(self) -> None:
        """Raise where an answer comes piece by piece for ever."""
        if self._end is not None and self._now() - self._began > self._most:
            raise TimedOut

    def _own(self, waited: float) -> float:
        """Return how much of a stretch without an answer was the process's own."""
        now, before = self._look(), self._cpu
        self._cpu = None if now is None else now.cpu
        if now is None or before is None or not now.wants:
            return waited
        return min(waited, max(0.0, now.cpu - before))


def slowness(rounds: int = 5) -> float:
    """Return how many seconds of this machine make one of an ordinary machine, 1 to 8.

    What is measured is processor time, so that other work on the machine hardly matters, and the
    quickest of some rounds counts.
    """
    return bounded(min(_processor_seconds() for _ in range(rounds)))


def bounded(seconds: float) -> float:
    """Return the slowness of a machine that needs so many seconds for the fixed piece of work."""
    return min(MAX_SLOWNESS, max(1.0, seconds / NOMINAL_SECONDS))


def _processor_seconds() -> float:
    """Do the fixed piece of work: what Python and NumPy do, and nothing that starts a thread."""
    began = time.process_time()
    total = 0
    for number in range(30_000):
        total += number * number % 7
    numbers = np.arange(4096.0)
    for _ in range(30):
        numbers = np.tanh(numbers * 0.5 + 1.0)
    return time.process_time() - began
