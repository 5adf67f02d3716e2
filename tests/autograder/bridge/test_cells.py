"""Whatever a student did to the cells: each that gives points is there once, by its name."""

import copy
import itertools
import json

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum

from autograder.bridge.cells import SourceCell, restore_cells
from tests.autograder.bridge.courses import cell_named
from tests.autograder.bridge.courses import solved as made

_SOLVED = made()


def solved():
    return copy.deepcopy(_SOLVED)


_EXERCISES = [
    cell.metadata.nbgrader.grade_id
    for cell in _SOLVED.cells
    if cell.metadata.get("nbgrader", {}).get("solution")
]


def _source(cell):
    facts = cell.metadata.nbgrader
    return SourceCell(
        name=facts.grade_id,
        kind=cell.cell_type,
        source=cell.source,
        locked=facts.locked,
        grade=facts.grade,
        solution=facts.solution,
        task=facts.get("task", False),
        points=facts.get("points", 0),
        checksum=compute_checksum(cell),
    )


SOURCES = [_source(cell) for cell in _SOLVED.cells if "nbgrader" in cell.metadata]


def named(notebook):
    return [
        cell.metadata.nbgrader.grade_id for cell in notebook.cells if "nbgrader" in cell.metadata
    ]


def graded(notebook):
    return [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]


def assert_whole(notebook):
    """nbgrader takes the notebook, and every cell that gives points is in it once."""
    MetadataValidator().validate_nb(notebook)
    nbformat.validate(notebook)
    points = {source.name: source.points for source in SOURCES if source.grade}
    found = {
        cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points for cell in graded(notebook)
    }
    assert found == points
    assert len(graded(notebook)) == len(points)


def test_nothing_is_changed_where_nothing_is_lost():
    notebook = solved()
    assert restore_cells(notebook, SOURCES) == []
    assert notebook == solved()


def test_deleted_cells_come_back_in_their_places():
    notebook = solved()
    notebook.cells = [c for c in notebook.cells if not c.metadata.get("nbgrader", {}).get("grade")]
    changes = restore_cells(notebook, SOURCES)
    assert_whole(notebook)
    assert len(changes) == len(_EXERCISES)
    assert named(notebook) == named(solved())
    assert "was missing" in cell_named(notebook, "check-softmax").source


def test_cells_without_any_metadata_are_known_by_what_they_define():
    notebook = solved()
    for cell in notebook.cells:
        cell.metadata = {}
    restore_cells(notebook, SOURCES)
    assert_whole(notebook)
    for exercise in _EXERCISES:
        assert cell_named(notebook, exercise).source == cell_named(solved(), exercise).source


def test_of_two_cells_of_one_name_the_written_one_counts():
    notebook = solved()
    index = notebook.cells.index(cell_named(notebook, "softmax"))
    stub = copy.deepcopy(notebook.cells[index])
    stub.id, stub.source = "stub", "def softmax(x, axis=-1):\n    raise NotImplementedError"
    notebook.cells.insert(index + 1, stub)
    restore_cells(notebook, SOURCES)
    assert_whole(notebook)
    assert cell_named(notebook, "softmax").source == cell_named(solved(), "softmax").source
    assert stub in notebook.cells  # its student's work, whatever it is


def test_an_exercise_that_is_written_into_a_locked_cell_is_kept():
    notebook = solved()
    code = cell_named(notebook, "softmax").source
    cell_named(notebook, "check-softmax").source = code
    cell_named(notebook, "softmax").source = "# See below."
    restore_cells(notebook, SOURCES)
    assert_whole(notebook)
    assert code in [cell.source for cell in notebook.cells if "nbgrader" not in cell.metadata]


@pytest.mark.parametrize(
    "facts",
    [
        {"grade_id": "from-elsewhere", "schema_version": 3, "grade": True, "points": 50},
        {"schema_version": 1, "grade_id": "softmax"},
        {},
        [],
        None,
        7,
        {"grade_id": ["softmax"]},
        {"grade_id": "softmax", "schema_version": 9, "solution": "yes"},
    ],
)
def test_broken_metadata_of_a_cell_costs_nothing(facts):
    notebook = solved()
    cell_named(notebook, "softmax").metadata = nbformat.from_dict({"nbgrader": facts})
    restore_cells(notebook, SOURCES)
    assert_whole(notebook)
    assert cell_named(notebook, "softmax").source == cell_named(solved(), "softmax").source


_DAMAGES = ("delete", "double", "strip", "rename", "swap", "move", "empty")


@given(
    damages=st.lists(
        st.tuples(st.sampled_from(_DAMAGES), st.integers(0, 99), st.integers(0, 99)), max_size=12
    )
)
def test_whatever_is_done_to_cells_nbgrader_finds_each_that_gives_points(damages):
    notebook = solved()
    fresh = itertools.count()
    for damage, one, other in damages:
        if not notebook.cells:
            break
        index, second = one % len(notebook.cells), other % len(notebook.cells)
        cell = notebook.cells[index]
        if damage == "delete":
            del notebook.cells[index]
        elif damage == "double":
            doubled = copy.deepcopy(cell)
            doubled.id = f"doubled-{next(fresh)}"
            notebook.cells.insert(second, doubled)
        elif damage == "strip":
            cell.metadata = nbformat.from_dict({})
        elif damage == "rename":
            cell.metadata["nbgrader"] = nbformat.from_dict({"grade_id": f"other-{second}"})
        elif damage == "swap":
            held = notebook.cells[second].metadata
            notebook.cells[second].metadata, cell.metadata = cell.metadata, held
        elif damage == "move":
            notebook.cells.insert(second, notebook.cells.pop(index))
        else:
            cell.source = ""
    restore_cells(notebook, SOURCES)
    found = {c.metadata.nbgrader.grade_id: c.metadata.nbgrader.points for c in graded(notebook)}
    assert found == {source.name: source.points for source in SOURCES if source.grade}
    assert len(named(notebook)) == len(set(named(notebook)))
    before = json.dumps(notebook)
    assert restore_cells(notebook, SOURCES) == []
    assert json.dumps(notebook) == before
