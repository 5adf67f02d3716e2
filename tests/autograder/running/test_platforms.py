"""Whose a file is, on each platform; and back into the platform's gradebook by the same keys."""

import csv
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.exports import canvas, moodle, plain_csv
from autograder.exports.formats import FORMATS, Request
from autograder.results.result import Result
from autograder.running.accounting import account_for
from autograder.running.roster import match, parse_table, people_of
from autograder.running.submissions import collect, find_submissions

METADATA = """
submission_9001:
  :submitters:
  - :name: Ada Lovelace
    :sid: '17'
    :email: ada@example.edu
submission_9002:
  :submitters:
  - :name: 王小明
    :sid: '18'
    :email: xm@example.edu
  - :name: Zoë O'Neil
    :sid: '19'
    :email: zoe@example.edu
"""


def put(path, text="x = 1\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def students(found):
    return [(item.name, item.student_facts) for item in found]


@pytest.mark.parametrize("layout", ["auto", "moodle"])
def test_moodle(tmp_path, layout):
    for name in ("Ada Lovelace_100", "王小明_101", "Zoë O'Neil_102"):
        put(tmp_path / "in" / f"{name}_assignsubmission_file_" / "attention.ipynb")
    inner = tmp_path / "in" / "Max Muster_103_assignsubmission_file_" / "mine.zip"
    inner.parent.mkdir()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("attention/attention.ipynb", "{}")
    put(tmp_path / "in" / "Li Wei_104_assignsubmission_file_attention.py")  # without folders
    found = find_submissions([tmp_path / "in"], layout=layout)
    assert students(found) == [
        ("Ada Lovelace", {"name": "Ada Lovelace", "id": "100", "platform": "moodle"}),
        ("Li Wei", {"name": "Li Wei", "id": "104", "platform": "moodle"}),
        ("Max Muster", {"name": "Max Muster", "id": "103", "platform": "moodle"}),
        ("Zoë O'Neil", {"name": "Zoë O'Neil", "id": "102", "platform": "moodle"}),
        ("王小明", {"name": "王小明", "id": "101", "platform": "moodle"}),
    ]


def test_two_students_of_one_name_are_told_apart_by_their_numbers(tmp_path):
    for number in (7, 8):
        put(tmp_path / "in" / f"Li Wei_{number}_assignsubmission_file_" / "attention.py")
    names = [item.name for item in find_submissions([tmp_path / "in"])]
    assert names == ["Li Wei (7)", "Li Wei (8)"]


@pytest.mark.parametrize("layout", ["auto", "canvas"])
def test_canvas(tmp_path, layout):
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.writestr("lovelaceada_501_90501_attention.ipynb", "{}")
        archive.writestr("oneilzoe_LATE_503_90503_attention-1.ipynb", "{}")
    found = find_submissions([tmp_path / "submissions.zip"], layout=layout)
    assert students(found) == [
        ("lovelaceada", {"name": "lovelaceada", "id": "501", "platform": "canvas"}),
        ("oneilzoe", {"name": "oneilzoe", "id": "503", "late": True, "platform": "canvas"}),
    ]


@pytest.mark.parametrize("layout", ["auto", "gradescope"])
def test_gradescope_with_a_pair_that_worked_together(tmp_path, layout):
    export = tmp_path / "in" / "assignment_7_export"
    put(export / "submission_9001" / "attention.py")
    put(export / "submission_9002" / "attention.py")
    put(export / "submission_metadata.yml", METADATA)
    found = collect([tmp_path / "in"], layout=layout)
    assert [item.name for item in found.submissions] == ["Ada Lovelace", "Zoë O'Neil", "王小明"]
    assert found.submissions[0].student_facts["email"] == "ada@example.edu"
    assert [item.looks_like_one for item in found.passed_over] == [False]


@pytest.mark.parametrize("layout", ["auto", "github-classroom"])
def test_github_classroom(tmp_path, layout):
    put(tmp_path / "in" / "attention-adal" / "attention.ipynb")
    put(tmp_path / "in" / "attention-xm-w" / "course" / "notebooks" / "zh" / "attention.ipynb")
    put(tmp_path / "in" / "attention-xm-w" / ".git" / "config")
    found = find_submissions([tmp_path / "in"], layout=layout)
    assert [item.name for item in found] == ["adal", "xm-w"]


def test_clones_of_an_assignment_with_another_name(tmp_path):
    for login in ("ada", "adal-b"):
        put(tmp_path / "in" / f"hw-3-{login}" / "attention.py")
    found = find_submissions([tmp_path / "in"], layout="github-classroom")
    assert [item.name for item in found] == ["ada", "adal-b"]


def results_of(submissions):
    return [
        Result(item.name, item.unit, "graded", 50.0, 100.0, 0, "tensorflow", 1.0, [],
               student=item.student_facts)
        for item in submissions
    ]  # fmt: skip


def test_there_and_back_canvas(tmp_path):
    put(tmp_path / "in" / "oneilzoe_LATE_503_90503_attention-1.py")
    put(tmp_path / "in" / "xiaoming_502_90502_attention.py")
    roster = parse_table(
        "Student,ID,SIS User ID,SIS Login ID,Section,attention (7)\n"
        "    Points Possible,,,,,10\n"
        '"O\'Neil, Zoë",503,s3,zoe,1,\n"王, 小明",502,s2,xm,1,\n"Li, Wei",501,s1,lw,1,\n'
    )
    made = canvas.export(results_of(find_submissions([tmp_path / "in"])), roster)
    rows = parse_table(made.content).rows
    assert [row[-1] for row in rows] == ["10", "5", "5", ""]
    assert made.unmatched == {}


def test_there_and_back_moodle(tmp_path):
    for name in ("王小明_101", "Zoë O'Neil_102"):
        put(tmp_path / "in" / f"{name}_assignsubmission_file_" / "attention.py")
    roster = parse_table(
        "First name,Last name,ID number,Email\n小明,王,s1,x@u\nZoë,O'Neil,s2,z@u\n"
    )
    made = moodle.export(results_of(find_submissions([tmp_path / "in"])), roster, "attention")
    assert made.unmatched == {}
    assert [row[0] for row in parse_table(made.content).rows] == ["s1", "s2"]


def test_there_and_back_gradescope(tmp_path):
    people = (
        (9001, "Ada Lovelace", "17", "ada@u"),
        (9002, "Ada Lovelace", "18", "ada.l@u"),  # two of one name
        (9003, "王小明", "19", "xm@u"),
        (9004, "Zoë O'Neil", "20", "zoe@u"),
    )
    top = tmp_path / "in" / "assignment_7_export"
    lines = []
    for number, name, sid, email in people:
        put(top / f"submission_{number}" / "attention.py")
        lines += [f"submission_{number}:", "  :submitters:", f"  - :name: {name}"]
        lines += [f"    :sid: '{sid}'", f"    :email: {email}"]
    put(top / "submission_metadata.yml", "\n".join(lines) + "\n")
    results = results_of(find_submissions([tmp_path / "in"]))
    for index, result in enumerate(sorted(results, key=lambda r: str(r.student["id"]))):
        result.score = 10.0 * index
    rows = list(csv.DictReader(io.StringIO(plain_csv.export_grades(results).lstrip("\ufeff"))))
    back = {row["email"]: (row["id"], row["name"], row["attention"]) for row in rows}
    assert back == {
        email: (sid, name if sid not in ("17", "18") else f"{name} ({sid})", f"{10 * index}")
        for index, (_, name, sid, email) in enumerate(people)
    }
    assert len({result.submission for result in results}) == len(people)


def test_there_and_back_github_classroom(tmp_path):
    for login in ("adal", "xm-w", "zoe-oneil"):
        put(tmp_path / "in" / f"attention-{login}" / "attention.py")
    results = results_of(find_submissions([tmp_path / "in"]))
    made = FORMATS["github-classroom"].make(Request(results))
    assert set(made.files) == {
        f"{login}/attention.{form}"
        for login in ("adal", "xm-w", "zoe-oneil")
        for form in ("json", "b64")
    }
    roster = parse_table(
        "identifier,github_username,github_id,name\ns1,adal,1,Ada Lovelace\n"
        "s2,xm-w,2,王小明\ns3,zoe-oneil,3,Zoë O'Neil\n"
    )
    people = people_of(roster)
    found = match({r.submission: r.keys for r in results}, [person.keys for person in people])
    assert {people[row].name: name for name, row in found.rows.items()} == {
        "Ada Lovelace": "adal",
        "王小明": "xm-w",
        "Zoë O'Neil": "zoe-oneil",
    }


FORMS = {
    "canvas": "Student,ID,SIS Login ID,Section\n    Points Possible,,,\n"
    '"Lovelace, Ada",501,ada,1\n"Wei, Li",502,lw,1\n',
    "moodle": "First name,Last name,ID number,Email address\n"
    "Ada,Lovelace,501,ada@u\nLi,Wei,502,l@u\n",
    "nbgrader": "id,first_name,last_name,email,lms_user_id\n"
    "ada,Ada,Lovelace,,501\nlw,Li,Wei,,502\n",
    "github": "identifier,github_username,github_id,name\n"
    "501,ada,1,Ada Lovelace\n502,lw,2,Li Wei\n",
    "plain": "who,number\nAda Lovelace,ada\nLi Wei,502\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_who_handed_in_nothing_is_named(tmp_path, form):
    put(tmp_path / "in" / "ada" / "attention.py")
    put(tmp_path / "in" / "eve" / "attention.py")
    put(tmp_path / "roster.csv", FORMS[form])
    found = collect([tmp_path / "in"])
    account = account_for(found.submissions, found.passed_over, tmp_path / "roster.csv")
    assert account.on_roster == 2
    assert [name.replace("Wei, Li", "Li Wei") for name in account.nothing] == ["Li Wei"]
    assert account.strangers == {"eve": "is not in the roster"}


names = st.text("abc 王é'-,.", min_size=1, max_size=8).filter(lambda name: name.strip(" ,"))


@given(st.lists(st.tuples(names, st.integers(1, 99)), max_size=6))
def test_everybody_on_a_roster_is_a_person(rows):
    lines = [f'"{name}",{number}' for name, number in rows]
    people = people_of(parse_table("\n".join(["Name,ID", *lines])))
    assert [person.keys[-1] for person in people] == [str(number) for _, number in rows]


def test_the_facts_are_json(tmp_path):
    put(tmp_path / "in" / "ann_LATE_1_2_attention.py")
    (found,) = find_submissions([tmp_path / "in"])
    assert json.loads(json.dumps(found.student_facts)) == found.student_facts
