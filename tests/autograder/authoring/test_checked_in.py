"""One source: stubs and notebooks are what the reference and the lesson make, and release well."""

import copy
import subprocess
import sys

import nbformat
import pytest

from autograder.authoring import notebooks, stubs
from autograder.authoring.release import build_release
from course.kit.errors import UserError
from course.kit.units import available_units, exercises_of
from tests.conftest import ROOT

UNITS = available_units()


@pytest.mark.parametrize("unit", UNITS)
def test_stubs_are_in_sync(unit):
    made = stubs.stub_source(unit)
    assert (ROOT / "course" / "exercises" / f"{unit}.py").read_text(encoding="utf-8") == made
    for name in exercises_of(unit):
        assert f'raise NotImplementedError("{name}' in made


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_notebooks_are_in_sync(unit, language):
    path = ROOT / "course" / "notebooks" / language / f"{unit}.ipynb"
    made = notebooks.as_text(notebooks.student_notebook(unit, language))
    assert path.read_text(encoding="utf-8") == made


def test_markers_that_do_not_pair_are_refused():
    for text in ("### BEGIN SOLUTION\n", "### END SOLUTION\n"):
        with pytest.raises(UserError, match=r"[Ll]ine"):
            stubs.strip_solutions(text)


@pytest.mark.parametrize("unit", UNITS)
def test_the_instructors_notebook_is_right_for_nbgrader(unit):
    from nbgrader.nbgraderformat import MetadataValidator
    from nbgrader.validator import Validator  # noqa: F401  (nbgrader is there)

    notebook = notebooks.source_notebook(unit, "en")
    nbformat.validate(notebook)
    found = [cell.metadata["nbgrader"] for cell in notebook.cells if "nbgrader" in cell.metadata]
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            MetadataValidator().validate_cell(copy.deepcopy(cell))
    ids = [fields["grade_id"] for fields in found]
    assert len(set(ids)) == len(ids) == 2 * len(exercises_of(unit))
    assert sum(fields.get("points", 0) for fields in found) == 100


def solution_lines(unit):
    """Lines of the reference that only it has; where one only opens a bracket, it tells nothing."""
    stub = set((ROOT / "course" / "exercises" / f"{unit}.py").read_text().splitlines())
    whole = (ROOT / "solutions" / f"{unit}.py").read_text(encoding="utf-8").splitlines()
    lines = {line.strip() for line in whole if line not in stub}
    return {line for line in lines if len(line) > 20 and not line.endswith("(")}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    target = tmp_path_factory.mktemp("out") / "release"
    return target, build_release(target)


def test_a_release_holds_no_solution_and_no_hidden_check(bundle):
    target, files = bundle
    assert {path.parts[0] for path in files} == {
        *("course", "requirements", "README.md", "student.md", "student.zh.md"),
    }
    secrets = {line for unit in UNITS for line in solution_lines(unit)} - {"### BEGIN SOLUTION"}
    assert len(secrets) > 10
    for path in (path for path in files if path.suffix != ".npz"):  # weights are no secret
        text = (target / path).read_text(encoding="utf-8")
        assert not [line for line in secrets if line in text], path
        assert "BEGIN SOLUTION" not in text
        assert "@for_all(" not in text
        assert "from autograder" not in text, path


def test_a_release_stands_alone(bundle):
    target, _ = bundle
    command = [sys.executable, "-m", "course", "check", "--language", "en", "--no-plot"]
    done = subprocess.run(command, cwd=target, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Write RNNCell next" in done.stdout, done.stderr


def test_a_release_overwrites_nothing(tmp_path):
    (tmp_path / "precious").write_text("x")
    with pytest.raises(UserError, match="not empty"):
        build_release(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]
