"""Files that are written whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

UNFINISHED = ".unfinished"  # ends the name of a file that is being written


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file through a temporary sibling, so that readers never see half of it.

    Raises:
        OSError: it can't be written; what was there before still is.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", errors="replace")
    try:
        _write_beside(path, data)
    except FileNotFoundError:  # a grader that began just now took the sibling for a leftover
        _write_beside(path, data)


def _write_beside(path: Path, data: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.", suffix=UNFINISHED
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):  # Ctrl-C came after the last step
            os.unlink(temporary)
        raise
