"""One grader at a time in a folder of results."""

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from autograder.base.locking import lock
from autograder.base.printable import printable
from course.kit.errors import UserError

NAME = ".grading.lock"
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


@contextlib.contextmanager
def locked(directory: Path, warn: Callable[[str], None]) -> Iterator[None]:
    """Keep other graders out of a folder; readers of the folder are not kept out.

    Args:
        directory: a folder that exists.
        warn: called with a sentence where the folder's file system has no locks; the block runs
            all the same.

    Raises:
        UserError: another grader works in the folder.
        OSError: nothing can be written in the folder.
    """
    path = directory / NAME
    try:
        descriptor = _take(path)
    except BlockingIOError:
        raise UserError(
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
        # The lock is still held here, so no other grader can have locked this file.
        with contextlib.suppress(OSError):
            path.unlink()
        if descriptor is not None:
            os.close(descriptor)


def _take(path: Path) -> int | None:
    """Return the descriptor that holds the lock, or None where the file system has no locks.

    Raises:
        BlockingIOError: another grader holds the lock.
        OSError: the file can't be made.
    """
    while True:
        descriptor = _open(path)
        try:
            if not lock(descriptor):
                os.close(descriptor)
                return None
            if _is_there(descriptor, path):
                _sign(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)  # the lock's holder ended just then and removed the file


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o644)
    except PermissionError as refused:
        # Another user's grader was killed and left the file: reading is enough for a lock.
        try:
            return os.open(path, os.O_RDONLY | _NO_LINK)
        except FileNotFoundError:
            raise refused from None


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
