"""Locks of files: one holder at a time, until the holder's descriptors are closed."""

import errno
import os

import pytest

from autograder.base.locking import lock


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.touch()
    return path


def is_free(path):
    with path.open() as file:
        try:
            return lock(file.fileno())
        except BlockingIOError:
            return False


def test_a_lock_has_one_holder_until_its_file_is_closed(file):
    with file.open() as first:
        assert lock(first.fileno())
        assert not is_free(file)
    assert is_free(file)


def test_a_copy_of_the_descriptor_holds_the_lock_too(file):
    with file.open() as first:
        assert lock(first.fileno())
        copy = os.dup(first.fileno())
    assert not is_free(file)
    os.close(copy)
    assert is_free(file)


def test_a_file_system_without_locks_is_no_error(file, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("portalocker.portalocker.LOCKER", refuse)
    assert not is_free(file)
