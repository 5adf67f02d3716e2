"""Writes to what the next process will run: the interpreter, libraries, Keras, the kit, the kernel.

Success: a file of them can be opened for writing. (What is found is written back as it was.)
"""

import os
import sys

import keras
import numpy as np

import course.kit
from tests.attacks.attacker import tell


def touch(path):
    with open(path, "r+b") as file:
        begin = file.read(1)
        file.seek(0)
        file.write(begin)
    return path


def similarity(x):
    paths = [sys.executable, os.__file__, keras.__file__, np.__file__, course.kit.__file__]
    paths += [
        "/etc/ld.so.cache",
        "/lib64/ld-linux-x86-64.so.2",
        "/proc/sys/kernel/printk_ratelimit",
    ]
    paths += ["/proc/sys/vm/stat_interval", "/proc/self/mem", "/proc/self/coredump_filter"]
    paths += ["/sys/devices/system/cpu/cpu1/online", "/proc/self/oom_score_adj"]
    tell(
        {os.path.basename(path): lambda path=path: touch(os.path.realpath(path)) for path in paths}
    )
