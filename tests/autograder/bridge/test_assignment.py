"""`grade --course-dir` and nbgrader's own `autograde` over the bridge leave the same behind."""

import csv
import io
import json
import os
import shutil
import sys
import time

import nbformat
import pytest
from nbgrader.api import Gradebook, SubmittedNotebook

from autograder.bridge.course import Course
from autograder.bridge.grades import read_grades
from autograder.results.files import read_result
from tests.autograder.bridge.courses import (
    CONFIG,
    UNIT,
    bare,
    cell_named,
    cheating,
    command,
    doubled,
    essay,
    grade,
    gradebook,
    hand_in,
    in_cells,
    less,
    make_course,
    nbgrader,
    released,
    score,
    solved,
    unscaled,
)
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

LATE = '''
"""Each day that has begun costs ten points."""

import math

from nbgrader.plugins import BasePlugin


class TenADay(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 10 * math.ceil(total_seconds_late / 86400)
'''
LATE_CONFIG = CONFIG + 'c.AssignLatePenalties.plugin_class = "late.TenADay"\n'
DAMAGED = {"gil": doubled, "hal": bare, "ivy": less}
READABLE = ("ada", "bob", "cai", "dan", "eve", "fay", *DAMAGED, "old")
NOT_FOR_NBGRADER = ("torn",)


def without_ids():
    """A notebook whose cells have no ids: nbformat makes some up, others each time."""
    notebook = solved()
    for index, made in enumerate(notebook.cells):
        notebook.cells[index] = type(made)({k: v for k, v in made.items() if k != "id"})
    return json.dumps(notebook)


def of_another_type():
    """A notebook whose softmax became a text: nbgrader makes it code again."""
    notebook = solved()
    text = cell_named(notebook, "softmax")
    text.cell_type = "markdown"
    del text["outputs"], text["execution_count"]
    return notebook


def of_old_schema():
    notebook = solved()
    cell_named(notebook, "softmax").metadata.nbgrader["schema_version"] = 1
    return json.dumps(notebook)


@pytest.fixture(scope="module")
def courses(tmp_path_factory):
    """Twins: one graded by this project's command, the other by nbgrader's over the bridge.

    Gives both folders, the output of this project's command, and that of nbgrader's.
    """
    ours, theirs = (tmp_path_factory.mktemp("courses") / name for name in ("ours", "theirs"))
    ours.mkdir()
    (ours / "late.py").write_text(LATE)
    make_course(ours, LATE_CONFIG, [("essay", essay())])
    nbgrader("db", "assignment", "add", UNIT, "--duedate=2026-01-01 12:00:00", cwd=ours)
    hand_in(ours, "ada", solved(), timestamp="2026-01-01 11:00:00 UTC")
    hand_in(ours, "bob", unscaled(), timestamp="2026-01-02 13:00:00 UTC")  # the second day
    hand_in(ours, "cai", released(ours), timestamp="2026-02-01 12:00:00 UTC")
    hand_in(ours, "dan", of_another_type())
    hand_in(ours, "eve", cheating())
    hand_in(ours, "fay", without_ids())
    for name in ("ada", "bob"):
        hand_in(ours, name, essay(), "essay")
    for name, notebook in DAMAGED.items():
        hand_in(ours, name, notebook())
    hand_in(ours, "old", of_old_schema())
    hand_in(ours, "torn", "{")
    shutil.copytree(ours, theirs)
    excluded = f"--CourseDirectory.student_id_exclude={','.join(NOT_FOR_NBGRADER)}"
    autograded = nbgrader("autograde", UNIT, excluded, cwd=theirs)
    return ours, theirs, grade(ours, "--jobs", "2", status=1), autograded


def exported(root):
    nbgrader("export", "--to", root / "all.csv", cwd=root)
    return list(csv.DictReader(io.StringIO((root / "all.csv").read_text())))


def everything(root):
    """What a gradebook holds of grades, comments and penalties."""
    with gradebook(root) as book:
        found = {}
        for notebook in book.db.query(SubmittedNotebook):
            found[notebook.student.id, notebook.name] = (
                notebook.late_submission_penalty,
                sorted(
                    (g.name, g.auto_score, g.manual_score, g.needs_manual_grade)
                    for g in notebook.grades
                ),
                sorted((c.name, c.auto_comment or "") for c in notebook.comments),
            )
        return found


