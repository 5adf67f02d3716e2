"""Find the hand-ins in files, folders and zips, and account for everything else that is there.

FOLDER/NAME/UNIT/UNIT.ipynb     nbgrader's own layout
FOLDER/NAME/…                   a folder a student; its only notebook or module of a unit counts
FOLDER/NAME.py, .ipynb          a file a student; the unit is named on the command line

and what platforms make of them, see `platforms`. Every entry ends as a hand-in, or in the list of
what was passed over; what one student's folder leaves open is that student's rejected hand-in.
"""

import re
import sys
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import yaml

from autograder.base.text import Text, text
from autograder.grading.submitted_file import SubmittedFile
from autograder.results.files import safe_name
from autograder.running.contents import (
    CHECKPOINT,
    LINK,
    Entry,
    UnreadableMember,
    entries_below,
    place_of,
    read,
)
from autograder.running.platforms import METADATA, Owned, Student, owners
from course.kit.errors import UserError
from course.kit.handin import MAX_BYTES, UnreadableHandIn, read_handin
from course.kit.statements import is_stub
from course.kit.units import available_units, exercises_of

SUFFIXES = (".ipynb", ".py")

# What `Submission.read` raises.
UNREADABLE = (
    *(UnreadableMember, OSError, zipfile.BadZipFile),
    *(RuntimeError, NotImplementedError),
)
# What may hold a hand-in, and can't be opened here.
_ARCHIVES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zip")
# Folders of the students' bundle, below `course/`, that hold no hand-in.
_BUNDLE = ("checks", "commands", "kit", "lessons", "__init__.py", "__main__.py")

_RENAMED = text(
    "Its name ends in {suffix}; rename it to {name} and hand it in again.",
    "它的文件名以 {suffix} 结尾；请改名为 {name} 后重新提交。",
)
_ARCHIVE = text(
    "It is an archive that can't be opened here; unpack it, or pack it as a zip.",
    "它是这里打不开的压缩文件；请解压，或打包成 zip。",
)
_OTHER = text("It is no notebook and no module.", "它不是笔记本，也不是模块。")
_NO_UNIT = text(
    "It belongs to no unit of the course; name it after its unit, or name the --unit.",
    "它不属于课程的任何单元；请以单元名命名，或用 --unit 指定。",
)
_OTHER_UNIT = text("It is of another unit.", "它属于别的单元。")
_OWN = text("It is the course's own file.", "它是课程自带的文件。")
_METADATA = text("It is the platform's list of submitters.", "它是平台的提交者名单。")
_UNTOUCHED = text(
    "Nothing is written in it, and another file of the unit has something.",
    "其中什么都没有写，而同单元的另一个文件里有。",
)
_SAME = text("It is the same as another file of the student.", "它与该学生的另一个文件相同。")
_SEVERAL = text(
    "Another file of the student could be meant as well; the student's result says so.",
    "该学生还有另一个文件可能是作业；结果中已说明。",
)
_OLDER = text("A newer file of the same name counts.", "同名的较新文件有效。")
_RELEASED = text(
    "The file of the released name counts; hand in one of them.",
    "以发布时文件名命名的文件有效；请只提交其中一个。",
)
_BAD_NAME = text(
    "The student's name can't be a file's; rename the folder.",
    "学生的名字不能用作文件名；请给文件夹改名。",
)
_NOBODY = text(
    "It lies in no student's folder; put it into one, or name the --unit.",
    "它不在任何学生的文件夹里；请放入文件夹，或用 --unit 指定单元。",
)


