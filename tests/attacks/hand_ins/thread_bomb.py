"""Starts threads with small stacks for ever, so that the machine runs out of process numbers.

Success: it has thousands of them and lives.
"""

import _thread
import threading


def wait():
    threading.Event().wait()


def similarity(x):
    threading.stack_size(32 * 1024)
    started = 0
    while started < 100_000:
        try:
            _thread.start_new_thread(wait, ())
        except RuntimeError:
            raise RuntimeError(f"tried: threads, refused after {started}") from None
        started += 1
    return started
