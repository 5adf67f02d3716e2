"""nbgrader's preprocessor: grades a unit's notebook in isolation instead of executing it."""

import functools
import json
import math
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import nbformat
from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import Execute
from traitlets import Enum, Integer, Unicode

from autograder.bridge.cells import RestoreCells
from autograder.bridge.metadata import facts_of, language_of
from autograder.bridge.persistent_grader import persistent_grader
from autograder.grading.submitted_file import SubmittedFile
from autograder.results.files import write_result
from autograder.results.result import CheckResult, Result
from autograder.results.statuses import HINT_LEVELS, Device, HintLevel, IsolationMode
from autograder.running.options import GradingOptions
from autograder.running.seeds import draw_seed
from course.kit.handin import MAX_BYTES
from course.kit.units import available_units

_PREFIX = "check-"  # grading cells are called after their exercise
_MARKS = {"passed": "✓", "skipped": "–"}
_REJECTED = {"en": "The hand-in can't be graded", "zh": "这份作业无法评分"}
_BETWEEN = {"en": (": ", "; "), "zh": ("：", "；")}
_AS_ABOVE = {"en": "The hint is the one at: {title}", "zh": "提示同上：{title}"}
_WIDTHS = {"en": 80, "zh": 44}  # characters; Chinese ones are twice as wide
_POINTS = {"en": "{points:g} of {of:g} points", "zh": "得 {points:g} 分，满分 {of:g} 分"}


class GradeInIsolation(Execute):
    """Takes the place of `Execute`: no cell runs here; a unit's code runs in isolation.

    The output of each grading cell becomes what its exercise's checks say, and the points as a
    value, which is nbgrader's form of partial credit. Notebooks of no unit are executed.
    """

    backend = Enum(
        ("tensorflow", "jax", "torch"), "tensorflow", help="Keras's backend for students' work"
    ).tag(config=True)
    device = Enum(("cpu", "gpu"), "cpu", help="what students' work runs on").tag(config=True)
    isolation = Enum(
        ("require", "best-effort"),
        "require",
        help="best-effort goes on where this host lacks a wall",
    ).tag(config=True)
    hints = Enum(
        HINT_LEVELS,
        "kind",
        help="what students are told of a mistake's place: place, the line; kind, what to look at "
        "there, too; edit, the line before and after, too",
    ).tag(config=True)
    seed = Integer(
        None, allow_none=True, help="the seed of the checks' examples; None draws one for each run"
    ).tag(config=True)
    results = Unicode(
        "", help="a folder for results as JSON files, for `autograder report`; empty for none"
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: Any, *args: Any, **kwargs: Any
    ) -> tuple[NotebookNode, Any]:
        """Grade a unit's notebook; execute any other.

        Raises:
            IsolationError: this host lacks a wall that is required.
            GraderError: the grader failed; nbgrader then records no score.
        """
        unit, student = resources["nbgrader"]["notebook"], resources["nbgrader"]["student"]
        if unit not in available_units():
            return super().preprocess(nb, resources, *args, **kwargs)
        self.restore(nb, resources)
        self.log.info("Grading %s of %s in isolation", unit, student)
        result = self.result_of(student, unit, notebook_content(nb))
        put_outputs(nb, result, language_of(nb))
        return nb, resources

    def restore(self, nb: NotebookNode, resources: Any) -> None:
        """Put cells right that nbgrader would not find, where no earlier step has done so."""
        RestoreCells(parent=self).preprocess(nb, resources)

    def options(self) -> GradingOptions:
        """Return how hand-ins are graded, as configured."""
        return GradingOptions(
            out=Path(self.results),
            seed=_drawn_seed() if self.seed is None else self.seed,
            backend=self.backend,
            device=cast(Device, self.device),
            isolation=cast(IsolationMode, self.isolation),
            hints=cast(HintLevel, self.hints),
        )

    def result_of(self, student: str, unit: str, data: bytes) -> Result:
        """Grade a notebook, and write the result where the course keeps results.

        Args:
            student: the student's name.
            unit: the unit's name.
            data: the notebook's `notebook_content`.

        Raises:
            IsolationError: this host lacks a wall that is required.
            GraderError: the grader failed.
        """
        # As with any hand-in that is too large, no more is read than shows that.
        file = SubmittedFile(student, unit, ".ipynb", data[: MAX_BYTES + 1])
        result = persistent_grader(self.options()).grade(file)
        if self.results:
            write_result(Path(self.results), result)
        return result


