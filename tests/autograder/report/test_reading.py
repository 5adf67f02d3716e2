"""Reading results: whole ones only, and nobody's in somebody else's place."""

import json

import pytest

from autograder.report.reading import read_gradebook
from course.kit.errors import UserError
from tests.autograder.report.samples import checked, graded, put, rejected


def test_results_come_by_student_and_in_the_order_of_the_course(tmp_path):
    put(tmp_path, graded("bob", unit="translation"), graded("bob", unit="rnn"), rejected("ann"))
    book = read_gradebook(tmp_path)
    assert [student.name for student in book.students] == ["ann", "bob"]
    assert list(book.students[1].results) == ["rnn", "translation"]
    assert book.units == ["rnn", "attention", "translation"]
    assert book.students[1].results["rnn"] == graded("bob", unit="rnn")


@pytest.mark.parametrize("name", [".hidden", "empty", "\udcff"])
def test_other_folders_are_no_students(tmp_path, name):
    put(tmp_path, graded("ann"))
    (tmp_path / name).mkdir()
    (tmp_path / name / "attention.csv").touch()
    if name != "empty":
        (tmp_path / name / "attention.json").touch()
    (tmp_path / "report.json").write_text("{}")
    assert [student.name for student in read_gradebook(tmp_path).students] == ["ann"]


@pytest.mark.parametrize(
    "change",
    [
        {"submission": "eve"},
        {"unit": "rnn"},
        {"score": "all"},
        {"score": float("nan")},
        {"status": "splendid"},
        {"checks": [{**checked().__dict__, "status": "splendid"}]},
        {"checks": [{**checked().__dict__, "title": {"en": "only"}}]},
        {"checks": [{**checked().__dict__, "message": "words"}]},
        {"checks": [{**checked().__dict__, "seconds": float("inf")}]},
        {"checks": 3},
        {"schema": 2},
        {"more": 1},
    ],
    ids=lambda change: "-".join(change),
)
def test_what_is_no_whole_result_is_named_and_left_out(tmp_path, change):
    put(tmp_path, graded("ann"), graded("bob"))
    path = tmp_path / "bob" / "attention.json"
    path.write_text(json.dumps(graded("bob").as_json() | change))
    book = read_gradebook(tmp_path)
    assert [student.name for student in book.students] == ["ann"]
    assert book.unreadable == ["bob/attention.json"]


@pytest.mark.parametrize("content", ["", "{", "[" * 100_000, "[]", b"\xff"])
def test_rubbish_is_no_result(tmp_path, content):
    put(tmp_path, graded("ann"), graded("bob"))
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "bob" / "attention.json").write_bytes(data)
    assert read_gradebook(tmp_path).unreadable == ["bob/attention.json"]


@pytest.mark.parametrize("name", ["nothing", "there"])
def test_a_directory_without_results_is_an_error(tmp_path, name):
    (tmp_path / "there").mkdir()
    with pytest.raises(UserError, match=r"no results in .*grade --out"):
        read_gradebook(tmp_path / name)
