"""An nbgrader course, configured as for nbgrader's own commands."""

import contextlib
import glob
import logging
import os
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.converters import Autograde
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from traitlets import TraitError
from traitlets.utils.importstring import import_item

from autograder.bridge.cells import RestoreCells
from autograder.bridge.cleaning import CleanText
from autograder.bridge.nbgrader_log import captured_error
from autograder.bridge.preprocessor import GradeInIsolation
from course.kit.errors import UserError

# What a course's nbgrader_config.py needs. Were the import left to nbgrader, it would log the error
# and run students' code unprotected.
LINES = """
try:
    from autograder.bridge import PREPROCESSORS, SANITIZERS
except ImportError as error:
    raise SystemExit(f"Install the grader where nbgrader runs: {error}")
c.Autograde.autograde_preprocessors = PREPROCESSORS
c.Autograde.sanitize_preprocessors = SANITIZERS
"""


class Course:
    """A course and one assignment of it, configured as for nbgrader's commands in its folder.

    Args:
        directory: the course's folder.
        assignment: the assignment's name; None where only the gradebook is read.
        find_assignment: whether the gradebook has to be there, and to know the assignment.

    Raises:
        UserError: there is no such course or assignment, or its configuration is broken.
    """

    def __init__(
        self, directory: Path, assignment: str | None = None, find_assignment: bool = True
    ):
        if not directory.is_dir():
            raise UserError(f"There is no course folder {directory}.")
        self.root = directory.resolve()
        self.assignment = assignment or ""
        # nbgrader logs every step; only a log file that its configuration names gets all of them.
        self.log = logging.getLogger(f"{__name__}.nbgrader")
        self.log.propagate = False
        self.log.setLevel(logging.INFO)
        self.log.addHandler(logging.NullHandler())
        self.app = NbGrader(log=self.log, raise_config_file_errors=True)
        with self.as_working_directory():
            self._configure()
            self.notebooks = self._known_notebooks() if find_assignment else set()

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

    def results_directory(self) -> Path:
        """Return where the course keeps results."""
        return (self.root / (self.preprocessor().results or "results")).absolute()

    def folders(self) -> list[Path]:
        """Return the folders of the assignment that were handed in, empty ones included."""
        pattern = self.app.coursedir.format_path(
            self.app.coursedir.submitted_directory, self.app.coursedir.student_id, self.assignment
        )
        return [Path(folder) for folder in sorted(glob.glob(pattern))]

    def converter(self) -> Autograde:
        """Return nbgrader's `autograde` as the course configures it.

        Cells are put right first, and texts are cleaned last, whatever the course configures.
        """
        converter = Autograde(coursedir=self.app.coursedir, parent=self.app)
        steps = self.steps("sanitize_preprocessors")
        before = [] if RestoreCells in steps else [RestoreCells]
        after = [] if CleanText in steps else [CleanText]
        converter.sanitize_preprocessors = [*before, *steps, *after]
        return converter

    def steps(self, name: str, converter: Autograde | None = None) -> list[type]:
        """Return the classes of nbgrader's steps, as the course configures them.

        Args:
            name: `sanitize_preprocessors` or `autograde_preprocessors`.
            converter: one that has them already, changed maybe.

        Raises:
            UserError: a step can't be imported.
        """
        converter = converter or Autograde(coursedir=self.app.coursedir, parent=self.app)
        steps = getattr(converter, name)
        try:
            with self.as_working_directory():
                return [import_item(step) if isinstance(step, str) else step for step in steps]
        except ImportError as error:
            raise UserError(
                f"A step that {self.root / 'nbgrader_config.py'} names can't be imported: {error}."
            ) from None

    def demand_bridge(self) -> None:
        """Raise where the course's own commands would not grade in isolation.

        Raises:
            UserError: the configuration doesn't name the grader.
        """
        steps = self.steps("autograde_preprocessors")
        if not any(issubclass(step, GradeInIsolation) for step in steps):
            raise UserError(
                f"{self.root / 'nbgrader_config.py'} doesn't name the grader, so that `nbgrader "
                f"autograde` and formgrader would run students' code unprotected; `python -m "
                f"autograder doctor --course-dir {self.root}` shows the lines to add."
            )

    def config_files(self) -> list[Path]:
        """Return the configuration files that are in force, the course's own among them."""
        with self.as_working_directory():
            return [Path(path) for path in self.app.loaded_config_files]

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
        """Return the names of the assignment's notebooks; none where no assignment is named."""
        with self.gradebook() as gradebook:
            if not self.assignment:
                return set()
            assignment = gradebook.find_assignment(self.assignment)
            return {notebook.name for notebook in assignment.notebooks}

    @contextlib.contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """Open the course's gradebook.

        Raises:
            UserError: it isn't there, can't be used, or hasn't what is looked for.
        """
        coursedir = self.app.coursedir
        try:
            with self.as_working_directory():  # a URL may be relative to it
                url = make_url(coursedir.db_url)
                if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
                    raise MissingEntry  # `Gradebook` would make the file
                with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
                    yield gradebook
        except MissingEntry:
            name = self.assignment or "ASSIGNMENT"
            has = f"no assignment {self.assignment}" if self.assignment else "nothing in it"
            raise UserError(
                f"The gradebook has {has}; run "
                f"`nbgrader generate_assignment {name}` in {self.root} first."
            ) from None
        except (SQLAlchemyError, sqlite3.Error, ImportError) as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise UserError(
                f"The gradebook can't be used ({reason}); if an older nbgrader made it, back it up "
                f"and run `nbgrader db upgrade` in {self.root}."
            ) from None
