"""The first cell finds the course from where the notebook lies, and gets it on Colab."""

import os
import subprocess
import sys
import types
import zipfile
from pathlib import Path

import pytest

from autograder.authoring import first_cell as module
from autograder.authoring.first_cell import first_cell
from autograder.base.text import LANGUAGES
from tests.conftest import ROOT

BEGINNING, _, _ = first_cell("en").partition('os.environ.setdefault("TF_CPP')


@pytest.fixture
def bundle(tmp_path):
    """A small course as a zip file with one folder around it all."""
    course = tmp_path / "made" / "translation-course"
    (course / "course" / "kit").mkdir(parents=True)
    (course / "requirements").mkdir()
    (course / "requirements" / "colab.txt").write_text("nothing==1\n")
    path = tmp_path / "course.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in course.rglob("*"):
            archive.write(file, file.relative_to(tmp_path / "made"))
    return path


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder in which Python finds no course; Python's state is put back afterwards."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if not Path(p, "course").is_dir()])
    for name in [name for name in sys.modules if name.partition(".")[0] == "course"]:
        monkeypatch.delitem(sys.modules, name)
    return folder


def test_it_finds_the_course_above_the_notebook():
    code = BEGINNING + "\nprint(sys.path[0])"
    where = ROOT / "course" / "notebooks" / "zh"
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=where, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == str(ROOT)


def test_where_there_is_no_course_it_says_what_to_do(elsewhere):
    with pytest.raises(FileNotFoundError, match="open this where the course lies"):
        exec(BEGINNING, {})


@pytest.mark.parametrize("way", ["address", "upload"])
def test_on_colab_it_unpacks_the_bundle_and_installs(bundle, elsewhere, monkeypatch, way):
    colab = types.ModuleType("google.colab")
    colab.files = types.SimpleNamespace(upload=lambda: {str(bundle): b""})
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", colab)
    called = []
    monkeypatch.setattr(subprocess, "run", lambda command, check: called.append(command))
    code = BEGINNING
    if way == "address":
        code = code.replace('COURSE = ""', f'COURSE = "{bundle.as_uri()}"')
    exec(code, {})
    assert os.getcwd() == str(elsewhere / "translation-course")
    assert sys.path[0] == os.getcwd()
    assert [command[-1] for command in called] == ["requirements/colab.txt"]


def test_what_colab_gets_is_what_the_course_pins():
    """One pin each: a package that is pinned elsewhere has the same version here."""
    requirements = ROOT / "requirements"

    def pins(name):
        lines = (requirements / name).read_text().splitlines()
        return dict(line.split("==") for line in lines if "==" in line)

    colab, base = pins("colab.txt"), pins("course.txt")
    assert {name: base[name] for name in colab if name in base} == {
        name: version for name, version in colab.items() if name in base
    }


def test_it_is_written_in_every_language():
    assert set(module._TEXTS) == set(LANGUAGES)
    assert all(f'begin("{language}")' in first_cell(language) for language in LANGUAGES)
