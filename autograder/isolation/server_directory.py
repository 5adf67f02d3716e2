"""Fork servers' directories: each is in use while the process that made it, or its server, lives.

Its lock is let go of by the kernel, so what a grader left that was killed is found by the next.
"""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

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


def _mark(path: str) -> int | None:
    """Write the lock and hold it; it gets its name last, so that nobody finds it not held."""
    if fcntl is None:
        return None
    new = f"{path}/{_LOCK}.new"
    descriptor = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # a file system without locks: without the name nobody takes it for abandoned
        return descriptor
    os.rename(new, f"{path}/{_LOCK}")
    return descriptor


def _remove_abandoned(folder: Path) -> None:
    if fcntl is None:
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_PREFIX) and entry.is_dir(follow_symlinks=False):
                with contextlib.suppress(OSError):
                    _remove_if_abandoned(entry.path)


def _remove_if_abandoned(path: str) -> None:
    """Remove a directory whose lock is there and held by nobody.

    Raises:
        OSError: it has none, it is held, or it is another user's.
    """
    descriptor = os.open(f"{path}/{_LOCK}", os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_uid == os.geteuid():
            shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(descriptor)
