"""A lesson as a page: what its solved notebook shows, around the stubs that readers start from."""

from nbformat.notebooknode import NotebookNode

from autograder.authoring.executed import executed
from autograder.authoring.notebooks import student_notebook


def lesson_page(unit: str, language: str) -> NotebookNode:
    """Return a lesson's notebook, run, with the stubs in the place of the solutions.

    Args:
        unit: which lesson.
        language: "en" or "zh".
    """
    return with_stubs(executed(unit, language), student_notebook(unit, language))


def with_stubs(solved: NotebookNode, released: NotebookNode) -> NotebookNode:
    """Return a solved notebook with the released one's code, and the first code cell left out.

    The first cell finds the course, which a reader of the book has no use for.
    """
    stubs = {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in released.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    cells = []
    for cell in solved.cells:
        if cell.cell_type == "code":
            fields = cell.metadata.get("nbgrader", {})
            cell.metadata.pop("execution", None)
            if fields.get("solution"):
                cell.source, cell.outputs = stubs[fields["grade_id"]], []
        cells.append(cell)
    first = next(index for index, cell in enumerate(cells) if cell.cell_type == "code")
    del cells[first]
    solved.cells = cells
    return solved
