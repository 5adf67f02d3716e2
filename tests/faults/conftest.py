"""What the fault tests share: hand-ins, what becomes of them undisturbed, a place of theirs."""

import multiprocessing.resource_tracker
import tempfile

import pytest

from autograder.running.pool import Options, grade_all
from autograder.running.submissions import find_submissions
from tests.faults.comparison import results_in
from tests.faults.hand_ins import hand_in
from tests.faults.processes import adopting, descendants, survivors

MANY = 42


@pytest.fixture(scope="package")
def hand_ins(tmp_path_factory):
    """A folder with three of each kind."""
    folder = tmp_path_factory.mktemp("hand-ins")
    hand_in(folder, MANY)
    return folder


@pytest.fixture(scope="package")
def few(tmp_path_factory):
    """A folder with four hand-ins."""
    folder = tmp_path_factory.mktemp("few")
    hand_in(folder, 4)
    return folder


@pytest.fixture(scope="package")
def undisturbed(hand_ins, tmp_path_factory):
    """The results of the many, where nothing went wrong."""
    out = tmp_path_factory.mktemp("undisturbed")
    summary = grade_all(find_submissions([hand_ins]), Options(out=out, jobs=2))
    assert not summary.failures
    return results_in(out)


@pytest.fixture
def temporary(tmp_path_factory, monkeypatch):
    """The directory for temporary files, and nobody else's."""
    folder = tmp_path_factory.mktemp("temporary")
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def leaving_nothing():
    """All processes that a test starts, their orphans too, have to end by themselves.

    Gives the numbers of those that were there before, which nobody needs to wait for.
    """
    multiprocessing.resource_tracker.ensure_running()
    with adopting():
        before = {process.pid for process in descendants()}
        yield before
        assert survivors(before) == []
