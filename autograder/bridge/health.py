"""What of nbgrader is there for a course, and what to do about what is not."""

import os
from collections.abc import Iterator
from pathlib import Path

from nbgrader import __version__
from nbgrader.api import Assignment, Student
from nbgrader.exchange.default import Exchange
from sqlalchemy.engine import make_url

from autograder.base.text import Text, text
from autograder.bridge.cells import RestoreCells
from autograder.bridge.course import LINES, Course
from autograder.running.health import Finding
from course.kit.errors import UserError
from course.kit.language import say

_CONFIG = "nbgrader_config.py"


def course_findings(directory: Path) -> Iterator[Finding]:
    """Yield what there is to say of a course's configuration, gradebook and exchange.

    Args:
        directory: the course's folder.
    """
    yield Finding(text("nbgrader", "nbgrader"), __version__)
    name = text("configuration", "配置")
    try:
        course = Course(directory, find_assignment=False)
    except UserError as error:
        yield Finding(name, str(directory), False, _same(str(error)))
        return
    files = [str(path) for path in course.config_files()]
    remedy = text(
        f"No {_CONFIG} is in force; write one into {course.root}.",
        f"没有生效的 {_CONFIG}；请在 {course.root} 中创建。",
    )
    in_force = any(Path(file).name == _CONFIG for file in files)
    yield Finding(name, ", ".join(files) or "–", in_force, None if in_force else remedy)
    yield _bridge(course)
    yield _sanitizers(course)
    yield _gradebook(course)
    yield _exchange(course)


def _bridge(course: Course) -> Finding:
    name = text("grader in nbgrader", "nbgrader 中的评分程序")
    try:
        course.demand_bridge()
    except UserError:
        remedy = text(
            f"`nbgrader autograde` and formgrader run students' code unprotected; add these lines "
            f"to {course.root / _CONFIG}:",
            f"`nbgrader autograde` 和 formgrader 会不加保护地运行学生代码；请在 "
            f"{course.root / _CONFIG} 中加入：",
        )
        return Finding(name, "–", False, remedy, f"c = get_config()\n{LINES.strip()}")
    options = course.preprocessor().options()
    return Finding(name, f"{options.backend}, {options.device}, isolation {options.isolation}")


def _sanitizers(course: Course) -> Finding:
    name = text("damaged cells", "受损单元格")
    if RestoreCells in course.steps("sanitize_preprocessors"):
        return Finding(name, say("put right", "会修复"))
    remedy = text(
        "`nbgrader autograde` takes no hand-in with a cell twice; `grade --course-dir` does. Add "
        "c.Autograde.sanitize_preprocessors = SANITIZERS.",
        "`nbgrader autograde` 不接受有重复单元格的作业；`grade --course-dir` 可以。请加上 "
        "c.Autograde.sanitize_preprocessors = SANITIZERS。",
    )
    return Finding(name, "–", None, remedy)


def _gradebook(course: Course) -> Finding:
    name, url = text("gradebook", "成绩册"), course.app.coursedir.db_url
    try:
        with course.gradebook() as gradebook:
            assignments = gradebook.db.query(Assignment).count()
            students = gradebook.db.query(Student).count()
    except UserError as error:
        return Finding(name, _without_password(url), False, _same(str(error)))
    counts = say(
        f"{assignments} assignment{'' if assignments == 1 else 's'}, "
        f"{students} student{'' if students == 1 else 's'}",
        f"{assignments} 次作业，{students} 名学生",
    )
    return Finding(name, f"{_without_password(url)}: {counts}")


def _exchange(course: Course) -> Finding:
    name = text("exchange", "交换目录")
    root = Path(Exchange(coursedir=course.app.coursedir, parent=course.app).root)
    if root.is_dir() and os.access(root, os.W_OK | os.X_OK):
        return Finding(name, str(root))
    remedy = text(
        f"There is no {root} that can be written; make it, or name another as c.Exchange.root. "
        "Without one, put hand-ins into submitted/ yourself.",
        f"没有可写的 {root}；请创建，或用 c.Exchange.root 指定另一个。没有它时，请自行把作业放入 "
        "submitted/。",
    )
    return Finding(name, "–", None, remedy)


def _without_password(url: str) -> str:
    return make_url(url).render_as_string(hide_password=True)


def _same(sentence: str) -> Text:
    return text(sentence, sentence)
