"""An assignment of an nbgrader course, configured and sanitized as nbgrader does it."""

import contextlib
import glob
import logging
import os
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde, NbGraderException
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from traitlets import TraitError

from autograder.bridge.nbgrader_log import captured_error
from autograder.bridge.preprocessor import GradeInIsolation, notebook_content
from autograder.results.files import safe_name
from autograder.running.submissions import Submission
from course.kit.errors import UserError
from course.kit.handin import MAX_BYTES
from course.kit.units import available_units


@dataclass
class HandIns:
    """The hand-ins of an assignment.

    Attributes:
        students: the students whose hand-ins nbgrader can read.
        submissions: the units' notebooks, to be graded.
        unreadable: the reason for each student whose hand-in nbgrader can't read.
    """

    students: list[str] = field(default_factory=list)
    submissions: list[Submission] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)


class Course:
    """One assignment of a course, configured as for nbgrader's commands in the course's folder.

    Args:
        directory: the course's folder.
        assignment: the assignment's name.

    Raises:
        UserError: there is no such course or assignment, or its configuration is broken.
    """

    def __init__(self, directory: Path, assignment: str):
        if not directory.is_dir():
            raise UserError(f"There is no course folder {directory}.")
        self.root = directory.resolve()
        self.assignment = assignment
        # nbgrader logs every step; only a log file that its configuration names gets all of them.
        self.log = logging.getLogger(f"{__name__}.nbgrader")
        self.log.propagate = False
        self.log.setLevel(logging.INFO)
        self.log.addHandler(logging.NullHandler())
        self.app = NbGrader(log=self.log, raise_config_file_errors=True)
        with self.as_working_directory():
            self._configure()
            self.notebooks = self._known_notebooks()

    @contextlib.contextmanager
    def as_working_directory(self) -> Iterator[None]:
        """Make the course's folder the working directory, as it is of nbgrader's commands."""
        path = os.environ.get("PATH", "")
        with contextlib.chdir(self.root), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of nbgrader and SQLAlchemy
            # nbgrader calls this environment's alembic by its name.
            os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{path}"
            try:
                yield
            finally:
                os.environ["PATH"] = path

    def preprocessor(self) -> GradeInIsolation:
        """Return the bridge's preprocessor as the course configures it."""
        return GradeInIsolation(parent=self.app)

    def converter(self) -> Autograde:
        """Return nbgrader's `autograde` as the course configures it."""
        return Autograde(coursedir=self.app.coursedir, parent=self.app)

    def find_hand_ins(self, scratch: Path) -> HandIns:
        """Find the hand-ins, and sanitize the units' notebooks as `nbgrader autograde` does first.

        Sanitizing takes locked cells that a student changed or removed from the gradebook, so
        that the grader grades the notebooks that nbgrader would have graded.

        Args:
            scratch: a directory for the sanitized notebooks.

        Raises:
            UserError: nobody handed in a unit's notebook.
        """
        hand_ins = HandIns()
        with self.as_working_directory():
            converter = self.converter()
            try:
                converter.init_notebooks()
            except NbGraderException:
                where = self.app.coursedir.submitted_directory
                raise UserError(
                    f"Nobody handed in {self.assignment}; collect hand-ins into "
                    f"{self.root / where} first."
                ) from None
            converter.exporter = converter.exporter_class(parent=converter, config=converter.config)
            for step in converter.sanitize_preprocessors:
                converter.exporter.register_preprocessor(step)
            for folder in self._folders():
                for path in sorted(converter.assignments.get(folder, [])):
                    self._add(Path(path), converter, scratch, hand_ins)
                if folder not in converter.assignments:
                    hand_ins.unreadable[self._student(folder, converter)] = (
                        "There is no notebook in the folder, or nbgrader can't look into it; "
                        "name it with letters, digits and hyphens."
                    )
        hand_ins.students = [name for name in hand_ins.students if name not in hand_ins.unreadable]
        if not hand_ins.submissions:
            raise UserError(
                f"No notebook of a unit was handed in for {self.assignment}; "
                f"for others there is `nbgrader autograde {self.assignment}`."
            )
        return hand_ins

    def _folders(self) -> list[str]:
        """Return the folders that were handed in, those without a notebook included."""
        coursedir = self.app.coursedir
        pattern = coursedir.format_path(
            coursedir.submitted_directory, coursedir.student_id, self.assignment
        )
        return sorted(glob.glob(pattern))

    def _student(self, folder: str, converter: Autograde) -> str:
        resources = converter.init_single_notebook_resources(f"{folder}/any.ipynb")
        return resources["nbgrader"]["student"]

    def _add(self, path: Path, converter: Autograde, scratch: Path, hand_ins: HandIns) -> None:
        """Sanitize a notebook that was handed in, and add it to the hand-ins."""
        resources = converter.init_single_notebook_resources(str(path))
        student, unit = resources["nbgrader"]["student"], resources["nbgrader"]["notebook"]
        if student in self.app.coursedir.student_id_exclude.split(","):
            return
        if not hand_ins.students or hand_ins.students[-1] != student:
            hand_ins.students.append(student)
        if unit not in available_units() or unit not in self.notebooks:
            return
        if not safe_name(student):
            hand_ins.unreadable[student] = (
                "The student's name can't be a file's; rename the folder."
            )
            return
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ValueError(f"{path.name} is larger than {MAX_BYTES // 2**20} MB.")
            text, _ = converter.exporter.from_filename(str(path), resources=resources)
            data = notebook_content(nbformat.reads(text, as_version=4))
        except Exception as error:  # whatever nbgrader's steps raise concerns this student alone
            lines = str(error).strip().splitlines() or [type(error).__name__]
            hand_ins.unreadable.setdefault(student, f"{path.name}: {lines[0]}")
            # It is graded unsanitized, so that there is a result that says what is wrong.
            submission = Submission(student, unit, path, size=path.stat().st_size)
        else:
            sanitized = scratch / student / f"{unit}.ipynb"
            sanitized.parent.mkdir(exist_ok=True)
            sanitized.write_bytes(data)
            submission = Submission(student, unit, sanitized, size=len(data))
        hand_ins.submissions.append(submission)

    def _configure(self) -> None:
        with captured_error(self.log) as logged:
            try:
                # As on nbgrader's command line, which comes before the configuration file.
                self.app.initialize([f"--CourseDirectory.root={self.root}"])
            except (Exception, SystemExit) as error:
                raise UserError(
                    f"{self.root / 'nbgrader_config.py'} can't be read; mend it first: "
                    f"{logged.text or f'{type(error).__name__}: {error}'}"
                ) from None
        try:
            self.app.coursedir.assignment_id = self.assignment
        except TraitError as error:
            raise UserError(f"nbgrader takes no such assignment name: {error}.") from None

    def _known_notebooks(self) -> set[str]:
        coursedir = self.app.coursedir
        try:
            url = make_url(coursedir.db_url)
            if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
                raise MissingEntry  # `Gradebook` would make the file
            with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
                assignment = gradebook.find_assignment(self.assignment)
                return {notebook.name for notebook in assignment.notebooks}
        except MissingEntry:
            raise UserError(
                f"The gradebook has no assignment {self.assignment}; run "
                f"`nbgrader generate_assignment {self.assignment}` in {self.root} first."
            ) from None
        except (SQLAlchemyError, sqlite3.Error, ImportError) as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise UserError(
                f"The gradebook can't be used ({reason}); if an older nbgrader made it, back it up "
                f"and run `nbgrader db upgrade` in {self.root}."
            ) from None
