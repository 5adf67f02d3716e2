"""What a result depends on: a change in the suite is seen, one elsewhere isn't."""

import shutil

import pytest

from autograder.grading import versions
from tests.conftest import ROOT


@pytest.fixture
def checkout(tmp_path):
    """A copy of the code, in which something may change."""
    ignored = shutil.ignore_patterns("__pycache__", "notebooks")
    for name in ("autograder", "course", "solutions"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    yield tmp_path
    versions.suite_version.cache_clear()


@pytest.mark.parametrize(
    ("file", "rnn", "cnn"),
    [
        ("autograder/hidden/rnn/test_rnn.py", True, False),
        ("autograder/hidden/rnn/oracle.py", True, False),
        ("autograder/hidden/rnn/mistakes.toml", True, False),
        ("autograder/hidden/rnn/unit.py", True, False),
        ("solutions/rnn.py", True, False),
        ("autograder/hidden/battery.py", True, True),
        ("autograder/isolation/agent.py", True, True),
        ("autograder/hidden/rnn/translations.npz", True, False),
        ("autograder/commands/demo.py", False, False),
        ("course/lessons/rnn.py", False, False),
    ],
)
def test_units_have_another_version_where_their_code_changes(checkout, file, rnn, cnn):
    before = {unit: versions.suite_version(unit, checkout) for unit in ("rnn", "cnn")}
    path = checkout / file
    path.write_bytes(path.read_bytes() + b"\n# changed\n")
    versions.suite_version.cache_clear()
    after = {unit: versions.suite_version(unit, checkout) for unit in ("rnn", "cnn")}
    assert (after["rnn"] != before["rnn"], after["cnn"] != before["cnn"]) == (rnn, cnn)


def test_files_are_known_by_their_content():
    assert versions.content_version(b"a") == versions.content_version(b"a")
    assert versions.content_version(b"a") != versions.content_version(b"b")
