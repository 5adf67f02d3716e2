"""Prove the suites: that right work gets full marks, wrong work is caught, and by its name.

For each unit: the reference and every variant get full marks, the stubs get none, and every
known wrong turn fails the check that must catch it and is recognised there.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from autograder.checks import Check, check_of
from autograder.isolation.client import ForkServer
from autograder.messages import LANGUAGES
from autograder.misconceptions import SOLUTIONS_DIR, Misconception, misconceptions_of
from autograder.results import Result
from autograder.suite import Grader, Job
from course.kit.units import EXERCISES_DIR

VARIANTS_DIR = Path(__file__).resolve().parent.parent / "tests" / "variants"
FULL_MARKS = 100.0

NAMED, AMBIGUOUS, MISNAMED, UNNAMED, MISSED = "named", "ambiguous", "misnamed", "unnamed", "missed"


@dataclass(frozen=True)
class Verdict:
    """What the suite made of one wrong turn.

    Attributes:
        name, exercise: the wrong turn.
        check_id: the check that must catch it.
        outcome: `named` (caught and recognised, alone), `ambiguous` (recognised together with
            others), `misnamed` (taken for another), `unnamed` (caught, not recognised) or
            `missed` (not caught by that check).
        score: the points that it gets all the same.
        detail: what was said instead; empty where it is named.
    """

    name: str
    exercise: str
    check_id: str
    outcome: str
    score: float
    detail: str = ""

    def __str__(self) -> str:
        line = f"{self.name}: {self.outcome} by {self.check_id}, {self.score:g} points"
        return f"{line} ({self.detail})" if self.detail else line


@dataclass
class UnitReport:
    """What was proven of one unit.

    Attributes:
        unit: its name.
        solution, stubs: their scores.
        variants: each right variant's score.
        verdicts: one for each known wrong turn.
        checks: how many checks the suite has.
        faults: what is not as it should be, a sentence each; none where the suite is proven.
        seconds: grading time of the reference.
    """

    unit: str
    solution: float = 0.0
    stubs: float = 0.0
    variants: dict[str, float] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    checks: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def names(self, *outcomes: str) -> list[str]:
        """Return the wrong turns that came out so."""
        return [verdict.name for verdict in self.verdicts if verdict.outcome in outcomes]

    @property
    def caught(self) -> list[str]:
        """The wrong turns that failed the check that must catch them."""
        return self.names(NAMED, AMBIGUOUS, MISNAMED, UNNAMED)

    @property
    def named(self) -> list[str]:
        """Those of them that were recognised there, and alone."""
        return self.names(NAMED)

    @property
    def ambiguous(self) -> list[str]:
        """Those that were recognised there together with others."""
        return self.names(AMBIGUOUS)

    @property
    def missed(self) -> list[str]:
        """The wrong turns that passed the check that must catch them."""
        return self.names(MISSED)


def verify_unit(
    grader: Grader,
    unit: str,
    wrong_turns: tuple[Misconception, ...],
    step: Callable[[str], object] = lambda name: None,
) -> UnitReport:
    """Prove one unit's suite with a grader that has collected it.

    Args:
        grader: inside its `run`.
        unit: the unit's name.
        wrong_turns: what the suite must catch.
        step: called after each hand-in, with its name.
    """
    report = UnitReport(unit)

    def graded(name: str, data: bytes) -> Result:
        result = grader.grade(Job(name, unit, ".py", data))
        step(name)
        return result

    checks = [check_of(item.function) for item in grader._items[unit]]  # type: ignore[attr-defined]
    report.checks = len(checks)
    report.faults += faults_of_form(checks)
    solution = graded("solution", (SOLUTIONS_DIR / f"{unit}.py").read_bytes())
    report.solution, report.seconds = solution.score, solution.duration_s
    report.faults += _not_full("The reference", solution)
    stubs = graded("stubs", (EXERCISES_DIR / f"{unit}.py").read_bytes())
    report.stubs = stubs.score
    if stubs.score:
        passed = [check.id for check in stubs.checks if check.points]
        report.faults.append(f"The stubs get {stubs.score:g} points: {', '.join(passed)}.")
    for path in _variants(unit):
        result = graded(path.stem, path.read_bytes())
        report.variants[path.stem] = result.score
        report.faults += _not_full(f"The variant {path.stem}", result)
    for wrong in wrong_turns:
        verdict = judge(wrong, graded(wrong.name, wrong.source.encode()))
        report.verdicts.append(verdict)
        if verdict.outcome == MISSED:
            report.faults.append(f"{wrong.name} is not caught by {verdict.check_id}.")
        elif verdict.outcome != NAMED:
            found = f"is {verdict.outcome}, not named, by {verdict.check_id}: {verdict.detail}"
            report.faults.append(f"{wrong.name} {found}")
    return report


def _variants(unit: str) -> list[Path]:
    return sorted(VARIANTS_DIR.joinpath(unit).glob("*.py"))


def faults_of_form(checks: list[Check]) -> list[str]:
    """Return what is wrong with a suite before anything is graded, a sentence each."""
    faults = []
    points = sum(check.points for check in checks)
    if points != FULL_MARKS:
        faults.append(f"The points add up to {points:g}, not {FULL_MARKS:g}.")
    for check_id, count in Counter(check.id for check in checks).items():
        if count > 1:
            faults.append(f"{check_id} is the id of {count} checks.")
    for check in checks:
        if not all(check.title.get(language) for language in LANGUAGES):
            faults.append(f"{check.id} has no title in one of the languages.")
    return faults


def _not_full(name: str, result: Result) -> list[str]:
    if result.status == "graded" and result.score == result.max_score:
        return []
    lost = [f"{c.id}: {c.message['en']}" for c in result.checks if c.points < c.max_points]
    reasons = "; ".join(lost or result.problems)
    return [f"{name} gets {result.score:g} of {result.max_score:g}: {reasons}"]


def judge(wrong: Misconception, result: Result) -> Verdict:
    """Say what a suite made of a known wrong turn."""
    check_id = f"{wrong.unit}.{wrong.exercise}.{wrong.caught_by}"

    def verdict(outcome: str, detail: str = "") -> Verdict:
        return Verdict(wrong.name, wrong.exercise, check_id, outcome, result.score, detail)

    found = next((check for check in result.checks if check.id == check_id), None)
    if found is None:
        return verdict(MISSED, "there is no such check")
    if found.status not in ("failed", "error"):
        return verdict(MISSED, found.status)
    if found.misconception == wrong.name:
        return verdict(NAMED)
    if found.misconception is not None:
        return verdict(MISNAMED, found.misconception)
    if wrong.title["en"] in found.message["en"]:
        return verdict(AMBIGUOUS, found.message["en"])
    return verdict(UNNAMED, found.message["en"])


def render(report: UnitReport, console: Console) -> None:
    """Print what was proven of a unit."""
    table = Table(title=f"{report.unit}: {report.checks} checks", title_justify="left", box=None)
    table.add_column("")
    table.add_column("", justify="right")
    total = len(report.verdicts)
    right = sum(score == FULL_MARKS for score in report.variants.values())
    table.add_row("the reference", f"{report.solution:g}")
    table.add_row("the stubs", f"{report.stubs:g}")
    table.add_row("right variants with full marks", f"{right} of {len(report.variants)}")
    table.add_row("wrong turns caught", f"{len(report.caught)} of {total}")
    table.add_row("wrong turns named", f"{len(report.named)} of {total}")
    for exercise in dict.fromkeys(verdict.exercise for verdict in report.verdicts):
        own = [verdict for verdict in report.verdicts if verdict.exercise == exercise]
        named = sum(verdict.outcome == NAMED for verdict in own)
        table.add_row(f"  {exercise}", f"{named} of {len(own)}")
    table.add_row("seconds for the reference", f"{report.seconds:.2f}")
    console.print(table)
    for fault in report.faults:
        console.print(f"  fault: {fault}", style="red", markup=False, highlight=False)


def run_verify(units: list[str], backend: str, isolation: str, seed: int, console: Console) -> bool:
    """Prove the suites of some units and print it; return whether there was no fault.

    Raises:
        IsolationError: this host can't give the isolation that is asked for.
    """
    reports = verify(units, backend, isolation, seed, console)
    for report in reports:
        render(report, console)
    return not any(report.faults for report in reports)


def verify(
    units: list[str], backend: str, isolation: str, seed: int, console: Console
) -> list[UnitReport]:
    """Prove the suites of some units; show how far it is.

    Raises:
        IsolationError: this host can't give the isolation that is asked for.
    """
    reports: list[UnitReport] = []

    def work(grader: Grader) -> None:
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, transient=True) as progress:
            for unit in units:
                wrong_turns = misconceptions_of(unit)
                total = 2 + len(_variants(unit)) + len(wrong_turns)
                task = progress.add_task(unit, total=total)

                def step(name: str, unit: str = unit, task: int = task) -> None:
                    progress.update(task, advance=1, description=f"{unit}: {name}")

                reports.append(verify_unit(grader, unit, wrong_turns, step))

    with ForkServer(backend=backend, isolation=isolation) as server:
        grader = Grader(server, seed)
        try:
            grader.run(units, work)
        finally:
            grader.close()
    return reports
