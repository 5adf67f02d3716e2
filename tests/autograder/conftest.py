"""What tests share that look at pages: lessons that were run, and a browser."""

import copy
import shutil

import pytest

from autograder.authoring.executed import executed


@pytest.fixture(scope="session")
def lesson_run():
    """A function that gives a lesson's notebook, solved and run; each is run once."""
    found = {}

    def run(unit, language):
        if (unit, language) not in found:
            found[unit, language] = executed(unit, language)
        return copy.deepcopy(found[unit, language])

    return run


@pytest.fixture(scope="module")  # while it is open, nothing else may run an event loop
def browser():
    """A browser without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs requirements/book.txt")
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium here, so nobody looked at the pages")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield opened
        opened.close()
