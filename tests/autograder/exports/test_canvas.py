"""Canvas's gradebook CSV, read back by the rules of Canvas's importer."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.exports import canvas
from autograder.running.roster import Table, parse_table
from course.kit.errors import UserError
from tests.autograder.exports import samples

HEADER = "Student,ID,SIS User ID,SIS Login ID,Section,Attention (77),Essay (78),Final Score"
GRADEBOOK = f"""\
{HEADER}
,,,,,Manual Posting,,
    Points Possible,,,,,20,10,(read only)
"Lovelace, Ada",101,s1,ada@uni.edu,Group A,,9,88
"Smith, Bob",102,s2,bob,Group A,11,8,70
"=cmd|'/C calc'!A0",103,007,eve,"Group B, C",EX,,
"Student, Test",104,,,Group A,,,
"""


def imported(content):
    """Return what Canvas makes of a file: points by column, grades by student's id."""
    header, *rows = csv.reader(io.StringIO(content, newline=""), strict=True)
    assert len(header) > 3
    assert "Student" in header[0]
    assert "ID" in header[1]
    assert all(len(row) == len(header) for row in rows)
    last = 2
    if re.search(r"SIS\s+Login\s+ID", header[2]):
        last = 3
    elif "SIS User ID" in header[2] and "SIS Login ID" in header[3]:
        last = 5 if "Integration ID" in header[4] else 4
    assert "Section" in header[last]
    titles = header[last + 1 :]
    assert len(set(titles)) == len(titles)
    first, *students = rows
    assert "Points Possible" in first[0]
    grades = {row[1]: dict(zip(titles, row[last + 1 :], strict=True)) for row in students}
    for row in grades.values():
        assert all(re.fullmatch(r"|EX|N/A|-?\d+(\.\d+)?", grade) for grade in row.values())
    return dict(zip(titles, map(float, first[last + 1 :]), strict=True)), grades, rows


def test_a_column_is_filled_in_its_own_points_and_another_added():
    results = [samples.graded("ada"), samples.graded("ada", "rnn"), samples.rejected("bob")]
    exported = canvas.export(results, parse_table(GRADEBOOK))
    possible, grades, _ = imported(exported.content)
    assert possible == {"rnn": 100, "Attention (77)": 20}
    assert grades["101"] == {"rnn": "60", "Attention (77)": "12"}
    assert grades["102"] == {"rnn": "", "Attention (77)": "0"}  # rejected; rnn is missing
    assert exported.unmatched == {}


def test_who_handed_nothing_in_keeps_what_canvas_has():
    _, grades, _ = imported(canvas.export([samples.graded("ada")], parse_table(GRADEBOOK)).content)
    assert grades["102"] == {"Attention (77)": "11"}  # an empty cell would take the grade away
    assert grades["104"] == {"Attention (77)": ""}


def test_other_columns_are_left_out_so_that_newer_grades_stay():
    content = canvas.export([samples.graded("ada")], parse_table(GRADEBOOK)).content
    assert "Essay" not in content
    assert "Final Score" not in content


def test_an_excuse_stands():
    exported = canvas.export([samples.graded("007")], parse_table(GRADEBOOK))
    _, grades, _ = imported(exported.content)
    assert grades["103"] == {"Attention (77)": "EX"}
    assert exported.excused == ["007/attention"]


def test_skipped_checks_cost_nothing():
    results = [samples.with_skipped("ada"), samples.all_skipped("bob")]
    _, grades, _ = imported(canvas.export(results, parse_table(GRADEBOOK)).content)
    assert grades["101"] == {"Attention (77)": "15"}  # 60 of 80, in points of 20
    assert grades["102"] == {"Attention (77)": "11"}  # nothing is known


def test_people_keep_their_columns_and_run_nothing():
    _, _, rows = imported(canvas.export([samples.graded("ada")], parse_table(GRADEBOOK)).content)
    assert rows[1][:5] == ["Lovelace, Ada", "101", "s1", "ada@uni.edu", "Group A"]
    assert rows[3][:5] == ["'=cmd|'/C calc'!A0", "103", "007", "eve", "Group B, C"]


def test_the_unmatched_are_named():
    exported = canvas.export([samples.graded("zoe"), samples.graded("ada")], parse_table(GRADEBOOK))
    assert exported.unmatched == {"zoe": "is not in the roster"}


def test_first_and_last_names_in_columns_of_their_own():
    roster = "LastName,FirstName,ID,SIS Login ID,Section\n    Points Possible,,,,\nLi,Wei,1,x,A\n"
    content = canvas.export([samples.graded("Wei Li")], parse_table(roster)).content
    assert content.splitlines()[2] == "Li,Wei,1,x,A,60"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("Section", "Place"), "lacks a column"),
        (("    Points Possible", "Points"), "no row Points Possible"),
        ((",20,", ",,"), "no Points Possible for"),
        (("Essay (78)", "attention"), "2 columns named attention"),
    ],
)
def test_what_is_no_gradebook_is_refused(change, complaint):
    with pytest.raises(UserError, match=complaint):
        canvas.export([samples.graded("ada")], parse_table(GRADEBOOK.replace(*change)))


@given(st.lists(samples.texts, min_size=1, max_size=4), st.lists(samples.results(), max_size=3))
def test_any_names_give_a_file_that_canvas_reads(students, results):
    header = HEADER.split(",")
    points = ["    Points Possible", "", "", "", "", "20", "10", ""]
    people = [[name, str(i), "", "", "A", "", "", ""] for i, name in enumerate(students)]
    exported = canvas.export(results, Table(header, [points, *people]))
    _, grades, rows = imported(exported.content)
    assert len(grades) == len(students)
    assert not [row for row in rows[1:] if row[0].lstrip().startswith(("=", "+", "-", "@"))]
