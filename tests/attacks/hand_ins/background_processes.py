"""Starts processes in every way there is, to go on when the grading is over.

Success: one of them runs at all.
"""

import ctypes
import multiprocessing
import os
import subprocess
import time

from tests.attacks.attacker import tell


def linger():
    time.sleep(30)
    os._exit(0)


def fork_twice():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            linger()
        os._exit(0)
    return "a grandchild"


def system():
    status = os.system("sleep 30 &")
    if status:
        raise OSError(status)
    return status


def call(number, *arguments):
    result = ctypes.CDLL(None, use_errno=True).syscall(number, *arguments)
    if result == 0:
        linger()
    if result < 0:
        raise OSError(ctypes.get_errno())
    return result


def similarity(x):
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
    tell(
        {
            "fork": fork_twice,
            "Popen": lambda: subprocess.Popen(["/bin/sleep", "30"], **quiet).pid,
            "posix_spawn": lambda: os.posix_spawn("/bin/sleep", ["sleep", "30"], {}),
            "system": system,
            "multiprocessing": lambda: (
                multiprocessing.get_context("fork").Process(target=linger).start()
            ),
            "clone": lambda: call(56, 17, 0, 0, 0, 0),
            "vfork": lambda: call(58),
            "clone3": lambda: call(435, (ctypes.c_uint64 * 8)(), 64),
        }
    )
