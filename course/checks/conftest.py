"""`pytest course/checks/UNIT.py --work FILE` runs public checks on a notebook or a module."""

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--work", help="your notebook or module; found by itself where not given")


@pytest.fixture(scope="module")
def work(request: pytest.FixtureRequest):
    """The student's exercises, as attributes."""
    from course.work import NoWork, find_work, load_work

    unit = Path(request.module.__file__).stem
    file = request.config.getoption("--work")
    try:
        return load_work(Path(file) if file else find_work(unit, Path.cwd()), unit)[0]
    except NoWork as problem:
        pytest.fail(str(problem), pytrace=False)
