"""Prove the suites: right work gets full marks, wrong work is caught and named.

For each unit: the reference and every other right solution get full marks, the stubs and answers
that take no work get none, and every known mistake fails the check that must catch it and is
recognised there.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from autograder.authoring.worthless import WORTHLESS, worthless_hand_in
from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.grader import Grader
from autograder.grading.mistakes import Mistake, mistakes_of
from autograder.grading.right_solutions import right_solutions_of
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.fork_server import ForkServer
from autograder.results.result import Result
from course.kit.units import EXERCISES_DIR

FULL_MARKS = 100.0


@dataclass
class UnitReport:
    """What was proven of one unit.

    Attributes:
        unit: its name.
        solution, stubs: their scores.
        right: how many right solutions in other styles got full marks.
        right_solutions: how many there are.
        worthless: how many hand-ins without any work got no point.
        caught: known mistakes that failed the check that must catch them.
        named: those of them that were recognised there, and alone.
        mistakes: how many known mistakes were graded.
        checks: how many checks the suite has.
        faults: what is not as it should be, a sentence each.
        seconds: grading time of the reference.
    """

    unit: str
    solution: float = 0.0
    stubs: float = 0.0
    right: int = 0
    right_solutions: int = 0
    worthless: int = 0
    caught: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    mistakes: int = 0
    checks: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


def verify_unit(
    grader: Grader,
    unit: str,
    right_solutions: dict[str, str],
    mistakes: tuple[Mistake, ...],
    step: Callable[[], object] = lambda: None,
) -> UnitReport:
    """Prove one unit's suite with a grader that has collected it."""
    report = UnitReport(unit, right_solutions=len(right_solutions), mistakes=len(mistakes))
    if not right_solutions:
        report.faults.append(f"There is no right solution in autograder/hidden/{unit}/right.")

    def graded(name: str, data: bytes, exercise: str | None = None) -> Result:
        result = grader.grade(SubmittedFile(name, unit, ".py", data), exercise)
        step()
        return result

    solution = graded("solution", (SOLUTIONS_DIR / f"{unit}.py").read_bytes())
    report.solution, report.checks = solution.score, len(solution.checks)
    report.seconds = solution.duration_s
    report.faults += _form(solution)
    report.faults += _not_full("The reference", solution)
    stubs = graded("stubs", (EXERCISES_DIR / f"{unit}.py").read_bytes())
    report.stubs = stubs.score
    if stubs.score:
        report.faults.append(f"The stubs get {stubs.score:g} points.")
    for name, source in right_solutions.items():
        faults = _not_full(f"The right solution {name}", graded(name, source.encode()))
        report.right += not faults
        report.faults += faults
    for wrong in mistakes:
        _judge(report, wrong, graded(wrong.name, wrong.source.encode(), wrong.exercise))
    return report


def verify_worthless(
    grader: Grader, unit: str, report: UnitReport, step: Callable[[], object] = lambda: None
) -> None:
    """Grade a unit's hand-ins without any work; add to its report those that got points."""
    for name in WORTHLESS:
        data = worthless_hand_in(unit, name).encode()
        result = grader.grade(SubmittedFile(name, unit, ".py", data))
        step()
        report.worthless += not result.score
        if result.score:
            passed = ", ".join(check.id for check in result.checks if check.points)
            report.faults.append(f"For “{name}” there are {result.score:g} points: {passed}.")


def _form(result: Result) -> list[str]:
    faults = []
    if result.max_score != FULL_MARKS:
        faults.append(f"The points add up to {result.max_score:g}, not {FULL_MARKS:g}.")
    if len({check.id for check in result.checks}) != len(result.checks):
        faults.append("Two checks have one id.")
    for check in result.checks:
        if not all(check.title.get(language) for language in ("en", "zh")):
            faults.append(f"{check.id} has no title in one of the languages.")
    return faults


def _not_full(name: str, result: Result) -> list[str]:
    if result.status == "graded" and result.score == result.max_score:
        return []
    problems = [problem["en"] for problem in result.problems]
    lost = [f"{c.id}: {c.message['en']}" for c in result.checks if c.status != "passed"]
    return [f"{name} gets {result.score:g} of {result.max_score:g}: {lost or problems}"]


def _judge(report: UnitReport, wrong: Mistake, result: Result) -> None:
    check_id = f"{wrong.unit}.{wrong.exercise}.{wrong.caught_by}"
    checks = [check for check in result.checks if check.id == check_id]
    if not checks or checks[0].status not in ("failed", "error"):
        report.faults.append(f"{wrong.name} is not caught by {check_id}.")
        return
    report.caught.append(wrong.name)
    if checks[0].mistake == wrong.name:
        report.named.append(wrong.name)
    else:
        named_instead = checks[0].mistake or checks[0].message["en"]
        report.faults.append(f"{wrong.name} is not named by {check_id}: {named_instead}")


def render(report: UnitReport, console: Console) -> None:
    """Print what was proven of a unit."""
    table = Table(title=f"{report.unit}: {report.checks} checks", title_justify="left", box=None)
    table.add_column("")
    table.add_column("", justify="right")
    table.add_row("the reference", f"{report.solution:g}")
    table.add_row("the stubs", f"{report.stubs:g}")
    if report.right_solutions:
        right = f"{report.right} of {report.right_solutions}"
        table.add_row("right solutions with full marks", right)
    if report.worthless:
        table.add_row("answers without work, no points", f"{report.worthless} of {len(WORTHLESS)}")
    if report.mistakes:
        table.add_row("known mistakes caught", f"{len(report.caught)} of {report.mistakes}")
        table.add_row("known mistakes named", f"{len(report.named)} of {report.mistakes}")
    table.add_row("seconds for the reference", f"{report.seconds:.2f}")
    console.print(table)
    for fault in report.faults:
        console.print(f"  fault: {fault}", style="red", markup=False, highlight=False)


def run_verify(
    units: list[str],
    backend: str,
    isolation: str,
    seed: int,
    console: Console,
    right_only: bool = False,
) -> bool:
    """Prove the suites of some units and print it; return whether there was no fault.

    With `right_only` the known mistakes are left out: right work must be right on every
    backend, and one backend is enough to prove what is caught.

    Raises:
        IsolationError: this host can't give the isolation that is asked for.
    """
    reports: list[UnitReport] = []

    with (
        ForkServer(backend=backend, isolation=isolation) as server,
        Grader(server, seed) as grader,
        Progress(console=console, transient=True) as progress,
    ):
        for unit in units:
            mistakes = tuple(
                mistake
                for mistake in mistakes_of(unit)
                if not right_only and not (backend == "torch" and mistake.compiled_only)
            )
            right_solutions = right_solutions_of(unit)
            worthless = 0 if right_only else len(WORTHLESS)
            hand_ins = 2 + len(right_solutions) + len(mistakes) + worthless
            step = functools.partial(progress.advance, progress.add_task(unit, total=hand_ins))
            reports.append(verify_unit(grader, unit, right_solutions, mistakes, step))
            if worthless:
                plain = Grader(server, seed, diagnose=False)
                verify_worthless(plain, unit, reports[-1], step)
    for report in reports:
        render(report, console)
    return not any(report.faults for report in reports)
