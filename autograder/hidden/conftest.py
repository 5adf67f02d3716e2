"""What the hidden suites run on: fixtures, and `--submission PATH` for a run as plain pytest."""

from pathlib import Path

import numpy as np
import pytest

from autograder.grading.check import Skipped, check_of
from autograder.grading.examination import Examination
from autograder.grading.proxies import Student
from autograder.grading.suite import student_for
from autograder.grading.verdict import LACKS
from autograder.isolation.fork_server import ForkServer


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
def _examination(request: pytest.FixtureRequest):
    """The hand-in that `--submission` names."""
    name = request.config.getoption("--submission")
    if not name:
        pytest.skip("Name the hand-in with --submission PATH.")
    path = Path(name)
    if not path.is_file():
        pytest.exit(f"There is no file {name}.", returncode=4)
    unit = request.module.__name__.rpartition(".")[2].removeprefix("test_")
    server = request.getfixturevalue("_server")
    examination = Examination(server, path.read_bytes(), path.suffix, unit)
    yield examination
    examination.close()


@pytest.fixture
def student(request: pytest.FixtureRequest, _examination: Examination) -> Student:
    """The hand-in's exercises, as proxies."""
    seed = request.config.getoption("--check-seed")
    try:
        return student_for(check_of(request.function), _examination, seed)
    except Skipped as skipped:
        pytest.skip(LACKS[skipped.lack]["en"])


@pytest.fixture
def rng(student: Student) -> np.random.Generator:
    """Random numbers that depend on the check and the seed of the run alone."""
    return np.random.default_rng(student.seed)
