"""Moodle's grade import, held against what its importer stops at."""

import csv
import html
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.exports import moodle
from autograder.running.roster import Table, parse_table
from course.kit.errors import UserError
from tests.autograder.exports import samples

ROSTER = """\
First name,Last name,ID number,Institution,Email address
Ada,Lovelace,100,Uni,ada@uni.edu
Bob,Smith,200,Uni,bob@uni.edu
小明,王,300,Uni,wxm@uni.edu
"""
KNOWN = {"100", "200", "300"}


def imported(content, known=KNOWN):
    """Return grade and feedback by ID number; an unknown person or a bad grade stops it all."""
    header, *rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    assert header[-2:] == ["GRADE", "FEEDBACK"]
    taken = {}
    for row in rows:
        assert len(row) == len(header)
        assert row[0] in known
        assert 0 <= float(row[-2]) <= 100
        assert "<" not in row[-1]  # Moodle reads it as HTML
        assert row[-1][:1] not in tuple("=+-@\t\r")
        taken[row[0]] = (float(row[-2]), html.unescape(row[-1]))
    return header, taken


def export(results, unit="attention", language="en", roster=ROSTER):
    return moodle.export(results, parse_table(roster), unit, language)


def test_identifier_grade_and_feedback():
    exported = export(
        [samples.graded("ada"), samples.rejected("200"), samples.with_skipped("王小明")]
    )
    header, grades = imported(exported.content)
    assert header == ["ID number", "Email address", "GRADE", "FEEDBACK"]
    assert [grade for grade, _ in grades.values()] == [60, 0, 75]
    assert "softmax: Title of axis: Message of axis." in grades["100"][1]
    assert "axis-ignored" in grades["100"][1]
    assert "Nothing of the unit" in grades["200"][1]
    assert "cost no points" in grades["300"][1]
    assert exported.unmatched == {}


def test_a_missing_unit_is_no_row_so_that_no_grade_is_taken_away():
    results = [samples.graded("ada"), samples.graded("bob", "rnn")]
    assert imported(export(results).content)[1].keys() == {"100"}
    assert imported(export(results, "rnn").content)[1].keys() == {"200"}


def test_who_is_unknown_or_not_graded_is_named_and_left_out():
    exported = export([samples.graded("zoe"), samples.all_skipped("ada"), samples.graded("bob")])
    assert imported(exported.content)[1].keys() == {"200"}
    assert exported.unmatched.keys() == {"zoe", "ada"}


def test_it_speaks_chinese():
    _, grades = imported(export([samples.graded("ada")], language="zh").content)
    assert "axis 的说明" in grades["100"][1]
    assert "结果错误：1" in grades["100"][1]


@pytest.mark.parametrize("title", ["Username", "用户名", "学号", "Email address", "邮箱"])
def test_any_field_that_moodle_knows_people_by_will_do(title):
    exported = export([samples.graded("ada")], roster=f"Name,{title}\nx,ada\n")
    assert exported.content.splitlines()[:2][0] == f"{title},GRADE,FEEDBACK"
    assert exported.content.splitlines()[1].startswith("ada,60,")


def test_a_roster_without_one_is_refused():
    with pytest.raises(UserError, match="ID number"):
        export([samples.graded("ada")], roster="First name,Last name\nAda,Lovelace\n")


def test_feedback_is_cut():
    checks = [samples.check(str(i), "failed", wrong=text("x" * 5000, "")) for i in range(9)]
    _, grades = imported(export([samples.graded("ada", checks=checks)]).content)
    assert len(grades["100"][1]) <= 10_001


@given(st.lists(samples.results(), max_size=3))
def test_any_result_gives_a_file_that_moodle_reads(results):
    names = sorted({result.submission for result in results})
    known = [[str(i), name] for i, name in enumerate(names)]
    table = Table(["ID number", "Full name"], known)
    exported = moodle.export(results, table, "attention")
    imported(exported.content, {str(i) for i in range(len(names))})
