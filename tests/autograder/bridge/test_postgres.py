"""nbgrader's gradebook in PostgreSQL: assignment, autograde over the bridge, scores, export."""

import csv

import pytest
import sqlalchemy
from nbgrader.api import Gradebook

from autograder.results.files import read_result
from tests.autograder.bridge.courses import (
    CONFIG,
    UNIT,
    grade,
    hand_in,
    in_cells,
    make_course,
    nbgrader,
    released,
    solved,
    unscaled,
)

pytestmark = pytest.mark.slow

TOTALS = """
select handed_in.student_id, sum(grade.auto_score)
from grade
join submitted_notebook on grade.notebook_id = submitted_notebook.id
join submitted_assignment handed_in on submitted_notebook.assignment_id = handed_in.id
group by handed_in.student_id
"""


@pytest.fixture(scope="module")
def course(postgres, tmp_path_factory):
    """A course with its gradebook there: one hand-in graded by nbgrader, then all by `grade`."""
    root = tmp_path_factory.mktemp("courses") / "course"
    make_course(root, f"{CONFIG}c.CourseDirectory.db_url = {postgres!r}\n")
    hand_in(root, "ada", solved())
    nbgrader("autograde", UNIT, cwd=root)
    hand_in(root, "bob", unscaled())
    hand_in(root, "cai", released(root))
    grade(root, "--jobs", "2", "--resume")
    return root


def test_scores_are_in_the_database(course, postgres):
    engine = sqlalchemy.create_engine(postgres)
    with engine.connect() as connection:
        found = dict(connection.execute(sqlalchemy.text(TOTALS)).all())
    engine.dispose()
    expected = {
        student: in_cells(read_result(course / "results" / student / f"{UNIT}.json"))
        for student in ("ada", "bob", "cai")
    }
    assert found == pytest.approx(expected, abs=1e-4)
    assert (found["ada"], found["cai"]) == (100, 0)
    assert not list(course.glob("*.db"))


def test_nbgrader_reads_it(course, postgres):
    with Gradebook(postgres, "translation") as book:
        assert book.find_submission(UNIT, "ada").score == 100
    nbgrader("export", "--to", course / "all.csv", cwd=course)
    rows = {row["student_id"]: row for row in csv.DictReader((course / "all.csv").open())}
    assert float(rows["ada"]["score"]) == 100
    assert 0 < float(rows["bob"]["score"]) < 100
    nbgrader("db", "upgrade", cwd=course)  # which is new already, and stays whole
    with Gradebook(postgres, "translation") as book:
        assert book.find_submission(UNIT, "ada").score == 100
