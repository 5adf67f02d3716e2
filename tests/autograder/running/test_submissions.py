"""Finding hand-ins: the three layouts, zips of them, and what must not be found."""

import zipfile

import pytest

from autograder.running.submissions import find_submissions
from course.kit.errors import UserError


def names(found):
    return [(item.name, item.unit, item.suffix) for item in found]


def put(path, text="x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_three_layouts(tmp_path):
    put(tmp_path / "nb" / "alice" / "attention" / "attention.ipynb")
    put(tmp_path / "nb" / "bob" / "attention.py")
    put(tmp_path / "flat" / "carol.py")
    put(tmp_path / "flat" / "notes.txt")
    assert names(find_submissions([tmp_path / "nb"])) == [
        ("alice", "attention", ".ipynb"),
        ("bob", "attention", ".py"),
    ]
    assert names(find_submissions([tmp_path / "flat"], "attention")) == [
        ("carol", "attention", ".py")
    ]


def test_one_file_by_name(tmp_path):
    put(tmp_path / "dan" / "attention" / "attention.ipynb")
    put(tmp_path / "eve.py")
    found = find_submissions([tmp_path / "dan" / "attention" / "attention.ipynb"])
    assert names(found) == [("dan", "attention", ".ipynb")]
    assert names(find_submissions([tmp_path / "eve.py"], "attention")) == [
        ("eve", "attention", ".py")
    ]


def test_a_zip_with_and_without_a_folder_around(tmp_path):
    for prefix in ("", "class/"):
        path = tmp_path / f"hand-ins{len(prefix)}.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{prefix}alice/attention/attention.ipynb", "{}")
            archive.writestr(f"{prefix}bob/attention.py", "x = 1")
        found = find_submissions([path])
        assert names(found) == [("alice", "attention", ".ipynb"), ("bob", "attention", ".py")]
        assert found[1].read() == b"x = 1"


@pytest.mark.parametrize(
    "member",
    ["../evil/attention.py", "/abs/attention.py", "a/../../b/attention.py", "..\\x/attention.py"],
)
def test_a_zip_that_climbs_gives_nothing(tmp_path, member):
    path = tmp_path / "slip.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, "x")
    with pytest.raises(UserError):
        find_submissions([path])


def test_links_and_hidden_files_are_passed_over(tmp_path):
    put(tmp_path / "secret.py", "secret")
    put(tmp_path / "in" / "alice" / "attention.py")
    (tmp_path / "in" / "mallory").mkdir()
    (tmp_path / "in" / "mallory" / "attention.py").symlink_to(tmp_path / "secret.py")
    put(tmp_path / "in" / ".ipynb_checkpoints" / "attention.py")
    assert names(find_submissions([tmp_path / "in"])) == [("alice", "attention", ".py")]


def test_two_of_one_name_are_refused(tmp_path):
    put(tmp_path / "a" / "alice" / "attention.py")
    put(tmp_path / "b" / "Alice" / "attention.py")
    with pytest.raises(UserError, match="rename"):
        find_submissions([tmp_path / "a", tmp_path / "b"])


def test_nothing_to_grade_says_what_to_do(tmp_path):
    put(tmp_path / "alice.py")
    with pytest.raises(UserError, match="--unit"):
        find_submissions([tmp_path])
    with pytest.raises(UserError, match="nothing at"):
        find_submissions([tmp_path / "absent"])
    put(tmp_path / "broken.zip", "no zip")
    with pytest.raises(UserError, match="not a zip"):
        find_submissions([tmp_path / "broken.zip"])


@pytest.mark.parametrize(("at", "byte"), [(6, 0x94), (46, 0xFF)])
def test_a_damaged_list_of_a_zips_files_is_said_in_a_sentence(tmp_path, at, byte):
    """A version from the future; a name that is said to be UTF-8 and is not."""
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ann/attention.py", "")
    data = bytearray(path.read_bytes())
    listed = data.index(b"PK\x01\x02")
    data[listed + 9] |= 0x08  # names are UTF-8
    data[listed + at] = byte
    path.write_bytes(data)
    with pytest.raises(UserError, match="not a zip file that can be read"):
        find_submissions([path])
