"""The hidden suites as plain pytest."""

import ast
import subprocess
import sys

import pytest

from autograder.base.paths import HIDDEN_DIR, SOLUTIONS_DIR
from autograder.grading.examination import Examination
from autograder.grading.grader import Grader
from autograder.grading.submitted_file import SubmittedFile
from course.kit.units import available_units
from tests.conftest import ROOT, SOLUTION
from tests.drawing import SEED, cases

SUITE = ROOT / "autograder" / "hidden" / "attention"


def pytest_on(path, *options):
    command = [sys.executable, "-m", "pytest", str(SUITE), *options]
    given = ["--submission", str(path)] if path else []
    return subprocess.run([*command, *given], cwd=ROOT, capture_output=True, text=True)


def test_the_reference_passes():
    done = pytest_on(SOLUTION, "-q")
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_a_mistake_fails_by_the_same_rules(tmp_path):
    wrong = tmp_path / "attention.py"
    source = SOLUTION.read_text(encoding="utf-8")
    assert "/ math.sqrt(d_k)" in source
    wrong.write_text(source.replace("/ math.sqrt(d_k)", ""), encoding="utf-8")
    done = pytest_on(wrong, "-q", "-k", "scaled_dot or similarity")
    assert done.returncode == 1
    assert "test_scaled_dot_product_attention" in done.stdout
    assert "::test_similarity" not in done.stdout


def test_without_a_hand_in_it_says_what_to_name():
    done = pytest_on(None, "-q", "-rs", "-k", "similarity")
    assert "--submission" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("unit", available_units())
def test_a_check_asks_for_its_own_exercise_alone(server, monkeypatch, unit):
    """Parts of other exercises are given: a right exercise passes whatever stands beside it.

    It passes whatever numbers are drawn: each run of the grader draws its own.
    """
    others = []

    def recorded(examination, operation, **fields):
        name = fields.get("name") or (fields.get("target") or {}).get("name")
        if name not in (None, examination._attempt.check.exercise):
            others.append((examination._attempt.check.id, name))
        return request(examination, operation, **fields)

    request = Examination.request
    monkeypatch.setattr(Examination, "request", recorded)
    file = SubmittedFile("right", unit, ".py", (SOLUTIONS_DIR / f"{unit}.py").read_bytes())
    for seed in range(SEED, SEED + cases(1, 30)):
        result = Grader(server, seed, diagnose=False).grade(file)
        lost = [
            (check.id, check.message["en"]) for check in result.checks if check.status == "failed"
        ]
        assert (seed, lost, others) == (seed, [], [])
        assert result.score == 100


ANSWERS = {"array", "pair", "number", "finite"}  # functions of `expect` that return answers


def calls(node, names):
    """Yield the calls of these functions of `expect` in a piece of a suite."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            owner = call.func.value
            if isinstance(owner, ast.Name) and owner.id == "expect" and call.func.attr in names:
                yield call


def names_in(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


@pytest.mark.parametrize("path", sorted(HIDDEN_DIR.rglob("*.py")), ids=lambda path: path.stem)
def test_an_answer_is_compared_with_another_answer_by_what_the_property_asks(path):
    """`close` is for right values: what it says of a property isn't told where values are wrong."""
    for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        answers = set()
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and any(calls(node.value, ANSWERS)):
                answers |= {name for target in node.targets for name in names_in(target)}
        for call in calls(function, {"close"}):
            if len(call.args) > 1:
                assert not names_in(call.args[1]) & answers, ast.unparse(call)
