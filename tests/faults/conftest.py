"""What the fault tests share: hand-ins, their results without a fault, a temporary directory."""

import tempfile

import pytest

from autograder.running.options import GradingOptions
from autograder.running.pool import grade_all
from autograder.running.submissions import find_submissions
from tests.faults.comparison import results_in
from tests.faults.hand_ins import write_hand_ins
from tests.faults.processes import adopting, descendants, survivors

MANY = 42


@pytest.fixture(scope="package")
def hand_ins(tmp_path_factory):
    """A folder with three hand-ins of each kind."""
    folder = tmp_path_factory.mktemp("hand-ins")
    write_hand_ins(folder, MANY)
    return folder


@pytest.fixture(scope="package")
def few(tmp_path_factory):
    """A folder with four hand-ins."""
    folder = tmp_path_factory.mktemp("few")
    write_hand_ins(folder, 4)
    return folder


@pytest.fixture(scope="package")
def expected_results(hand_ins, tmp_path_factory):
    """The results of `hand_ins` where nothing went wrong."""
    out = tmp_path_factory.mktemp("undisturbed")
    summary = grade_all(find_submissions([hand_ins]), GradingOptions(out=out, jobs=2))
    assert not summary.failures
    return results_in(out)


@pytest.fixture
def temporary(tmp_path_factory, monkeypatch):
    """The test's own directory for temporary files."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def no_survivors():
    """Fail where a process that the test started, or an orphan of one, does not end by itself.

    Yields the numbers of the processes that were there before the test.
    """
    with adopting():
        before = {process.pid for process in descendants()}
        yield before
        assert survivors(before) == []
