"""Finding hand-ins: the three layouts, zips of them, and what must not be found."""

import json
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.running.submissions import collect, find_submissions, read_submission
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


def test_a_link_is_rejected_and_hidden_files_are_passed_over(tmp_path):
    put(tmp_path / "secret.py", "secret")
    put(tmp_path / "in" / "alice" / "attention.py")
    (tmp_path / "in" / "mallory").mkdir()
    (tmp_path / "in" / "mallory" / "attention.py").symlink_to(tmp_path / "secret.py")
    (tmp_path / "in" / "ned").mkdir()
    (tmp_path / "in" / "ned" / "attention").symlink_to(tmp_path / "in" / "alice")
    put(tmp_path / "in" / ".secret" / "attention.py")
    found = collect([tmp_path / "in"])
    assert [(s.name, s.rejection is None) for s in found.submissions] == [
        ("alice", True),
        ("mallory", False),
        ("ned", False),
    ]
    assert read_submission(found.submissions[1]).data == b""
    assert [p.place for p in found.passed_over] == [str(tmp_path / "in" / ".secret")]


def test_two_places_of_one_student_are_that_students_rejected_hand_in(tmp_path):
    put(tmp_path / "a" / "alice" / "attention.py")
    put(tmp_path / "a" / "bob" / "attention.py")
    put(tmp_path / "b" / "alice" / "attention.py")
    found = collect([tmp_path / "a", tmp_path / "b"])
    assert [(s.name, s.rejection is None) for s in found.submissions] == [
        ("alice", False),
        ("bob", True),
    ]
    assert "b/alice/attention.py" in found.submissions[0].rejection["en"]
    assert [p.place for p in found.passed_over] == [str(tmp_path / "b" / "alice" / "attention.py")]


@pytest.mark.parametrize(
    "name",
    [
        *("attention (1).ipynb", "Attention.ipynb", "attention-Copy1.ipynb", "attention.IPYNB"),
        *("my attention, final v2.ipynb", "week 3/attention.ipynb", "attention/homework.ipynb"),
        *("HW3_Attention_Li.ipynb", "注意力 attention.ipynb", "a/b/c/attention.py", "作业.ipynb"),
        *("multi_head/../attention.ipynb", "SelfAttention.ipynb", "attention.ipynb.zip"),
    ],
)
def test_a_students_only_notebook_counts_whatever_it_is_called(tmp_path, name):
    if name.endswith(".zip"):
        (tmp_path / "in" / "li").mkdir(parents=True)
        with zipfile.ZipFile(tmp_path / "in" / "li" / name, "w") as archive:
            archive.writestr("attention.ipynb", NOTEBOOK)
    else:
        put(tmp_path / "in" / "li" / "multi_head" / "x.txt")
        put(tmp_path / "in" / "li" / name, NOTEBOOK)
    for unit in (None, "attention"):
        (found,) = find_submissions([tmp_path / "in"], unit)
        assert (found.name, found.unit, found.rejection) == ("li", "attention", None)


@pytest.mark.parametrize("name", ["multi_head_attention.ipynb", "Multi-Head attention.ipynb"])
def test_two_units_in_a_name_are_told_apart_by_what_is_in_the_file(tmp_path, name):
    code = r"def split_heads(x, num_heads):\n    return x\n"
    put(tmp_path / "in" / "li" / name, NOTEBOOK.replace(CODE, code))
    (found,) = find_submissions([tmp_path / "in"])
    assert found.unit == "multi_head"


CODE = "def similarity(x):\n    return x\n"
NOTEBOOK = json.dumps(
    {
        "cells": [{"cell_type": "code", "metadata": {}, "source": "@", "outputs": []}],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
).replace("@", json.dumps(CODE)[1:-1])
CODE = json.dumps(CODE)[1:-1]


def test_the_written_one_of_two_counts_and_two_written_ones_are_rejected(tmp_path):
    stub = "def similarity(x):\n    raise NotImplementedError('similarity')\n"
    other = "def similarity(x):\n    return 2 * x\n"
    put(tmp_path / "in" / "ann" / "course" / "exercises" / "attention.py", stub)
    put(tmp_path / "in" / "ann" / "course" / "notebooks" / "zh" / "attention.ipynb", NOTEBOOK)
    put(tmp_path / "in" / "ann" / "course" / "kit" / "attention.py", "x = 1")
    put(tmp_path / "in" / "bob" / "attention.ipynb", NOTEBOOK)
    put(tmp_path / "in" / "bob" / "attention (2).py", other)
    put(tmp_path / "in" / "cai" / "attention.ipynb", NOTEBOOK)
    put(tmp_path / "in" / "cai" / "copy of attention.ipynb", NOTEBOOK)
    ann, bob, cai = find_submissions([tmp_path / "in"])
    assert (ann.suffix, ann.rejection) == (".ipynb", None)
    assert "attention (2).py, attention.ipynb" in bob.rejection["en"]
    assert cai.rejection is None


@pytest.mark.parametrize(
    ("name", "words", "looks"),
    [
        ("attention.ipynb.txt", "rename it to attention.ipynb", True),
        ("attention.rar", "archive", True),
        ("attention.zip", "not a zip", True),
        (".ipynb_checkpoints/attention-checkpoint.ipynb", "older state", True),
        ("essay.docx", "no notebook", False),
        (".DS_Store", "hidden", False),
        ("helpers.py", "no unit", True),
    ],
)
def test_what_is_passed_over_is_named_with_what_to_do(tmp_path, name, words, looks):
    put(tmp_path / "in" / "ok" / "attention.py", CODE)
    put(tmp_path / "in" / "hal" / name, "x = 1")
    (passed,) = collect([tmp_path / "in"]).passed_over
    assert words in passed.reason["en"]
    assert passed.reason["zh"]
    assert passed.looks_like_one == looks


pieces = st.sampled_from(["ann", "bo b", "attention", "王小明", ".git", "course", "a_1_2_x", "x"])
endings = st.sampled_from(
    ["attention.py", "Attention (1).ipynb", "rnn.ipynb", "x.txt", "y.py", "z.zip", "deep"]
)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.lists(pieces, max_size=3), endings), min_size=1, max_size=8),
    st.sampled_from([None, "attention"]),
    st.sampled_from(["auto", "plain"]),
)
def test_every_file_is_a_hand_in_or_is_passed_over(tmp_path_factory, files, unit, layout):
    root = tmp_path_factory.mktemp("in")
    put(root / "sure" / "attention.py", CODE)
    for folders, name in files:
        path = root.joinpath(*folders, name)
        if not path.exists() and not any(parent.is_file() for parent in path.parents):
            put(path, f"# {len(folders)}")
    found = collect([root], unit, layout)
    places = [item.place for item in (*found.submissions, *found.passed_over)]
    assert len(set(places)) == len(places)
    for path in root.rglob("*"):
        hidden = [part for part in path.relative_to(root).parts if part.startswith(".")]
        if path.is_file() and not hidden:
            assert str(path) in places
    names = {(item.name, item.unit) for item in found.submissions}
    assert len(names) == len(found.submissions)


def test_zips_of_windows_and_of_a_chinese_machine(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ann/attention.py", CODE)
        archive.writestr("XXXXXX/attention.py", CODE)
    data = path.read_bytes().replace(b"ann/", b"ann\\")
    path.write_bytes(data.replace(b"XXXXXX", "王小明".encode("gbk")))
    found = find_submissions([path])
    assert [item.name for item in found] == ["ann", "王小明"]
    assert all(item.read() == CODE.encode() for item in found)


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
