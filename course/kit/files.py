"""Files and directories that are written whole or not at all."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

UNFINISHED = ".making-"  # begins the name of a file or directory that is being written


def _unfinished(directory: Path) -> Path:
    return directory / f"{UNFINISHED}{secrets.token_hex(4)}"


@contextmanager
def new_file(path: Path) -> Iterator[Any]:
    """Yield a binary file, which replaces the file at `path` when the block ends without an error.

    Raises:
        OSError: the file can't be written; an earlier file at `path` is still there.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = _unfinished(path.parent)
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_file(path: Path, text: str) -> None:
    """Write a UTF-8 text file, whole or not at all; an earlier file of that name is replaced."""
    with new_file(path) as file:
        file.write(text.encode())


@contextmanager
def temporary_directory(parent: Path) -> Iterator[Path]:
    """Yield a new directory in `parent`, which is removed when the block ends."""
    parent.mkdir(parents=True, exist_ok=True)
    directory = _unfinished(parent)
    directory.mkdir()
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def new_directory(target: Path) -> Iterator[Path]:
    """Yield an empty directory, which becomes the target when the block ends without an error.

    Where another process has made the target meanwhile, the target stays as that process made it.
    """
    with temporary_directory(target.parent) as directory:
        yield directory
        try:
            directory.rename(target)
        except OSError:
            if not target.is_dir():
                raise
