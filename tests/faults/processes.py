"""The processes that come from this one, and how to end one of them and no other."""

import contextlib
import ctypes
import os
import select
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36
_GONE_SECONDS = 30.0


@dataclass(frozen=True)
class Process:
    """A process as `/proc` tells it.

    Attributes:
        pid, parent, session: its number, its parent's, and its session's.
        words: its command line.
        ended: whether it only waits to be buried.
    """

    pid: int
    parent: int
    session: int
    words: str
    ended: bool

    @property
    def leads(self) -> bool:
        """Whether it has a session of its own, as keepers and students have."""
        return self.session == self.pid


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """Become the parent of all orphans below this process, so that none gets out of sight."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "No orphans can be adopted.")
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def descendants(of: int | None = None) -> list[Process]:
    """Return the processes below one, this one by default; parents come before their children."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError, IndexError):
                children.setdefault(int(_status(int(entry))[1]), []).append(int(entry))
    below, waiting = [], [of or os.getpid()]
    while waiting:
        for child in children.get(waiting.pop(), []):
            waiting.append(child)
            with contextlib.suppress(OSError, IndexError):
                below.append(_read(child))
    return below


def _read(pid: int) -> Process:
    state, parent, _, session = _status(pid)[:4]
    words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return Process(pid, int(parent), int(session), words.strip(), state == "Z")


def _status(pid: int) -> list[str]:
    """What follows the name, which may hold anything: state, parent, group, session, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def of_kind(kind: str, below: int | None = None) -> list[int]:
    """Return the processes of a kind: `worker`, `server`, `keeper` or `student`.

    Keepers and students are forks of the server, and have its command line.
    """
    alive = [process for process in descendants(below) if not process.ended]
    forks = {p.pid: p for p in alive if "autograder.isolation.server" in p.words}
    return [process.pid for process in alive if _kind(process, forks) == kind]


def _kind(process: Process, forks: dict[int, Process]) -> str:
    parent = forks.get(process.parent)
    if process.pid not in forks:
        return "worker" if "spawn_main" in process.words else ""
    if parent is not None:
        return "student" if parent.leads else "keeper"
    return "keeper" if process.leads else "server"  # a keeper outlives its server


def end(pid: int, how: signal.Signals = signal.SIGKILL) -> bool:
    """End a process if it still is below this one; say whether the signal was sent."""
    with contextlib.suppress(OSError):
        held = os.pidfd_open(pid)  # from here on the number can't become another's
        try:
            if any(process.pid == pid and not process.ended for process in descendants()):
                signal.pidfd_send_signal(held, how)
                return True
        finally:
            os.close(held)
    return False


def survivors(before: set[int], seconds: float = _GONE_SECONDS) -> list[Process]:
    """Return what is below this process and was not before; what is about to end is waited for."""
    for process in descendants():
        if process.pid not in before:
            await_end(process.pid, seconds)
    _bury()
    return [p for p in descendants() if p.pid not in before and not p.ended]


def await_end(pid: int, seconds: float = _GONE_SECONDS) -> None:
    """Wait until a process has ended, so long at most."""
    with contextlib.suppress(OSError):
        held = os.pidfd_open(pid)
        poller = select.poll()
        poller.register(held, select.POLLIN)
        poller.poll(seconds * 1000)
        os.close(held)


def _bury() -> None:
    """Bury adopted orphans; children that somebody here waits for are left to them."""
    for process in descendants():
        orphan = process.parent == os.getpid() and "autograder.isolation" in process.words
        if process.ended and (orphan or not process.words):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
