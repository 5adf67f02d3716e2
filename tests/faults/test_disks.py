"""A disk that is full, or can't be written: one sentence says so, and nothing is lost."""

import os
import stat

import pytest

from autograder.base.files import write_file
from autograder.results.files import read_result, write_result
from tests.faults import command, disks
from tests.faults.comparison import results_in
from tests.faults.hand_ins import write_hand_ins
from tests.faults.test_writing import result


@pytest.fixture
def disk(tmp_path):
    """A disk of 64 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    with disks.mounted(folder, "size=64k"):
        yield folder


@pytest.fixture
def read_only(tmp_path):
    """A folder with one result, in which nothing can be written."""
    folder = tmp_path / "read-only"
    folder.mkdir()
    if os.geteuid():
        write_result(folder, result(3.0))
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        yield folder
        folder.chmod(stat.S_IRWXU)
        return
    with disks.mounted(folder, "size=64k"):  # root may write whatever its rights are
        write_result(folder, result(3.0))
        disks.change(folder, "ro")
        yield folder


def test_what_does_not_fit_leaves_the_old_and_no_half(disk):
    path = write_result(disk, result(3.0))
    large = disks.fill(disk)
    with pytest.raises(OSError, match="No space left"):
        write_result(disk, result(7.0))
    assert read_result(path) == result(3.0)
    assert list(path.parent.iterdir()) == [path]
    large.unlink()
    assert read_result(write_result(disk, result(7.0))) == result(7.0)


def test_a_file_that_may_not_grow_so_large_is_none(tmp_path):
    """The limit of a file's size, in a process of its own: it can't be lifted again."""
    import resource
    import signal

    write_file(tmp_path / "file", "old")
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        try:
            write_file(tmp_path / "file", "x" * 5000)
        except OSError:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_text() == "old"


def test_read_only_results_are_refused_before_anything_is_graded(few, read_only, temporary):
    status, output, errors = command.run(few, read_only, "--resume")
    assert (status, output) == (2, "")
    assert errors.startswith(f"The results can't be written to {read_only}: ")
    assert errors.count("\n") == 1
    assert read_result(read_only / "ann" / "positional.json") == result(3.0)
    assert list(temporary.iterdir()) == []  # no fork server was started


@pytest.mark.slow
def test_the_disk_fills_up_and_with_room_again_resume_goes_on(
    disk, temporary, no_survivors, tmp_path
):
    names = write_hand_ins(tmp_path / "hand-ins", 12)  # their results take more than the disk has
    status, _, errors = command.run(tmp_path / "hand-ins", disk)
    assert status == 2
    assert errors == f"The results can't be written to {disk}: No space left on device.\n"
    before = results_in(disk)
    assert 0 < len(before) < len(names)
    disks.change(disk, "size=1m")
    status, _, errors = command.run(tmp_path / "hand-ins", disk, "--resume")
    assert (status, errors) == (0, "")
    status, _, _ = command.run(tmp_path / "hand-ins", tmp_path / "elsewhere")
    assert results_in(disk) == results_in(tmp_path / "elsewhere")
    assert list(temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("files", range(2, 7))
def test_a_temporary_directory_without_room_is_said_or_does_not_matter(
    few, no_survivors, tmp_path, files
):
    place = tmp_path / "temporary"
    place.mkdir()
    with disks.mounted(place, f"size=1m,nr_inodes={files}"):
        status, _, errors = command.run(few, tmp_path / "out", temporary=place)
        assert list(place.iterdir()) == []
    assert "Traceback" not in errors
    if status == 0:
        assert len(results_in(tmp_path / "out")) == 4
        assert errors == ""
    else:
        assert (status, errors.count("\n")) == (2, 1)
        assert "room for" in errors or "temporary directory" in errors
