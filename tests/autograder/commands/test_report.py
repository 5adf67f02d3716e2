"""The command: pages in their place, all or none, and nothing of anybody else's replaced."""

import os

import pytest
import typer
from typer.testing import CliRunner

from autograder.commands.report import report
from autograder.report import pages, site
from autograder.results.files import read_result, result_path
from autograder.running.submissions import find_submissions
from course.commands.terminal import Commands
from course.kit import language
from course.kit.errors import UserError
from tests.autograder.lookalikes import made
from tests.autograder.samples import check_result, graded, put, rejected

app = typer.Typer(cls=Commands)
app.callback()(lambda: None)
app.command()(report)


@pytest.fixture(autouse=True)
def english(monkeypatch):
    monkeypatch.setattr(language, "_current", "en")


def run(*arguments):
    return CliRunner().invoke(app, ["report", *map(str, arguments)])


def names(directory):
    return sorted(p.relative_to(directory).as_posix() for p in directory.rglob("*") if p.is_file())


PAGES = [".report", "grades.csv", "index.html", "students/ann.html", "students/bob.html"]


def test_pages_go_beside_the_results(tmp_path):
    put(tmp_path, graded("ann"), rejected("bob"))
    done = run(tmp_path)
    assert done.exit_code == 0
    assert "report/index.html" in done.stdout.replace("\n", "")
    assert names(tmp_path / "report") == PAGES
    (tmp_path / "new").mkdir()
    assert (tmp_path / "report").stat().st_mode == (tmp_path / "new").stat().st_mode
    assert sorted(p.name for p in tmp_path.iterdir()) == ["ann", "bob", "new", "report"]


def test_pages_can_go_elsewhere_and_open_in_chinese(tmp_path):
    put(tmp_path / "results", graded("ann"))
    done = run(tmp_path / "results", "--out", tmp_path / "far" / "pages", "--language", "zh")
    assert done.exit_code == 0
    assert "请打开" in done.stdout
    for page in ("index.html", "students/ann.html"):
        source = (tmp_path / "far" / "pages" / page).read_text(encoding="utf-8")
        assert '<html lang="zh-CN"' in source
    assert names(tmp_path / "results") == ["ann/attention.json"]


def test_who_is_missing_and_who_was_late_is_on_the_class_page(tmp_path):
    late = graded("ann")
    late.student = {"name": "Ann A", "late": True, "platform": "canvas"}
    put(tmp_path, late, graded("bob"), graded("zed"))
    roster = tmp_path / "people.csv"
    roster.write_text("Name,Username\nAnn A,ann\nBob O'Neil,bob\n王小明,xm\n", encoding="utf-8")
    assert run(tmp_path, "--roster", roster).exit_code == 0
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    missing = page.partition('id="absent"')[2].partition("</section>")[0]
    assert "王小明" in missing
    assert "zed" in missing
    assert "Ann" not in missing
    assert "Bob O&#39;Neil" in page  # the real name beside the login
    scores = page.partition('id="table"')[2]
    (row,) = (line for line in scores.splitlines() if "students/ann.html" in line)
    assert row.startswith('<tr data-k="l')
    table = (tmp_path / "report" / "grades.csv").read_text("utf-8-sig")
    assert "ann" in table
    assert "Ann A" in table
    assert 'id="absent"' not in _without_roster(tmp_path)


def _without_roster(directory):
    assert run(directory).exit_code == 0
    return (directory / "report" / "index.html").read_text(encoding="utf-8")


def test_a_second_report_replaces_the_first_whole(tmp_path):
    put(tmp_path, graded("ann"), graded("bob"), graded("eve"))
    assert run(tmp_path).exit_code == 0
    os.unlink(result_path(tmp_path, "eve", "attention"))
    put(tmp_path, graded("bob", check_result(status="failed")))
    assert run(tmp_path).exit_code == 0
    assert names(tmp_path / "report") == PAGES
    assert "0/4" in (tmp_path / "report/students/bob.html").read_text(encoding="utf-8")


def test_pages_are_taken_neither_for_hand_ins_nor_for_results(tmp_path):
    put(tmp_path, graded("ann"))
    assert run(tmp_path).exit_code == 0
    with pytest.raises(UserError, match="No hand-in was found"):
        find_submissions([tmp_path], "attention")
    with pytest.raises(ValueError, match="not a whole result"):
        read_result(result_path(tmp_path, "report", "attention"))


def test_a_student_called_report_keeps_the_results(tmp_path):
    put(tmp_path, graded("ann"))
    assert run(tmp_path).exit_code == 0
    put(tmp_path, graded("report"))  # a later hand-in, graded into the directory of the pages
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "--out" in done.stderr
    assert read_result(result_path(tmp_path, "report", "attention")) == graded("report")
    assert run(tmp_path, "--out", tmp_path / "pages").exit_code == 0
    assert "report.html" in os.listdir(tmp_path / "pages" / "students")


@pytest.mark.parametrize("theirs", ["thesis.txt", "students/thesis.txt", ".report/x", "index.html"])
def test_a_directory_that_holds_something_else_is_left_alone(tmp_path, theirs):
    put(tmp_path / "results", graded("ann"))
    path = tmp_path / "mine" / theirs
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    done = run(tmp_path / "results", "--out", tmp_path / "mine")
    assert done.exit_code == 2
    assert "name another directory with --out" in done.stderr.replace("\n", " ")
    assert names(tmp_path / "mine") == [theirs]


