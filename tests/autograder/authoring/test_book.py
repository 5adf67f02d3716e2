"""Lessons run to their end; their book shows no solution, fetches nothing, works in a browser."""

import copy
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from nbgrader.preprocessors import CheckCellMetadata
from nbgrader.validator import Validator

from autograder.authoring.book import __main__ as command
from autograder.authoring.book.pages import with_stubs
from autograder.authoring.book.site import build_site
from autograder.authoring.executed import executed
from autograder.authoring.notebooks import source_notebook, student_notebook
from autograder.authoring.stubs import stub_source
from autograder.base.text import LANGUAGES
from course.kit.errors import UserError
from course.kit.units import available_units

UNITS = available_units()
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1300, "height": 900}


def test_a_page_shows_stubs_in_the_place_of_solutions():
    solved, released = source_notebook("attention", "en"), student_notebook("attention", "en")
    texts = [cell.source for cell in solved.cells if cell.cell_type == "markdown"]
    page = with_stubs(solved, released)
    code = "\n".join(cell.source for cell in page.cells if cell.cell_type == "code")
    assert "BEGIN SOLUTION" not in code
    places = stub_source("attention").count("raise NotImplementedError")
    assert code.count("raise NotImplementedError") == places
    assert "urllib" not in code  # the cell that finds the course is left out
    assert [cell.source for cell in page.cells if cell.cell_type == "markdown"] == texts


def test_a_unit_that_is_none_is_named(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.argv", ["book", str(tmp_path / "book"), "astrology"])
    assert command.main() == 2
    assert "There is no unit astrology" in capsys.readouterr().err


def test_a_folder_that_is_no_book_is_left_alone(tmp_path):
    pytest.importorskip("sphinx")
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="is no book"):
        build_site({}, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "mine"


class Page(HTMLParser):
    """The ids of a page, its links, and what it loads."""

    def __init__(self, path: Path):
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.add(found.get("id", ""))
        if tag == "a":
            self.links.append(found.get("href", ""))
        self.loaded += [found[name] for name in ("src", "data") if found.get(name)]
        if tag == "link" and found.get("rel") in ("stylesheet", "preload", "icon"):
            self.loaded.append(found["href"])


@pytest.fixture(scope="module")
def lesson_run():
    """A function that gives a lesson's notebook, solved and run; each is run once."""
    found = {}

    def run(unit, language):
        if (unit, language) not in found:
            found[unit, language] = executed(unit, language)
        return copy.deepcopy(found[unit, language])

    return run


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_solved_lesson_runs_to_its_end_with_its_pictures(unit, language, lesson_run, tmp_path):
    notebook = lesson_run(unit, language)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [output.data for output in outputs if "data" in output]
    assert any('alt="' in data.get("text/html", "") for data in shown)
    assert not [data for data in shown if "image/png" in data]  # it would have no text beside it
    warned = [o.text for o in outputs if o.output_type == "stream" and o.name == "stderr"]
    assert not warned
    nbformat.validate(notebook)
    path = tmp_path / "solved.ipynb"
    nbformat.write(notebook, path)
    # What nbgrader's `validate` does, but for running the notebook once more.
    assert Validator(preprocessors=[CheckCellMetadata]).validate(str(path)) == {}


@pytest.fixture(scope="module")
def book(lesson_run, tmp_path_factory):
    """The whole book."""
    pytest.importorskip("sphinx", reason="the book needs requirements/book.txt")
    pages = {
        (unit, language): with_stubs(lesson_run(unit, language), student_notebook(unit, language))
        for unit in UNITS
        for language in LANGUAGES
    }
    target = tmp_path_factory.mktemp("made") / "book"
    build_site(pages, target)
    return target


@pytest.mark.slow
def test_every_link_leads_somewhere_and_nothing_comes_from_elsewhere(book):
    pages = {path: Page(path) for path in book.rglob("*.html") if "_static" not in path.parts}
    assert {path.name for path in pages} >= {f"{unit}.html" for unit in UNITS}
    for path, page in pages.items():
        for address in page.loaded:
            assert not urlsplit(address).netloc, (path.name, address)
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https", "mailto") or not link:
                continue
            aim = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert aim.exists(), (path.name, link)
            if parts.fragment and aim in pages:
                assert unquote(parts.fragment) in pages[aim].ids, (path.name, link)


@pytest.mark.slow
def test_no_solution_is_in_the_book(book):
    for path in book.rglob("*.ipynb"):
        pytest.fail(f"{path.name} is a source; it has the notebook's metadata")
    for unit in UNITS:
        source = (book / "en" / f"{unit}.html").read_text(encoding="utf-8")
        assert "BEGIN SOLUTION" not in source
        assert "NotImplementedError" in source


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", [*UNITS, "index", "glossary"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_a_page_works_in_a_browser(book, browser, page, language, size):
    view = browser.new_page(viewport=size)
    asked, faults = [], []
    view.on("request", lambda request: asked.append(request.url))
    view.on("pageerror", lambda error: faults.append(str(error)))
    view.goto((book / language / f"{page}.html").as_uri())
    assert not faults
    assert all(re.match("(file|data|blob):", url) for url in asked)
    # Nothing makes the page itself scroll sideways.
    assert view.evaluate("document.documentElement.scrollWidth") <= size["width"]
    images = view.locator("article img")
    for image in images.all():
        assert image.get_attribute("alt")
        assert image.evaluate("image => image.naturalWidth") > 0
    if page in UNITS:
        assert images.count()
        boxes = [formula.bounding_box() for formula in view.locator("article math").all()]
        shown = [box for box in boxes if box]  # one in a closed hint has no box
        assert shown
        assert all(box["height"] > 4 for box in shown)
        assert view.evaluate("document.fonts.check('16px \"Book Math\"')")
        assert not view.locator("article .merror, article mtext:has-text('\\\\')").count()
    title = view.locator("article h1").first.inner_text()
    assert bool(re.search("[一-鿿]", title)) == (language == "zh")
    other = next(code for code in LANGUAGES if code != language)
    view.locator("a.language").click()
    assert view.url.endswith(f"/{other}/{page}.html")
    view.close()


@pytest.mark.slow
@pytest.mark.parametrize(("language", "word"), [("en", "sinusoids"), ("zh", "注意力")])
def test_the_search_finds_words(book, browser, language, word):
    view = browser.new_page(viewport=DESK)
    view.goto(f"{(book / language / 'search.html').as_uri()}?q={word}")
    view.wait_for_selector("#search-results li a")
    found = [link.get_attribute("href") for link in view.locator("#search-results li a").all()]
    assert any("positional.html" in link for link in found)
    view.close()
