"""The walls around a student's process, each tried on its own and named when it holds.

`enter_namespaces` runs in the keeper, `confine` in the student's process, before a byte of the
student's code is read there. A wall that this host can't give is left out of the list that
`confine` returns; the grader decides whether to go on without it.
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.base.paths import ROOT, secret_paths, work_paths
from autograder.isolation import landlock, seccomp_filter, syscalls

MEGABYTE = 2**20
RESIDENT, DATA = 1, 5  # columns of /proc/self/statm, which counts in pages

NAMESPACES, SECCOMP, LANDLOCK, RLIMITS = "namespaces", "seccomp", "landlock", "rlimits"
ALL_LAYERS = (NAMESPACES, SECCOMP, LANDLOCK, RLIMITS)

_FLAGS = (
    syscalls.CLONE_NEWUSER
    | syscalls.CLONE_NEWPID
    | syscalls.CLONE_NEWNET
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUTS
)
# Not /dev/zero: shared memory that it gives is counted nowhere.
_DEVICES = ("/dev/null", "/dev/random", "/dev/urandom")
_NEW_ROOT = "/tmp"
_SCRATCH = "/tmp/scratch"  # its own; /tmp may also lead to a project that lies there
_QUIET = syscalls.MS_NOSUID | syscalls.MS_NODEV


@dataclass(frozen=True)
class Limits:
    """What a student's process may take.

    Attributes:
        memory: bytes of private memory above what Keras itself takes, and of resident memory.
        file_size: bytes of one file; also the size of its private /tmp.
        cpu_seconds: processor time in all, a last resort behind the grader's own clock.
        descriptors: open files.
        threads: threads of the process, where the user is not root.
        signals: signals that wait to be delivered.
    """

    memory: int = 2048 * MEGABYTE
    file_size: int = 64 * MEGABYTE
    cpu_seconds: int = 900
    descriptors: int = 256
    threads: int = 512
    signals: int = 256


# A GPU's driver keeps far more in the process's memory, and a model is trained there.
ON_GPU = Limits(memory=16 * 1024 * MEGABYTE, cpu_seconds=3600)


def enter_namespaces() -> bool:
    """Move into new user, pid, network, ipc and uts namespaces; say whether it worked.

    The next process forked from here is the first of the pid namespace: when it ends, the kernel
    ends everything that it started.
    """
    user, group = os.geteuid(), os.getegid()
    try:
        syscalls.unshare(_FLAGS)
        with contextlib.suppress(OSError):
            Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    except OSError:
        return False
    return True


def confine(
    limits: Limits, scratch: str, in_namespaces: bool, skip: frozenset[str] = frozenset()
) -> list[str]:
    """Shut this process in; return the layers that hold.

    Args:
        limits: what it may take.
        scratch: the one directory it may write to, where it gets no /tmp of its own.
        in_namespaces: whether the keeper's `enter_namespaces` worked.
        skip: layers to leave out, for tests of the others.
    """
    layers = []
    writable = [scratch]
    if in_namespaces and _holds(_new_root, limits):
        layers.append(NAMESPACES)
        scratch, writable = _SCRATCH, ["/tmp"]
    os.environ["TMPDIR"] = os.environ["HOME"] = scratch
    tempfile.tempdir = None  # forget the directory that the server found
    os.chdir(scratch)
    if RLIMITS not in skip and _holds(_limit, limits):
        layers.append(RLIMITS)
    _holds(syscalls.drop_capabilities)
    _holds(syscalls.prctl, syscalls.PR_SET_NO_NEW_PRIVS, 1)
    _holds(syscalls.prctl, syscalls.PR_SET_DUMPABLE, 0)
    covered = NAMESPACES in layers
    if LANDLOCK not in skip and landlock.version() and _holds(_lock_files, writable, covered):
        layers.append(LANDLOCK)
    if SECCOMP not in skip and _holds(seccomp_filter.load, _graphics()):
        layers.append(SECCOMP)
    return [layer for layer in ALL_LAYERS if layer in layers]


def isolates_network(layers: list[str]) -> bool:
    """Whether these layers keep a process from every network."""
    return NAMESPACES in layers or SECCOMP in layers


def isolates_files(layers: list[str]) -> bool:
    """Whether these layers keep a process from the files of the grader and of other students."""
    return NAMESPACES in layers or LANDLOCK in layers


def readable_paths() -> list[str]:
    """Return what a student's process may read: Python, its libraries, and the course."""
    candidates = [
        *dict.fromkeys((sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)),
        *(str(path) for path in _editable_packages()),
        *("/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64"),
        *("/etc/ld.so.cache", "/etc/localtime", "/usr/share/zoneinfo"),
        *("/sys/devices/system/cpu", "/usr/local/cuda", "/usr/local/nvidia"),
        str(ROOT / "course"),
    ]
    return [path for path in candidates if os.path.exists(path)]


