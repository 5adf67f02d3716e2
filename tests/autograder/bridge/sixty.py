"""A class of sixty: right in many ways, wrong in every known way, untouched, and hostile."""

from autograder.grading.mistakes import mistakes_of
from autograder.grading.right_solutions import right_solutions_of
from tests.autograder.bridge.courses import UNIT, cell_named, hand_in, released, solved

SIZE = 60
MARK = (
    "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'too'\">"
)
HOSTILE = {
    "leaves": "import os\ndef softmax(x, axis=-1):\n    os._exit(0)",
    "takes-all-memory": "def softmax(x, axis=-1):\n    return bytearray(2**40)",
    "floods": "def softmax(x, axis=-1):\n    print('x' * 10**8)\n    return x",
    "kills": "import os\ndef softmax(x, axis=-1):\n    os.killpg(0, 9)",
    "never-ends": "def softmax(x, axis=-1):\n    while True:\n        pass",
    "writes-html": f"def softmax(x, axis=-1):\n    raise ValueError({MARK!r})",
}


def hand_in_sixty(root):
    """Hand in for sixty students; return their names."""
    notebooks = {}
    for name, source in right_solutions_of(UNIT).items():
        if name != "typed_and_split":  # it assigns a type, and a notebook's assignments don't count
            notebooks[f"right-{name}"] = _module(root, source)
    for known in mistakes_of(UNIT):
        notebooks[f"wrong-{known.name}"] = _with(known.exercise, known.definition)
    for name, source in HOSTILE.items():
        notebooks[f"hostile-{name}"] = _with("softmax", source)
    notebooks["untouched"] = released(root)
    for number in range(SIZE - len(notebooks)):
        notebooks[f"solved-{number}"] = solved()
    for name, notebook in notebooks.items():
        hand_in(root, name, notebook, timestamp="2026-01-01 11:00:00 UTC")
    return sorted(notebooks)


def _with(exercise, source):
    """The solved notebook, with one exercise written once more, otherwise."""
    notebook = solved()
    cell_named(notebook, exercise).source += f"\n\n{source.strip()}"
    return notebook


def _module(root, source):
    """The released notebook with a whole module in its first exercise, and no other answers."""
    notebook = released(root)
    answers = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("solution")]
    for cell in answers:
        cell.source = "# See above."
    answers[0].source = source
    return notebook
