"""Texts that attackers choose stay texts: in results, pages, terminals, tables and documents."""

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from autograder.commands import table
from autograder.exports.formats import FORMATS, Request
from autograder.report.reading import read_gradebook
from autograder.report.site import write_site
from autograder.results.files import write_result
from autograder.running.batch import Summary
from autograder.running.submissions import find_submissions
from tests.attacks.catalogue import named

NAMES = (
    "=HYPERLINK(1)",
    "<img src=x onerror=alert(1)>",
    "[bold red]rich",
    "\u202egnp.exe",
    "a\u2066b{{ 7 * 7 }}",
    "@SUM(1)",
    "$(id) `id` %s {0.x}",
    "x" * 200,
    "学生",
)
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
each = pytest.mark.parametrize(
    "attack", named("injected_messages", "injected_frames"), ids=lambda attack: attack.name
)


class Elements(HTMLParser):
    """Which elements and attributes a page has."""

    def __init__(self):
        super().__init__()
        self.found, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def elements(page):
    parser = Elements()
    parser.feed(page)
    return parser


@pytest.fixture
def results(attack, outcomes):
    """The attack's result, handed in by people with names that are attacks too."""
    result = outcomes[attack.name].result
    return [replace(result, submission=name) for name in NAMES]


@each
def test_pages_have_no_element_of_an_attackers(attack, results, tmp_path):
    for result in results:
        write_result(tmp_path / "results", result)
    site = write_site(read_gradebook(tmp_path / "results"), tmp_path / "site", "en").parent
    pages = sorted(site.rglob("*.html"))
    assert len(pages) == len(NAMES) + 1
    for path in pages:
        page = path.read_text(encoding="utf-8")
        parsed = elements(page)
        assert parsed.found.count("script") == page.count("<script>") == 1
        assert not {"img", "iframe", "object", "embed", "base"} & set(parsed.found)
        assert parsed.found.count("form") == page.count('<form class="filters')
        assert [n for n, _ in parsed.attributes if n.startswith("on") or n == "style"] == []
        for name, value in parsed.attributes:
            assert name not in ("href", "src") or not re.match(r"\s*(javascript|data|file):", value)
        assert CONTROLS.search(page) is None


@each
def test_a_terminal_obeys_none_of_it(attack, results):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=200)
    table.show(Summary(results=results), console)
    said = re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())  # colours of our own
    assert CONTROLS.search(said.replace("\n", "")) is None
    assert "[bold red]" in said


@each
def test_spreadsheets_take_no_cell_for_a_formula(attack, results):
    for name, content in FORMATS["csv"].make(Request(results)).files.items():
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
        assert {len(row) for row in rows} == {len(rows[0])}, name
        cells = [cell for row in rows for cell in row]
        assert [c for c in cells if re.match(r"\s*[=+@\t\r]|\s*-(?!\d)", c)] == []
        assert not any(CONTROLS.search(cell) for cell in cells)


@each
def test_documents_stay_whole(attack, results):
    document = FORMATS["junit"].make(Request(results)).files["junit.xml"].decode()
    root = ET.fromstring(document)
    assert len(root.findall("testsuite")) == len(results)
    assert CONTROLS.search(document) is None
    for name in ("gradescope", "prairielearn", "github-classroom"):
        for path, content in FORMATS[name].make(Request(results)).files.items():
            assert ".." not in path.split("/")
            if path.endswith(".json"):
                assert isinstance(json.loads(content), dict)
            assert re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", content) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_one_directory_whatever_it_says(name, tmp_path):
    folder = tmp_path / "hand-ins" / name
    folder.mkdir(parents=True)
    (folder / "attention.py").write_text("x = 1\n")
    (found,) = find_submissions([tmp_path / "hand-ins"])
    assert found.name == name
