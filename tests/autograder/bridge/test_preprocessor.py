"""What a notebook shows and what nbgrader reads off it, from a result."""

from dataclasses import replace
from types import SimpleNamespace

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade, is_grade

from autograder.authoring.notebooks import source_notebook
from autograder.base.text import text
from autograder.bridge import persistent_grader, preprocessor
from autograder.bridge.preprocessor import GradeInIsolation, put_outputs, share
from autograder.grading.grader import GraderError
from autograder.grading.submitted_file import SubmittedFile
from autograder.results.result import CheckResult, Result
from autograder.running.options import GradingOptions
from autograder.running.outcome import Died, Failed, Graded
from autograder.running.process import GradingProcess
from course.kit.handin import MAX_BYTES


def check(exercise, points, most, status="failed"):
    title, wrong = text("Rows sum to one", "每行的和为一"), text("They don't.", "并非如此。")
    return CheckResult(f"attention.{exercise}.x", exercise, title, status, points, most, wrong)


def result(*checks, **others):
    made = Result("ada", "attention", "graded", 0.0, 0.0, 0, "tensorflow", 0.1, [])
    return replace(made, checks=list(checks), **others)


def graded(nb):
    """What nbgrader makes of each grading cell: points, and the most there are."""
    return {
        cell.metadata["nbgrader"]["grade_id"]: determine_grade(cell)
        for cell in nb.cells
        if "nbgrader" in cell.metadata and is_grade(cell)
    }


def test_partial_credit_reaches_nbgrader_in_the_cells_own_points():
    nb = source_notebook("attention", "en")
    checks = [check("softmax", 3.0, 3.0, "passed"), check("softmax", 0.0, 9.0)]
    put_outputs(nb, result(*checks, check("similarity", 10.0, 10.0, "passed")), "en")
    found = graded(nb)
    assert found["check-softmax"] == (5.0, 20.0)  # a quarter of the cell's twenty
    assert found["check-similarity"] == (8.0, 8.0)
    assert found["check-SelfAttention"] == (0.0, 28.0)  # no check of it in this result


@pytest.mark.parametrize(("language", "message"), [("en", "They don't."), ("zh", "并非如此。")])
def test_a_cell_has_the_messages_of_its_checks(language, message):
    nb = source_notebook("attention", language)
    put_outputs(nb, result(check("softmax", 0.0, 9.0)), language)
    (cell,) = (
        c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "check-softmax"
    )
    shown = cell.outputs[0]["text"]
    assert message in shown
    assert shown.startswith("✗ ")
    nbformat.validate(nb)
    right = replace(check("softmax", 9.0, 9.0, "passed"), comes_from="similarity")
    put_outputs(nb, result(right), language)
    assert cell.outputs[0]["text"].startswith("✓ ")
    assert message in cell.outputs[0]["text"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_hint_stands_once_and_lines_are_short(language):
    hint = text("Look at the axis. " * 20, "请检查轴。" * 40)
    wrong = text("The rows don't sum to one, " * 10, "各行之和不为一，" * 20)
    checks = [
        replace(
            check("softmax", 0.0, 3.0),
            title=text(f"Check {n}", f"检查 {n}"), wrong=wrong, hint=hint, input={"x": [n]},
        )
        for n in range(3)
    ]  # fmt: skip
    nb = source_notebook("attention", language)
    put_outputs(nb, result(*checks), language)
    (cell,) = (
        c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "check-softmax"
    )
    shown = cell.outputs[0]["text"]
    joined = "".join(shown.split())
    assert joined.count("".join(hint[language].split())) == 1
    assert joined.count("".join(checks[0].title[language].split())) == 3  # its own, and two point
    for n in range(3):
        assert f"x=[{n}]" in joined  # the failing input
    assert max(map(len, shown.splitlines())) <= (80 if language == "en" else 44)


def test_what_cannot_be_graded_gets_nothing_and_says_why():
    nb = source_notebook("attention", "en")
    put_outputs(
        nb, result(status="rejected", problems=[text("It is not JSON.", "不是 JSON。")]), "en"
    )
    assert {points for points, _ in graded(nb).values()} == {0.0}
    assert any("It is not JSON." in str(cell.get("outputs")) for cell in nb.cells)


def test_what_cannot_be_graded_is_told_in_the_notebooks_language():
    nb = source_notebook("attention", "zh")
    wrong = result(status="rejected", problems=[text("A.", "甲。"), text("B.", "乙。")])
    put_outputs(nb, wrong, "zh")
    said = [str(cell.get("outputs")) for cell in nb.cells]
    assert any("这份作业无法评分：甲。；乙。" in outputs for outputs in said)


def test_checks_that_this_host_cannot_run_cost_nothing():
    skipped = check("softmax", 0.0, 0.0, "skipped")
    assert share(result(), [skipped]) == 1.0
    assert share(result(), [skipped, check("softmax", 1.0, 2.0)]) == 0.5


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.25, 50))))
def test_a_share_is_from_nothing_to_all(parts):
    checks = [check("softmax", part * most, most) for part, most in parts]
    assert 0.0 <= share(result(), checks) <= 1.0 + 1e-9


@pytest.mark.parametrize(
    ("notebook", "executed"), [("essay", True), ("attention", False)], ids=["other", "unit"]
)
def test_only_notebooks_of_units_are_graded_here(monkeypatch, notebook, executed):
    called = []
    monkeypatch.setattr(Execute, "preprocess", lambda self, nb, resources: called.append(nb))
    grader = SimpleNamespace(grade=lambda file: result(check("softmax", 1.0, 1.0, "passed")))
    monkeypatch.setattr(preprocessor, "persistent_grader", lambda options: grader)
    monkeypatch.setattr(GradeInIsolation, "restore", lambda *_: None)  # it asks the gradebook
    resources = {"nbgrader": {"notebook": notebook, "student": "ada"}}
    GradeInIsolation().preprocess(source_notebook("attention", "en"), resources)
    assert bool(called) == executed


def test_a_huge_notebook_is_sent_no_further_than_shows_its_size(monkeypatch):
    files = []
    grader = SimpleNamespace(grade=lambda file: files.append(file) or result())
    monkeypatch.setattr(preprocessor, "persistent_grader", lambda options: grader)
    GradeInIsolation().result_of("ada", "attention", b" " * (2 * MAX_BYTES))
    assert len(files[0].data) == MAX_BYTES + 1


def test_a_grader_tries_again_where_its_process_died_and_then_gives_up(monkeypatch, tmp_path):
    file = SubmittedFile("ada", "attention", ".ipynb", b"{}")
    outcomes = []
    for name, replacement in (
        ("start", lambda self: None),
        ("grade", lambda self, file: outcomes.pop(0)),
    ):
        monkeypatch.setattr(GradingProcess, name, replacement)
    grader = persistent_grader.PersistentGrader(GradingOptions(out=tmp_path))
    outcomes += [Died(), Graded(result())]
    assert grader.grade(file).submission == "ada"
    outcomes += [Died(), Died()]
    with pytest.raises(GraderError, match="died twice"):
        grader.grade(file)
    outcomes += [Failed("a suite broke")]
    with pytest.raises(GraderError, match="a suite broke"):
        grader.grade(file)
    assert outcomes == []
