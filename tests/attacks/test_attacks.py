"""No attack gains a point, reads what is hidden, hurts the next, or leaves anything behind."""

import pytest

from autograder.grading.grader import Grader
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.attempts import DESCRIPTIONS
from tests.attacks.catalogue import CONSTANT, attacks
from tests.attacks.grading import is_unhurt
from tests.conftest import SOLUTION

pytestmark = pytest.mark.races

ATTACKS = attacks()
HIDDEN = ("attention_inputs", "BEGIN SOLUTION", "expect.close", "def test_", "root:x:0")
each = pytest.mark.parametrize(
    "attack",
    [
        pytest.param(attack, id=attack.name, marks=[pytest.mark.slow] if attack.slow else [])
        for attack in ATTACKS
    ],
)


def test_there_are_enough_and_each_says_what_it_is_after():
    assert len(ATTACKS) >= 40
    for attack in ATTACKS:
        assert attack.path.read_text(encoding="utf-8").startswith('"""'), attack.name
        assert "\n\nSuccess: " in attack.intent, attack.name


@each
def test_it_gains_no_point(attack, outcomes):
    result = outcomes[attack.name].result
    assert result.status in ("graded", "rejected")
    assert result.score <= attack.points, [c.id for c in result.checks if c.points]
    assert result.max_score == 100


@each
def test_it_gets_nothing_that_it_tries(attack, outcomes):
    assert {name for name in outcomes[attack.name].got if not name.startswith(attack.may)} == set()


@each
def test_it_reads_nothing_hidden(attack, outcomes, surroundings):
    text = outcomes[attack.name].text
    assert surroundings.canary not in text
    assert [word for word in HIDDEN if word in text] == []


@each
def test_it_touches_nothing_and_reaches_nobody(attack, outcomes):
    assert outcomes[attack.name].untouched
    assert outcomes[attack.name].callers == 0


@each
def test_the_next_hand_in_is_not_hurt(attack, outcomes):
    assert is_unhurt(outcomes[attack.name].neighbour)


@each
def test_it_leaves_nothing_behind(attack, outcomes):
    before, after = outcomes[attack.name].before, outcomes[attack.name].after
    assert after.processes == before.processes
    assert after.files <= before.files
    assert after.descriptors <= before.descriptors


@each
def test_no_text_of_its_own_is_more_than_text(attack, outcomes):
    result = outcomes[attack.name].result
    texts = [text for check in result.checks for text in check.message.values()]
    texts += [text for problem in result.problems for text in problem.values()]
    for text in texts:
        assert all(c.isprintable() or c == "\n" for c in text), text


@each
def test_what_it_tried_is_told(attack, outcomes):
    notes = " ".join(problem["en"] for problem in outcomes[attack.name].result.problems)
    for kind in attack.told:
        assert DESCRIPTIONS[kind][0] in notes


def test_right_work_gets_full_marks_after_all_of_them_and_no_note(outcomes, attacked):
    grader = Grader(attacked, diagnose=False)
    right = grader.grade(SubmittedFile("right", "attention", ".py", SOLUTION.read_bytes()))
    constant = grader.grade(
        SubmittedFile("constant", "attention", ".py", b"softmax = lambda x: 1.0\n")
    )
    assert (right.score, right.problems) == (100, [])
    assert constant.score <= CONSTANT
