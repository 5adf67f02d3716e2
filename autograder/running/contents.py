"""What lies below a path: every file of a folder or a zip, and why it can't be a hand-in.

Nothing is left out here: what is no hand-in is an entry with its obstacle.
"""

import errno
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from autograder.base.text import Text, text
from course.kit.errors import UserError
from course.kit.handin import MAX_BYTES

MAX_FILES = 200_000
_MAX_DEPTH = 3  # zips within zips
# Of a zip within a zip, which has to be unpacked to be looked into.
_MAX_INNER_ZIP = 8 * MAX_BYTES
# What Python's libraries raise where the compressed bytes are not what they should be.
_DAMAGES = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, ValueError),
    MemoryError,
)

_DAMAGED = text(
    "The file is damaged within its zip; pack it again.",
    "压缩包中的文件已损坏；请重新打包。",
)
_LOCKED = text(
    "The file has a password within its zip; pack it without one.",
    "压缩包中的文件设有密码；请不设密码重新打包。",
)
_UNKNOWN = text(
    "The file is compressed in its zip in a way that can't be read; pack it as an ordinary zip.",
    "压缩包中的文件采用了无法读取的压缩方式；请打包成普通的 zip。",
)
LINK = text(
    "It is a link; hand in the file itself.",
    "它是一个链接；请提交文件本身。",
)
CHECKPOINT = text(
    "It is a copy that Jupyter keeps of an older state; hand in the notebook itself.",
    "它是 Jupyter 保存的旧副本；请提交笔记本本身。",
)
_EMPTY = text("Nothing is in the folder.", "文件夹是空的。")
_HIDDEN = text(
    "It is hidden, or a program's own; nothing in it is looked at.",
    "它是隐藏的或程序自用的；其内容不予查看。",
)
_CLIMBS = text(
    "Its name in the zip leads out of the zip; pack it again.",
    "它在压缩包中的路径指向压缩包之外；请重新打包。",
)
_NO_ZIP = text(
    "It is not a zip that can be read; pack it again.",
    "它不是可以读取的 zip；请重新打包。",
)
_TOO_DEEP = text(
    "It is a zip within zips within zips, or a very large one; unpack it.",
    "压缩包嵌套过深或过大；请先解压。",
)
_SPECIAL = text("It is no ordinary file.", "它不是普通文件。")


def _unreadable(reason: str) -> Text:
    return text(f"It can't be read: {reason}.", f"无法读取：{reason}。")


class UnreadableMember(ValueError):
    """A file in a zip that its student has to pack again; `text` says why in both languages."""

    def __init__(self, reason: Text):
        super().__init__(reason["en"])
        self.text = reason


@dataclass(frozen=True)
class Entry:
    """A file, or a folder that holds nothing.

    Attributes:
        parts: its path below what was named, zips on the way included as folders.
        path: the file on the disk: itself, or the zip that holds it.
        members: its name inside that zip; before it, the names of the zips in between.
        size: bytes, unpacked.
        modified: when it was changed last, to compare files of one folder.
        obstacle: why it can't be a hand-in, None where nothing is in the way.
    """

    parts: tuple[str, ...]
    path: Path
    members: tuple[str, ...] = ()
    size: int = 0
    modified: float = 0.0
    obstacle: Text | None = None

    @property
    def suffix(self) -> str:
        """The file name's suffix, in small letters."""
        return PurePosixPath(self.parts[-1]).suffix.lower() if self.parts else ""

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return place_of(self.path, self.members)


def place_of(path: Path, members: tuple[str, ...]) -> str:
    """Return where a file is, and where in the zips on the way, for people."""
    return "/".join([str(path), *members])


def entries_below(path: Path) -> list[Entry]:
    """Return all entries below a folder or a zip, in the order of their names.

    Raises:
        UserError: there are too many, or the zip itself can't be read.
    """
    found = []
    walk = _in_folder(path, ()) if path.is_dir() else _in_zip(path, (), (), 1)
    for entry in walk:
        if not path.is_dir() and entry.parts == () and entry.obstacle is not None:
            raise UserError(f"{path} is not a zip file that can be read.")
        found.append(entry)
        if len(found) > MAX_FILES:
            raise UserError(f"More than {MAX_FILES} files are in {path}.")
    return sorted(found, key=lambda entry: entry.parts)


def _in_folder(folder: Path, parts: tuple[str, ...]) -> Iterator[Entry]:
    try:
        items = sorted(os.scandir(folder), key=lambda item: item.name)
    except OSError as error:
        reason = error.strerror or str(error)
        yield Entry(parts, folder, obstacle=_unreadable(reason))
        return
    if not items and parts:
        yield Entry(parts, folder, obstacle=_EMPTY)
    for item in items:
        below, path = (*parts, item.name), Path(item.path)
        if item.is_symlink():
            yield Entry(below, path, obstacle=LINK)
        elif _is_hidden(item.name):
            yield Entry(below, path, obstacle=_HIDDEN)
        elif item.is_dir():
            yield from _in_folder(path, below)
        else:
            yield from _file(path, below)


