"""How often the place of a mistake is found: faults put into right solutions, one or two at a time.

    python -m benchmarks.place [UNIT…] [--faults 1] [--sample 200] [--seed 0]

The right solutions are those in other styles than the reference; the one that is spoilt is kept
from the search. A fault is a mutant that fails a check. The place is right where it is the line of
the fault (of one of two); where a statement was left out, a line beside the gap, or the function
where the place says that something is missing in it.
"""

import argparse
import ast
import collections
import difflib
import random
import re
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass

from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.grader import Grader
from autograder.grading.place import PlaceFinder
from autograder.grading.right_solutions import right_solutions_of
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.fork_server import ForkServer
from course.kit.edits.editor import Editor
from course.kit.units import available_units, exercises_of

_PAIRS = 100  # of each exercise of each solution, of which the sample is drawn


@dataclass(frozen=True)
class Fault:
    """A right solution with a fault in it.

    Attributes:
        unit, solution, exercise, kind: what was spoilt, and how.
        source: the spoilt hand-in.
        lines: the lines that are the place of the fault.
        edits: what was edited.
    """

    unit: str
    solution: str
    exercise: str
    kind: str
    source: str
    lines: frozenset[int]
    edits: tuple[tuple[str, str], ...]


def faults_of(unit: str, number: int, seed: int) -> Iterator[Fault]:
    """Yield the faults of a unit, one or two in each hand-in."""
    reference = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    for solution, source in right_solutions_of(unit).items():
        own = source.removeprefix(reference)
        plain = ast.unparse(ast.parse(source))  # a statement a line, so that lines can be compared
        for exercise in exercises_of(unit):
            if f"def {exercise}(" not in own and f"class {exercise}(" not in own:
                continue
            editor = Editor(plain, exercise)
            definition = editor.plain_source
            for mutant in editor.singles if number == 1 else editor.pairs(_PAIRS, seed):
                spoilt = _without_pass(mutant.source, definition)
                lines = _differing(definition, spoilt)
                yield Fault(unit, solution, exercise, mutant.kind, spoilt, lines, mutant.edits)


def _without_pass(source: str, plain: str) -> str:
    """Leave out the `pass` that stands for a statement that was taken away."""
    known = set(plain.splitlines())
    lines = source.splitlines()
    new = [n for n, line in enumerate(lines) if line.strip() == "pass" and line not in known]
    for n in reversed(new):
        fewer = "\n".join([*lines[:n], *lines[n + 1 :]]) + "\n"
        try:
            ast.parse(fewer)
        except SyntaxError:
            continue
        lines = fewer.splitlines()
    return "\n".join(lines) + "\n"


def _differing(plain: str, spoilt: str) -> frozenset[int]:
    """Return the lines of a spoilt hand-in that differ, with those beside a gap."""
    found = set()
    before, after = plain.splitlines(), spoilt.splitlines()
    matcher = difflib.SequenceMatcher(None, before, after, False)
    for tag, _, _, begin, end in matcher.get_opcodes():
        if tag == "delete":
            found |= {begin, begin + 1}
        elif tag != "equal":
            found |= set(range(begin + 1, end + 1))
            if "pass" in map(str.strip, after[begin:end]):  # a block that is left empty
                found.add(begin)
    return frozenset(found)


def _lines_of_functions(source: str, first_lines: set[int]) -> set[int]:
    """Return the lines of the functions and classes that begin in these lines."""
    nodes = (
        n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.ClassDef)
    )
    return {
        line
        for node in nodes
        if node.lineno in first_lines
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


@dataclass
class Tally:
    """How many faults of a kind were placed."""

    made: int = 0
    right: int = 0
    wrong: int = 0


def main() -> None:
    """Print a table of kinds of faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("units", nargs="*", default=available_units())
    parser.add_argument("--faults", type=int, choices=(1, 2), default=1)
    parser.add_argument("--sample", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true", help="print what isn't placed rightly")
    options = parser.parse_args()
    faults = [
        fault for unit in options.units for fault in faults_of(unit, options.faults, options.seed)
    ]
    random.Random(options.seed).shuffle(faults)
    tallies: dict[str, Tally] = collections.defaultdict(Tally)
    seconds: list[float] = []
    with ForkServer() as server, Grader(server, options.seed, diagnose=False) as grader:
        for fault in faults:
            if len(seconds) >= options.sample:
                break
            _try(server, grader, fault, options, tallies, seconds)
    _print(tallies, seconds)


def _try(
    server: ForkServer,
    grader: Grader,
    fault: Fault,
    options: argparse.Namespace,
    tallies: dict[str, Tally],
    seconds: list[float],
) -> None:
    file = SubmittedFile("spoilt", fault.unit, ".py", fault.source.encode())
    result = grader.grade(file, fault.exercise)
    statuses = {check.status for check in result.checks}
    if not statuses & {"failed", "error"} or statuses & {"crashed", "timeout", "missing"}:
        return
    said = " ".join(check.wrong["en"] for check in result.checks)
    raised = [f"your module, line {n}" for n in re.findall(r"your module, line (\d+)", said)]
    finder = PlaceFinder(server, options.seed, "edit", without=(fault.solution,))
    began = time.monotonic()
    place, _ = finder.find(file, fault.exercise, result.checks, raised)
    wall = time.monotonic() - began
    seconds.append(finder.spent)
    tally = tallies[fault.kind]
    tally.made += 1
    found = {int(n) for n in re.findall(r"line (\d+)", place.where)} if place else set()
    if place is not None and place.kind is not None and "missing in" in place.kind["en"]:
        found |= fault.lines & _lines_of_functions(fault.source, found)
    tally.right += bool(found & fault.lines)
    tally.wrong += bool(found) and not found & fault.lines
    if options.verbose and not found & fault.lines:
        what = f"{fault.unit}.{fault.exercise} {fault.solution} {sorted(fault.lines)} {fault.kind}"
        print(
            what, [*map(" => ".join, fault.edits)], f"{finder.spent:.1f}s {wall:.1f}s", flush=True
        )
        print("   ", place.where if place else "nothing", place.edit if place else "", flush=True)


def _print(tallies: dict[str, Tally], seconds: list[float]) -> None:
    print("| fault | made | right line | wrong line | nothing said |\n|---|---|---|---|---|")
    total = Tally()
    for kind, tally in sorted(tallies.items()):
        _row(kind, tally)
        total.made += tally.made
        total.right += tally.right
        total.wrong += tally.wrong
    _row("all", total)
    if len(seconds) > 1:
        median, ninth = statistics.median(seconds), statistics.quantiles(seconds, n=10)[-1]
        print(f"\nSeconds of the processor: median {median:.2f}, 90 % below {ninth:.2f}.")


def _row(kind: str, tally: Tally) -> None:
    rest = tally.made - tally.right - tally.wrong
    shares = (f"{n} ({n / tally.made:.0%})" for n in (tally.right, tally.wrong, rest))
    print(f"| {kind} | {tally.made} | {' | '.join(shares)} |")


if __name__ == "__main__":
    main()
