"""The clock on the wall jumps, back and forth: no decision hangs on it, and no duration."""

import ast
import os
import subprocess
import sys

import pytest

from autograder.results.files import read_result
from tests.conftest import ROOT
from tests.faults.comparison import results_in

# Where the time of day may be asked, and what hangs on it.
ALLOWED = {
    "autograder/exports/gradescope_run.py": "which of several files was handed in last",
    "autograder/running/contents.py": "which of notebook and module is newer",
}
_CLOCKS = {"time", "time_ns", "now", "utcnow", "today", "st_mtime", "st_mtime_ns", "st_ctime"}

JUMPING = '''
"""Python loads this by itself: the clock of this process jumps by days, back and forth."""

import itertools
import time

_jumps = itertools.cycle([0, -86400 * 3, 86400 * 400, -3600, 7200])
for _name in ("time", "time_ns"):
    _real = getattr(time, _name)
    _unit = 10**9 if _name == "time_ns" else 1
    setattr(time, _name, lambda _real=_real, _unit=_unit: _real() + next(_jumps) * _unit)
'''


def asks_the_clock(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(
        isinstance(node, ast.Attribute)
        and node.attr in _CLOCKS
        and ast.unparse(node) != "self._now"
        for node in ast.walk(tree)
    )


def test_nobody_asks_for_the_time_of_day_but_who_may():
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "autograder").rglob("*.py")
        if asks_the_clock(path)
    }
    assert found == set(ALLOWED)


@pytest.mark.slow
def test_results_are_the_same_and_durations_are_what_they_are(
    hand_ins, few, expected_results, temporary, no_survivors, tmp_path
):
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    for options in ([], ["--resume"]):
        done = subprocess.run(
            [
                *(sys.executable, "-m", "autograder", "grade", str(few)),
                *("--out", str(tmp_path / "out"), "--seed", "0", *options),
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert "4 kept from before" in done.stdout
    found = results_in(tmp_path / "out")
    assert found == {name: expected_results[name] for name in found}
    for name in found:
        result = read_result(tmp_path / "out" / name / "positional.json")
        seconds = [result.duration_s, *(check.seconds for check in result.checks)]
        assert all(0 <= number < 60 for number in seconds)
