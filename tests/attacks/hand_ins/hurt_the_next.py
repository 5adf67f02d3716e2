"""Changes what the next student's process would share: names, IPC, keys, clocks, processors, files.

Success: something is still changed when the next one looks.
"""

import ctypes
import fcntl
import os
import socket
import time

from tests.attacks.attacker import tell

NAME = socket.gethostname().encode()  # what it is already


def call(number, *arguments):
    result = ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno())
    return result


def lock():
    descriptor = os.open(os.__file__, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    # A shared lock on a file that is never written hurts nobody; is it a file that others lock?
    raise BlockingIOError


def similarity(x):
    tell(
        {
            "host name": lambda: call(170, NAME, len(NAME)),
            "shared memory": lambda: call(29, 4242, 4096, 0o1666),
            "semaphore": lambda: call(64, 4242, 1, 0o1666),
            "messages": lambda: call(68, 4242, 0o1666),
            "key": lambda: call(248, b"user", b"owned", b"x", 1, -3),
            "clock": lambda: time.clock_settime(time.CLOCK_MONOTONIC, 0),
            "mount": lambda: call(165, b"tmpfs", b"/nowhere", b"tmpfs", 0, 0),
            "namespaces": lambda: call(272, 0x10000000),
            "bpf": lambda: call(321, 0, 0, 0),
            "performance": lambda: call(298, 0, 0, -1, -1, 0),
            "io_uring": lambda: call(425, 4, (ctypes.c_uint32 * 40)()),
            "module": lambda: call(313, 0, b"", 0),
            "fault handler": lambda: call(323, 0),
            "lock": lock,
        }
    )
