"""Files of pairs on disk: their lines, their hash, and a progress bar for long readings."""

import hashlib
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from course.kit.errors import UserError
from course.kit.language import say

_MEMBER = "cmn.txt"  # what manythings.org calls it
_LONGEST = 1 << 20  # bytes; a line that is longer is no pair
_STEP = 1 << 16  # bytes between two movements of the bar
_SHOWN_FROM = 1 << 21  # bytes; shorter readings are over before a bar is seen


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def lines_of(path: Path, description: str) -> Iterator[bytes]:
    """Give the lines of a TSV file, or of the one in a zip, with a progress bar.

    Raises:
        UserError: the file can't be read, or is a zip in which no file or several may be meant.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                member = archive.getinfo(member_of(archive, path))
                with archive.open(member) as file:
                    yield from _with_progress(file, member.file_size, description)
        else:
            with path.open("rb") as file:
                yield from _with_progress(file, path.stat().st_size, description)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        # RuntimeError is how zipfile says that a password is needed.
        raise UserError(
            say(f"{path} can't be read: {error}.", f"无法读取 {path}：{error}。")
        ) from error


def member_of(archive: zipfile.ZipFile, path: Path) -> str:
    """Return the name of the file of pairs in a zip.

    Raises:
        UserError: the zip holds no such file, or several may be meant.
    """
    names = [name for name in archive.namelist() if name.endswith((".txt", ".tsv"))]
    # manythings.org puts notes about the file beside it, and calls them _about.txt.
    pairs = [name for name in names if not name.rsplit("/", 1)[-1].startswith((".", "_"))]
    named = [name for name in pairs if name.rsplit("/", 1)[-1] == _MEMBER]
    if len(named or pairs) != 1:
        raise UserError(
            say(
                f"{path} has to hold one .txt or .tsv file, or {_MEMBER}; it holds {len(pairs)}.",
                f"{path} 中应当有一个 .txt 或 .tsv 文件，或有 {_MEMBER}；现有 {len(pairs)} 个。",
            )
        )
    return (named or pairs)[0]


def _with_progress(file: IO[bytes], size: int, description: str) -> Iterator[bytes]:
    start = file.read(2)
    if start in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError(
            say(
                "The file is text in UTF-16; save it as UTF-8.",
                "该文件是 UTF-16 文本；请另存为 UTF-8。",
            )
        )
    file.seek(0)
    with progress(description, size) as advance:
        reported = 0
        while line := file.readline(_LONGEST):
            rest = line
            while len(rest) == _LONGEST and not rest.endswith(b"\n"):
                rest = file.readline(_LONGEST)  # the rest of a line that is far too long
            yield line
            if (place := file.tell()) - reported > _STEP:
                advance(place - reported)
                reported = place


@contextmanager
def progress(description: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Show a bar on the terminal for reading `total` bytes; gives a function to advance it.

    No bar is shown for little files, or where stderr is no terminal.
    """
    if total is not None and total < _SHOWN_FROM:
        yield lambda count: None
        return
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.DownloadColumn(),
        bars.TimeRemainingColumn(),
    )
    hidden = not console.is_terminal
    with bars.Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(description, total=total)
        yield lambda count: bar.advance(task, count)
