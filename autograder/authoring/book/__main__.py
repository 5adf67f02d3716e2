"""Build the book.

    python -m autograder.authoring.book DIR [UNIT …]

Every lesson is run with its solutions, in two processes; the pages then show the stubs in their
place. DIR/index.html leads to DIR/en and DIR/zh, which need no network to be read.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from nbformat.notebooknode import NotebookNode

from autograder.authoring.book.pages import lesson_page
from autograder.authoring.book.site import build_site
from autograder.base.text import LANGUAGES
from course.kit.errors import UserError
from course.kit.units import available_units

_PROCESSES = 2


def pages_of(units: Sequence[str]) -> dict[tuple[str, str], NotebookNode]:
    """Return the pages of lessons by unit and language, run anew; progress goes to stderr."""
    pages = {}
    jobs = [(unit, language) for unit in units for language in LANGUAGES]
    with ProcessPoolExecutor(_PROCESSES) as pool:
        futures = {pool.submit(lesson_page, *job): job for job in jobs}
        for number, future in enumerate(as_completed(futures), start=1):
            job = futures[future]
            pages[job] = future.result()
            print(f"[{number}/{len(jobs)}] {job[0]} ({job[1]}) has run", file=sys.stderr)
    return {job: pages[job] for job in jobs}


def main() -> int:
    """Build, and say where the book is."""
    parser = argparse.ArgumentParser(prog="python -m autograder.authoring.book")
    parser.add_argument("directory", type=Path, help="where the book goes; it is replaced")
    parser.add_argument("units", nargs="*", metavar="UNIT", help="some lessons only")
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.units) - set(available_units()))
    if unknown:
        print(f"There is no unit {', '.join(unknown)}.", file=sys.stderr)
        return 2
    try:
        build_site(pages_of(arguments.units or available_units()), arguments.directory)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Open {arguments.directory / 'index.html'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