def test_the_gradebook_is_the_one_that_nbgrader_makes(courses):
    ours, theirs, *_ = courses
    assert everything(ours) == everything(theirs)
    assert {student for student, _ in everything(ours)} == set(READABLE)


def test_so_are_the_notebooks(courses):
    ours, theirs, *_ = courses
    found = [path.relative_to(theirs) for path in theirs.glob("autograded/*/*/*")]
    assert len(found) == len(READABLE) + 2 + 3  # units, essays, timestamps
    for path in found:
        mine, other = ((root / path).read_text("utf-8") for root in (ours, theirs))
        if path.suffix == ".ipynb":
            mine, other = (_without_ids_and_times(text) for text in (mine, other))
        assert mine == other, path
        assert (ours / path).stat().st_mode == (theirs / path).stat().st_mode


def _without_ids_and_times(text):
    notebook = json.loads(text)
    for made in notebook["cells"]:
        made.pop("id", None)
        made["metadata"].pop("execution", None)
    return notebook


def test_so_is_the_export_with_penalties(courses):
    ours, theirs, *_ = courses
    rows = exported(ours)
    assert rows == exported(theirs)
    by_student = {row["student_id"]: row for row in rows if row["student_id"] in READABLE}
    assert float(by_student["ada"]["score"]) == 105
    bob = by_student["bob"]
    assert float(bob["late_submission_penalty"]) == 20 + 5  # no more than the essay's points
    assert float(bob["score"]) == pytest.approx(float(bob["raw_score"]) - 25)
    assert float(by_student["cai"]["score"]) == 0  # a penalty takes no more than there is


def test_scores_are_those_of_the_results(courses):
    ours, *_ = courses
    for student in READABLE:
        result = read_result(ours / "results" / student / f"{UNIT}.json")
        assert score(ours, student) == pytest.approx(in_cells(result), abs=1e-4)
    for student in ("dan", "fay", "old", *DAMAGED):
        assert score(ours, student) == 100, student
    assert score(ours, "ada", "essay") == 5
    assert 40 < score(ours, "bob") < 80  # the unscaled attention costs its checks, no others
    assert score(ours, "cai") == 0
    assert score(ours, "eve") < 100  # what was written into the grading cell counts for nothing


def test_one_process_graded_them_all_and_left_results_for_reports(courses):
    _, theirs, _, autograded = courses
    assert autograded.count("in isolation") == len(READABLE)
    assert "Traceback" not in autograded
    students = {path.parent.name for path in (theirs / "results").glob(f"*/{UNIT}.json")}
    assert students == set(READABLE)


def test_graded_notebooks_carry_messages_and_no_source_of_a_check(courses):
    ours, *_ = courses
    text = (ours / "autograded" / "bob" / UNIT / f"{UNIT}.ipynb").read_text("utf-8")
    assert "sqrt(d_k)" in text
    assert "✗ " in text
    for leaked in ("expect.close", "@check", "autograder.hidden", "oracle."):
        assert leaked not in text


def test_what_nbgrader_cannot_read_is_named_and_costs_nobody_else(courses):
    ours, _, said, _ = courses
    assert "Outdated schema version" not in said
    assert "Not in it, torn: attention.ipynb" in said
    assert f"In nbgrader's gradebook: {len(READABLE)}." in said
    assert read_result(ours / "results" / "torn" / f"{UNIT}.json").status == "rejected"
    assert not list((ours / "results").glob(".*"))


def test_whose_cells_were_put_right_is_said(courses):
    _, _, said, autograded = courses
    _, _, lines = said.partition("Cells that were put right")
    assert "gil attention: 2 cells are named softmax" in lines
    assert "ivy attention: the cell check-similarity was missing; it is back; and 6 more" in lines
    assert "hal attention:" in lines
    assert "ada attention:" not in lines.partition("The gradebook differs")[0]
    assert "attention of ivy: the cell check-similarity was missing; it is back" in autograded


def test_where_the_gradebook_has_another_sum_both_are_shown(courses):
    _, _, said, _ = courses
    _, _, differences = said.partition("The gradebook differs from the results:")
    assert "20 taken off for being late" in differences
    (bob,) = (line for line in differences.splitlines() if line.strip().startswith("bob "))
    assert "by the result" in bob
    assert "dan " not in differences