def test_results_are_not_replaced_by_their_pages(tmp_path):
    put(tmp_path, graded("ann"))
    assert run(tmp_path, "--out", tmp_path).exit_code == 2
    assert names(tmp_path) == ["ann/attention.json"]


def test_a_report_that_fails_leaves_the_last_one(tmp_path, monkeypatch):
    put(tmp_path, graded("ann"), graded("bob"))
    assert run(tmp_path).exit_code == 0
    before = (tmp_path / "report/index.html").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    put(tmp_path, graded("eve"))
    monkeypatch.setattr(site, "class_page", full)
    done = run(tmp_path)
    assert done.exit_code == 2
    assert "No space left on device" in done.stderr
    assert (tmp_path / "report/index.html").read_bytes() == before
    assert names(tmp_path / "report") == PAGES
    assert not [p.name for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_what_is_no_result_is_counted(tmp_path):
    put(tmp_path, graded("ann"), graded("bob"))
    result_path(tmp_path, "bob", "attention").write_text("{")
    done = run(tmp_path)
    assert done.exit_code == 0
    assert "1 files that are no whole results" in done.stderr.replace("\n", " ")


def test_wrong_usage_is_told_in_a_sentence(tmp_path):
    done = run(tmp_path)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "No result is in" in done.stderr
    put(tmp_path, graded("ann"))
    done = run(tmp_path, "--language", "fr")
    assert done.exit_code == 2
    assert "There is no language 'fr'" in done.stderr


def test_a_thousand_results_become_pages(tmp_path):
    put(
        tmp_path,
        *(
            graded(f"s{number:04}", check_result(), check_result(status="failed"))
            for number in range(1000)
        ),
    )
    assert run(tmp_path).exit_code == 0
    assert len(os.listdir(tmp_path / "report" / "students")) == 1000
    source = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert source.count('<th scope="row"><a href="students/s') == 1000
    assert len(source) < 500_000  # what a browser opens at once


@pytest.fixture
def handed_in(tmp_path):
    """Three hand-ins, two of which are alike, and their results in a folder beside them."""
    folder = tmp_path / "hand-ins"
    solutions = made.right_modules("attention")
    sources = {"ann": solutions["additive_mask"], "bob": made.disguised(solutions["additive_mask"])}
    for name, source in (sources | {"eve": solutions["own_weights"]}).items():
        (folder / name).mkdir(parents=True)
        (folder / name / "attention.py").write_text(source)
    put(tmp_path / "results", *(graded(name) for name in ("ann", "bob", "eve")))
    return folder


def test_hand_ins_that_read_alike_get_a_page_and_students_pages_do_not_change(tmp_path, handed_in):
    assert run(tmp_path / "results").exit_code == 0
    students = tmp_path / "results" / "report" / "students"
    before = {path.name: path.read_bytes() for path in students.iterdir()}
    results = {p: p.read_bytes() for p in (tmp_path / "results").glob("*/*.json")}
    done = run(tmp_path / "results", "--hand-ins", handed_in)
    assert done.exit_code == 0
    assert "3 hand-ins compared; pairs that read alike: 1" in done.stdout.replace("\n", " ")
    assert names(tmp_path / "results" / "report" / "pairs") == ["1.html"]
    assert {path.name: path.read_bytes() for path in students.iterdir()} == before
    assert {p: p.read_bytes() for p in results} == results
    # A report without hand-ins takes the pairs away again.
    assert run(tmp_path / "results").exit_code == 0
    assert not (tmp_path / "results" / "report" / "pairs").exists()


def test_hand_ins_named_after_students_need_their_unit(tmp_path, handed_in):
    flat = tmp_path / "flat"
    flat.mkdir()
    for path in handed_in.glob("*/attention.py"):
        path.rename(flat / f"{path.parent.name}.py")
    done = run(tmp_path / "results", "--hand-ins", flat)
    assert done.exit_code == 2
    assert "name the --unit" in done.stderr.replace("\n", " ")
    assert run(tmp_path / "results", "--hand-ins", flat, "--unit", "nothing").exit_code == 2
    done = run(tmp_path / "results", "--hand-ins", flat, "--unit", "attention")
    assert done.exit_code == 0
    assert names(tmp_path / "results" / "report" / "pairs") == ["1.html"]


def test_hand_ins_without_a_result_are_told(tmp_path, handed_in):
    put(tmp_path / "others", graded("dan"))
    done = run(tmp_path / "others", "--hand-ins", handed_in)
    assert done.exit_code == 2
    assert "name the paths that were graded" in done.stderr.replace("\n", " ")
    assert not (tmp_path / "others" / "report").exists()


def test_more_pairs_than_anybody_looks_at_are_counted(tmp_path, handed_in, monkeypatch):
    monkeypatch.setattr(site, "MOST_PAIRS", 0)
    monkeypatch.setattr(pages, "MOST_PAIRS", 0)
    assert run(tmp_path / "results", "--hand-ins", handed_in).exit_code == 0
    source = (tmp_path / "results" / "report" / "index.html").read_text(encoding="utf-8")
    assert "1 more pairs" in source
    assert not list((tmp_path / "results" / "report" / "pairs").iterdir())
