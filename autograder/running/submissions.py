"""Find the hand-ins in files, folders and zips.

FOLDER/NAME/UNIT/UNIT.ipynb     nbgrader's own layout
FOLDER/NAME/UNIT.py, .ipynb     a folder a student
FOLDER/NAME.py, .ipynb          a file a student; the unit is named on the command line
"""

import errno
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.base.text import Text, text
from autograder.grading.submitted_file import SubmittedFile
from autograder.results.files import safe_name
from course.kit.errors import UserError
from course.kit.handin import MAX_BYTES
from course.kit.units import available_units

SUFFIXES = (".ipynb", ".py")
MAX_FILES = 200_000


class UnreadableMember(ValueError):
    """A file in a zip that its student has to pack again; `text` says why in both languages."""

    def __init__(self, reason: Text):
        super().__init__(reason["en"])
        self.text = reason


# What `Submission.read` raises.
UNREADABLE = (
    *(UnreadableMember, OSError, zipfile.BadZipFile),
    *(RuntimeError, NotImplementedError),
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
# What Python's libraries raise where the compressed bytes are not what they should be.
_DAMAGES = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, struct.error, ValueError)


@dataclass(frozen=True)
class Submission:
    """One hand-in, found but not yet read.

    Attributes:
        name: the student's name, as the folder or the file gives it.
        unit: the unit's name.
        path: the file, or the zip that holds it.
        member: the name inside the zip, None for a file.
        size: bytes, before they are read.
    """

    name: str
    unit: str
    path: Path
    member: str | None = None
    size: int = 0

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.member).suffix if self.member else self.path.suffix

    def read(self) -> bytes:
        """Return the file's bytes, cut where it is larger than a hand-in may be.

        Raises:
            UnreadableMember: it is in a zip, which is there, and can't be unpacked.
            OSError, zipfile.BadZipFile: it can't be read.
        """
        limit = MAX_BYTES + 1
        if self.member is None:
            with self.path.open("rb") as file:
                return file.read(limit)
        with _opened(self.path) as archive:
            try:
                info = archive.getinfo(self.member)
            except KeyError:
                raise FileNotFoundError(f"{self.member} is no longer in {self.path}.") from None
            if info.flag_bits & 0x1:
                raise UnreadableMember(_LOCKED)
            try:
                with archive.open(info) as file:
                    return file.read(limit)
            except NotImplementedError:
                raise UnreadableMember(_UNKNOWN) from None
            except _DAMAGES:
                raise UnreadableMember(_DAMAGED) from None
            except OSError as error:
                # bzip2 says so of broken bytes, and the kernel of a place before the beginning.
                if error.errno in (None, errno.EINVAL):
                    raise UnreadableMember(_DAMAGED) from None
                raise


def read_submission(submission: Submission) -> SubmittedFile:
    """Read a hand-in; where its student has to pack it again, the file that is returned says so.

    Raises:
        OSError, RuntimeError: it can't be read; `UNREADABLE` lists what is raised.
    """
    identity = (submission.name, submission.unit, submission.suffix)
    try:
        return SubmittedFile(*identity, submission.read())
    except UnreadableMember as error:
        return SubmittedFile(*identity, b"", error.text)


def find_submissions(paths: Iterable[Path], unit: str | None = None) -> list[Submission]:
    """Return the hand-ins below the paths, sorted by name and unit.

    Args:
        paths: files, folders, zips.
        unit: only hand-ins of this unit; needed where a file's name doesn't say it.

    Raises:
        UserError: nothing was found, or two hand-ins have one name and unit.
    """
    submissions: dict[tuple[str, str], Submission] = {}
    for path in paths:
        if not path.exists():
            raise UserError(f"There is nothing at {path}.")
        for submission in _below(path, unit):
            key = (submission.name.casefold(), submission.unit)
            if key in submissions and _same_place(submissions[key], submission):
                # A notebook beside a module of the same name: the newer of them counts.
                older = submissions[key]
                if submission.path.stat().st_mtime <= older.path.stat().st_mtime:
                    continue
            elif key in submissions:
                raise UserError(
                    f"Two hand-ins are named {submission.name} in the unit {submission.unit}: "
                    f"{submissions[key].path} and {submission.path}; rename one of them."
                )
            submissions[key] = submission
    if not submissions:
        hint = "" if unit else "; if the files are named after students, name the --unit"
        raise UserError(f"No hand-in was found in {', '.join(map(str, paths))}{hint}.")
    return [submissions[key] for key in sorted(submissions)]


