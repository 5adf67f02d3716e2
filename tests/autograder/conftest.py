"""What tests share that look at pages: a browser."""

import shutil

import pytest


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
