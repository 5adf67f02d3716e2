"""nbgrader's own commands over the bridge: scores, partial credit, feedback, manual grading."""

import pytest

from tests.autograder.bridge.courses import (
    cheating,
    essay,
    gradebook,
    hand_in,
    make_course,
    nbgrader,
    released,
    score,
    solved,
    unscaled,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with a unit and a notebook of another kind, graded by nbgrader's command."""
    root = tmp_path_factory.mktemp("course")
    make_course(root, others=[("essay", essay())])
    for name, notebook in (
        ("ada", solved()),
        ("bob", unscaled()),
        ("cai", released(root)),
        ("eve", cheating()),
    ):
        hand_in(root, name, notebook)
        hand_in(root, name, essay(), "essay")
    said = nbgrader("autograde", "attention", cwd=root)
    return root, said


def test_scores_land_in_the_gradebook(course):
    root, _ = course
    assert score(root, "ada") == 100
    assert 40 < score(root, "bob") < 80  # the unscaled attention costs its checks, no others
    assert score(root, "cai") == 0
    assert score(root, "eve") < 100  # what was written into the grading cell counts for nothing


def test_other_notebooks_are_executed_as_ever(course):
    root, _ = course
    assert score(root, "ada", "essay") == 5


def test_graded_notebooks_carry_messages_and_no_source_of_a_check(course):
    root, _ = course
    text = (root / "autograded" / "bob" / "attention" / "attention.ipynb").read_text("utf-8")
    assert "sqrt(d_k)" in text
    assert "✗ " in text
    for leaked in ("expect.close", "@check", "autograder.hidden", "oracle."):
        assert leaked not in text


def test_results_are_kept_for_the_reports(course):
    root, _ = course
    assert {path.parent.name for path in (root / "results").glob("*/attention.json")} == {
        *("ada", "bob", "cai", "eve")
    }


def test_one_process_graded_them_all(course):
    _, said = course
    assert said.count("in isolation") == 4
    assert "Traceback" not in said


def test_feedback_is_made_of_it(course):
    root, _ = course
    nbgrader("generate_feedback", "attention", "--student", "bob", cwd=root)
    page = (root / "feedback" / "bob" / "attention" / "attention.html").read_text("utf-8")
    assert "✗ " in page


def test_grading_again_keeps_a_manual_score(course):
    root, _ = course
    with gradebook(root) as book:
        grade = book.find_grade("check-softmax", "attention", "attention", "cai")
        grade.manual_score = 7.0
        book.db.commit()
    nbgrader("autograde", "attention", "--student", "cai", "--force", cwd=root)
    assert score(root, "cai") == 7