def _editable_packages() -> Iterator[Path]:
    """Directories on the import path that lie outside the prefixes (a user's site-packages)."""
    for entry in sys.path:
        path = Path(entry).resolve()
        if path.name in {"site-packages", "dist-packages"} and path.is_dir():
            yield path


def memory_held(column: int) -> int:
    """Return this process's bytes of memory, `RESIDENT` or `DATA`; 0 where nobody knows."""
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[column]) * resource.getpagesize() if pages.exists() else 0


def _holds(step: Callable[..., None], *arguments: object) -> bool:
    try:
        step(*arguments)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError):
        return False
    return True


@dataclass(frozen=True)
class _Visible:
    """A path that the student's process may see, taken hold of before anything covers it."""

    path: str
    real: str
    link: str | None
    descriptor: int
    is_directory: bool

    @classmethod
    def take(cls, path: str) -> "_Visible":
        link = os.readlink(path) if os.path.islink(path) else None
        real = os.path.realpath(path)
        return cls(path, real, link, os.open(path, os.O_PATH), os.path.isdir(path))


def _new_root(limits: Limits) -> None:
    """Give this process a root of its own, with only what it may read, read-only, and a /tmp.

    Raises:
        OSError: the kernel refused; what this process sees is as it was.
    """
    # Of its own: to move the root of the keeper's would blind the keeper, which looks at /proc.
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.mount(None, "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    visible = [_Visible.take(path) for path in sorted({*readable_paths(), *_devices()})]
    proc_works = _holds(_probe_proc)
    syscalls.mount("tmpfs", _NEW_ROOT, "tmpfs", _QUIET, "mode=755")
    try:
        _furnish(_NEW_ROOT, visible, limits, proc_works)
        syscalls.pivot_root(_NEW_ROOT, f"{_NEW_ROOT}/old")
    except OSError:
        syscalls.detach(_NEW_ROOT)
        raise
    finally:
        for item in visible:
            os.close(item.descriptor)
    os.chdir("/")
    syscalls.detach("/old")
    os.rmdir("/old")
    change = syscalls.MS_REMOUNT | syscalls.MS_BIND | syscalls.MS_RDONLY
    syscalls.mount(None, "/", None, change | _QUIET)


def _furnish(root: str, visible: list[_Visible], limits: Limits, proc_works: bool) -> None:
    """Put into the new root what may be seen, an empty /tmp and a fresh /proc."""
    for directory in ("tmp", "proc", "old"):
        os.mkdir(f"{root}/{directory}")
    size = f"size={limits.file_size},mode=700,nr_inodes=4096"
    syscalls.mount("tmpfs", f"{root}/tmp", "tmpfs", _QUIET | syscalls.MS_NOEXEC, size)
    os.mkdir(root + _SCRATCH)
    for item in visible:
        if not os.path.lexists(root + item.path):  # else it came with a directory above it
            _bind(item, root + item.path)
    for item in visible:  # a project that lies in /tmp: nothing is to be put beside what is seen
        for above in Path(item.path).parents:
            if Path("/tmp") in above.parents:
                with contextlib.suppress(OSError):  # it is bound, and read-only already
                    os.chmod(f"{root}{above}", 0o555)
    if proc_works:
        # Root's process could write the kernel's settings there, even without a capability.
        closed = _QUIET | syscalls.MS_NOEXEC | syscalls.MS_RDONLY
        syscalls.mount("proc", f"{root}/proc", "proc", closed)
    covered = {**dict.fromkeys(secret_paths(), "000"), **dict.fromkeys(work_paths(), "555")}
    for item in visible:
        for path, mode in covered.items():
            place = f"{root}{item.path}{path.removeprefix(item.real)}"
            if item.link is None and path.startswith(f"{item.real}/") and os.path.isdir(place):
                syscalls.mount("tmpfs", place, "tmpfs", _QUIET, f"size=4096,mode={mode}")


def _probe_proc() -> None:
    """Raise where this kernel won't give a fresh /proc (some containers mask theirs)."""
    syscalls.mount("proc", "/proc", "proc", syscalls.MS_NOSUID | syscalls.MS_NODEV)


def _devices() -> list[str]:
    return [path for path in (*_DEVICES, *_graphics()) if os.path.exists(path)]


def _graphics() -> list[str]:
    return [str(path) for path in Path("/dev").glob("nvidia*")]


def _bind(item: _Visible, target: str) -> None:
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if item.link is not None:
        os.symlink(item.link, target)
        return
    if item.is_directory:
        os.mkdir(target)
    else:
        Path(target).touch()
    source = f"/proc/self/fd/{item.descriptor}"
    syscalls.mount(source, target, None, syscalls.MS_BIND | syscalls.MS_REC)
    # Flags that are set on a mount can't be taken off it here, so they are given again.
    flags = os.statvfs(target).f_flag & (
        syscalls.MS_NOSUID | syscalls.MS_NODEV | syscalls.MS_NOEXEC | os.ST_NOATIME
    )
    change = syscalls.MS_REMOUNT | syscalls.MS_BIND | syscalls.MS_NOSUID
    if not item.path.startswith("/dev/"):
        change |= syscalls.MS_RDONLY
    syscalls.mount(None, target, None, change | flags)


def _limit(limits: Limits) -> None:
    held = memory_held(DATA) or 4096 * MEGABYTE
    for kind, amount in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, limits.file_size),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_NOFILE, limits.descriptors),
        (resource.RLIMIT_NPROC, limits.threads),
        (resource.RLIMIT_DATA, held + limits.memory),
        # The user's, whom the grader is, too.
        (resource.RLIMIT_SIGPENDING, limits.signals),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(kind, (amount, amount))


