"""Which tests share a worker, which come first, and which may be run again.

`make test` runs tests in several workers. A file's tests stay in one worker, as they share what is
dear to make; so do the files in `_TOGETHER`. The tests of a file in `_APART` share nothing, and
each goes to the next free worker.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadScopeScheduling

# The exit status of a run in which only tests marked `races` failed: `make` runs those again.
ONLY_RACES_FAILED = 75

_TOGETHER = (
    # The attacks' class is graded once for all of them.
    ("attacks/test_attacks.py", "attacks/test_notebooks.py", "attacks/test_pages.py"),
    # So are the hand-ins of an undisturbed run.
    ("faults/test_killed_parts.py", "faults/test_killed_grader.py", "faults/test_clock.py"),
)
_APART = ("autograder/commands/test_whole_path.py",)
# What takes longest; if a worker began with one of these at last, the others would wait for it.
_FIRST = (
    "autograder/commands/test_whole_path.py",
    "package/",
    "attacks/",
    "autograder/authoring/test_book.py",
    "faults/",
    "autograder/bridge/",
    "autograder/running/test_cluster.py",
)


class _Scheduling(LoadScopeScheduling):
    """Gives tests to workers by the lists above."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        if path.endswith(_APART):
            return nodeid
        return next((files[0] for files in _TOGETHER if path.endswith(files)), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Use these rules instead of those of `--dist`."""
    return _Scheduling(config, log)


def pytest_collection_modifyitems(items):
    """Put what takes longest first, and leave the order as it is otherwise."""

    def rank(item):
        path = item.nodeid.removeprefix("tests/")
        return next((i for i, name in enumerate(_FIRST) if path.startswith(name)), len(_FIRST))

    items.sort(key=rank)


def _failures(config):
    """Return the reports of what failed, in the process that prints them; elsewhere none."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    stats = reporter.stats if reporter else {}
    return [report for kind in ("failed", "error") for report in stats.get(kind, [])]


def _only_races(failures):
    return bool(failures) and all("races" in getattr(f, "keywords", ()) for f in failures)


def pytest_sessionfinish(session, exitstatus):
    """Say by the exit status whether a second run may decide."""
    if exitstatus == pytest.ExitCode.TESTS_FAILED and _only_races(_failures(session.config)):
        session.exitstatus = ONLY_RACES_FAILED


def pytest_terminal_summary(terminalreporter, config):
    """Name what is run again."""
    failures = _failures(config)
    if _only_races(failures):
        names = sorted({failure.nodeid for failure in failures})
        terminalreporter.section("RUN AGAIN: only tests marked `races` failed")
        terminalreporter.write_line("\n".join(names))
