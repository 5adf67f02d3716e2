"""Zips and folders that are traps: paths, bombs, links, devices, names."""

import io
import os
import stat
import zipfile

import pytest

from autograder.running.submissions import UnreadableMember, find_submissions, read_submission
from course.kit.errors import UserError
from course.kit.handin import MAX_BYTES, UnreadableHandIn, read_handin
from tests.fuzz.mutations import broken_bytes, numbered

GOOD = ("alice/attention.py", "x = 1\n")


def archive(path, *members, mode=0o100644):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in (GOOD, *members):
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100644 if name == GOOD[0] else mode) << 16
            made.writestr(info, content, zipfile.ZIP_DEFLATED)
    return path


@pytest.mark.parametrize(
    "name",
    [
        *("../../evil/attention.py", "/evil/attention.py", "evil/../../attention.py"),
        *("..\\evil\\attention.py", "C:\\evil\\attention.py", "evil/./../attention.py"),
        *(".hidden/attention.py", "__MACOSX/attention.py", "x" * 300 + "/attention.py"),
        *("evil\x1b[2J/attention.py", "evil/attention.py/", "~/x.py"),
        *(
            "evil/attention.exe",
            "evil/conftest.py",
            "evil/sitecustomize.py",
            "con\x00/attention.py",
        ),
    ],
)
def test_a_member_that_climbs_hides_or_shouts_is_passed_over(name, tmp_path):
    (found,) = find_submissions([archive(tmp_path / "all.zip", (name, "evil = 1\n"))])
    assert (found.name, found.read()) == ("alice", b"x = 1\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all.zip"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO])
def test_links_and_devices_in_a_zip_are_not_read(kind, tmp_path):
    made = archive(tmp_path / "all.zip", ("evil/attention.py", "/etc/passwd"), mode=kind | 0o777)
    found = find_submissions([made])
    assert [item.name for item in found if item.rejection is None] == ["alice"]
    assert all(item.read() == b"" for item in found if item.rejection is not None)


def test_a_bomb_is_cut_and_then_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("bomb/attention.py", b" " * (MAX_BYTES * 10))
    (found,) = find_submissions([tmp_path / "all.zip"])
    data = found.read()
    assert len(data) == MAX_BYTES + 1
    with pytest.raises(UnreadableHandIn, match="larger"):
        read_handin(data, ".py", ())


def packed(path, compression=zipfile.ZIP_DEFLATED):
    """A zip with a file of some length, and where its compressed bytes begin."""
    with zipfile.ZipFile(path, "w", compression) as made:
        made.writestr("alice/attention.py", os.urandom(500).hex())
    content = bytearray(path.read_bytes())
    return content, content.index(b"alice/attention.py") + len(b"alice/attention.py")


def spoil(content, begin, kind):
    """Make the first file of a zip unreadable."""
    central = content.rindex(b"PK\x01\x02")
    if kind == "password":
        content[6] |= 1
        content[central + 8] |= 1
    elif kind == "compression":
        content[8:10] = content[central + 10 : central + 12] = b"\x63\x00"
    elif kind == "header":
        content[0:4] = b"KP\x00\x00"
    else:
        content[begin + 200 : begin + 220] = bytes(20)


@pytest.mark.parametrize(
    ("kind", "compression", "reason"),
    [
        ("password", zipfile.ZIP_DEFLATED, "password"),
        ("compression", zipfile.ZIP_DEFLATED, "ordinary zip"),
        ("header", zipfile.ZIP_DEFLATED, "damaged"),
        ("bytes", zipfile.ZIP_STORED, "damaged"),
        ("bytes", zipfile.ZIP_DEFLATED, "damaged"),
        ("bytes", zipfile.ZIP_BZIP2, "damaged"),
        ("bytes", zipfile.ZIP_LZMA, "damaged"),
    ],
)
def test_a_file_that_cannot_be_unpacked_is_its_students_to_pack_again(
    kind, compression, reason, tmp_path
):
    content, begin = packed(tmp_path / "all.zip", compression)
    spoil(content, begin, kind)
    (tmp_path / "all.zip").write_bytes(content)
    (found,) = find_submissions([tmp_path / "all.zip"])
    with pytest.raises(UnreadableMember, match=reason) as broken:
        found.read()
    file = read_submission(found)
    assert (file.data, file.unreadable) == (b"", broken.value.text)
    assert file.unreadable["zh"].endswith("。")


