"""The search for a mistake's place, on hand-ins that would have it take long, or say something."""

import pytest

from autograder.grading.grader import Grader
from autograder.grading.submitted_file import SubmittedFile

pytestmark = pytest.mark.races

FRONT = "import os\nimport time\nimport keras\nfrom keras import ops\n"
WRONG = """
def softmax(x, axis=-1):
    powers = ops.exp(x - ops.max(x, axis=axis, keepdims=True))
    return powers * ops.sum(powers, axis=axis, keepdims=True)
"""
# Code in front of the formula, which is wrong in one operator; whether its place may be said.
HOSTILE = {
    "every edit is slow": ("    time.sleep(0.4)\n", True),
    "every edit ends its process": ("    os._exit(3)\n", False),
    "every edit forks": ("    os.fork()\n", True),  # the fork raises: it is a mistake, too
    "every edit fills the memory": ("    x = [bytearray(2**28) for _ in range(64)]\n", False),
    "five thousand lines": ("    x = ops.add(x, 0.0)\n" * 5000, False),
    "deeply nested": (f"    x = {'-' * 400}x\n", True),
}
COUNTING = """
keras.loaded = getattr(keras, "loaded", 0) + 1
if keras.loaded > 20:
    def softmax(x, axis=-1):
        powers = ops.exp(x - ops.max(x, axis=axis, keepdims=True))
        return powers / ops.sum(powers, axis=axis, keepdims=True)
"""


def grade(server, source, diagnose=True):
    with Grader(server, seed=3, diagnose=diagnose) as grader:
        return grader.grade(SubmittedFile("case", "attention", ".py", source.encode()))


def places(result):
    return {check.place.where for check in result.checks if check.place}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.slow
def test_the_search_changes_no_points_and_says_nothing_wrong(attacked, case):
    front, may_be_said = HOSTILE[case]
    head, first, *rest = WRONG.strip().splitlines(keepends=True)
    source = FRONT + head + front + first + "".join(rest)
    result = grade(attacked, source)
    assert result.score == grade(attacked, source, diagnose=False).score
    right = f"your module, line {source.rstrip().count(chr(10)) + 1}"
    assert all(may_be_said and place.endswith(right) for place in places(result))


def test_what_is_right_once_it_was_loaded_often_is_no_place(attacked):
    hopeless = "def softmax(x, axis=-1):\n    return 7\n"
    assert not places(grade(attacked, FRONT + hopeless + COUNTING))


@pytest.mark.slow
def test_the_next_hand_in_is_graded_as_ever(attacked, solution):
    with Grader(attacked, seed=3) as grader:
        grader.grade(SubmittedFile("case", "attention", ".py", (FRONT + WRONG + COUNTING).encode()))
        right = grader.grade(SubmittedFile("right", "attention", ".py", solution))
    assert (right.score, right.problems) == (100, [])
