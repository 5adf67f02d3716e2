"""The hand-ins of an assignment: found as in any folder, and sanitized as nbgrader does it."""

import glob
import shutil
from dataclasses import dataclass, field, replace
from pathlib import Path

import nbformat
from nbgrader.converters import Autograde

from autograder.base.text import Text, text
from autograder.bridge.cells import RestoreCells
from autograder.bridge.course import Course
from autograder.bridge.preprocessor import notebook_content
from autograder.results.files import safe_name
from autograder.running.contents import LINK, entries_below
from autograder.running.submissions import Collection, PassedOver, Submission, collect_folder
from course.kit.errors import UserError
from course.kit.handin import MAX_BYTES
from course.kit.language import language, say
from course.kit.units import available_units

_TIMESTAMP = "timestamp.txt"  # nbgrader reads it
_NOT_IN_ASSIGNMENT = text(
    "The assignment has no notebook of this unit.", "这次作业没有该单元的笔记本。"
)
_MODULE = text(
    "nbgrader takes notebooks only; hand in the notebook, or grade without --course-dir.",
    "nbgrader 只接受笔记本；请提交笔记本，或不用 --course-dir 评分。",
)
_NO_NOTEBOOK = text("There is no notebook in the folder.", "文件夹里没有笔记本。")


@dataclass
class HandIns:
    """The hand-ins of an assignment.

    Attributes:
        students: the students whose hand-ins nbgrader can read.
        submissions: the units' notebooks, to be graded.
        unreadable: the reason for each student whose hand-in nbgrader can't read.
        passed: what else lies in the students' folders.
        laid_out: the directory that takes the place of `submitted/` for nbgrader, for each student
            whose folder had to be laid out again: renamed files, zips, links.
        restored: what was put right in the cells, by student and notebook.
    """

    students: list[str] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    passed: list[PassedOver] = field(default_factory=list)
    laid_out: dict[str, str] = field(default_factory=dict)
    restored: dict[tuple[str, str], list[Text]] = field(default_factory=dict)


def find_hand_ins(course: Course, scratch: Path, folders: Path) -> HandIns:
    """Find the hand-ins, and sanitize the units' notebooks as `nbgrader autograde` does first.

    A student's folder is read as any folder of hand-ins is. Sanitizing takes locked cells that
    a student changed or removed from the gradebook, so that the grader grades the notebooks
    that nbgrader would have graded.

    Args:
        course: the course, with the assignment.
        scratch: a directory for the sanitized notebooks.
        folders: a directory of the course's for folders that nbgrader can't read as they are.

    Raises:
        UserError: nobody handed in a unit's notebook.
    """
    hand_ins = HandIns()
    with course.as_working_directory():
        converter = course.converter()
        converter.exporter = converter.exporter_class(parent=converter, config=converter.config)
        restorer = RestoreCells(parent=course.app)
        for step in course.steps("sanitize_preprocessors", converter):
            converter.exporter.register_preprocessor(restorer if step is RestoreCells else step)
        found = course.folders()
        for folder in found:
            _add_folder(course, folder, converter, scratch, folders, hand_ins)
    hand_ins.restored = restorer.changes
    if not found:
        where = course.app.coursedir.submitted_directory
        raise UserError(
            f"Nobody handed in {course.assignment}; collect hand-ins into "
            f"{course.root / where} first."
        )
    if not hand_ins.submissions:
        first = "".join(f" {item.place}: {item.reason['en']}" for item in hand_ins.passed[:3])
        raise UserError(
            f"No notebook of a unit was handed in for {course.assignment}; "
            f"for others there is `nbgrader autograde {course.assignment}`.{first}"
        )
    return hand_ins