def _lock_files(writable: list[str], covered: bool) -> None:
    """Leave this process only the files that it may read or write.

    Args:
        writable: directories that it may write to.
        covered: whether the root of its own covers what is secret.
    """
    readable = [*readable_paths(), "/proc", "/sys"]
    if not covered:
        _list_packages()
        secrets = [path for path in (*secret_paths(), *work_paths()) if os.path.lexists(path)]
        readable = [part for path in readable for part in _around(path, secrets)]
    landlock.restrict(readable, [*writable, *_devices()])


def _around(path: str, secrets: list[str]) -> Iterator[str]:
    """Yield a path; where secrets lie below it, all that is below it but the secrets.

    What Landlock allows for a directory it allows for everything below it. So the entries of a
    directory with a secret are allowed one by one, and the directory itself can't be listed.
    """
    real = os.path.realpath(path)
    if any(f"{real}/".startswith(f"{secret}/") for secret in secrets):
        return
    if not any(secret.startswith(f"{real}/") for secret in secrets):
        yield path
        return
    with os.scandir(real) as entries:
        for entry in entries:
            if not entry.is_symlink():  # a link's target is allowed or not by where it lies
                yield from _around(entry.path, secrets)


def _list_packages() -> None:
    """Have Python list the directories of packages while it may: it keeps what it saw.

    Libraries import modules, and ask for the versions of packages, when they are used first.
    """
    importlib.util.find_spec("no_module_has_this_name")
    list(importlib.metadata.distributions(name="no_package_has_this_name"))
