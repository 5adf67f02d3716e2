"""Sends itself every signal there is, then its whole group, then tries whom else it can reach.

Success: a signal reaches anybody else, or a death counts as a pass. (To others it sends only 0.)
"""

import contextlib
import os
import signal


def similarity(x):
    for number in range(1, 65):
        if number not in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
            with contextlib.suppress(OSError, ValueError):
                os.kill(os.getpid(), number)
    raise RuntimeError("tried: every signal, and is alive")


def softmax(x, axis=-1):
    os.killpg(0, signal.SIGKILL)
    raise RuntimeError("tried: its group, and is alive")


def causal_mask(length):
    os.kill(-1, 0)
    raise RuntimeError("tried: everybody, GOT one at least")
