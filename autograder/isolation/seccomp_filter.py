"""The system calls that a student's process may make; the kernel refuses all others.

The list is what Keras with TensorFlow, JAX or PyTorch, NumPy, Python and the C library call, by
name: a name that a processor or a kernel doesn't know is passed over. What is left out raises
`PermissionError`, or says ENOSYS where the C library or Python then takes another way.

The kernel reads many arguments as 32-bit integers and ignores the upper half of the register, so
they are compared in their lower half.
"""

import contextlib
import errno
import os
from collections.abc import Iterable

_FILES = (
    *("open", "openat", "close", "close_range", "read", "write", "readv", "writev", "pread64"),
    *("pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "lseek", "dup", "dup2", "dup3"),
    *("stat", "fstat", "lstat", "newfstatat", "fstatat64", "statx", "statfs", "fstatfs"),
    *("access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents", "getdents64"),
    *("getcwd", "chdir", "fchdir", "umask", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat"),
    *("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "truncate"),
    *("ftruncate", "fallocate", "fsync", "fdatasync", "fadvise64", "readahead", "flock"),
    *("getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr"),
)
_MEMORY = (
    *("brk", "munmap", "mremap", "mprotect", "madvise", "msync", "mincore", "membarrier"),
    *("get_mempolicy", "set_mempolicy", "mbind"),
)
_WAITING = (
    *("poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl"),
    *("epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "pipe", "pipe2"),
    *("timerfd_create", "timerfd_settime", "timerfd_gettime", "futex", "futex_waitv"),
    *("nanosleep", "clock_nanosleep", "pause", "restart_syscall", "wait4", "waitid"),
)
# The one socket that there is leads to the grader; no other can be made.
_CHANNEL = ("sendto", "recvfrom", "shutdown", "getsockname", "getpeername", "getsockopt")
_ONESELF = (
    *("getpid", "gettid", "getppid", "getpgrp", "getpgid", "getsid", "getuid", "geteuid"),
    *("getgid", "getegid", "getresuid", "getresgid", "getgroups", "capget", "getpriority"),
    *("getrlimit", "setrlimit", "getrusage", "times", "uname", "sysinfo", "getcpu"),
    *("set_tid_address", "set_robust_list", "get_robust_list", "rseq", "arch_prctl"),
    *("sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler"),
    *("sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval"),
    *("rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend"),
    *("rt_sigtimedwait", "sigaltstack", "alarm", "setitimer", "getitimer", "getrandom"),
    *("time", "gettimeofday", "clock_gettime", "clock_getres", "exit", "exit_group"),
)
ALLOWED = (*_FILES, *_MEMORY, *_WAITING, *_CHANNEL, *_ONESELF)

# Whoever calls these takes another way where a kernel doesn't have them.
ABSENT = (
    *("clone3", "openat2", "copy_file_range", "sendfile", "io_uring_setup", "pkey_alloc"),
    *("pkey_free", "pkey_mprotect", "map_shadow_stack", "mseal", "futex_wait", "futex_wake"),
    *("futex_requeue", "cachestat", "process_madvise", "set_mempolicy_home_node", "mlock2"),
)

# The first argument is a process: oneself, by its number or, where a call takes it so, by 0.
_ON_ONESELF_BY_NUMBER = ("kill", "tgkill")
_ON_ONESELF_BY_0 = ("prlimit64", "sched_setaffinity")

_LOWER_HALF = 0xFFFFFFFF
_CLONE_THREAD, _CLONE_NEW_NAMESPACES = 0x00010000, 0x7E020000
_MAP_SHARED, _MAP_ANONYMOUS, _MAP_HUGETLB = 0x01, 0x20, 0x40000
_ARGUMENTS = {
    # Names of threads and of memory, what may be asked, transparent huge pages, vector lengths.
    "prctl": (0, (3, 15, 16, 21, 23, 30, 39, 41, 42, 51, 64, 0x53564D41)),
    # No signals by descriptors, no leases, no larger pipes: what lies in a pipe is counted nowhere.
    "fcntl": (1, (0, 1, 2, 3, 4, 5, 6, 7, 36, 37, 38, 1030, 1032, 1034)),
    # What terminals, pipes and sockets are asked.
    "ioctl": (1, (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)),
}


def load(drivers: Iterable[str] = ()) -> None:
    """Refuse this process, for good, every system call that it doesn't need.

    Threads may start, processes may not, nor be reached. Memory that no limit counts can't be had:
    shared without a file, or of huge pages.

    Args:
        drivers: device files of a GPU; where there are any, they may be asked whatever their driver
            answers.

    Raises:
        ImportError, RuntimeError: libseccomp is not there.
        OSError: the kernel refused the filter.
    """
    import pyseccomp as seccomp  # the server has imported it: it looks for its library by itself

    filter_ = seccomp.SyscallFilter(defaction=seccomp.ERRNO(errno.EPERM))

    def rule(action: int, name: str, *arguments: tuple[int, int, int]) -> None:
        compared = [
            seccomp.Arg(at, seccomp.MASKED_EQ, mask, value) for at, mask, value in arguments
        ]
        with contextlib.suppress(ValueError, OSError, RuntimeError):  # unknown here
            filter_.add_rule(action, name, *compared)

    for name in ALLOWED:
        rule(seccomp.ALLOW, name)
    for name in ABSENT:
        rule(seccomp.ERRNO(errno.ENOSYS), name)
    for name in _ON_ONESELF_BY_NUMBER:
        rule(seccomp.ALLOW, name, (0, _LOWER_HALF, os.getpid()))
    for name in _ON_ONESELF_BY_0:
        rule(seccomp.ALLOW, name, (0, _LOWER_HALF, 0))
    rule(seccomp.ALLOW, "clone", (0, _CLONE_THREAD | _CLONE_NEW_NAMESPACES, _CLONE_THREAD))
    rule(seccomp.ALLOW, "mmap", (3, _MAP_SHARED | _MAP_HUGETLB, 0))
    shared = _MAP_SHARED | _MAP_ANONYMOUS | _MAP_HUGETLB
    rule(seccomp.ALLOW, "mmap", (3, shared, _MAP_SHARED))
    for name, (place, values) in _ARGUMENTS.items():
        if name == "ioctl" and any(drivers):
            rule(seccomp.ALLOW, name)
            continue
        for value in values:
            rule(seccomp.ALLOW, name, (place, _LOWER_HALF, value))
    filter_.load()
