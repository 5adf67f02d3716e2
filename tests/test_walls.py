"""The rooms of the house: which package may import which, and what may stand nowhere."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "course": {"solutions", "autograder", "tests", "benchmarks"},
    "solutions": {"autograder", "tests", "benchmarks"},
    "autograder": {"tests", "benchmarks"},
}
# The floors of the grader from the top down: a package imports packages of lower floors, and none
# of its own floor. The suites in `hidden` import `grading`; `grading` finds them by their names.
FLOORS = (
    {"commands"},
    {"bridge", "report"},
    {"exports", "lookalikes"},
    {"authoring"},
    {"running"},
    {"hidden"},
    {"grading"},
    {"isolation", "results"},
    {"base"},
)
COURSE_FLOORS = (
    {"commands"},
    {"trained_models", "lesson_hints"},
    {"own", "checks", "check_process"},
    {"check", "exercises"},
    {"outcomes"},
    {"work"},
    {"kit"},
)
KERAS = {"keras", "tensorflow", "jax", "torch"}


@cache
def imports(path: Path) -> frozenset[str]:
    """Return the modules that a file imports, and the names that it imports from them."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(names)


def modules(package: str) -> Iterator[Path]:
    """Yield the package's modules; right solutions are data, not modules."""
    for path in sorted(ROOT.joinpath(package).rglob("*.py")):
        if path.parent.name not in ("right", "notebooks"):
            yield path


def name_of(path: Path) -> str:
    """Return a module's dotted name."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_package_imports_what_it_must_not_know(package):
    wrong = {
        (name_of(path), name)
        for path in modules(package)
        for name in imports(path)
        if name.split(".")[0] in FORBIDDEN[package]
    }
    assert not wrong


def test_solutions_import_only_the_kit_of_the_course():
    names = {name for path in modules("solutions") for name in imports(path)}
    of_course = {name for name in names if name.split(".")[0] == "course"}
    assert {name for name in of_course if not name.startswith("course.kit")} <= {"course"}


@pytest.mark.parametrize(("package", "floors"), [("autograder", FLOORS), ("course", COURSE_FLOORS)])
def test_imports_run_downwards(package, floors):
    floor_of = {room: number for number, rooms in enumerate(floors) for room in rooms}
    wrong = set()
    for path in modules(package):
        room = path.relative_to(ROOT / package).with_suffix("").parts[0]
        if room in ("__init__", "__main__", "lessons"):  # they start a command, or are notebooks
            continue
        for name in imports(path):
            parts = name.split(".")
            if parts[0] != package or len(parts) < 2 or parts[1] == room:
                continue
            if floor_of.get(parts[1], -1) <= floor_of[room]:
                wrong.add((name_of(path), name))
    assert not wrong


def test_no_circle_of_imports():
    """No module imports itself by way of others, wherever in a file the imports stand."""
    files = {name_of(path): path for top in FORBIDDEN for path in modules(top)}
    graph = {
        name: {imported for imported in imports(path) if imported in files and imported != name}
        for name, path in files.items()
    }
    finished: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join((*way, name))
        if name not in finished:
            for imported in sorted(graph[name]):
                visit(imported, (*way, name))
            finished.add(name)

    for name in sorted(graph):
        visit(name, ())


def test_the_grader_process_imports_no_keras():
    """Only the fork server and what runs in it may: the grader stays small, and forks nothing."""
    inside = {"agent.py", "autodiff.py", "calls.py", "compiled_programs.py", "server.py"}
    wrong = {
        name_of(path)
        for path in modules("autograder")
        if path.name not in inside
        for name in imports(path)
        if name.split(".")[0] in KERAS
    }
    assert not wrong


def test_base_imports_nothing_of_ours():
    """What stands at the bottom can be used anywhere, in a student's process too."""
    names = {name for path in modules("autograder/base") for name in imports(path)}
    outside = {name for name in names if name.split(".")[0] in FORBIDDEN}
    assert all(name.startswith("autograder.base") for name in outside)
