"""Fork servers' directories: one that nobody uses any more is taken away, one in use never."""

import os
import subprocess
import sys
import tempfile

import pytest

from autograder.isolation.fork_server import ForkServer, ServerError
from autograder.isolation.server_directory import Home
from tests.faults.processes import survivors

pytestmark = pytest.mark.races


def test_an_abandoned_one_goes_with_the_next_and_one_in_use_stays(temporary):
    used = Home()
    child = os.fork()
    if child == 0:
        Home()
        os._exit(0)
    os.waitpid(child, 0)
    assert len(list(temporary.iterdir())) == 2
    other = Home()
    assert {used.path, other.path} == set(map(str, temporary.iterdir()))
    used.remove()
    other.remove()
    assert list(temporary.iterdir()) == []


def test_one_whose_server_outlives_its_grader_stays_as_long(temporary, no_survivors):
    waiting, line = os.pipe()
    child = os.fork()
    if child == 0:
        command = [sys.executable, "-S", "-c", "import sys; sys.stdin.read()"]
        subprocess.Popen(command, stdin=waiting, pass_fds=Home().descriptors)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(waiting)
    Home().remove()
    assert len(list(temporary.iterdir())) == 1
    os.close(line)
    survivors(no_survivors)
    Home().remove()
    assert list(temporary.iterdir()) == []


def test_what_is_no_fork_servers_stays(temporary):
    for name in ("course-notes", "course-12345678"):
        (temporary / name).mkdir()
    (temporary / "course-file").touch()
    Home().remove()
    assert len(list(temporary.iterdir())) == 3


def test_one_that_is_being_made_is_not_taken_for_abandoned(temporary, monkeypatch):
    real = os.rename

    def disturbed(*arguments):
        Home().remove()
        real(*arguments)
        Home().remove()

    with monkeypatch.context() as patched:
        patched.setattr("os.rename", lambda *a: (patched.undo(), disturbed(*a)))
        home = Home()
    assert os.path.isdir(home.path)
    home.remove()


def test_a_place_without_room_is_said_in_one_sentence(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "mkdtemp", full)
    with pytest.raises(ServerError, match=r"^The fork server can't be started \(No space.*TMPDIR"):
        ForkServer().start()


def test_the_server_takes_its_directory_away_when_its_grader_is_gone(temporary, no_survivors):
    child = os.fork()
    if child == 0:
        server = ForkServer()
        server.start()
        server.fork()
        os._exit(0 if os.listdir(temporary) else 1)
    assert os.waitpid(child, 0)[1] == 0
    survivors(no_survivors)
    assert list(temporary.iterdir()) == []
