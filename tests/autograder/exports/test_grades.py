"""A gradebook's grade goes before a result's score in every export, and both are told."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.exports import gradescope, plain_csv, prairielearn
from autograder.exports.marks import notes, points_of, share
from autograder.results.files import parse_result
from autograder.results.result import Grade
from tests.autograder.exports import samples

points = st.floats(0, 100)


@given(score=points, most=st.floats(0.5, 200), penalty=points)
def test_the_gradebooks_share_is_what_is_exported(score, most, penalty):
    result = samples.graded("alice")
    result.grade = Grade(score, most, penalty)
    assert share(result) == max(score - penalty, 0) / most
    assert points_of(result, most) == pytest.approx(max(score - penalty, 0), abs=1e-3)


def test_a_rejected_hand_in_has_the_points_that_somebody_gave_it():
    result = samples.rejected("bob")
    assert points_of(result) == 0
    result.grade = Grade(60.0, 100.0, by_hand=True)
    assert points_of(result) == 60


def test_what_made_the_grade_is_said():
    result = samples.graded("alice")
    assert "gradebook" not in notes(result, "en")
    result.grade = Grade(80.0, 100.0, 12.5, by_hand=True)
    words = "In the gradebook: 67.5/100 (12.5 taken off for being late, points given by hand)."
    assert words in notes(result, "en")
    assert "成绩册：67.5/100（因迟交扣 12.5 分，含人工评分）。" in notes(result, "zh")
    assert json.loads(gradescope.export(result))["score"] == 67.5
    result.grade = Grade(104.0, 100.0)
    assert json.loads(prairielearn.export(result))["score"] == 1.0


def test_the_table_has_results_and_gradebook_side_by_side():
    one, other = samples.graded("alice"), samples.graded("bob")
    plain = list(csv.reader(io.StringIO(plain_csv.export_grades([one, other]))))
    one.grade = Grade(80.0, 100.0, 12.5, by_hand=True)
    header, alice, bob = csv.reader(io.StringIO(plain_csv.export_grades([one, other])))
    added = len(header) - len(plain[0])
    assert header[: len(plain[0])] == plain[0]
    assert alice[: len(plain[0])] == plain[1]
    row = dict(zip(header[-added:], alice[-added:], strict=True))
    assert row == {
        "attention gradebook": "67.5",
        "attention penalty": "12.5",
        "attention changed": "by hand",
        "gradebook total": "67.5",
        "gradebook max_total": "100",
    }
    assert bob[-added:-2] == ["", "", ""]


def test_no_results_file_holds_a_grade():
    result = samples.graded("alice")
    result.grade = Grade(80.0, 100.0)
    assert parse_result(json.dumps(result.as_json()).encode()).grade is None
