"""Reads the environment: Python's copy, the C library's, and what the kernel kept of it.

Success: a variable of the instructor's shell is in it.
"""

import ctypes
import os

from tests.attacks.attacker import tell


def of_c():
    pointer = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    found = []
    while pointer[len(found)]:
        found.append(pointer[len(found)].decode())
    return [item.partition("=")[0] for item in found if "COURSE" not in item] + [
        item for item in found if "CANARY" in item
    ]


def of_kernel():
    with open("/proc/self/environ") as file:
        return [item for item in file.read().split("\0") if "CANARY" in item]


def similarity(x):
    tell(
        {
            "python": lambda: [item for item in os.environ.items() if "CANARY" in item[0]],
            "c": of_c,
            "kernel": of_kernel,
            "history": lambda: os.listdir(os.path.expanduser("~root")),
        }
    )
