"""Files and directories that are written whole or not at all."""

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

UNFINISHED = ".unfinished"  # ends the name of a file that is being written


def write_file(path: Path, content: str | bytes, mode: int = 0o666) -> None:
    """Write a file through a temporary sibling, so that no reader sees half of the content.

    Args:
        path: the file; a file of that name is replaced.
        content: text, which is encoded as UTF-8, or bytes.
        mode: the file's permissions; the process's umask takes its bits away from them.

    Raises:
        OSError: the file can't be written; an earlier file of that name is still there.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", errors="replace")
    try:
        _write_and_rename(path, data, mode)
    except FileNotFoundError:  # a grader that began just now removed the sibling as a leftover
        _write_and_rename(path, data, mode)


def _write_and_rename(path: Path, data: bytes, mode: int) -> None:
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}{UNFINISHED}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):  # Ctrl-C came after the file was renamed
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def new_directory(target: Path, replace: bool = False) -> Iterator[Path]:
    """Yield a directory to fill, which becomes the target when the block ends without an error.

    The directory is made beside the target, with a hidden name, so that nobody looks for hand-ins
    or results in it.

    Args:
        target: a directory that doesn't exist or is empty.
        replace: whether the target may hold something, which is removed at the end.

    Raises:
        FileExistsError: the target is not empty and not to be replaced.
        OSError: the directory can't be written; the target is as it was.
    """
    if not replace and target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(f"{target} is not empty; name a directory that doesn't exist yet.")
    beside = target.with_name(f".{target.name[:50]}.{secrets.token_hex(4)}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir(0o700)
    except OSError as error:
        raise OSError(f"{target} can't be written: {error.strerror}.") from None
    made, old = beside / "new", beside / "old"
    try:
        made.mkdir()
        yield made
        with contextlib.suppress(FileNotFoundError):
            target.rename(old)
        try:
            made.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
