"""One grader at a time in a folder: a lock that the kernel lets go of however its holder ends."""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.base.printable import printable

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NAME = ".grading.lock"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class Locked(Exception):
    """Another grader works in the folder; the message says which, and what to do."""


@contextlib.contextmanager
def locked(directory: Path, warn: Callable[[str], None]) -> Iterator[None]:
    """Have a folder for oneself among graders; who only reads in it is not kept out.

    Args:
        directory: a folder that exists.
        warn: called with a sentence where its file system has no locks; grading goes on.

    Raises:
        Locked: another grader has it.
        OSError: nothing can be written there.
    """
    path = directory / NAME
    try:
        descriptor = _take(path)
    except BlockingIOError:
        raise Locked(
            f"Another grader works in {directory}{_holder(path)}; wait until it is done, or "
            "give this one another folder."
        ) from None
    if descriptor is None:
        warn(
            f"{directory} lies on a file system without locks; see that no other grader works "
            "there at the same time."
        )
    try:
        yield
    finally:
        # While the lock is still held: nobody else can have taken this file for theirs.
        with contextlib.suppress(OSError):
            path.unlink()
        if descriptor is not None:
            os.close(descriptor)


def _take(path: Path) -> int | None:
    """Return the descriptor that holds the lock, None where there are no locks.

    Raises:
        BlockingIOError: somebody else holds it.
        OSError: the file can't be made.
    """
    while True:
        descriptor = _open(path)
        try:
            if not _lock(descriptor):
                os.close(descriptor)
                return None
            if _is_there(descriptor, path):
                _sign(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # its holder was done just then, and took the file away


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o644)
    except PermissionError as refused:
        # Left by another user's grader that was killed: reading it is enough for a lock.
        try:
            return os.open(path, os.O_RDONLY | _NO_LINK)
        except FileNotFoundError:
            raise refused from None


def _lock(descriptor: int) -> bool:
    """Lock a file; say whether its file system can.

    Raises:
        BlockingIOError: somebody else has locked it.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return False
    return True


def _is_there(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except FileNotFoundError:
        return False


def _sign(descriptor: int) -> None:
    with contextlib.suppress(OSError):  # a full disk: the lock holds without a name
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"process {os.getpid()} on {socket.gethostname()}".encode())


def _holder(path: Path) -> str:
    with contextlib.suppress(OSError):
        name = printable(path.read_bytes()[:200].decode(errors="replace"), 200)
        return f" ({name})" if name else ""
    return ""
