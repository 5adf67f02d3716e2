"""A lesson as it looks when it is solved and run.

    python -m autograder.authoring.executed UNIT LANGUAGE PAGE.html

The tests run every lesson this way, the book is made of it, and an author looks at the page.
"""

import os
import sys
import tempfile
from pathlib import Path

from nbformat.notebooknode import NotebookNode

from autograder.authoring.author_command import author_command
from autograder.authoring.notebooks import source_notebook
from autograder.base.paths import ROOT

_SECONDS = 600  # for one cell


def executed(unit: str, language: str, static: bool = True) -> NotebookNode:
    """Return a lesson with its solutions, run from top to bottom, with its outputs.

    Args:
        unit: which lesson.
        language: "en" or "zh".
        static: pictures in the place of sliders.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    from nbclient import NotebookClient

    notebook = source_notebook(unit, language)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("COURSE_STATIC", None)
    if static:
        environment["COURSE_STATIC"] = "1"
    with tempfile.TemporaryDirectory() as folder:  # what a cell writes goes with it
        client = NotebookClient(
            notebook,
            timeout=_SECONDS,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": folder}},
        )
        return client.execute(env=environment)


def main(unit: str, language: str, path: str) -> None:
    """Run a lesson and write it as a page."""
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(executed(unit, language))
    Path(path).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    with author_command("Running a lesson"):
        main(*sys.argv[1:])
