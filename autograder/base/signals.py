"""Ctrl-C, and the other signals that ask a grader to end: it stops once, and tidies up in peace."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

# Ctrl-C, `kill`, and a terminal that is closed.
_NUMBERS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
_ENOUGH = 3


class Stopped(KeyboardInterrupt):
    """Somebody asked this process to end.

    Attributes:
        status: the exit status that says so.
    """

    def __init__(self, number: int):
        super().__init__(number)
        self.status = 128 + number


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Stopped` at the first signal; the second changes nothing, the third ends all at once.

    What is raised while a `finally` tidies up would leave the rest of it undone, so that processes
    stay; and where somebody's `except` swallowed the first, the third still helps.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's affair
        return
    count = 0

    def stop(number: int, frame: Any) -> None:
        nonlocal count
        count += 1
        if count == 1:
            raise Stopped(number)
        if count >= _ENOUGH:
            os._exit(128 + number)

    # Who started it may have it ignore some: nohup, or a shell's background job.
    heeded = [number for number in _NUMBERS if signal.getsignal(number) is not signal.SIG_IGN]
    before = [signal.signal(number, stop) for number in heeded]
    try:
        yield
    finally:
        if count == 0:  # else the process is about to end, and no second one may disturb that
            for number, handler in zip(heeded, before, strict=True):
                signal.signal(number, handler)


@contextlib.contextmanager
def postponed() -> Iterator[None]:
    """Keep these signals waiting; a process that is started meanwhile keeps them waiting too."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _NUMBERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def no_longer_postponed() -> None:
    """Take the signals that `postponed` let this process inherit."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _NUMBERS)
