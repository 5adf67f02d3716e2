"""Fork servers' directories: each is in use while the process that made it, or its server, lives.

The directory holds a locked file. The kernel lets go of the lock when those processes end, so that
the next grader finds and removes the directory of a grader that was killed.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from autograder.base.locking import lock

_PREFIX = "course-"
_LOCK = "in-use.lock"


class Home:
    """A directory for a fork server and its students' processes.

    Raises:
        OSError: it can't be made.

    Attributes:
        path: where it is.
    """

    def __init__(self) -> None:
        _remove_abandoned(Path(tempfile.gettempdir()))
        self.path = tempfile.mkdtemp(prefix=_PREFIX)
        self._lock: int | None = None
        try:
            self._lock = _mark(self.path)
        except BaseException:
            self.remove()
            raise

    @property
    def descriptors(self) -> list[int]:
        """What a process has to inherit, so that it is not taken for abandoned while that lives."""
        return [] if self._lock is None else [self._lock]

    def remove(self) -> None:
        """Remove it with all that is in it."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _mark(path: str) -> int:
    """Make a directory's lock file, locked, and return its descriptor.

    The file gets its name after it is locked, so that no process finds the name unlocked.
    """
    new = f"{path}/{_LOCK}.new"
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    if lock(descriptor):  # without locks the file gets no name, and the directory stays for good
        os.rename(new, f"{path}/{_LOCK}")
    return descriptor


def _remove_abandoned(folder: Path) -> None:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _remove_if_abandoned(entry.path)


def _remove_if_abandoned(path: str) -> None:
    """Remove a directory of this user's whose lock file is there and locked by no process.

    Raises:
        OSError: the directory has no lock file, a process has locked the file, or it is another
            user's.
    """
    descriptor = os.open(f"{path}/{_LOCK}", os.O_RDWR | os.O_NOFOLLOW)
    try:
        if lock(descriptor) and os.fstat(descriptor).st_uid == os.geteuid():
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)
