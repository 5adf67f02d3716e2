"""Files and directories are written whole or not at all, with the umask's permissions."""

import contextlib
import os
import stat

import pytest

from autograder.base.files import new_directory, write_file


@pytest.fixture(params=[0o022, 0o027, 0o077], ids=oct)
def umask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_has_the_permissions_that_the_umask_leaves(tmp_path, umask):
    write_file(tmp_path / "export.csv", "a,b")
    assert mode(tmp_path / "export.csv") == 0o666 & ~umask


def test_a_private_file_is_so_where_an_open_one_was(tmp_path, umask):
    path = tmp_path / "result.json"
    path.write_text("old")
    path.chmod(0o644)
    write_file(path, b"new", mode=0o600)
    assert path.read_bytes() == b"new"
    assert mode(path) == 0o600 & ~umask


def test_text_that_is_no_unicode_is_written_with_marks(tmp_path):
    write_file(tmp_path / "file", "a\udc80你")
    assert (tmp_path / "file").read_text(encoding="utf-8") == "a?你"


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file.json"
    write_file(path, "old")

    def refuse(*_):
        raise OSError("full")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OSError, match="full"):
        write_file(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_appears_whole(tmp_path, umask):
    target = tmp_path / "a" / "b"
    with new_directory(target) as made:
        (made / "x").touch()
        assert not target.exists()
    assert [path.name for path in target.iterdir()] == ["x"]
    assert mode(target) == 0o777 & ~umask
    assert list(target.parent.iterdir()) == [target]


def test_an_empty_directory_is_filled(tmp_path):
    (tmp_path / "a").mkdir()
    with new_directory(tmp_path / "a") as made:
        (made / "x").touch()
    assert (tmp_path / "a" / "x").exists()


@pytest.mark.parametrize("replace", [False, True])
def test_an_error_leaves_nothing_behind(tmp_path, replace):
    with contextlib.suppress(KeyboardInterrupt), new_directory(tmp_path / "a", replace) as made:
        (made / "x").touch()
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("is_file", [False, True])
def test_what_is_there_is_not_touched(tmp_path, is_file):
    work = tmp_path / "a" if is_file else tmp_path / "a" / "x"
    work.parent.mkdir(exist_ok=True)
    work.write_text("work")
    with pytest.raises(FileExistsError, match="is not empty"), new_directory(tmp_path / "a"):
        pass
    assert work.read_text() == "work"


def test_what_is_there_is_replaced_where_that_is_wanted(tmp_path):
    (tmp_path / "a" / "old").mkdir(parents=True)
    with new_directory(tmp_path / "a", replace=True) as made:
        (made / "new").touch()
        assert (tmp_path / "a" / "old").exists()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "a"
    with pytest.raises(OSError, match=f"^{target} can't be written: "), new_directory(target):
        pass