def _file(path: Path, parts: tuple[str, ...]) -> Iterator[Entry]:
    try:
        facts = path.stat()
    except OSError as error:
        yield Entry(parts, path, obstacle=_unreadable(error.strerror or str(error)))
        return
    if not stat.S_ISREG(facts.st_mode):
        yield Entry(parts, path, obstacle=_SPECIAL)
    elif path.suffix.lower() == ".zip":
        yield from _in_zip(path, parts, (), 1)
    else:
        obstacle = CHECKPOINT if _is_checkpoint(parts) else None
        yield Entry(parts, path, (), facts.st_size, facts.st_mtime, obstacle)


def _in_zip(
    path: Path, parts: tuple[str, ...], members: tuple[str, ...], depth: int
) -> Iterator[Entry]:
    try:
        with opened(path, members) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, UnreadableMember, OSError):
        yield Entry(parts, path, members, obstacle=_NO_ZIP)
        return
    if len(infos) > MAX_FILES:
        raise UserError(f"More than {MAX_FILES} files are in {path}.")
    if not infos and parts:
        yield Entry(parts, path, members, obstacle=_EMPTY)
    for info in infos:
        yield from _member(info, path, parts, members, depth)


def _member(
    info: zipfile.ZipInfo,
    path: Path,
    parts: tuple[str, ...],
    members: tuple[str, ...],
    depth: int,
) -> Iterator[Entry]:
    # Zips of Windows have backslashes in them, and names in the code page of their machine.
    name = PurePosixPath(_name(info).replace("\\", "/"))
    if info.is_dir() or not name.parts:
        return
    below, inside = (*parts, *name.parts), (*members, info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    entry = Entry(below, path, inside, info.file_size)
    obstacle = None
    if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
        obstacle = _CLIMBS
    elif kind == stat.S_IFLNK:
        obstacle = LINK
    elif kind not in (0, stat.S_IFREG):
        obstacle = _SPECIAL
    elif _is_checkpoint(name.parts):
        obstacle = CHECKPOINT
    elif any(map(_is_hidden, name.parts)):
        obstacle = _HIDDEN
    elif name.suffix.lower() == ".zip":
        if depth < _MAX_DEPTH and info.file_size <= _MAX_INNER_ZIP:
            yield from _in_zip(path, below, inside, depth + 1)
            return
        obstacle = _TOO_DEEP
    modified = float("".join(f"{part:02d}" for part in info.date_time))
    yield Entry(entry.parts, path, inside, info.file_size, modified, obstacle)


def _name(info: zipfile.ZipInfo) -> str:
    """Return a member's name; where no encoding is named, UTF-8 and GBK are tried first."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        raw = info.filename.encode("cp437")
    except UnicodeEncodeError:
        return info.filename
    for encoding in ("utf-8", "gbk"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return info.filename


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__")) and name != ".ipynb_checkpoints"


def _is_checkpoint(parts: tuple[str, ...]) -> bool:
    return ".ipynb_checkpoints" in parts


@contextmanager
def opened(path: Path, members: tuple[str, ...] = ()) -> Iterator[zipfile.ZipFile]:
    """Open a zip, or a zip within it.

    Raises:
        zipfile.BadZipFile: it is none, or damaged, in whatever way that shows.
        UnreadableMember: the zip around it can't give it.
        OSError: it can't be read.
    """
    with ExitStack() as stack:
        archive = stack.enter_context(_zip(path))
        for member in members:
            inner = stack.enter_context(_open_member(archive, member, path))
            archive = stack.enter_context(_zip(inner))
        yield archive


def _zip(source: Path | IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (*_DAMAGES, NotImplementedError) as error:
        raise zipfile.BadZipFile(str(error)) from None


def _open_member(archive: zipfile.ZipFile, member: str, path: Path) -> IO[bytes]:
    try:
        info = archive.getinfo(member)
    except KeyError:
        raise FileNotFoundError(f"{member} is no longer in {path}.") from None
    if info.flag_bits & 0x1:
        raise UnreadableMember(_LOCKED)
    try:
        return archive.open(info)
    except NotImplementedError:
        raise UnreadableMember(_UNKNOWN) from None
    except _DAMAGES:
        raise UnreadableMember(_DAMAGED) from None


def read(path: Path, members: tuple[str, ...], limit: int) -> bytes:
    """Return a file's first bytes.

    Args:
        path: the file, or the zip that holds it.
        members: where it is in the zip, see `Entry`.
        limit: how many bytes at most.

    Raises:
        UnreadableMember: it is in a zip, which is there, and can't be unpacked.
        OSError, zipfile.BadZipFile: it can't be read.
    """
    if not members:
        with path.open("rb") as file:
            return file.read(limit)
    with opened(path, members[:-1]) as archive:
        try:
            with _open_member(archive, members[-1], path) as member:
                return member.read(limit)
        except UnreadableMember:
            raise
        except NotImplementedError:
            raise UnreadableMember(_UNKNOWN) from None
        except _DAMAGES:
            raise UnreadableMember(_DAMAGED) from None
        except OSError as error:
            # bzip2 says so of broken bytes, and the kernel of a place before the beginning.
            if error.errno in (None, errno.EINVAL):
                raise UnreadableMember(_DAMAGED) from None
            raise
