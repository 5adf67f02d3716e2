"""The suite of the RNN unit: an exercise is judged by itself."""

import ast

import pytest

from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.examination import Examination
from autograder.grading.suite import suite_of


def alone(exercise):
    """The reference of one exercise, with the module's imports and nothing else."""
    body = ast.parse((SOLUTIONS_DIR / "rnn.py").read_text(encoding="utf-8")).body
    wanted = [
        node
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom) or getattr(node, "name", "") == exercise
    ]
    return "\n".join(map(ast.unparse, wanted)).encode()


@pytest.mark.parametrize("exercise", ["GRUCell", "unroll", "AdditiveAttention"])
def test_a_right_exercise_needs_no_other(server, exercise):
    examination = Examination(server, alone(exercise), ".py", "rnn")
    for item in suite_of("rnn"):
        if item.check.exercise == exercise:
            item.run(examination, seed=0)
    examination.close()