@functools.cache
def _drawn_seed() -> int:
    """Return the seed of this process: all notebooks of one run are asked alike."""
    return draw_seed()


def notebook_content(nb: NotebookNode) -> bytes:
    """Return a notebook as the bytes that are graded: without its cells' ids.

    Where a notebook has no ids, nbformat makes up new ones at each reading; without them the same
    notebook always has the same bytes.
    """
    cells = [{key: value for key, value in cell.items() if key != "id"} for cell in nb.cells]
    return json.dumps({**nb, "cells": cells}, sort_keys=True).encode()


def put_outputs(nb: NotebookNode, result: Result, language: str) -> None:
    """Write into each grading cell the messages of its exercise's checks, and its points.

    Args:
        nb: the notebook; other cells' outputs are taken away.
        result: what became of it.
        language: "en" or "zh".
    """
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        cell.outputs, cell.execution_count = [], None
        facts = facts_of(cell, "nbgrader")
        grade_id = facts.get("grade_id")
        if facts.get("grade") and isinstance(grade_id, str) and grade_id.startswith(_PREFIX):
            exercise = grade_id.removeprefix(_PREFIX)
            checks = [check for check in result.checks if check.exercise == exercise]
            points = _points(facts.get("points")) * share(result, checks)
            lines = "\n".join(_lines(result, checks, language))
            value = {"text/plain": repr(round(points, 6))}
            cell.outputs = [
                nbformat.v4.new_output("stream", name="stdout", text=lines + "\n"),
                nbformat.v4.new_output("execute_result", data=value, execution_count=None),
            ]


def _points(value: object) -> float:
    """Return what a cell is worth; 0 where its metadata holds no number."""
    right = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if right else 0.0  # type: ignore[arg-type]


def share(result: Result, checks: Iterable[CheckResult]) -> float:
    """Return what part of an exercise's points its checks give, from 0 to 1.

    Checks that this host could not run count neither way; an exercise of nothing else keeps all.
    """
    checks = list(checks)
    if result.status == "rejected" or not checks:
        return 0.0
    most = sum(check.max_points for check in checks)
    return sum(check.points for check in checks) / most if most else 1.0


def _wrapped(message: str, language: str) -> Iterable[str]:
    """Yield a message in lines that a page need not be scrolled sideways for, set in."""
    for line in message.splitlines():
        yield from textwrap.wrap(
            line,
            _WIDTHS[language],
            initial_indent="    ",
            subsequent_indent="    ",
            break_long_words=language == "zh",  # Chinese has no spaces
            break_on_hyphens=False,
        )


def _lines(result: Result, checks: list[CheckResult], language: str) -> Iterable[str]:
    if result.status == "rejected":
        colon, semicolon = _BETWEEN[language]
        reasons = semicolon.join(problem[language] for problem in result.problems)
        yield f"{_REJECTED[language]}{colon}{reasons}"
        return
    hints: dict[str, str] = {}  # the title of the check that a hint stands at, by the hint
    for check in checks:
        mark, title = _MARKS.get(check.status, "✗"), check.title[language]
        yield f"{mark} {title}"
        if check.is_plainly_right:
            continue
        message, above = check.message[language], ""
        if check.hint is not None:
            above = hints.setdefault(check.hint[language], title)
            if above != title:
                message = replace(check, hint=None).message[language]
        yield from _wrapped(message, language)
        if above not in ("", title):
            yield from _wrapped(_AS_ABOVE[language].format(title=above), language)
    yield _POINTS[language].format(
        points=sum(check.points for check in checks), of=sum(check.max_points for check in checks)
    )
