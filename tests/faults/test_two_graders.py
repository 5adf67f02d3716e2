"""Two graders on one folder: the second refuses, and changes nothing."""

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from autograder.bridge import assignment
from autograder.bridge.assignment import grade_assignment
from autograder.commands import app
from autograder.running.folder_lock import NAME, locked
from autograder.running.options import GradingOptions
from course.kit.errors import UserError
from tests.conftest import ROOT
from tests.faults import command
from tests.faults.comparison import results_in

HOLD = """
import sys
from pathlib import Path
from autograder.running.folder_lock import locked
with locked(Path(sys.argv[1]), print):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that has the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == b"held\n"
    yield process
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


def take(folder, warn=print):
    with locked(folder, warn):
        return True


def test_the_second_hears_who_has_it(holder, tmp_path):
    with pytest.raises(UserError) as caught:
        take(tmp_path)
    message = str(caught.value)
    assert message.startswith(f"Another grader works in {tmp_path} (process {holder.pid} on ")
    assert message.endswith("; wait until it is done, or give this one another folder.")


def test_it_is_free_when_the_first_is_done_and_no_file_is_left(holder, tmp_path):
    holder.stdin.close()
    holder.wait(30)
    assert list(tmp_path.iterdir()) == []
    assert take(tmp_path)


def test_it_is_free_when_the_first_was_killed(holder, tmp_path):
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait(30)
    assert (tmp_path / NAME).exists()
    assert take(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_was_let_go_of_meanwhile_is_taken_anew(tmp_path, monkeypatch):
    """The file that was opened is not the one that is there when it is locked."""
    real, opened = os.open, []

    def late(path, *arguments):
        descriptor = real(path, *arguments)
        if not opened:
            os.unlink(path)
        opened.append(path)
        return descriptor

    monkeypatch.setattr("os.open", late)
    with locked(tmp_path, print):
        monkeypatch.undo()
        with pytest.raises(UserError):
            take(tmp_path)
    assert len(opened) == 2


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_without_locks_it_goes_on_and_says_so(tmp_path, monkeypatch, code):
    def none(*_):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("portalocker.portalocker.LOCKER", none)
    warnings = []
    assert take(tmp_path, warnings.append)
    assert warnings == [
        f"{tmp_path} lies on a file system without locks; see that no other grader works there "
        "at the same time."
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_its_place_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("kept")
    (tmp_path / NAME).symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="symbolic"):
        take(tmp_path)
    assert (tmp_path / "precious").read_text() == "kept"


def without_rights(monkeypatch):
    """May open no file to write it."""
    real = os.open

    def refuse(path, flags, *arguments):
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return real(path, flags, *arguments)

    monkeypatch.setattr("os.open", refuse)


def test_one_that_another_users_grader_left_is_no_hindrance(tmp_path, monkeypatch):
    (tmp_path / NAME).touch()
    without_rights(monkeypatch)
    with locked(tmp_path, print), pytest.raises(UserError):
        take(tmp_path)


def test_a_folder_without_rights_is_said_to_be_that(tmp_path, monkeypatch):
    without_rights(monkeypatch)
    with pytest.raises(PermissionError):
        take(tmp_path)


def test_a_course_is_taken_with_its_results(tmp_path, monkeypatch):
    """Two folders of results would not keep two graders out of one gradebook."""
    configured = SimpleNamespace(
        results="results", seed=None, options=lambda: GradingOptions(out=Path())
    )
    course = SimpleNamespace(
        root=tmp_path,
        demand_bridge=lambda: None,
        preprocessor=lambda: configured,
        results_directory=lambda: tmp_path / "results",
    )
    taken = []

    def looks_for_hand_ins(*args):
        raise LookupError

    monkeypatch.setattr(assignment, "find_hand_ins", looks_for_hand_ins)
    with pytest.raises(LookupError):
        grade_assignment(course, None, {}, None, lock=taken.append)
    assert set(taken) == {tmp_path, tmp_path / "results"}


@pytest.mark.parametrize("way", [[], ["--cluster", "local"]], ids=["here", "on a cluster"])
def test_the_command_refuses_in_one_sentence(few, holder, tmp_path, way):
    done = CliRunner().invoke(app.app, ["grade", str(few), "--out", str(tmp_path), *way])
    assert done.exit_code == 2
    assert done.output.startswith("Another grader works in ")
    assert done.output.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


@pytest.mark.slow
@pytest.mark.races
def test_of_two_commands_at_once_one_grades_all(few, temporary, no_survivors, tmp_path):
    both = [command.start(few, tmp_path) for _ in range(2)]
    errors = [process.communicate(timeout=300)[1] for process in both]
    statuses = [process.returncode for process in both]
    assert sorted(statuses) == [0, 2]
    assert errors[statuses.index(2)].startswith("Another grader works in ")
    assert len(results_in(tmp_path)) == 4