@dataclass(frozen=True)
class Submission:
    """One hand-in, found but not yet read.

    Attributes:
        name: the student's name, as the folder, the file or the platform gives it.
        unit: the unit's name.
        path: the file, or the zip that holds it.
        members: where it is in the zip, see `contents.Entry`.
        size: bytes, before they are read.
        rejection: why it can't be graded, where that is known already.
        student: what the platform says of the student; None where it is a folder's name.
    """

    name: str
    unit: str
    path: Path
    members: tuple[str, ...] = ()
    size: int = 0
    rejection: Text | None = None
    student: Student | None = None

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.members[-1] if self.members else self.path.name).suffix.lower()

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return place_of(self.path, self.members)

    @property
    def student_facts(self) -> dict[str, str | bool] | None:
        """What the platform says of the student, as the result has it."""
        return None if self.student is None else self.student.as_json()

    def read(self) -> bytes:
        """Return the file's bytes, cut where it is larger than a hand-in may be.

        Raises:
            UnreadableMember: it is in a zip, which is there, and can't be unpacked.
            OSError, zipfile.BadZipFile: it can't be read.
        """
        return b"" if self.rejection else read(self.path, self.members, MAX_BYTES + 1)


@dataclass(frozen=True)
class PassedOver:
    """What is no hand-in.

    Attributes:
        place: where it is.
        reason: why it is none, and what to do.
        looks_like_one: whether somebody may have meant it as one.
    """

    place: str
    reason: Text
    looks_like_one: bool = False


@dataclass
class Collection:
    """All that lies below some paths.

    Attributes:
        submissions: the hand-ins, sorted by name and unit.
        passed_over: everything else, those first that look like hand-ins.
    """

    submissions: list[Submission] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)


def read_submission(submission: Submission) -> SubmittedFile:
    """Read a hand-in; where its student has to hand it in again, the file that is returned says so.

    Raises:
        OSError, RuntimeError: it can't be read; `UNREADABLE` lists what is raised.
    """
    identity = (submission.name, submission.unit, submission.suffix)
    if submission.rejection is not None:
        return SubmittedFile(*identity, b"", submission.rejection)
    try:
        return SubmittedFile(*identity, submission.read())
    except UnreadableMember as error:
        return SubmittedFile(*identity, b"", error.text)


def find_submissions(
    paths: Iterable[Path], unit: str | None = None, layout: str = "auto"
) -> list[Submission]:
    """Return the hand-ins below the paths, sorted by name and unit; see `collect`."""
    return collect(paths, unit, layout).submissions


def collect(paths: Iterable[Path], unit: str | None = None, layout: str = "auto") -> Collection:
    """Return the hand-ins below the paths, and what is none.

    Args:
        paths: files, folders, zips.
        unit: only hand-ins of this unit; needed where a file's name doesn't say it.
        layout: one of `platforms.LAYOUTS`.

    Raises:
        UserError: there is no such path, no hand-in below them, or a zip that can't be read.
    """
    paths, collection = list(paths), Collection()
    for path in paths:
        if not path.exists():
            raise UserError(f"There is nothing at {path}.")
        below = _below(path, unit, layout)
        collection.submissions += below.submissions
        collection.passed_over += below.passed_over
    _keep_one_a_student(collection)
    collection.passed_over.sort(key=lambda item: (not item.looks_like_one, item.place))
    if not collection.submissions:
        hint = "" if unit else "; if the files are named after students, name the --unit"
        first = "".join(f" {p.place}: {p.reason['en']}" for p in collection.passed_over[:3])
        raise UserError(f"No hand-in was found in {', '.join(map(str, paths))}{hint}.{first}")
    return collection


def collect_folder(folder: Path, student: str, others: Iterable[str] = ()) -> Collection:
    """Return a student's hand-ins in the student's own folder of a course, and what is none.

    Of two files that could be meant the one counts that has the released name, `UNIT.ipynb`:
    nbgrader's commands take that one.

    Args:
        folder: the student's folder.
        student: the student's name.
        others: files of the folder that are accounted for already.

    Raises:
        UserError: there are too many files.
    """
    collection = Collection()
    entries = [entry for entry in entries_below(folder) if "/".join(entry.parts) not in others]
    items = [Owned(Student(student), entry.parts, entry) for entry in entries if entry.parts]
    _take_students(collection, Student(student), items, None, released_name_counts=True)
    collection.passed_over += [
        PassedOver(entry.place, entry.obstacle, looks_like_one=True)
        for entry in entries
        if not entry.parts and entry.obstacle is not None  # the folder itself can't be read
    ]
    return collection


