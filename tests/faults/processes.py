"""The processes below this one, and how to kill one of them and no other."""

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
    """A process as `/proc` shows it.

    Attributes:
        pid, parent, session: the numbers of the process, of its parent and of its session.
        command_line: the command that started it.
        ended: whether the process has ended and its parent has not yet asked for its status.
    """

    pid: int
    parent: int
    session: int
    command_line: str
    ended: bool

    @property
    def leads(self) -> bool:
        """Whether the process leads a session, as keepers and students' processes do."""
        return self.session == self.pid


@contextlib.contextmanager
def adopting() -> Iterator[None]:
    """Become the parent of all orphans below this process, so that each can be seen."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "No orphans can be adopted.")
    try:
        yield
    finally:
        prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def descendants(of: int | None = None) -> list[Process]:
    """Return the processes below one, by default this one; parents come before their children."""
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
    command_line = (
        Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    )
    return Process(pid, int(parent), int(session), command_line.strip(), state == "Z")


def _status(pid: int) -> list[str]:
    """Return the fields of `stat` after the name: state, parent, group, session, ..."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def of_kind(kind: str, below: int | None = None) -> list[int]:
    """Return the processes of a kind: `worker`, `server`, `keeper` or `student`.

    Keepers and students are forks of the server, and have its command line.
    """
    alive = [process for process in descendants(below) if not process.ended]
    forks = {p.pid: p for p in alive if "autograder.isolation.server" in p.command_line}
    return [process.pid for process in alive if _kind(process, forks) == kind]


def _kind(process: Process, forks: dict[int, Process]) -> str:
    parent = forks.get(process.parent)
    if process.pid not in forks:
        return "worker" if "running.process_main" in process.command_line else ""
    if parent is not None:
        return "student" if parent.leads else "keeper"
    return "keeper" if process.leads else "server"  # a keeper outlives its server


def end(pid: int, how: signal.Signals = signal.SIGKILL) -> bool:
    """Signal a process if it is still below this one; return whether the signal was sent."""
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
    """Return the new processes below this one that do not end within these seconds."""
    for process in descendants():
        if process.pid not in before:
            await_end(process.pid, seconds)
    _reap()
    return [p for p in descendants() if p.pid not in before and not p.ended]


def await_end(pid: int, seconds: float = _GONE_SECONDS) -> None:
    """Wait until a process has ended, at most these seconds."""
    with contextlib.suppress(OSError):
        held = os.pidfd_open(pid)
        poller = select.poll()
        poller.register(held, select.POLLIN)
        poller.poll(seconds * 1000)
        os.close(held)


def _reap() -> None:
    """Reap adopted orphans, but no child that other code of this process waits for."""
    for process in descendants():
        orphan = process.parent == os.getpid() and "autograder.isolation" in process.command_line
        if process.ended and (orphan or not process.command_line):
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
