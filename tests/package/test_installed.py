"""The project as pip installs it: in an environment of its own, used from outside the checkout.

One environment serves both: a student's wheel first, with a student's packages; then the whole
project, from its source distribution. So the tests of this file run in the order of the file.
"""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.authoring.release import build_release, write_wheel
from autograder.base.paths import ANSWERS
from autograder.isolation.sandbox import LANDLOCK, NAMESPACES
from tests.conftest import ROOT, SOLUTION

pytestmark = pytest.mark.slow

REQUIREMENTS = ROOT / "requirements"
TOOLS = ("autograder", "solutions", "nbgrader", "hypothesis", "pytest")
# Runs in the environment: print the walls, and what a student's process reads of some paths.
ROBBERY = """
import json, sys
from autograder.isolation.fork_server import ForkServer
from course.kit.units import exercises_of

skip, *paths = sys.argv[1:]
source = f'''
import os
def similarity(x):
    open(os.__file__).close()  # some files it may read
    loot = []
    for path in {paths!r}:
        try:
            loot.append(os.listdir(path) if os.path.isdir(path) else open(path).read())
        except OSError:
            pass
    return loot
'''
with ForkServer(isolation="best-effort", skip=tuple(skip.split())) as server:
    process = server.fork()
    process.load(source.encode(), ".py", exercises_of("attention"))
    process.allow(60.0)
    target = {"name": "similarity"}
    loot = process.request("call", target=target, args=[1], kwargs={}, mode="eager")
    process.close()
    print(json.dumps([server.layers, loot]))
"""


class Environment:
    """A virtual environment."""

    def __init__(self, folder: Path):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        self.bin = folder / "bin"
        self.packages = next(folder.glob("lib/python3*/site-packages"))

    def run(self, folder: Path, command: str, *arguments: object) -> subprocess.CompletedProcess:
        """Run a command of the environment in a folder."""
        ours = ("PYTHONPATH", "VIRTUAL_ENV")  # they are for the environment of the tests
        variables = {name: value for name, value in os.environ.items() if name not in ours}
        return subprocess.run(
            [self.bin / command, *map(str, arguments)],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
        )

    def install(self, what: object, *constraints: str) -> None:
        """Install a package; what it needs comes in the pinned versions."""
        options = [option for name in constraints for option in ("-c", REQUIREMENTS / name)]
        done = self.run(self.bin, "python", "-m", "pip", "install", "-q", what, *options)
        assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    return Environment(tmp_path_factory.mktemp("environment"))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    """A student's bundle, made from the checkout, with the wheel beside it."""
    folder = tmp_path_factory.mktemp("bundle") / "release"
    build_release(folder)
    return folder, write_wheel(folder)


@pytest.fixture(scope="module")
def student(environment, bundle):
    """The environment with the student's wheel."""
    environment.install(bundle[1], "course.txt", "tensorflow.txt")
    return environment


@pytest.fixture(scope="module")
def instructor(student, tmp_path_factory):
    """The environment with the project in place of the student's wheel."""
    folder = tmp_path_factory.mktemp("distribution")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", folder],
        cwd=ROOT,
        check=True,
    )
    student.run(folder, "python", "-m", "pip", "uninstall", "-q", "-y", "seq2seq-course-student")
    (archive,) = folder.iterdir()
    student.install(f"seq2seq-course[grader] @ {archive.as_uri()}", "base.txt", "tensorflow.txt")
    return student


def test_a_student_has_the_course_alone(student):
    names = {path.name for path in student.packages.iterdir()}
    assert "course" in names
    assert not names & set(TOOLS)
    assert not {path.name for path in student.bin.iterdir()} & set(TOOLS)


def test_a_student_checks_work_in_any_folder(student, tmp_path):
    shutil.copy(SOLUTION, tmp_path)
    done = student.run(tmp_path, "course", "check", "--language", "en", "--no-plot")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "attention" in done.stdout
    assert "There is no" not in done.stdout  # of the units that are not in this folder


def test_a_notebook_runs_that_came_alone(student, bundle, tmp_path):
    path = bundle[0] / "course" / "notebooks" / "en" / "attention.ipynb"
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    notebook.cells = code[:1]
    nbformat.write(notebook, tmp_path / "attention.ipynb")
    done = student.run(tmp_path, "jupyter-execute", "--inplace", "attention.ipynb")
    assert done.returncode == 0, done.stderr[-2000:]


def test_source_and_wheel_hold_the_same(instructor, tmp_path):
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
    )
    (wheel,) = tmp_path.iterdir()
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert {"autograder/hidden/pytest.ini", "autograder/project/requirements/cpu.txt"} <= names
    assert not [name for name in names if not (instructor.packages / name).is_file()]


def test_an_installed_grader_releases_the_same_wheel(instructor, bundle, tmp_path):
    done = instructor.run(tmp_path, "autograder", "release", "release", "--wheel")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / bundle[1].name).read_bytes() == bundle[1].read_bytes()
    files = {path.relative_to(bundle[0]) for path in bundle[0].rglob("*")}
    assert {p.relative_to(tmp_path / "release") for p in tmp_path.rglob("release/**/*")} == files


def test_an_installed_grader_grades(instructor, tmp_path):
    shutil.copy(SOLUTION, tmp_path)
    done = instructor.run(tmp_path, "autograder", "grade", "attention.py", "--out", "results")
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = tmp_path.glob("results/*/attention.json")
    result = json.loads(path.read_text(encoding="utf-8"))
    assert result["status"] == "graded"
    assert result["score"] == result["max_score"] > 0


def test_nbgrader_finds_the_grader_from_any_folder(instructor, tmp_path):
    done = instructor.run(tmp_path, "autograder", "quickstart", "nbgrader-course")
    assert done.returncode == 0, done.stderr
    course = tmp_path / "nbgrader-course"
    assert str(instructor.packages) not in (course / "nbgrader_config.py").read_text()
    load = (
        "import sys; from traitlets.config.loader import PyFileConfigLoader as Loader; "
        "print(Loader('nbgrader_config.py', path=sys.argv[1]).load_config().Autograde)"
    )
    done = instructor.run(tmp_path, "python", "-c", load, course)
    assert "autograder.bridge" in done.stdout, done.stderr


@pytest.mark.parametrize(
    "skip",
    ["", NAMESPACES, f"{NAMESPACES} {LANDLOCK}"],
    ids=["every wall", "Landlock alone", "neither"],
)
def test_a_student_reads_none_of_the_answers_among_the_packages(instructor, tmp_path, skip):
    folders = [instructor.packages / name for name in (*ANSWERS, "autograder")]
    files = [next(folder.rglob("*.py")) for folder in folders]
    robber = tmp_path / "robber.py"
    robber.write_text(ROBBERY)
    done = instructor.run(tmp_path, "python", robber, skip, *folders, *files)
    assert done.returncode == 0, done.stderr[-2000:]
    layers, loot = json.loads(done.stdout.splitlines()[-1])
    assert not {*skip.split()} & {*layers}
    if LANDLOCK in layers:
        assert loot == []
    else:  # without walls the robber takes all of it
        assert len(loot) == len(folders) + len(files)
