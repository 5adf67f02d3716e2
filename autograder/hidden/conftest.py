"""What the hidden suites run on: fixtures, and `--submission PATH` for a run as plain pytest."""

from pathlib import Path

import numpy as np
import pytest

from autograder.grading.check import check_of
from autograder.grading.examination import LACKS, Harness, Skipped
from autograder.grading.session import Session, Student
from autograder.isolation.client import ForkServer

HARNESS = pytest.StashKey[Harness]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hidden suites")
    group.addoption("--submission", help="the hand-in to check: a notebook or a module")
    group.addoption("--check-seed", type=int, default=0, help="the seed of the run")
    group.addoption("--keras-backend", default="tensorflow", help="Keras's backend")
    group.addoption("--isolation", default="require", choices=["require", "best-effort"])


@pytest.fixture(scope="session")
def _server(pytestconfig: pytest.Config):
    with ForkServer(
        backend=pytestconfig.getoption("--keras-backend"),
        isolation=pytestconfig.getoption("--isolation"),
    ) as server:
        yield server


@pytest.fixture(scope="module")
def _harness(request: pytest.FixtureRequest):
    """The harness that a batch has put in place, or one for `--submission`."""
    if HARNESS in request.config.stash:
        yield None
        return
    given = request.config.getoption("--submission")
    if not given:
        pytest.skip("Name the hand-in with --submission PATH.")
    path = Path(given)
    if not path.is_file():
        pytest.exit(f"There is no file {given}.", returncode=4)
    unit = request.module.__name__.rpartition(".")[2].removeprefix("test_")
    server = request.getfixturevalue("_server")
    session = Session(server, path.read_bytes(), path.suffix, unit)
    yield Harness(session, request.config.getoption("--check-seed"))
    session.close()


@pytest.fixture
def student(request: pytest.FixtureRequest, _harness: Harness | None) -> Student:
    """The hand-in's exercises, as proxies."""
    harness = _harness or request.config.stash[HARNESS]
    try:
        return harness.student_for(check_of(request.function))
    except Skipped as reason:
        pytest.skip(LACKS[str(reason)]["en"])


@pytest.fixture
def rng(student: Student) -> np.random.Generator:
    """Random numbers that depend on the check and the seed of the run alone."""
    return np.random.default_rng(student.seed)