def test_feedback_shows_messages(courses):
    ours, *_ = courses
    nbgrader("generate_feedback", UNIT, "--student", "bob", cwd=ours)
    page = (ours / "feedback" / "bob" / UNIT / f"{UNIT}.html").read_text("utf-8")
    assert "sqrt(d_k)" in page
    assert "✗ " in page
    assert "autograder.hidden" not in page


def test_an_extension_takes_its_penalty_back_and_nothing_is_graded_again(
    courses, tmp_path, monkeypatch
):
    ours, *_ = courses
    root = tmp_path / "course"
    shutil.copytree(ours, root)
    shutil.rmtree(root / "submitted" / "torn")
    with gradebook(root) as book:
        given = book.find_grade("check-softmax", UNIT, UNIT, "bob")
        given.manual_score, given.needs_manual_grade = 7.0, False
        book.db.commit()
        before = score(root, "bob")
    options = ("--until", "2026-01-02 12:30")
    refused = command(
        "autograder", "extend", root, UNIT, "bob", "bobby", *options, cwd=ROOT, status=2
    )
    assert "knows no student bobby" in refused
    said = command("autograder", "extend", root, UNIT, "bob", *options, cwd=ROOT)
    assert "bob: attention until 2026-01-02 12:30 UTC; due 2026-01-01 12:00 UTC" in said
    seed = read_result(root / "results" / "bob" / f"{UNIT}.json").seed
    said = grade(root, "--resume", "--seed", seed)
    assert f"{len(READABLE)} kept from before" in said
    with gradebook(root) as book:
        held = book.find_submission_notebook(UNIT, UNIT, "bob")
        assert held.late_submission_penalty == 10  # half an hour late, and not a day
        assert held.score == before
        assert not book.find_grade("check-softmax", UNIT, UNIT, "bob").needs_manual_grade
    with gradebook(root) as book:
        book.add_student("zoe")
    command("autograder", "extend", root, UNIT, "zoe", *options, cwd=ROOT)
    monkeypatch.setattr(sys, "path", list(sys.path))
    held = read_grades(Course(root, UNIT))
    assert ("bob", UNIT) in held
    assert ("zoe", UNIT) not in held  # she has handed in nothing yet
    command("autograder", "extend", root, UNIT, "bob", "--until", "2026-01-01 12:00", cwd=ROOT)
    with gradebook(root) as book:
        assert book.find_submission(UNIT, "bob").extension is None
    for until, reason in (("2025-12-31", "later than that"), ("soon", "is no date and time")):
        assert reason in command(
            "autograder", "extend", root, UNIT, "bob", "--until", until, cwd=ROOT, status=2
        )


def test_exports_and_pages_have_the_gradebooks_grades(courses, tmp_path):
    ours, *_ = courses
    root = tmp_path / "course"
    shutil.copytree(ours, root)
    config = root / "nbgrader_config.py"
    config.write_text(config.read_text() + 'c.CourseDirectory.db_url = "sqlite:///gradebook.db"\n')
    with gradebook(root) as book:
        given = book.find_grade("check-softmax", UNIT, UNIT, "eve")
        given.manual_score = 19.5
        book.find_student("bob").first_name = "Böb"
        book.find_student("bob").last_name = "O'Neil"
        book.db.commit()
        grades = {}
        for student in READABLE:
            held = book.find_submission_notebook(UNIT, UNIT, student)
            grades[student] = max(held.score - (held.late_submission_penalty or 0), 0)
    logins = [*READABLE[:1], *READABLE[2:], "torn"]  # Canvas knows Bob by his name alone
    people = [f'"{login}, A",{n},{login},X' for n, login in enumerate(logins)]
    roster = tmp_path / "canvas.csv"
    lines = ["Student,ID,SIS Login ID,Section,attention (9)", "Points Possible,,,,100", *people]
    roster.write_text("\n".join([*lines, '"O\'Neil, Böb",99,neil,X']) + "\n")
    out = tmp_path / "canvas-out.csv"
    said = command(
        "autograder",
        *("export", "canvas", "--course-dir", root, "--roster", roster, "--out", out),
        cwd=tmp_path,
    )
    rows = list(csv.DictReader(out.open(encoding="utf-8-sig")))
    back = {row["SIS Login ID"]: row["attention (9)"] for row in rows}
    back["bob"] = back.pop("neil")
    for student, held in grades.items():
        assert float(back[student]) == pytest.approx(held, abs=1e-3), student
    assert back["torn"] == "0"
    assert "Not in the gradebook, so that the result's score counts: torn/attention" in said
    assert "points given by hand" in said
    command("autograder", "report", "--course-dir", root, cwd=tmp_path)
    page = (root / "results" / "report" / "students" / "bob.html").read_text("utf-8")
    assert "20 taken off for being late" in page
    assert "Böb O&#39;Neil" in page
    table = (root / "results" / "report" / "index.html").read_text("utf-8")
    assert "成绩册" in table


