"""The whole path, slowly: nbgrader, Jupyter, the suites' proof and the demonstration."""

import io
import shutil
from dataclasses import replace
from itertools import cycle

import pytest
from rich.console import Console

from autograder.authoring import verify
from autograder.authoring.sample_hand_ins import MISTAKES
from autograder.base.text import LANGUAGES
from autograder.commands.demo import run_demo
from autograder.grading.grader import Grader
from autograder.grading.mistakes import mistakes_of
from autograder.grading.right_solutions import right_solutions_of
from autograder.isolation.fork_server import ForkServer
from course.kit.errors import UserError
from course.kit.units import available_units
from tests.autograder.bridge.courses import nbgrader
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("unit", "language"), [*zip(available_units(), cycle(LANGUAGES))])
def test_a_released_notebook_does_not_validate(unit, language, tmp_path):
    """In one language each: the code of both is the same. Solved ones are validated in the book."""
    shutil.copy(ROOT / "course" / "notebooks" / language / f"{unit}.ipynb", tmp_path)
    options = ("validate", "--Execute.timeout=600", f"{unit}.ipynb")
    assert "failed" in nbgrader(*options, cwd=tmp_path)


@pytest.mark.parametrize("unit", available_units())
def test_verify_proves_the_suite(unit):
    said = Console(file=io.StringIO(), width=200)
    assert verify.run_verify([unit], "tensorflow", "require", 0, said), said.file.getvalue()
    assert len(mistakes_of(unit)) >= 12


def test_verify_can_leave_the_known_mistakes_out():
    said = Console(file=io.StringIO(), width=200)
    assert verify.run_verify(["positional"], "tensorflow", "require", 0, said, right_only=True)
    count = len(right_solutions_of("positional"))
    assert f"{count} of {count}" in said.file.getvalue()
    assert "known mistakes" not in said.file.getvalue()


def test_verify_finds_what_a_suite_lets_through():
    """A known mistake that is none, and one that another check should catch, are both reported."""
    known = {item.name: item for item in mistakes_of("attention")}
    reference = (ROOT / "solutions" / "attention.py").read_text(encoding="utf-8")
    harmless = replace(known["axis-ignored"], name="harmless", source=reference)
    misplaced = replace(known["not-scaled"], caught_by="nothing_like_it")
    with ForkServer() as server, Grader(server) as grader:
        report = verify.verify_unit(grader, "attention", {}, (harmless, misplaced))
    faults = " ".join(report.faults)
    assert "harmless is not caught" in faults
    assert "not-scaled is not caught by attention.scaled_dot_product_attention.nothing" in faults


def test_the_demonstration_names_every_mistake(tmp_path):
    out = tmp_path / "demo"
    results = {r.submission: r for r in run_demo(out, 2, Console(file=io.StringIO()))}
    assert len(results) >= 12
    assert results["solved"].score == results["solved"].max_score == 100
    assert results["untouched"].score == 0
    for name in MISTAKES:
        assert results[f"wrong-{name}"].mistakes == [name]
    for name in ("hostile-endless", "hostile-thief"):
        points = {check.exercise: 0.0 for check in results[name].checks}
        for check in results[name].checks:
            points[check.exercise] += check.points
        assert points.pop("softmax") == 0
        assert all(points.values())  # what else is in there is right, and counts
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(UserError, match="--out"):
        run_demo(tmp_path / "other", 1, Console(file=io.StringIO()))