def _keep_one_a_student(collection: Collection) -> None:
    """Keep one hand-in a student and unit: two in two places are a rejected one."""
    groups: dict[tuple[str, str], list[Submission]] = {}
    for submission in collection.submissions:
        # Where the file system takes Ann for ann, their results would be one file.
        name = submission.name if sys.platform == "linux" else submission.name.casefold()
        groups.setdefault((name, submission.unit), []).append(submission)
    chosen = []
    for first, *others in groups.values():
        if others:
            first = replace(first, rejection=_ambiguous([item.place for item in (first, *others)]))
            collection.passed_over += [PassedOver(item.place, _SEVERAL) for item in others]
        chosen.append(first)
    collection.submissions = sorted(chosen, key=lambda i: (i.name.casefold(), i.name, i.unit))


def _ambiguous(places: Sequence[str]) -> Text:
    listed = ", ".join(sorted(places)[:4])
    return text(
        f"Two files could be meant: {listed}; hand in one of them, or rename the others.",
        f"有多个文件可能是作业：{listed}；请只提交其中一个，或给其余文件改名。",
    )


def _below(path: Path, unit: str | None, layout: str) -> Collection:
    if path.is_file() and path.suffix.lower() != ".zip":
        return _named_file(path, unit)
    entries = entries_below(path)
    if not path.is_dir():
        entries = _without_wrapper(entries)
    try:
        owned, nobodys = owners(entries, layout)
    except (yaml.YAMLError, *UNREADABLE):
        raise UserError(f"{METADATA} below {path} can't be read; export it again.") from None
    collection = Collection()
    for entry in nobodys:
        _take_nobodys(collection, entry, path, unit)
    students: dict[Student, list[Owned]] = {}
    for item in owned:
        students.setdefault(item.student, []).append(item)
    for student, items in students.items():
        _take_students(collection, student, items, unit)
    return collection


def _named_file(path: Path, unit: str | None) -> Collection:
    """Return the hand-in that a file is, which is named itself."""
    entry = Entry((path.name,), path, (), path.stat().st_size)
    collection = Collection()
    named = _unit_of((path.name,), entry, unit)
    if path.suffix.lower() not in SUFFIXES:
        collection.passed_over.append(_passed_over(entry, alone=True))
    elif named is not None and (unit is None or unit == named) and named == path.stem:
        # NAME/UNIT.py or NAME/UNIT/UNIT.ipynb
        folder = path.resolve().parent
        folder = folder.parent if folder.name == path.stem else folder
        _add(collection, Student(folder.name), named, entry)
    elif unit is not None:
        _add(collection, Student(path.stem), unit, entry)
    else:
        collection.passed_over.append(PassedOver(entry.place, _NO_UNIT, looks_like_one=True))
    return collection


def _without_wrapper(entries: list[Entry]) -> list[Entry]:
    """Return the entries of a zip without the one folder that all of them lie in, if it is none's.

    The folder is a student's where a unit's file or folder is right below it.
    """
    tops = {entry.parts[0] for entry in entries}
    if len(tops) != 1 or any(len(entry.parts) < 2 for entry in entries):
        return entries
    second = {PurePosixPath(entry.parts[1]).stem.casefold() for entry in entries}
    if second & set(available_units()):
        return entries
    return [replace(entry, parts=entry.parts[1:]) for entry in entries]


def _take_nobodys(collection: Collection, entry: Entry, root: Path, unit: str | None) -> None:
    """Take a file that lies right in the folder that was named."""
    name = PurePosixPath(entry.parts[-1]) if entry.parts else PurePosixPath(root.name)
    is_code = entry.suffix in SUFFIXES and len(entry.parts) == 1
    if is_code and entry.obstacle is None and name.stem in available_units():
        if unit in (None, name.stem):
            _add(collection, Student(root.resolve().name), name.stem, entry)
        else:
            collection.passed_over.append(PassedOver(entry.place, _OTHER_UNIT))
    elif is_code and unit is not None:
        _add(collection, Student(name.stem), unit, entry)
    elif is_code and entry.obstacle is None:
        collection.passed_over.append(PassedOver(entry.place, _NOBODY, looks_like_one=True))
    else:
        collection.passed_over.append(_passed_over(entry, alone=True))