def _add_folder(
    course: Course,
    folder: Path,
    converter: Autograde,
    scratch: Path,
    folders: Path,
    hand_ins: HandIns,
) -> None:
    """Add a student's hand-ins, each sanitized, and what else lies in the student's folder."""
    facts = converter.init_single_notebook_resources(f"{folder}/any.ipynb")["nbgrader"]
    student, coursedir = facts["student"], course.app.coursedir
    if student in coursedir.student_id_exclude.split(","):
        return
    if not safe_name(student):
        hand_ins.unreadable[student] = say(
            "The student's name can't be a file's; rename the folder.",
            "学生的名字不能用作文件名；请给文件夹改名。",
        )
        return
    others = [f"{name}.ipynb" for name in course.notebooks - set(available_units())]
    try:
        collection = _collection(course, folder, student, others)
    except UserError as error:  # more files than anybody hands in
        hand_ins.unreadable[student] = str(error)
        return
    hand_ins.passed += collection.passed_over
    reasons = [item.reason for item in collection.passed_over if item.looks_like_one]
    accepted = []
    for submission in collection.submissions:
        if submission.unit not in course.notebooks:
            hand_ins.passed.append(PassedOver(submission.place, _NOT_IN_ASSIGNMENT, True))
            reasons.append(_NOT_IN_ASSIGNMENT)
        elif submission.rejection is not None or submission.suffix != ".ipynb":
            reasons.append(submission.rejection or _MODULE)
            hand_ins.submissions.append(replace(submission, rejection=reasons[-1]))
        else:
            accepted.append(submission)
    nbgraders_own = any((folder / name).is_file() for name in others)
    if not accepted and not nbgraders_own:
        reason = reasons[0] if reasons else _NO_NOTEBOOK
        hand_ins.unreadable[student] = reason[language()]
        return
    if glob.escape(str(folder)) != str(folder):
        hand_ins.unreadable[student] = say(
            "nbgrader can't look into a folder of this name; name it with letters, digits and "
            "hyphens.",
            "nbgrader 无法查看这个名字的文件夹；请用字母、数字和连字符命名。",
        )
    _sanitize(folder, accepted, converter, scratch, hand_ins)
    if not _is_as_released(folder, accepted, collection):
        made = Path(coursedir.format_path(str(folders), student, course.assignment))
        _lay_out(folder, made, accepted)
        hand_ins.laid_out[student] = folders.name
    if student not in hand_ins.unreadable:
        hand_ins.students.append(student)


def _collection(course: Course, folder: Path, student: str, others: list[str]) -> Collection:
    if not _is_link(course, folder):
        return collect_folder(folder, student, {*others, _TIMESTAMP})
    units = sorted(course.notebooks & set(available_units()))
    return Collection([Submission(student, unit, folder, rejection=LINK) for unit in units])


def _is_link(course: Course, folder: Path) -> bool:
    """Whether a student's folder is a link, or the one around it; `submitted/` may be one."""
    parts = folder.relative_to(course.root).parts if folder.is_relative_to(course.root) else ()
    around = [course.root.joinpath(*parts[:count]) for count in range(2, len(parts) + 1)]
    return any(path.is_symlink() for path in around or [folder])


def _sanitize(
    folder: Path,
    submissions: list[Submission],
    converter: Autograde,
    scratch: Path,
    hand_ins: HandIns,
) -> None:
    """Sanitize a student's notebooks, and add them to the hand-ins."""
    for submission in submissions:
        student, unit = submission.name, submission.unit
        resources = converter.init_single_notebook_resources(f"{folder}/{unit}.ipynb")
        try:
            data = submission.read()
            if len(data) > MAX_BYTES:
                raise ValueError(f"The file is larger than {MAX_BYTES // 2**20} MB.")
            notebook = nbformat.reads(data.decode("utf-8-sig"), as_version=4)
            output, _ = converter.exporter.from_notebook_node(notebook, resources=resources)
            data = notebook_content(nbformat.reads(output, as_version=4))
        except Exception as error:  # what nbgrader's steps raise concerns this student alone
            lines = str(error).strip().splitlines() or [type(error).__name__]
            reason = f"{unit}.ipynb: {lines[0]}"
            hand_ins.unreadable.setdefault(student, reason)
            # It is graded unsanitized, so that there is a result that says what is wrong.
            hand_ins.submissions.append(submission)
        else:
            sanitized = scratch / student / f"{unit}.ipynb"
            sanitized.parent.mkdir(exist_ok=True)
            sanitized.write_bytes(data)
            hand_ins.submissions.append(Submission(student, unit, sanitized, size=len(data)))


def _is_as_released(folder: Path, submissions: list[Submission], collection: Collection) -> bool:
    """Whether nbgrader finds the hand-ins in a folder, and nothing there leads elsewhere."""
    in_place = all(
        item.path == folder / f"{item.unit}.ipynb" and not item.members for item in submissions
    )
    return in_place and not any(item.reason == LINK for item in collection.passed_over)


def _lay_out(folder: Path, made: Path, submissions: list[Submission]) -> None:
    """Copy a student's folder with the hand-ins under their released names, and without links."""
    made.mkdir(parents=True)
    for entry in entries_below(folder):
        if entry.obstacle is None and not entry.members:
            target = made.joinpath(*entry.parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(entry.path, target)
    for submission in submissions:
        (made / f"{submission.unit}.ipynb").write_bytes(submission.read())