def test_nbgrader_grades_again_and_leaves_a_manual_score_alone(courses, tmp_path):
    _, theirs, *_ = courses
    root = tmp_path / "course"
    shutil.copytree(theirs, root)
    with gradebook(root) as book:
        book.find_grade("check-softmax", UNIT, UNIT, "cai").manual_score = 7.0
        book.db.commit()
    nbgrader("autograde", UNIT, "--student", "cai", "--force", cwd=root)
    assert score(root, "cai") == 7


def test_resume_writes_what_is_missing_or_new_and_leaves_manual_grades_alone(courses, tmp_path):
    _, theirs, *_ = courses
    root = tmp_path / "course"
    shutil.copytree(theirs, root)
    shutil.rmtree(root / "submitted" / "torn")
    first = grade(root, "--resume")  # nbgrader's own grading kept its results there
    assert f"{len(READABLE)} kept from before" in first
    with gradebook(root) as book:
        given = book.find_grade("check-softmax", UNIT, UNIT, "cai")
        given.manual_score, given.needs_manual_grade = 7.0, False
        book.db.commit()
    hand_in(root, "bob", solved())
    # What nbgrader wrote before is newer than all that comes now: the clock was set back.
    future = time.time() + 86400
    os.utime(root / "autograded" / "bob" / UNIT / f"{UNIT}.ipynb", (future, future))
    for path in (root / "autograded" / "ada" / UNIT).iterdir():
        path.unlink()
    (root / "autograded" / "ada" / UNIT).rmdir()
    said = grade(root, "--resume")
    assert f"{len(READABLE) - 1} kept from before" in said
    assert (root / "autograded" / "ada" / UNIT / f"{UNIT}.ipynb").is_file()
    assert score(root, "bob") == 100
    with gradebook(root) as book:
        assert not book.find_grade("check-softmax", UNIT, UNIT, "cai").needs_manual_grade
    assert score(root, "cai") == 7
    # nbgrader was ended between putting the hand-in there and grading it.
    path = root / "autograded" / "cai" / UNIT / f"{UNIT}.ipynb"
    half = nbformat.read(path, as_version=4)
    for cell in half.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    nbformat.write(half, path)
    grade(root, "--resume")
    with gradebook(root) as book:
        assert book.find_grade("check-softmax", UNIT, UNIT, "cai").needs_manual_grade
    assert score(root, "cai") == 7


def test_the_course_says_how_and_the_command_line_overrules_it(courses, tmp_path):
    _, theirs, *_ = courses
    root = tmp_path / "course"
    shutil.copytree(theirs, root)
    for name in {*READABLE, "torn"} - {"dan"}:
        shutil.rmtree(root / "submitted" / name)
    config = CONFIG + 'c.GradeInIsolation.seed = 3\nc.CourseDirectory.db_url = "sqlite:///my.db"\n'
    (root / "nbgrader_config.py").write_text(config)
    (root / "gradebook.db").rename(root / "my.db")
    grade(root)
    assert read_result(root / "results" / "dan" / f"{UNIT}.json").seed == 3
    grade(root, "--seed", "4", "--out", tmp_path / "elsewhere", "--format", "csv")
    assert read_result(root / "results" / "dan" / f"{UNIT}.json").seed == 3
    assert read_result(tmp_path / "elsewhere" / "dan" / f"{UNIT}.json").seed == 4
    assert (tmp_path / "elsewhere" / "exports" / "csv" / "grades.csv").is_file()
    assert not (root / "gradebook.db").exists()
    with Gradebook(f"sqlite:///{root}/my.db") as book:
        assert book.find_submission(UNIT, "dan").score == 100
