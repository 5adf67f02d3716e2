"""The rooms of the house: who may import whom, and what may not stand anywhere."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("course", "solutions", "autograder")
FORBIDDEN = {
    "course": {"solutions", "autograder", "tests", "benchmarks"},
    "solutions": {"autograder", "tests", "benchmarks"},
    "autograder": {"tests", "benchmarks"},
}


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_what_it_must_not_know(room):
    wrong = {
        (path.name, name)
        for path in ROOT.joinpath(room).rglob("*.py")
        for name in imports(path)
        if name.split(".")[0] in FORBIDDEN[room]
    }
    assert not wrong


def test_solutions_import_only_the_kit_of_the_course():
    names = {
        name
        for path in ROOT.joinpath("solutions").glob("*.py")
        for name in imports(path)
        if name.split(".")[0] == "course"
    }
    assert all(name.startswith("course.kit") for name in names)


def test_the_grader_process_imports_no_keras():
    """Only the fork server and what runs in it may: the grader stays small, and forks nothing."""
    inside = {"agent.py", "autodiff.py", "compiled_programs.py", "server.py"}
    wrong = {
        path.name
        for path in ROOT.joinpath("autograder").rglob("*.py")
        if path.name not in inside and path.parent.name != "mistakes"
        for name in imports(path)
        if name.split(".")[0] in {"keras", "tensorflow", "jax", "torch"}
    }
    assert not wrong