def test_damage_anywhere_in_a_zip_ends_in_a_reason_or_the_file(tmp_path):
    whole, _ = packed(tmp_path / "all.zip")
    ends = set()
    for number in range(1000):
        content = broken_bytes(bytes(whole), bytes(whole), numbered("zip", number))
        (tmp_path / "all.zip").write_bytes(content)
        try:
            files = [read_submission(found) for found in find_submissions([tmp_path / "all.zip"])]
        except UserError:
            ends.add("no zip")
            continue
        ends |= {"unreadable" if file.unreadable else "read" for file in files}
    assert ends == {"no zip", "unreadable", "read"}


def test_a_zip_that_is_gone_is_no_students_fault(tmp_path):
    packed(tmp_path / "all.zip")
    (found,) = find_submissions([tmp_path / "all.zip"])
    (tmp_path / "all.zip").unlink()
    with pytest.raises(FileNotFoundError):
        read_submission(found)


def test_a_students_own_zip_is_opened_and_no_zips_within_zips_for_ever(tmp_path):
    content = b"x = 1\n"
    for depth in range(6):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as made:
            made.writestr("attention.zip" if depth else "attention.py", content)
        content = inner.getvalue()
        made = archive(tmp_path / "all.zip", ("evil/attention.zip", content))
        names = [found.name for found in find_submissions([made])]
        assert names == (["alice", "evil"] if depth < 2 else ["alice"])


def test_a_file_that_is_no_zip_is_named(tmp_path):
    (tmp_path / "all.zip").write_bytes(b"PK\x03\x04" + os.urandom(100))
    with pytest.raises(UserError, match=r"all\.zip"):
        find_submissions([tmp_path / "all.zip"])


@pytest.mark.parametrize("twins", [("bob", "BOB"), ("straße", "STRASSE")])
def test_names_that_differ_in_case_alone_are_two_students(twins, tmp_path):
    for name in twins:
        (tmp_path / name).mkdir()
        (tmp_path / name / "attention.py").write_text("x = 1\n")
    assert {found.name for found in find_submissions([tmp_path])} == set(twins)


def test_links_in_a_folder_are_rejected_and_pipes_passed_over(tmp_path):
    folder, secret = tmp_path / "hand-ins", tmp_path / "secret"
    secret.mkdir()
    (secret / "attention.py").write_text("secret = 1\n")
    for name in ("alice", "bob", "carol", "dave"):
        (folder / name).mkdir(parents=True)
    (folder / "alice" / "attention.py").write_text("x = 1\n")
    (folder / "bob" / "attention.py").symlink_to(secret / "attention.py")
    os.mkfifo(folder / "carol" / "attention.py")
    (folder / "dave" / "attention.ipynb").symlink_to("/dev/zero")
    (folder / "eve").symlink_to(secret)
    found = find_submissions([folder])
    assert [(item.name, item.rejection is None) for item in found] == [
        ("alice", True),
        ("bob", False),
        ("dave", False),
    ]
    assert found[1].read() == found[2].read() == b""


def test_names_that_are_no_text_or_too_long_are_passed_over(tmp_path):
    (tmp_path / "alice").mkdir()
    (tmp_path / "alice" / "attention.py").write_text("x = 1\n")
    for name in (b"\xff\xfe", b"n" * 201, b"\xe5" * 60):
        folder = os.path.join(os.fsencode(tmp_path), name)
        os.mkdir(folder)
        with open(os.path.join(folder, b"attention.py"), "w") as file:
            file.write("x = 1\n")
    assert [found.name for found in find_submissions([tmp_path])] == ["alice"]