def _add(collection: Collection, student: Student, unit: str, entry: Entry) -> None:
    """Take an entry as a hand-in, a rejected one where something is in its way."""
    if not safe_name(student.name):
        collection.passed_over.append(PassedOver(entry.place, _BAD_NAME, looks_like_one=True))
        return
    known = student if student.as_json() != {"name": student.name} else None
    place = (entry.path, entry.members, entry.size, entry.obstacle)
    collection.submissions.append(Submission(student.name, unit, *place, known))


def _take_students(
    collection: Collection,
    student: Student,
    items: Sequence[Owned],
    unit: str | None,
    released_name_counts: bool = False,
) -> None:
    """Take a student's hand-ins, one a unit, and pass the other entries over."""
    candidates: dict[str, list[Owned]] = {}
    others: list[Owned] = []
    unnamed: list[Owned] = []
    for item in items:
        obstacle = item.entry.obstacle
        code = item.entry.suffix in SUFFIXES and obstacle in (None, LINK)
        linked = obstacle == LINK and item.parts[-1] in available_units()
        if not (code or linked) or _is_bundles(item.parts):
            others.append(item)
            continue
        named = _unit_of(item.parts, item.entry, unit)
        if named is None:
            unnamed.append(item)
        elif unit in (None, named):
            candidates.setdefault(named, []).append(item)
        else:
            reason = _OTHER_UNIT
            collection.passed_over.append(PassedOver(item.entry.place, reason))
    if unit is not None and unit not in candidates and unnamed:
        notebooks = [item for item in unnamed if item.entry.suffix == ".ipynb"] or unnamed
        candidates[unit] = notebooks
        unnamed = [item for item in unnamed if item not in notebooks]
    for name, group in candidates.items():
        _take_one(collection, student, name, group, released_name_counts)
    alone = not candidates
    for item in unnamed:
        # A module of helpers beside a hand-in is nobody's loss.
        looks = alone or item.entry.suffix == ".ipynb"
        collection.passed_over.append(PassedOver(item.entry.place, _NO_UNIT, looks))
    for item in others:
        own = _is_bundles(item.parts) and item.entry.obstacle is None
        passed = PassedOver(item.entry.place, _OWN) if own else _passed_over(item.entry, alone)
        collection.passed_over.append(passed)


def _take_one(
    collection: Collection,
    student: Student,
    unit: str,
    group: Sequence[Owned],
    released_name_counts: bool,
) -> None:
    """Take the one file of a unit that counts; where two could be meant, reject the hand-in."""
    left = list(group)

    def drop(items: Iterable[Owned], reason: Text) -> None:
        for item in items:
            left.remove(item)
            collection.passed_over.append(PassedOver(item.entry.place, reason))

    if len(left) > 1 and all(item.entry.obstacle is None for item in left):
        contents = {id(item): _content(item.entry) for item in left}
        first: dict[bytes, Owned] = {}
        for item in left:
            first.setdefault(contents[id(item)], item)
        drop([i for i in group if first[contents[id(i)]] is not i], _SAME)
        written = [i for i in left if _is_written(contents[id(i)], i.entry.suffix, unit)]
        if written:
            drop([item for item in group if item in left and item not in written], _UNTOUCHED)
        # A notebook beside a module of the same name: the newer of them counts.
        if (
            len({item.parts[:-1] for item in left}) == 1
            and len({i.parts[-1].rpartition(".")[0] for i in left}) == 1
        ):
            newest = max(left, key=lambda item: item.entry.modified)
            drop([item for item in group if item in left and item is not newest], _OLDER)
    released = [item for item in left if item.parts == (f"{unit}.ipynb",)]
    if released_name_counts and released:
        drop([item for item in group if item in left and item not in released], _RELEASED)
    entry = left[0].entry
    if len(left) > 1:
        obstacle = _ambiguous(["/".join(item.parts) for item in left])
        entry = replace(entry, obstacle=obstacle)
        drop(left[1:], _SEVERAL)
    _add(collection, student, unit, entry)


