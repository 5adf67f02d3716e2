"""A class's hand-ins where they lie: those that were graded are compared, unit by unit."""

import zipfile

from autograder.lookalikes.hints import find_hints
from autograder.running.submissions import find_submissions
from tests.autograder.lookalikes import made

SOURCE = made.right_modules("translation")["batched_beams"]


def put(folder, name, unit, source):
    (folder / name).mkdir(exist_ok=True)
    (folder / name / f"{unit}.py").write_text(source)


def test_units_are_compared_apart_and_only_what_was_graded(tmp_path):
    for name in ("ann", "bob", "eve"):
        put(tmp_path, name, "translation", SOURCE)
        put(tmp_path, name, "attention", made.right_modules("attention")["einsum"])
    put(tmp_path, "dan", "translation", "")
    found = find_submissions([tmp_path])
    names = {(name, unit) for name in ("ann", "bob", "dan") for unit in ("translation", "rnn")}
    read = []
    hints = find_hints(found, {*names, ("eve", "attention")}, lambda: read.append(1))
    assert [(pair.unit, pair.first, pair.second) for pair in hints.pairs] == [
        ("translation", "ann", "bob")
    ]
    assert (hints.compared, len(read)) == (3, 4)
    assert hints.left_out == [("dan", "translation")]


def test_hand_ins_in_a_zip_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for name in ("ann", "bob"):
            archive.writestr(f"{name}/translation.py", SOURCE)
    found = find_submissions([tmp_path / "all.zip"])
    hints = find_hints(found, {("ann", "translation"), ("bob", "translation")})
    assert [(pair.first, pair.second) for pair in hints.pairs] == [("ann", "bob")]


def test_a_file_that_is_damaged_in_its_zip_is_left_out(tmp_path):
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("ann", "bob"):
            archive.writestr(f"{name}/translation.py", SOURCE)
        start = archive.getinfo("ann/translation.py").header_offset
    data = bytearray(path.read_bytes())
    data[start + 200] ^= 1  # within the file, whose checksum is then another
    path.write_bytes(data)
    hints = find_hints(find_submissions([path]), {("ann", "translation"), ("bob", "translation")})
    assert (hints.compared, hints.left_out) == (1, [("ann", "translation")])


def test_a_file_that_is_gone_meanwhile_is_left_out(tmp_path):
    put(tmp_path, "ann", "translation", SOURCE)
    found = find_submissions([tmp_path])
    (tmp_path / "ann" / "translation.py").unlink()
    assert find_hints(found, {("ann", "translation")}).left_out == [("ann", "translation")]
