"""Plain CSV: rows, columns, empty cells, and cells that no spreadsheet runs."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from autograder.exports import plain_csv
from autograder.exports.escaping import number, safe_cell
from tests.autograder.exports import samples

RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows_of(content):
    assert content.startswith("\ufeff")  # without it Excel takes Chinese for Latin
    return list(csv.reader(io.StringIO(content[1:], newline=""), strict=True))


def test_a_row_a_hand_in_a_column_a_unit():
    results = [
        samples.graded("alice", "attention"),
        samples.graded("alice", "rnn"),
        samples.rejected("bob", "attention"),
        samples.with_skipped("sam", "rnn"),
    ]
    assert rows_of(plain_csv.export_grades(results)) == [
        ["hand-in", "rnn", "attention", "total", "max_total", "rejected"],
        ["alice", "60", "60", "120", "200", ""],
        ["bob", "", "0", "0", "100", "attention"],
        ["sam", "60", "", "60", "80", ""],
    ]


def test_a_row_a_check_and_one_for_a_rejected_hand_in():
    rows = rows_of(plain_csv.export_checks([samples.with_skipped(), samples.rejected()], "zh"))
    head, *body = rows
    table = [dict(zip(head, row, strict=True)) for row in body]
    assert [row["status"] for row in table] == ["passed", "missing", "skipped", ""]
    assert (table[2]["points"], table[2]["max_points"]) == ("0", "0")
    assert table[0]["title"] == "rows 的标题"
    assert table[3]["hand-in status"] == "rejected"
    assert table[3]["message"] == samples.NOTHING["zh"]


@given(st.lists(samples.results(), max_size=3))
def test_no_cell_is_a_formula(results):
    for content in (plain_csv.export_grades(results), plain_csv.export_checks(results)):
        rows = rows_of(content)
        assert len({len(row) for row in rows}) == 1
        for row in rows:
            assert not [cell for cell in row if cell.lstrip(" ").startswith(RUN)]
            assert not [cell for cell in row if "\x00" in cell or "\x1b" in cell]


def test_numbers_are_plain():
    assert [number(x) for x in (97.0, 64.5, 1e-9, 1e7, 1 / 3)] == [
        *("97", "64.5", "0", "10000000", "0.333333")
    ]
    assert safe_cell(-1.5) == "-1.5"  # a number, not a text that looks like one
    assert safe_cell("-1.5") == "'-1.5"
