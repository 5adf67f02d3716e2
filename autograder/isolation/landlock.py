"""Landlock: what a process may open, bind, connect and signal, whatever its user may.

Source: https://docs.kernel.org/userspace-api/landlock.html
"""

import ctypes
import os
from collections.abc import Iterable

from autograder.isolation import syscalls

_CREATE_VERSION = 1
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_ON_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
# The rights that each version of the interface added: 2 refer, 3 truncate, 5 ioctl.
_FS_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_NET_RIGHTS = 0b11  # bind and connect over TCP, version 4
_SCOPES = 0b11  # abstract sockets and signals, version 6


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def version() -> int:
    """Return the version of Landlock's interface here, 0 where there is none."""
    try:
        number = syscalls.SYS_LANDLOCK_CREATE_RULESET
        return syscalls.syscall(number, None, ctypes.c_size_t(0), ctypes.c_uint32(_CREATE_VERSION))
    except OSError:
        return 0


def restrict(readable: Iterable[str], writable: Iterable[str]) -> None:
    """Leave this process only these paths and what is below them; no TCP, no signals outwards.

    Call it after `PR_SET_NO_NEW_PRIVS`. Paths that don't exist are passed over.

    Raises:
        OSError: the kernel has no Landlock, or refused.
    """
    abi = version()
    rights = _FS_RIGHTS[max((v for v in _FS_RIGHTS if v <= abi), default=1)]
    ruleset = _Ruleset(rights, _NET_RIGHTS if abi >= 4 else 0, _SCOPES if abi >= 6 else 0)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    descriptor = syscalls.syscall(
        syscalls.SYS_LANDLOCK_CREATE_RULESET,
        ctypes.byref(ruleset),
        ctypes.c_size_t(size),
        ctypes.c_uint32(0),
    )
    try:
        for path in readable:
            _allow(descriptor, path, _READ & rights)
        for path in writable:
            _allow(descriptor, path, rights)
        syscalls.syscall(
            syscalls.SYS_LANDLOCK_RESTRICT_SELF, ctypes.c_int(descriptor), ctypes.c_uint32(0)
        )
    finally:
        os.close(descriptor)


def _allow(ruleset: int, path: str, access: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            access &= _ON_FILES
        rule = _PathBeneath(access, descriptor)
        syscalls.syscall(
            syscalls.SYS_LANDLOCK_ADD_RULE,
            ctypes.c_int(ruleset),
            ctypes.c_int(_RULE_PATH_BENEATH),
            ctypes.byref(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(descriptor)
