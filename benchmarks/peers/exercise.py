"""One small assignment for other graders: two functions, each with a public and a hidden check.

It is written as each grader's documentation teaches, with numpy's comparisons, and needs no Keras.
What our suite asks is more; these two are what most of the hostile hand-ins answer to.
"""

from dataclasses import dataclass

import nbformat
from nbformat.notebooknode import NotebookNode

NAME = "exercise"
POINTS = 5.0
SETUP = "import numpy as np"
WRONG = {
    "similarity": "def similarity(x):\n    return x",
    "softmax": "def softmax(x, axis=-1):\n    return x",
}


@dataclass(frozen=True)
class Question:
    """An exercise: its name, a right answer's lines, and its checks."""

    name: str
    head: str
    body: str
    public: str
    hidden: str


# Both ways of comparing are common, and an attack may reach one and not the other. The hidden
# check carries the canary as its message.
QUESTIONS = (
    Question(
        "similarity",
        "def similarity(x):",
        "return np.matmul(x, np.swapaxes(x, -1, -2))",
        "assert np.allclose(similarity(np.array([[1.0, 2.0], [3.0, 4.0]])), [[5, 11], [11, 25]])",
        "assert np.allclose(similarity(np.array([[2.0, 0.0, 1.0], [0.0, 3.0, 1.0]])), "
        '[[5, 1], [1, 10]]), "{note}"',
    ),
    Question(
        "softmax",
        "def softmax(x, axis=-1):",
        "e = np.exp(x - np.max(x, axis=axis, keepdims=True))\n"
        "    return e / np.sum(e, axis=axis, keepdims=True)",
        "np.testing.assert_allclose(softmax(np.log([1.0, 2.0, 5.0])), [0.125, 0.25, 0.625])",
        "np.testing.assert_allclose(softmax(np.array([[1000.0, 1000.0]])), [[0.5, 0.5]], "
        'err_msg="{note}")',
    ),
)


def right(question: Question, note: str = "") -> str:
    """Return a right answer."""
    return f"{question.head}\n    {question.body}{note and '  # ' + note}"


def _hidden(question: Question, canary: str) -> str:
    return question.hidden.format(note=f"{canary}-tests")


def _notebook(cells: list[NotebookNode]) -> NotebookNode:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    for index, cell in enumerate(cells):
        cell.id = f"cell-{index}"
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def _graded(source: str, name: str, solution: bool) -> NotebookNode:
    facts: dict = {"grade_id": name, "schema_version": 3, "cell_type": "code", "task": False}
    facts |= {"solution": solution, "grade": not solution, "locked": not solution}
    facts |= {} if solution else {"points": POINTS}
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": facts})


def for_nbgrader(canary: str) -> NotebookNode:
    """Return the instructor's notebook: solution and hidden tests in their markers."""
    cells = [nbformat.v4.new_code_cell(SETUP)]
    for question in QUESTIONS:
        solution = f"### BEGIN SOLUTION\n    {question.body}\n    # {canary}-solution"
        cells.append(
            _graded(f"{question.head}\n    {solution}\n    ### END SOLUTION", question.name, True)
        )
        hidden = f"### BEGIN HIDDEN TESTS\n{_hidden(question, canary)}\n### END HIDDEN TESTS"
        cells.append(_graded(f"{question.public}\n{hidden}", f"test_{question.name}", False))
    return _notebook(cells)


def for_otter(canary: str) -> NotebookNode:
    """Return the instructor's notebook for `otter assign`."""
    raw, code = nbformat.v4.new_raw_cell, nbformat.v4.new_code_cell
    cells = [raw(f"# ASSIGNMENT CONFIG\nname: {NAME}"), code(SETUP)]
    for question in QUESTIONS:
        solution = f"# BEGIN SOLUTION\n    {question.body}\n    # {canary}-solution"
        cells += [
            raw(f"# BEGIN QUESTION\nname: {question.name}\npoints: {POINTS:g}"),
            raw("# BEGIN SOLUTION"),
            code(f"{question.head}\n    {solution}\n    # END SOLUTION"),
            raw("# END SOLUTION"),
            raw("# BEGIN TESTS"),
            code(question.public),
            code(f"# HIDDEN\n{_hidden(question, canary)}"),
            raw("# END TESTS"),
            raw("# END QUESTION"),
        ]
    return _notebook(cells)


def hand_in(released: NotebookNode, answers: dict[str, str]) -> NotebookNode:
    """Return a student's notebook: the released one, with answers in place of the stubs.

    Args:
        released: what the grader's own command made for students.
        answers: the text of each cell to be filled in, by exercise.

    Raises:
        ValueError: the released notebook has no such cell.
    """
    filled = nbformat.from_dict(released.copy())
    filled.cells = [nbformat.from_dict(dict(cell)) for cell in released.cells]
    heads = {question.head: question.name for question in QUESTIONS}
    found = set()
    for cell in filled.cells:
        name = heads.get(cell.source.partition("\n")[0])
        if cell.cell_type == "code" and name in answers:
            cell.source = answers[name]
            found.add(name)
    if found != set(answers):
        raise ValueError(f"The released notebook lacks a cell for {set(answers) - found}.")
    return filled


def attack_answers(source: str) -> dict[str, str]:
    """Return a hostile hand-in's cells: all in the first, and a stub where it has no second."""
    own = "def softmax" in source or "softmax =" in source
    return {"similarity": source, "softmax": "" if own else WRONG["softmax"]}
