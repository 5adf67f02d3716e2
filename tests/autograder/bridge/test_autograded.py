"""Whether nbgrader has a result already is read off its notebook, whatever the clock says."""

import os

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook

from autograder.authoring.notebooks import source_notebook
from autograder.bridge.autograded import is_up_to_date
from autograder.bridge.preprocessor import language_of, notebook_content, put_outputs
from autograder.running.submissions import Submission
from tests.autograder.samples import check_result, graded

UNIT = "positional"


def result(points):
    check = check_result("integer_positions", "failed", unit=UNIT, worth=9.0, points=points)
    return graded("ann", check, unit=UNIT)


def handed_in(folder, notebook):
    path = folder / "hand-in.ipynb"
    path.write_bytes(notebook_content(notebook))
    return Submission("ann", UNIT, path)


def nbgraders(folder, notebook, points=None):
    """What lies in `autograded/`: graded, or only put there."""
    if points is not None:
        put_outputs(notebook, result(points), language_of(notebook))
    path = folder / "autograded.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture(params=["en", "zh"])
def notebook(request):
    return source_notebook(UNIT, request.param)


def test_it_has_what_it_graded_however_old_that_is(notebook, tmp_path):
    submission = handed_in(tmp_path, notebook)
    path = nbgraders(tmp_path, notebook, 3.0)
    for moment in (0, 2**32):
        os.utime(path, (moment, moment))
        assert is_up_to_date(path, submission, result(3.0))


def test_it_has_nothing_yet(notebook, tmp_path):
    assert not is_up_to_date(
        tmp_path / "autograded.ipynb", handed_in(tmp_path, notebook), result(3.0)
    )


def test_a_hand_in_that_was_only_put_there_is_not_graded(notebook, tmp_path):
    submission = handed_in(tmp_path, notebook)
    assert not is_up_to_date(nbgraders(tmp_path, notebook), submission, result(3.0))


def test_half_a_notebook_is_none(notebook, tmp_path):
    submission = handed_in(tmp_path, notebook)
    path = nbgraders(tmp_path, notebook, 3.0)
    os.truncate(path, path.stat().st_size // 2)
    assert not is_up_to_date(path, submission, result(3.0))


def test_another_result_is_to_be_written(notebook, tmp_path):
    submission = handed_in(tmp_path, notebook)
    assert not is_up_to_date(nbgraders(tmp_path, notebook, 3.0), submission, result(4.0))


def test_so_is_another_hand_in_with_the_same_result(notebook, tmp_path):
    path = nbgraders(tmp_path, source_notebook(UNIT, language_of(notebook)), 3.0)
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    code.source += "\n# once more"
    assert not is_up_to_date(path, handed_in(tmp_path, notebook), result(3.0))


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2)
    ),
    max_leaves=4,
)
keys = st.sampled_from(
    ["course", "nbgrader", "language", "grade", "grade_id", "points", "solution"]
)
metadata = st.dictionaries(keys, st.dictionaries(keys, anything, max_size=4) | anything, max_size=3)


@settings(deadline=None)
@given(metadata, st.lists(metadata, min_size=1, max_size=3))
def test_metadata_of_any_shape_breaks_nothing(of_notebook, of_cells):
    cells = [new_code_cell("x", metadata=facts) for facts in of_cells]
    nb = new_notebook(cells=cells, metadata=of_notebook)
    assert language_of(nb) in ("en", "zh")
    put_outputs(nb, result(1.0), language_of(nb))
    assert all(isinstance(cell.outputs, list) for cell in nb.cells)
