"""Which known mistakes the public checks let pass, so that a student meets them in the grade alone.

Few may pass, and each of them says in `mistakes.toml` why the hidden suite alone can show it.
"""

from rich.console import Console
from rich.progress import Progress

from autograder.grading.mistakes import Mistake, mistakes_of
from course.check import run_checks
from course.kit.handin import read_handin
from course.kit.units import exercises_of
from course.work import run_work


def passes_public_checks(mistake: Mistake) -> bool:
    """Run the public checks of a known mistake's exercise on it, in this process."""
    names = exercises_of(mistake.unit)
    hand_in = read_handin(mistake.source.encode(), ".py", names)
    outcomes = run_checks(mistake.unit, run_work(hand_in), mistake.exercise, hand_in)
    return all(outcome.status == "passed" for outcome in outcomes)


def faults_of(mistake: Mistake, passes: bool) -> list[str]:
    """Return what is not as it should be with a known mistake, given whether it passes them."""
    if passes and not mistake.hidden_only:
        return [f"{mistake.name} passes every public check, and mistakes.toml doesn't say why."]
    if mistake.hidden_only and not passes:
        return [f"{mistake.name} is caught by a public check; take its hidden_only away."]
    return []


def run_public(units: list[str], console: Console) -> bool:
    """Print which known mistakes pass every public check; return whether each says why it does."""
    faults: list[str] = []
    with Progress(console=console, transient=True) as progress:
        for unit in units:
            mistakes = mistakes_of(unit)
            passing = []
            for mistake in progress.track(mistakes, description=unit):
                passes = passes_public_checks(mistake)
                faults += faults_of(mistake, passes)
                passing += [mistake] if passes else []
            console.print(f"{unit}: {len(passing)} of {len(mistakes)} pass every public check")
            for mistake in passing:
                console.print(f"  {mistake.exercise}, {mistake.name}: {mistake.hidden_only}")
    for fault in faults:
        console.print(f"  fault: {fault}", style="red", markup=False, highlight=False)
    return not faults
