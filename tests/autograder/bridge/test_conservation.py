"""Every path of a course's hand-ins, and everybody on its roster, ends as a grade or is named."""

import csv
import zipfile

import nbformat
import pytest

from autograder.results.files import read_result
from tests.autograder.bridge.courses import (
    UNIT,
    grade,
    make_course,
    released,
    score,
    solved,
)

pytestmark = pytest.mark.slow

RENAMED = {
    "ann": "attention (1).ipynb",
    "ben": "Attention.ipynb",
    "cai": "week 3/attention.ipynb",
    "eva": "attention.IPYNB",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with hand-ins as they really come, and what was said while it was graded."""
    root = tmp_path_factory.mktemp("courses") / "course"
    root.mkdir()
    make_course(root)
    right = nbformat.writes(solved())

    def put(student, name, content=right):
        path = root / "submitted" / student / UNIT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    for student, name in RENAMED.items():
        put(student, name)
    put("dao", "attention.ipynb")
    put("dao", "attention-Copy1.ipynb", right + "\n")
    put("dao", "notes.txt", "mine")
    put("fay", "attention.ipynb", nbformat.writes(released(root)))
    put("fay", "attention-Copy1.ipynb")  # where the work is
    put("hal", "attention.ipynb.txt")
    put("ida", ".ipynb_checkpoints/attention-checkpoint.ipynb")
    (root / "submitted" / "kim" / UNIT).mkdir(parents=True)
    with zipfile.ZipFile(put("lea", "mine.zip"), "w") as archive:
        archive.writestr("attention.ipynb", right)
    secret = root / "secret.txt"
    secret.write_text("nobody's")
    put("mia", "attention.ipynb")
    (root / "submitted" / "mia" / UNIT / "data.txt").symlink_to(secret)
    (root / "submitted" / "ned" / UNIT).mkdir(parents=True)
    (root / "submitted" / "ned" / UNIT / "attention.ipynb").symlink_to(
        root / "submitted" / "dao" / UNIT / "attention.ipynb"
    )
    (root / "submitted" / "ole").symlink_to(root / "submitted" / "dao")
    put("pia", "timestamp.txt", "yesterday")
    put("pia", "attention.ipynb")
    roster = root / "people.csv"
    roster.write_text("Name,Username\nAnn A,ann\nZoë Z,zoe\n")
    said = grade(root, "--jobs", "2", "--roster", roster, status=1)
    return root, said


def test_a_renamed_file_has_its_points_in_the_gradebook(course):
    root, _ = course
    for student in (*RENAMED, "dao", "fay", "lea", "mia"):
        assert read_result(root / "results" / student / f"{UNIT}.json").score == 100, student
        assert score(root, student) == 100, student
        assert (root / "autograded" / student / UNIT / f"{UNIT}.ipynb").is_file()


def test_who_is_not_in_the_gradebook_is_named_with_the_reason(course):
    root, said = course
    for student, reason in {
        "hal": "rename it to attention.ipynb",
        "ida": "a copy that Jupyter keeps",
        "kim": "no notebook in the folder",
        "ned": "It is a link",
        "ole": "It is a link",
    }.items():
        (line,) = (row for row in said.splitlines() if row.startswith(f"Not in it, {student}:"))
        assert reason in line
    assert "Not in it, pia:" in said  # nbgrader can't read its time
    for student in ("ned", "ole"):
        assert read_result(root / "results" / student / f"{UNIT}.json").status == "rejected"


def test_what_was_passed_over_is_in_the_list(course):
    root, said = course
    rows = list(csv.reader((root / "results" / "passed-over.csv").open(encoding="utf-8-sig")))
    listed = {row[0] for row in rows}
    folder = root / "submitted"
    for path in (
        *("dao/attention/attention-Copy1.ipynb", "dao/attention/notes.txt"),
        *("fay/attention/attention.ipynb", "hal/attention/attention.ipynb.txt"),
        "mia/attention/data.txt",
    ):
        assert str(folder / path) in listed, path
    assert "Zoë Z" in listed
    assert "2 on the roster, 1 of them handed in nothing." in said


def test_no_link_is_followed_and_nothing_is_left_behind(course):
    root, _ = course
    assert not (root / "autograded" / "mia" / UNIT / "data.txt").exists()
    assert not [path for path in root.iterdir() if path.name.startswith(".hand-ins")]
    assert (root / "submitted" / "ann" / UNIT / RENAMED["ann"]).is_file()  # as it was
