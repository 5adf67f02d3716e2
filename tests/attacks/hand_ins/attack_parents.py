"""Turns on the processes that made it: signals, ptrace, their memory, their limits.

Success: one of them lets it. (Where it may, it changes nothing: signal 0, the same limits.)
"""

import contextlib
import ctypes
import errno
import os
import resource

from tests.attacks.attacker import tell


def targets():
    found = {os.getppid(), *map(int, filter(None, "@PIDS@".split()))}
    with contextlib.suppress(OSError):
        found |= {int(name) for name in os.listdir("/proc") if name.isdigit()}
    return sorted(pid for pid in found if pid > 1 and pid != os.getpid())


def each(act):
    done = []
    for pid in targets():
        with contextlib.suppress(OSError, PermissionError, ProcessLookupError):
            act(pid)
            done.append(pid)
    if not done:
        raise PermissionError
    return done


def call(number, *arguments):
    if ctypes.CDLL(None, use_errno=True).syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno())


def look_into(pid):
    """Ask for a byte that isn't there: whoever may look gets another error than who may not."""
    here = (ctypes.c_size_t * 2)(ctypes.addressof(ctypes.create_string_buffer(1)), 1)
    nowhere = (ctypes.c_size_t * 2)(1, 1)
    try:
        call(310, pid, here, 1, nowhere, 1, 0)
    except OSError as error:
        if error.args[0] != errno.EFAULT:
            raise


def poke(pid):
    with open(f"/proc/{pid}/mem", "r+b") as file:
        file.read(0)


def similarity(x):
    tell(
        {
            "signal 0": lambda: each(lambda pid: os.kill(pid, 0)),
            "ptrace": lambda: each(lambda pid: call(101, 0x4206, pid, 0, 0)),
            "files of memory": lambda: each(poke),
            "memory of others": lambda: each(look_into),
            "limits": lambda: each(lambda pid: resource.prlimit(pid, resource.RLIMIT_CORE)),
            "nice": lambda: each(lambda pid: os.setpriority(0, pid, os.getpriority(0, pid))),
            "processors": lambda: each(
                lambda pid: os.sched_setaffinity(pid, os.sched_getaffinity(pid))
            ),
            "pidfd": lambda: each(lambda pid: call(424, os.pidfd_open(pid), 0, 0, 0)),
            "queue": lambda: each(lambda pid: call(129, pid, 0, (ctypes.c_int * 32)(0, 0, -1))),
            "all": lambda: os.kill(-1, 0),
        }
    )
