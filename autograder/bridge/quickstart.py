"""A course folder for nbgrader with the seven units, ready for formgrader."""

from pathlib import Path

from autograder.authoring.glossary import page
from autograder.authoring.notebooks import write_source_course
from autograder.base.files import new_directory
from autograder.base.paths import IS_CHECKOUT, ROOT
from autograder.base.text import LANGUAGES
from autograder.bridge.course import LINES
from course.kit.errors import UserError
from course.kit.units import available_units

_CONFIG = '''\
"""nbgrader's configuration of this course."""
{path}
c = get_config()  # nbgrader defines it
c.CourseDirectory.course_id = "translation"
c.CourseDirectory.root = {course!r}
# Grade units' notebooks by the hidden suites, in isolation; execute all others.
{lines}
# Keep results for `python -m autograder report` and `export`.
c.GradeInIsolation.results = {results!r}
'''
_PATH = """
import sys

sys.path.insert(0, {root!r})  # where the course and its grader lie
"""


def make_course(directory: Path, language: str = "en") -> list[str]:
    """Make a course folder; return the units that are in it.

    Args:
        directory: a folder that doesn't exist yet, or is empty.
        language: of the notebooks, "en" or "zh".

    Raises:
        UserError: there is something at that place, or it can't be written.
    """
    if language not in LANGUAGES:
        raise UserError(f"There are no notebooks in {language!r}; choose en or zh.")
    directory = directory.absolute()
    units = available_units()
    config = _CONFIG.format(
        # An installed package is found from any folder.
        path=_PATH.format(root=str(ROOT)) if IS_CHECKOUT else "",
        course=str(directory),
        results=str(directory / "results"),
        lines=LINES.strip(),
    )
    try:
        with new_directory(directory) as scratch:
            for unit in units:
                source = write_source_course(scratch, unit, language)
                (source.parent / "glossary.md").write_text(page(language), encoding="utf-8")
            (scratch / "nbgrader_config.py").write_text(config, encoding="utf-8")
    except OSError as error:
        raise UserError(str(error)) from None
    return units
