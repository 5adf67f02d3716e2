"""A gradebook of an early nbgrader: refused with advice, upgraded by nbgrader, then graded into."""

import sqlite3
from contextlib import closing

import pytest

from tests.autograder.bridge.courses import (
    CONFIG,
    UNIT,
    grade,
    gradebook,
    hand_in,
    make_course,
    nbgrader,
    score,
    solved,
    unscaled,
)

pytestmark = pytest.mark.slow

# The schema of nbgrader's first migration, made of today's: no courses, no extra credit, no kernels
# of notebooks, no ids of other systems; grading cells and solutions were tables with no base.
FIRST = "b6d005d67074"
TO_FIRST = f"""
PRAGMA foreign_keys = off;
PRAGMA legacy_alter_table = on;

CREATE TABLE grade_cell (
    id VARCHAR(32) NOT NULL PRIMARY KEY, name VARCHAR(128) NOT NULL, max_score FLOAT NOT NULL,
    cell_type VARCHAR(8) NOT NULL, notebook_id VARCHAR(32) REFERENCES notebook (id),
    UNIQUE (name, notebook_id)
);
INSERT INTO grade_cell SELECT id, name, max_score, cell_type, notebook_id
    FROM grade_cells JOIN base_cell USING (id);
CREATE TABLE solution_cell (
    id VARCHAR(32) NOT NULL PRIMARY KEY, name VARCHAR(128) NOT NULL,
    notebook_id VARCHAR(32) REFERENCES notebook (id), UNIQUE (name, notebook_id)
);
INSERT INTO solution_cell SELECT id, name, notebook_id
    FROM solution_cells JOIN base_cell USING (id);

CREATE TABLE old_grade (
    id VARCHAR(32) NOT NULL PRIMARY KEY, cell_id VARCHAR(32) REFERENCES grade_cell (id),
    notebook_id VARCHAR(32) REFERENCES submitted_notebook (id), auto_score FLOAT,
    manual_score FLOAT, needs_manual_grade BOOLEAN NOT NULL, UNIQUE (cell_id, notebook_id)
);
INSERT INTO old_grade SELECT id, cell_id, notebook_id, auto_score, manual_score, needs_manual_grade
    FROM grade;
CREATE TABLE old_comment (
    id VARCHAR(32) NOT NULL PRIMARY KEY, cell_id VARCHAR(32) REFERENCES solution_cell (id),
    notebook_id VARCHAR(32) REFERENCES submitted_notebook (id), auto_comment TEXT,
    manual_comment TEXT, UNIQUE (cell_id, notebook_id)
);
INSERT INTO old_comment SELECT id, cell_id, notebook_id, auto_comment, manual_comment FROM comment;
CREATE TABLE old_assignment (
    id VARCHAR(32) NOT NULL PRIMARY KEY, name VARCHAR(128) NOT NULL UNIQUE, duedate DATETIME
);
INSERT INTO old_assignment SELECT id, name, duedate FROM assignment;

DROP TABLE grade;
DROP TABLE comment;
DROP TABLE assignment;
DROP TABLE grade_cells;
DROP TABLE solution_cells;
DROP TABLE task_cells;
DROP TABLE base_cell;
DROP TABLE course;
ALTER TABLE old_grade RENAME TO grade;
ALTER TABLE old_comment RENAME TO comment;
ALTER TABLE old_assignment RENAME TO assignment;
ALTER TABLE notebook DROP COLUMN kernelspec;
ALTER TABLE student DROP COLUMN lms_user_id;
UPDATE alembic_version SET version_num = '{FIRST}';
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course graded in early days, when a tutor gave points too."""
    root = tmp_path_factory.mktemp("courses") / "course"
    make_course(root, CONFIG)
    hand_in(root, "ada", unscaled())
    nbgrader("autograde", UNIT, cwd=root)
    with gradebook(root) as book:
        book.find_grade("check-softmax", UNIT, UNIT, "ada").manual_score = 11.0
        book.db.commit()
    with closing(sqlite3.connect(root / "gradebook.db")) as connection:
        connection.executescript(TO_FIRST)
    return root


def test_it_is_refused_upgraded_and_graded_into(course):
    hand_in(course, "bob", solved())
    said = grade(course, status=2)
    assert "run `nbgrader db upgrade`" in said
    nbgrader("db", "upgrade", cwd=course)
    assert list(course.glob("gradebook.db.*"))  # nbgrader's own copy of what was there
    before = score(course, "ada")
    grade(course)
    assert score(course, "bob") == 100
    assert score(course, "ada") == before
    with gradebook(course) as book:
        given = book.find_grade("check-softmax", UNIT, UNIT, "ada")
        assert (given.manual_score, given.needs_manual_grade) == (11.0, True)
    nbgrader("generate_feedback", UNIT, cwd=course)
    nbgrader("export", cwd=course)
    assert "bob" in (course / "grades.csv").read_text()
