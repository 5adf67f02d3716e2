"""Seconds a hand-in: nbgrader's autograde and `autograder grade`, on the same notebooks, in one go.

    python -m benchmarks.throughput [--count 60] [--nbgrader-count 6] [--out FILE]

The hand-ins are notebooks of one unit: solved ones and known mistakes in turn. nbgrader gets
them twice: as released, lesson and plots included, and lean, with nothing but the exercises and
their checks. It grades with the public checks alone, our grader with the whole hidden suite, each
hand-in isolated. Every time includes what its command needs to start.
"""

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode

from autograder.authoring.notebooks import source_notebook
from autograder.authoring.sample_hand_ins import MISTAKES, with_exercise
from autograder.grading.mistakes import mistakes_of
from autograder.grading.suite import suite_of

ROOT = Path(__file__).resolve().parent.parent
UNIT = "attention"


def lean(notebook: NotebookNode) -> NotebookNode:
    """Return a copy with nothing but the set-up, the exercises and their checks."""
    copy = nbformat.from_dict(notebook.copy())
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    copy.cells = [
        nbformat.from_dict(dict(cell))
        for index, cell in enumerate(code)
        if index == 0 or "nbgrader" in cell.metadata
    ]
    return copy


def hand_ins(solved: NotebookNode, count: int) -> list[tuple[str, NotebookNode]]:
    """Return named notebooks: every other one right, the others wrong in known ways."""
    known = {item.name: item for item in mistakes_of(UNIT)}
    made = []
    for index in range(count):
        wrong = known[MISTAKES[index // 2 % len(MISTAKES)]]
        notebook = with_exercise(solved, wrong.exercise, wrong.definition) if index % 2 else solved
        made.append((f"student{index:03}", notebook))
    return made


def timed(command: list[str], directory: Path) -> float:
    """Run a command; return the seconds it took.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    # nbgrader calls a program of this environment by name, activated or not.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "", "PATH": path}
    environment = {**os.environ, **settings}
    started = time.perf_counter()
    subprocess.run(command, cwd=directory, env=environment, check=True, capture_output=True)
    return time.perf_counter() - started


def nbgrader_seconds(solved: NotebookNode, count: int) -> float:
    """Seconds a hand-in for `nbgrader autograde`, one after the other, as it does."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        (root / "nbgrader_config.py").write_text("c = get_config()\n")
        source = root / "source" / UNIT
        source.mkdir(parents=True)
        nbformat.write(solved, source / f"{UNIT}.ipynb")
        nbgrader = [sys.executable, "-m", "nbgrader"]
        timed([*nbgrader, "generate_assignment", UNIT], root)
        for name, notebook in hand_ins(solved, count):
            folder = root / "submitted" / name / UNIT
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / f"{UNIT}.ipynb")
        seconds = timed([*nbgrader, "autograde", UNIT], root)
        graded = len(list(root.glob(f"autograded/*/{UNIT}/{UNIT}.ipynb")))
        if graded != count:
            raise RuntimeError(f"nbgrader graded {graded} of {count} hand-ins.")
        return seconds / count


def our_seconds(solved: NotebookNode, count: int, jobs: int) -> float:
    """Seconds a hand-in for `autograder grade`, isolation required."""
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        for name, notebook in hand_ins(solved, count):
            folder = root / "submitted" / name / UNIT
            folder.mkdir(parents=True)
            nbformat.write(notebook, folder / f"{UNIT}.ipynb")
        command = [sys.executable, "-m", "autograder", "grade", str(root / "submitted")]
        options = ["--out", str(root / "results"), "--jobs", str(jobs), "--isolation", "require"]
        return timed([*command, *options], ROOT) / count


def main() -> None:
    """Measure, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60, help="hand-ins for our grader")
    parser.add_argument("--nbgrader-count", type=int, default=6, help="hand-ins for nbgrader")
    parser.add_argument("--out", type=Path, help="where to write the table")
    arguments = parser.parse_args()
    processors = len(os.sched_getaffinity(0))
    solved = source_notebook(UNIT, "en")
    rows: list[tuple[str, int, float]] = []

    def measured(name: str, count: int, seconds: float) -> float:
        rows.append((name, count, seconds))
        print(f"{name:45} {count:4} hand-ins  {seconds:6.2f} s each", flush=True)
        return seconds

    few, many = arguments.nbgrader_count, arguments.count
    full = measured("nbgrader autograde, as released", few, nbgrader_seconds(solved, few))
    slim = measured("nbgrader autograde, lean", few, nbgrader_seconds(lean(solved), few))
    for jobs in dict.fromkeys((1, processors)):
        name = f"autograder grade --jobs {jobs}"
        seconds = measured(name, many, our_seconds(solved, many, jobs))
        print(
            f"  {full / seconds:.1f} times nbgrader's throughput, {slim / seconds:.1f} on lean ones"
        )
    if arguments.out:
        arguments.out.write_text(report(rows, full, slim, processors), encoding="utf-8")


def report(rows: list[tuple[str, int, float]], full: float, slim: float, processors: int) -> str:
    """Return the table as Markdown."""
    lines = [
        "# Throughput",
        "",
        "Made by `python -m benchmarks.throughput --out benchmarks/throughput.md` on "
        f"{processors} processors, {platform.system()}, Python {platform.python_version()}.",
        "Start-up included. nbgrader runs the public checks without isolation; our grader runs the",
        f"{len(suite_of(UNIT))} hidden checks of the unit, each hand-in isolated, and names the "
        "mistakes.",
        "",
        "| command | hand-ins | seconds each | nbgrader as released ÷ this | lean ÷ this |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {count} | {seconds:.2f} | {full / seconds:.1f} | {slim / seconds:.1f} |"
        for name, count, seconds in rows
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
