"""A class of sixty, graded by one command, then looked at and graded again in formgrader."""

import contextlib
import html
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace

import pytest

from autograder.results.files import read_result
from tests.autograder.bridge.courses import (
    CONFIG,
    UNIT,
    environment,
    grade,
    hand_in,
    in_cells,
    make_course,
    nbgrader,
    score,
    solved,
)
from tests.autograder.bridge.sixty import HOSTILE, SIZE, hand_in_sixty
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
PATIENCE = 120_000  # milliseconds that a page may take on a busy machine


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with sixty hand-ins, graded; its students, and what the command said."""
    root = tmp_path_factory.mktemp("courses") / "course"
    make_course(root, f"{CONFIG}c.Exchange.root = {str(root.parent / 'exchange')!r}\n")
    (root.parent / "exchange").mkdir(mode=0o777)
    students = hand_in_sixty(root)
    return root, students, grade(root, "--jobs", "2")


@pytest.fixture(scope="module")
def formgrader(course, tmp_path_factory):
    """The address of a Jupyter server with formgrader, on this machine only."""
    root, _, _ = course
    place = tmp_path_factory.mktemp("jupyter")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    folders = {f"JUPYTER_{kind}_DIR": str(place / kind) for kind in ("CONFIG", "DATA", "RUNTIME")}
    extensions = {f"nbgrader.server_extensions.{name}": True for name in ("formgrader",)}
    with (place / "log").open("w") as log:
        server = subprocess.Popen(
            [
                *(sys.executable, "-m", "jupyter_server", "--no-browser", "--allow-root"),
                *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
                *("--ServerApp.port_retries=0", "--IdentityProvider.token="),
                *(f"--ServerApp.root_dir={root}", f"--ServerApp.jpserver_extensions={extensions}"),
            ],
            cwd=root,
            env={**environment(), **folders},
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(server, f"{address}/formgrader/api/status", place / "log")
        yield address
    finally:
        server.terminate()
        server.wait()


def _wait_for(server, address, log):
    """Ask until there is an answer, as long as the server lives."""
    give_up = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < give_up:
        with contextlib.suppress(OSError), urllib.request.urlopen(address) as answer:
            assert answer.status == 200
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(0.2)
            break
    pytest.fail(f"The server didn't answer: {log.read_text()}")


@pytest.fixture
def page(browser, formgrader):
    """A page of formgrader; at the end nothing has gone wrong in it, and no script was let in.

    MathJax alone would come from elsewhere; a test asks nobody but its own server.
    """
    faults = []
    opened = browser.new_page(base_url=formgrader, viewport={"width": 1400, "height": 1000})
    opened.set_default_timeout(PATIENCE)
    opened.route(lambda url: not url.startswith(formgrader), lambda route: route.abort())
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("dialog", lambda dialog: faults.append(dialog.message))
    yield opened
    folder = os.environ.get("FORMGRADER_PICTURES")
    if folder:
        opened.screenshot(path=f"{folder}/{time.monotonic_ns()}.png", full_page=True)
    assert "taken over" not in opened.title()
    opened.close()
    assert set(faults) <= {"MathJax is not defined"}


def results(root, students):
    return {
        student: read_result(root / "results" / student / f"{UNIT}.json") for student in students
    }


def squeezed(text):
    """A text without its spaces and ends of lines: pages wrap lines where they like."""
    return "".join(text.split())


def told(result, language):
    """What a student is to read: titles, what is wrong, and hints, wherever they stand."""
    for check in result.checks:
        yield squeezed(check.title[language])
        if check.status != "passed":
            yield squeezed(replace(check, hint=None).message[language])
            yield squeezed(check.hint[language] if check.hint else "")


def shown(cell):
    """The points of a cell that says "63.57 / 100"."""
    return float(cell.split("/")[0])


def test_all_sixty_are_in_the_gradebook(course):
    root, students, said = course
    assert len(students) == SIZE
    assert f"{SIZE} graded, 0 rejected." in said, said
    assert f"In nbgrader's gradebook: {SIZE}." in said
    for student, result in results(root, students).items():
        assert score(root, student) == pytest.approx(in_cells(result), abs=1e-4), student
        if student.startswith(("right-", "solved-")):
            assert result.score == 100, student
        elif student == "untouched":
            assert result.score == 0
        else:
            assert result.score < 100, student


def test_the_assignment_is_listed_with_sixty_submissions(course, page):
    page.goto("/formgrader/manage_assignments")
    row = page.locator("#main-table tr", has_text=UNIT)
    row.locator(".num-submissions a").wait_for()
    assert row.locator(".num-submissions").inner_text() == str(SIZE)


def test_the_gradebook_shows_the_scores(course, page):
    root, students, _ = course
    page.goto(f"/formgrader/gradebook/{UNIT}/{UNIT}")
    page.locator("#main-table .score").first.wait_for()
    names = page.locator("#main-table .name a.name-shown").all_text_contents()
    scores = page.locator("#main-table .score").all_inner_texts()
    assert sorted(names) == students
    found = {name: shown(text) for name, text in zip(names, scores, strict=True)}
    expected = {name: in_cells(result) for name, result in results(root, students).items()}
    assert found == pytest.approx(expected, abs=0.0051)  # formgrader rounds to two places


@pytest.mark.parametrize("student", ["wrong-not-scaled", "hostile-writes-html"])
def test_a_submission_opens_with_its_messages(course, page, student):
    root, _, _ = course
    page.goto(f"/formgrader/gradebook/{UNIT}/{UNIT}")
    link = page.locator("#main-table .name a.name-shown", has_text=re.compile(f"^{student}$"))
    page.goto(link.get_attribute("href"))
    text = squeezed(page.locator("body").inner_text())
    for line in told(results(root, [student])[student], "en"):
        assert line in text
    assert page.locator("input.score").count() == 7


def test_a_hand_in_is_graded_by_the_button(course, page):
    root, _, _ = course
    assert score(root, "untouched") == 0
    hand_in(root, "untouched", solved(), timestamp="2026-01-01 11:30:00 UTC")
    page.goto(f"/formgrader/manage_submissions/{UNIT}")
    row = page.locator("#main-table tr", has_text="untouched")
    row.locator(".autograde a").click()
    page.locator("#success-modal").wait_for()
    row.locator(".score", has_text="100 / 100").wait_for()
    assert (
        "Grading attention of untouched in isolation" in page.locator("#success-modal").inner_text()
    )
    assert score(root, "untouched") == 100
    assert results(root, ["untouched"])["untouched"].score == 100


def test_the_command_goes_on_while_formgrader_is_open(course, page):
    root, students, _ = course
    page.goto(f"/formgrader/manage_submissions/{UNIT}")
    hand_in(root, "solved-0", solved("zh"), timestamp="2026-01-01 11:30:00 UTC")
    said = grade(root, "--jobs", "2", "--resume")
    assert f"{SIZE - 1} kept from before" in said
    page.reload()
    page.locator("#main-table .score").first.wait_for()
    assert page.locator("#main-table .score").count() == len(students)


def test_feedback_has_every_message_and_no_source(course):
    root, students, _ = course
    nbgrader("generate_feedback", UNIT, "--force", cwd=root)
    source = (ROOT / "autograder" / "hidden" / UNIT / f"test_{UNIT}.py").read_text(encoding="utf-8")
    hidden = [
        line.strip() for line in source.splitlines() if re.search(r"\b(expect|student)\.", line)
    ]
    assert len(hidden) > 40
    for student, result in results(root, students).items():
        written = (root / "feedback" / student / UNIT / f"{UNIT}.html").read_text("utf-8")
        text = html.unescape(re.sub(r"<[^>]+>", "", written))
        language = "zh" if student == "solved-0" else "en"
        for line in told(result, language):
            assert line in squeezed(text), (student, line)
        for line in (*hidden, "autograder.hidden", "site-packages", str(ROOT)):
            assert line not in text, (student, line)
    for name in HOSTILE:
        assert (root / "feedback" / f"hostile-{name}" / UNIT / f"{UNIT}.html").is_file()
