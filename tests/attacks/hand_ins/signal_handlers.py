"""Catches, ignores and blocks every signal, and takes back what ends it with its parent.

Success: it can't be ended, and stays when the grader has gone on.
"""

import contextlib
import ctypes
import os
import signal

from tests.attacks.attacker import tell


def stay(*args):
    while True:
        pass


def similarity(x):
    for number in signal.valid_signals():
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, stay)
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    libc = ctypes.CDLL(None, use_errno=True)

    def prctl(option, value):
        if libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "refused")

    tell(
        {
            "no death signal": lambda: prctl(1, 0),
            "a session of its own": os.setsid,
            "a timer": lambda: signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01),
            "a subreaper": lambda: prctl(36, 1),
        }
    )