def _same_place(first: Submission, second: Submission) -> bool:
    return (
        first.member is None
        and second.member is None
        and first.path.with_suffix("") == second.path.with_suffix("")
    )


def _below(path: Path, unit: str | None) -> Iterator[Submission]:
    if path.is_file() and path.suffix == ".zip":
        yield from _in_zip(path, unit)
    elif path.is_file():
        parts: tuple[str, ...] = (path.name,)
        if path.stem in available_units():  # NAME/UNIT.py or NAME/UNIT/UNIT.ipynb, named directly
            folder = path.resolve().parent
            folder = folder.parent if folder.name == path.stem else folder
            parts = (folder.name, path.name)
        named = _identify(parts, unit)
        if named:
            yield Submission(*named, path, size=path.stat().st_size)
    else:
        count = 0
        for file in sorted(path.rglob("*")):
            relative = file.relative_to(path).parts
            hidden = any(part.startswith((".", "__")) for part in relative)
            if hidden or file.suffix not in SUFFIXES or file.is_symlink() or not file.is_file():
                continue
            named = _identify(relative, unit)
            if named:
                count += 1
                if count > MAX_FILES:
                    raise UserError(f"More than {MAX_FILES} hand-ins are in {path}.")
                yield Submission(*named, file, size=file.stat().st_size)


def _opened(path: Path) -> zipfile.ZipFile:
    """Open a zip.

    Raises:
        zipfile.BadZipFile: it is none, or damaged, in whatever way that shows.
        OSError: it can't be read.
    """
    try:
        return zipfile.ZipFile(path)
    except (*_DAMAGES, NotImplementedError) as error:
        raise zipfile.BadZipFile(str(error)) from None


def _in_zip(path: Path, unit: str | None) -> Iterator[Submission]:
    try:
        with _opened(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise UserError(f"{path} is not a zip file that can be read.") from None
    if len(members) > MAX_FILES:
        raise UserError(f"More than {MAX_FILES} files are in {path}.")
    files = [member for member in members if _is_plain(member)]
    # A zip of one folder: what is in the folder counts.
    tops = {PurePosixPath(member.filename).parts[0] for member in files}
    deep = all(len(PurePosixPath(member.filename).parts) > 1 for member in files)
    strip = 1 if len(tops) == 1 and deep and not _names_student(files, unit) else 0
    for member in files:
        parts = PurePosixPath(member.filename).parts[strip:]
        named = _identify(parts, unit)
        if named:
            yield Submission(*named, path, member.filename, member.file_size)


def _is_plain(member: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(member.filename)
    mode = member.external_attr >> 16
    plain = stat.S_IFMT(mode) in (0, stat.S_IFREG)
    climbs = path.is_absolute() or ".." in path.parts or "\\" in member.filename
    hidden = any(part.startswith((".", "__")) for part in path.parts)
    return plain and not (climbs or hidden or member.is_dir()) and path.suffix in SUFFIXES


def _names_student(files: list[zipfile.ZipInfo], unit: str | None) -> bool:
    """Whether the single folder at the top of a zip is a student's: units are right below it."""
    return any(_identify(PurePosixPath(m.filename).parts, None) for m in files) and unit is None


def _identify(parts: tuple[str, ...], unit: str | None) -> tuple[str, str] | None:
    """Return the student's name and the unit that a relative path stands for, or None."""
    file = PurePosixPath(parts[-1])
    if file.suffix not in SUFFIXES:
        return None
    units = available_units()
    alone = len(parts) == 2 or (len(parts) == 3 and parts[1] == file.stem)
    if alone and file.stem in units:
        name, file_unit = parts[0], file.stem
    elif len(parts) == 1 and unit is not None:
        name, file_unit = file.stem, unit
    else:
        return None
    if (unit is not None and file_unit != unit) or not safe_name(name):
        return None
    return name, file_unit
