"""Build notebooks from a lesson: the instructor's, with solutions, and the student's.

The lesson's Markdown cells of one language are kept; a code cell tagged with an exercise's name is
filled from `solutions/`, and the cell that grades it follows. nbgrader's own `generate_assignment`
makes the student's version.
"""

import ast
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import jupytext
import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.authoring.author_command import author_command
from autograder.authoring.chinese import joined
from autograder.authoring.first_cell import first_cell
from autograder.authoring.glossary import write_glossaries
from autograder.authoring.one_language import in_language, without_import
from autograder.base.paths import ROOT, SOLUTIONS_DIR
from autograder.base.text import LANGUAGES
from autograder.grading.suite import suite_of
from course.kit.errors import UserError

LESSONS_DIR = ROOT / "course" / "lessons"
NOTEBOOKS_DIR = ROOT / "course" / "notebooks"
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
_GRADING = {
    "en": "# {points} points. These checks are public; hidden ones look at more.",
    "zh": "# {points} 分。这些检查是公开的；隐藏检查会看得更细。",
}


def exercise_sources(unit: str) -> dict[str, str]:
    """Return the source of each exercise of a unit's solution, markers and decorators included."""
    text = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    lines = text.splitlines()
    sources = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
            # An end marker may stand after the last statement, as a comment that the tree omits.
            last = node.end_lineno or node.lineno
            while last < len(lines) and lines[last].strip().startswith("### END"):
                last += 1
            sources[node.name] = "\n".join(lines[first - 1 : last])
    return sources


def source_notebook(unit: str, language: str) -> NotebookNode:
    """Return the instructor's notebook of a unit in a language: solutions and nbgrader's metadata.

    Raises:
        UserError: the lesson names an exercise that the unit doesn't have, or leaves one out.
    """
    lesson = jupytext.read(LESSONS_DIR / f"{unit}.py", fmt="py:percent")
    sources = exercise_sources(unit)
    cells: list[NotebookNode] = []
    used = []
    for cell in lesson.cells:
        if cell.cell_type == "markdown":
            if cell.metadata.get("lang") == language:
                text = joined(cell.source) if language == "zh" else cell.source
                cells.append(nbformat.v4.new_markdown_cell(text))
            continue
        exercise = cell.metadata.get("exercise")
        if exercise is None:
            setup = cell.metadata.get("setup")
            code = first_cell(language) if setup else in_language(cell.source, language)
            cells.append(nbformat.v4.new_code_cell(code))
            continue
        if exercise not in sources:
            raise UserError(f"The lesson {unit} has a cell for {exercise}, which is no exercise.")
        used.append(exercise)
        answer = nbformat.v4.new_code_cell(sources[exercise])
        answer.metadata["nbgrader"] = _metadata(exercise, solution=True)
        worth = [item.check.points for item in suite_of(unit) if item.check.exercise == exercise]
        points = sum(worth)
        comment = _GRADING[language].format(points=points)
        grading = nbformat.v4.new_code_cell(f'{comment}\nin_notebook("{exercise}", globals())')
        grading.metadata["nbgrader"] = _metadata(f"check-{exercise}", points=points)
        cells += [answer, grading]
    missing = [name for name in _exercises(unit) if name not in used]
    if missing:
        raise UserError(f"The lesson {unit} has no cell for {', '.join(missing)}.")
    code_cells = [cell for cell in cells if cell.cell_type == "code"]
    one_language = without_import([cell.source for cell in code_cells])
    for cell, source in zip(code_cells, one_language, strict=True):
        cell["source"] = source
    for index, cell in enumerate(cells):
        cell["id"] = f"{unit.replace('_', '-')}-{index:03}"
    metadata = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    metadata["course"] = {"unit": unit, "language": language}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _exercises(unit: str) -> tuple[str, ...]:
    from course.kit.units import exercises_of

    return exercises_of(unit)


def _metadata(grade_id: str, solution: bool = False, points: float | None = None) -> dict:
    fields = {
        "schema_version": 3,
        "grade_id": grade_id,
        "grade": points is not None,
        "solution": solution,
        "locked": points is not None,
        "task": False,
    }
    if points is not None:
        fields["points"] = points
    return fields


def student_notebook(unit: str, language: str) -> NotebookNode:
    """Return the student's notebook, made by nbgrader's `generate_assignment`.

    Raises:
        RuntimeError: nbgrader refused, with what it said.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import SaveCells
    from traitlets.config import Config

    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        write_source_course(root, unit, language)
        config = Config()
        config.CourseDirectory.root = directory
        config.CourseDirectory.assignment_id = unit
        # Without its database nbgrader needs no migration tool on the PATH, and takes a tenth of
        # the time; the step that would save cells there goes too.
        config.GenerateAssignment.no_database = True
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.preprocessors = [p for p in converter.preprocessors if p is not SaveCells]
        try:
            converter.start()
        except SystemExit:
            raise RuntimeError(
                f"nbgrader made no release of {unit}; mend what it reports above."
            ) from None
        return nbformat.read(root / "release" / unit / f"{unit}.ipynb", as_version=4)


def as_text(notebook: NotebookNode) -> str:
    """Return a notebook as the text that is checked in."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def write_notebooks(units: Sequence[str] = ()) -> list[Path]:
    """Write lessons' student notebooks in each language; return the paths that changed.

    Args:
        units: which lessons; all where there is none.
    """
    changed = write_glossaries(NOTEBOOKS_DIR)
    for unit in units or sorted(lesson.stem for lesson in LESSONS_DIR.glob("*.py")):
        for language in LANGUAGES:
            path = NOTEBOOKS_DIR / language / f"{unit}.ipynb"
            text = as_text(student_notebook(unit, language))
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
                changed.append(path)
    return changed


def write_source_course(root: Path, unit: str, language: str) -> Path:
    """Put a unit's source notebook where nbgrader looks for it; return its path."""
    source = root / "source" / unit
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    path = source / f"{unit}.ipynb"
    nbformat.write(source_notebook(unit, language), path)
    return path


if __name__ == "__main__":
    with author_command("Making the notebooks again"):
        for changed_path in write_notebooks(sys.argv[1:]):
            print(changed_path.relative_to(ROOT))
