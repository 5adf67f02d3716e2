"""Rosters: read whatever Canvas and Moodle write, and give nobody another's grade."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.running.roster import match, names_of, parse_table, read_table
from course.kit.errors import UserError


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimiters_marks_and_short_rows(delimiter):
    content = "\ufeffStudent|ID|Section\r\n\r\nAda|1\r\n".replace("|", delimiter)
    table = parse_table(content)
    assert table.header == ["Student", "ID", "Section"]
    assert table.rows == [["Ada", "1", ""]]


@pytest.mark.parametrize("content", ["", "\n\n", "Student\nAda\n", 'A,B\n"x', "A,B\n1,2,3\n"])
def test_what_is_no_table_is_refused(content):
    with pytest.raises(UserError, match=r"roster .*\."):
        parse_table(content)


def test_a_file_that_is_not_there_or_not_utf8(tmp_path):
    with pytest.raises(UserError, match="can't be read"):
        read_table(tmp_path / "none.csv")
    path = tmp_path / "latin.csv"
    path.write_bytes("Student,ID\nJosé,1\n".encode("latin-1"))
    with pytest.raises(UserError, match="not UTF-8"):
        read_table(path)


def test_keys_names_and_the_name_in_an_address():
    people = [
        ["ada@uni.edu", "100", *names_of("Lovelace, Ada")],
        ["bob", "200", *names_of("Smith, Bob")],
    ]
    matched = match(["ADA", "ada_lovelace_", "200", "nobody"], people)
    assert matched.rows == {"200": 1}
    assert matched.unmatched["nobody"] == "is not in the roster"
    assert "same person" in matched.unmatched["ADA"]  # two hand-ins of one person
    assert match(["ada_lovelace"], people).rows == {"ada_lovelace": 0}


def test_a_name_that_fits_two_people_fits_none():
    matched = match(["li wei", "17"], [["17", "Li Wei"], ["18", "Li Wei"]])
    assert matched.rows == {"17": 0}
    assert matched.unmatched == {"li wei": "fits 2 people of the roster"}


def test_an_empty_key_names_nobody():
    for name in ("", "_"):
        assert match([name], [["", "@", " "]]).rows == {}


keys = st.sampled_from(["a", "A", "b", "a@x", "1", "", "a b", "b, a"])


@given(st.lists(keys, max_size=5), st.lists(st.lists(keys, max_size=3), max_size=4))
def test_each_hand_in_has_one_row_or_a_reason_and_each_row_one_hand_in(names, people):
    matched = match(names, people)
    assert matched.rows.keys() | matched.unmatched.keys() == set(names)
    assert not matched.rows.keys() & matched.unmatched.keys()
    assert len(set(matched.rows.values())) == len(matched.rows)
