"""Takes back, with arguments that the kernel cuts to 32 bits, what ends it with its parent.

Success: the kernel takes one of the settings back, or sends a signal for it.
"""

import ctypes
import os

from tests.attacks.attacker import tell

LIBC = ctypes.CDLL(None, use_errno=True)
UPPER = 1 << 32
PRCTL, KILL, TGKILL, FCNTL, PRLIMIT = 157, 62, 234, 72, 302  # on x86-64


def call(number, *arguments):
    words = [ctypes.c_ulong(argument & (2**64 - 1)) for argument in arguments]
    answer = LIBC.syscall(ctypes.c_long(number), *words, *[ctypes.c_ulong(0)] * (6 - len(words)))
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


def similarity(x):
    reader, writer = os.pipe()
    parent = 2**31 + 7  # nobody's number; what is refused is refused before it is looked for
    tell(
        {
            "no death signal": lambda: call(PRCTL, 1, 0),
            "no death signal, wide": lambda: call(PRCTL, UPPER | 1, 0),
            "no death signal, negative": lambda: call(PRCTL, -(2**32) + 1, 0),
            "a subreaper": lambda: call(PRCTL, UPPER | 36, 1),
            "signal all": lambda: call(KILL, -1, 0),
            "signal all, wide": lambda: call(KILL, UPPER - 1, 0),
            "signal a thread": lambda: call(TGKILL, UPPER | parent, parent, 0),
            "limits of a parent": lambda: call(PRLIMIT, UPPER | 2, 7, 0, 0),
            "a larger pipe": lambda: call(FCNTL, writer, UPPER | 1031, 2**20),
            "an owner of signals": lambda: call(FCNTL, reader, UPPER | 8, 1),
        }
    )
