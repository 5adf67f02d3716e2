"""A gradebook: results by student and in the order of the course."""

from autograder.report.reading import read_gradebook
from tests.autograder.samples import graded, put, rejected


def test_results_come_by_student_and_in_the_order_of_the_course(tmp_path):
    put(tmp_path, graded("bob", unit="translation"), graded("bob", unit="rnn"), rejected("ann"))
    book = read_gradebook(tmp_path)
    assert [student.name for student in book.students] == ["ann", "bob"]
    assert list(book.students[1].results) == ["rnn", "translation"]
    assert book.units == ["rnn", "attention", "translation"]
    assert book.students[1].results["rnn"] == graded("bob", unit="rnn")


def test_results_of_no_unit_of_the_course_are_named(tmp_path):
    put(tmp_path, graded("ann"), graded("bob", unit="essay"))
    book = read_gradebook(tmp_path)
    assert [student.name for student in book.students] == ["ann"]
    assert book.unreadable == ["bob/essay.json"]
