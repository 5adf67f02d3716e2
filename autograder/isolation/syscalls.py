"""Thin ctypes wrappers for the Linux calls that Python 3.11 has no function for."""

import ctypes
import os
import platform

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
MNT_DETACH = 2

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38

# The numbers below are the same on x86-64 and on 64-bit Arm.
SYS_LANDLOCK_CREATE_RULESET, SYS_LANDLOCK_ADD_RULE, SYS_LANDLOCK_RESTRICT_SELF = 444, 445, 446
_BY_MACHINE = {
    "x86_64": {"pivot_root": 155, "capset": 126},
    "aarch64": {"pivot_root": 41, "capset": 91},
}

try:
    _libc: ctypes.CDLL | None = ctypes.CDLL(None, use_errno=True)
except (OSError, TypeError):  # not a system with a C library of this kind
    _libc = None


def _call(function: str, *arguments: object) -> int:
    if _libc is None:
        raise OSError("There is no C library to call.")
    result = getattr(_libc, function)(*arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), function)
    return result


def unshare(flags: int) -> None:
    """Move this process into new namespaces."""
    _call("unshare", ctypes.c_int(flags))


def mount(
    source: str | None, target: str, kind: str | None = None, flags: int = 0, options: str = ""
) -> None:
    """Mount, bind or remount."""
    _call(
        "mount",
        source.encode() if source else None,
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() if options else None,
    )


def detach(target: str) -> None:
    """Unmount lazily."""
    _call("umount2", target.encode(), ctypes.c_int(MNT_DETACH))


def prctl(option: int, value: int = 0) -> None:
    """Set an attribute of this process."""
    zero = ctypes.c_ulong(0)
    _call("prctl", ctypes.c_int(option), ctypes.c_ulong(value), zero, zero, zero)


def syscall(number: int, *arguments: object) -> int:
    """Make a system call by its number."""
    return _call("syscall", ctypes.c_long(number), *arguments)


def pivot_root(new_root: str, put_old: str) -> None:
    """Make another directory the root of this mount namespace."""
    number = _BY_MACHINE[platform.machine()]["pivot_root"]
    syscall(number, ctypes.c_char_p(new_root.encode()), ctypes.c_char_p(put_old.encode()))


def drop_capabilities() -> None:
    """Give up every capability, for good."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError:
            break
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    nothing = (ctypes.c_uint32 * 6)()
    syscall(_BY_MACHINE[platform.machine()]["capset"], header, nothing)
