"""A release is made anew from the reference, whatever lies about in the instructor's checkout."""

import shutil

import pytest

from autograder.authoring import release
from course.kit.units import available_units
from tests.conftest import ROOT


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A copy of what a release is made of, for a test to litter."""
    for room in ("course", "requirements"):
        shutil.copytree(ROOT / room, tmp_path / "checkout" / room)
    monkeypatch.setattr(release, "ROOT", tmp_path / "checkout")
    return tmp_path / "checkout"


def test_what_the_instructor_solved_in_the_checkout_stays_there(checkout, tmp_path):
    (checkout / "course" / "exercises" / "attention.py").write_text("answer = 42")
    (checkout / "course" / "notebooks" / "en" / "tried-out.ipynb").write_text("answer = 42")
    files = release.build_release(tmp_path / "out")
    files = [path for path in files if path.suffix != ".npz"]
    texts = [(tmp_path / "out" / path).read_text(encoding="utf-8") for path in files]
    assert not [text for text in texts if "answer = 42" in text]
    for unit in available_units():
        made = tmp_path / "out" / "course" / "exercises" / f"{unit}.py"
        assert made.read_text(encoding="utf-8") == release.stub_source(unit)


def test_a_release_that_fails_leaves_nothing_behind(checkout, tmp_path, monkeypatch):
    def refuse(unit, language):
        raise RuntimeError("nbgrader refused")

    monkeypatch.setattr(release, "student_notebook", refuse)
    with pytest.raises(RuntimeError, match="refused"):
        release.build_release(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["checkout"]
