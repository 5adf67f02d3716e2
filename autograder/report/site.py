"""Write the pages of a class into a directory: all of them, or none."""

from collections.abc import Callable
from pathlib import Path

from autograder.base.files import new_directory
from autograder.exports import plain_csv
from autograder.lookalikes.hints import Hints
from autograder.report.pages import (
    MOST_PAIRS,
    class_page,
    pair_file,
    pair_page,
    student_file,
    student_page,
)
from autograder.report.reading import Gradebook
from course.kit.errors import UserError

# It says that the directory holds pages and may be replaced.
_MARK = ".report"
_TABLE = "grades.csv"


def write_site(
    gradebook: Gradebook,
    target: Path,
    language: str,
    hints: Hints | None = None,
    on_page: Callable[[], None] = lambda: None,
) -> Path:
    """Write the pages and return the class's, `TARGET/index.html`.

    The pages are made beside the target and take its place when all of them are there.

    Args:
        gradebook: all results.
        target: a directory that doesn't exist yet, is empty, or holds earlier pages.
        language: the language that the pages open in.
        hints: hand-ins that read alike, where they were compared.
        on_page: called after each page.

    Raises:
        UserError: the directory holds something else.
        OSError: the pages can't be written; what was there is still there.
    """
    target = target.resolve()
    _refuse_others_work(target)
    with new_directory(target, replace=True) as made:
        (made / "students").mkdir()
        (made / _MARK).touch()
        for student in gradebook.students:
            page = student_page(student, language)
            _write(made / "students" / student_file(student.name), page)
            on_page()
        if hints is not None and hints.pairs:
            (made / "pairs").mkdir()
            for number, pair in enumerate(hints.pairs[:MOST_PAIRS], start=1):
                _write(made / "pairs" / pair_file(number), pair_page(pair, language))
        table = plain_csv.export_grades(list(gradebook.results))
        (made / _TABLE).write_bytes(table.encode("utf-8", errors="replace"))
        _write(made / "index.html", class_page(gradebook, language, hints))
        on_page()
        _refuse_others_work(target)  # a grading may have written there meanwhile
    return target / "index.html"


def _write(path: Path, content: str) -> None:
    path.write_text(content, encoding="utf-8", errors="replace")


def _refuse_others_work(target: Path) -> None:
    """Raise unless the target may be replaced.

    A student may be called like the directory of the pages; then results stand in it.
    """
    if not target.exists():
        return
    if target.is_dir():
        held = {path.relative_to(target).as_posix() for path in target.rglob("*")}
        pages = {
            name
            for name in held
            if name.startswith(("students/", "pairs/")) and name.endswith(".html")
        }
        others = held - pages - {_MARK, _TABLE, "index.html", "students", "pairs"}
        if not held or (_MARK in held and not others):
            return
    raise UserError(f"{target} holds something else; name another directory with --out.")