def _content(entry: Entry) -> bytes:
    """Return a file's bytes; where it can't be read, what nothing else equals."""
    try:
        return read(entry.path, entry.members, MAX_BYTES + 1)
    except UNREADABLE:
        return f"unreadable {entry.place}".encode()


def _is_written(data: bytes, suffix: str, unit: str) -> bool:
    """Whether something of a unit is written in a file; what can't be read may be."""
    try:
        hand_in = read_handin(data, suffix, exercises_of(unit))
    except UnreadableHandIn:
        return True
    names = set(exercises_of(unit))
    nodes = [s.node for s in hand_in.statements if getattr(s.node, "name", "") in names]
    return any(not is_stub(node) for node in nodes) or not nodes


def _is_bundles(parts: tuple[str, ...]) -> bool:
    """Whether a path is one of the students' bundle that holds no hand-in."""
    folders = [index for index, part in enumerate(parts[:-1]) if part == "course"]
    return any(parts[index + 1] in _BUNDLE for index in folders)


def _unit_of(parts: tuple[str, ...], entry: Entry, unit: str | None) -> str | None:
    """Return the unit that a file is of, by its name, its folder's, or what is in it."""
    units = available_units()
    stem = PurePosixPath(parts[-1]).stem
    for name in (stem, *parts[-2:-1]):
        if name in units:
            return name
    for name in (stem, *parts[-2:-1]):
        words = f"_{re.sub(r'[^a-z0-9]+', '_', _spaced(name).casefold())}_"
        named = [one for one in units if f"_{one}_" in words]
        if len(named) == 1 and (unit is None or named[0] == unit):
            return named[0]
        if (
            named and unit is None
        ):  # `multi_head_attention`: what is in it decides, or what is first
            return _unit_by_content(entry) or min(named, key=lambda one: words.index(f"_{one}_"))
    return _unit_by_content(entry)


def _spaced(name: str) -> str:
    """Return a name with its words apart: `MultiHead2` is `Multi_Head_2`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z0-9])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)


def _unit_by_content(entry: Entry) -> str | None:
    """Return the only unit that a file defines exercises of; None where there are none, or two."""
    if entry.obstacle is not None:
        return None
    exercises = {unit: exercises_of(unit) for unit in available_units()}
    every = [name for names in exercises.values() for name in names]
    try:
        defined = read_handin(_content(entry), entry.suffix, every).defined_names()
    except UnreadableHandIn:
        return None
    units = [unit for unit, names in exercises.items() if not defined.isdisjoint(names)]
    return units[0] if len(units) == 1 else None


def _passed_over(entry: Entry, alone: bool) -> PassedOver:
    """Return why an entry is no hand-in.

    Args:
        entry: the entry.
        alone: whether the student has nothing else.
    """
    name = PurePosixPath(entry.parts[-1] if entry.parts else entry.path.name)
    inner = PurePosixPath(name.stem).suffix.lower()
    if entry.obstacle is not None:
        code = entry.suffix in (*SUFFIXES, ".zip") and (alone or entry.obstacle != CHECKPOINT)
        return PassedOver(entry.place, entry.obstacle, code)
    if name.name == METADATA:
        return PassedOver(entry.place, _METADATA)
    if inner in SUFFIXES and name.suffix.lower() in (".txt", ".json", ".html", ".download"):
        values = {"suffix": name.suffix, "name": name.stem}
        reason = {language: form.format(**values) for language, form in _RENAMED.items()}
        return PassedOver(entry.place, reason, looks_like_one=True)
    if name.suffix.lower() in _ARCHIVES:
        return PassedOver(entry.place, _ARCHIVE, looks_like_one=True)
    if entry.suffix in SUFFIXES:
        return PassedOver(entry.place, _NO_UNIT, looks_like_one=alone)
    return PassedOver(entry.place, _OTHER)
