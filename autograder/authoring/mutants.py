"""Prove the suites by mutants: every edit of right code is caught, or is listed as equivalent.

A mutant is a right solution with one slip in it, see `course.kit.edits.editor`. It is killed where
one of its exercise's checks does not pass. A mutant that no check can kill, since it does what the
right solution does, stands in `hidden/UNIT/equivalent.toml` with the reason.
"""

import collections
import concurrent.futures
import hashlib
import json
import multiprocessing
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from autograder.base.files import write_file
from autograder.base.paths import HIDDEN_DIR, SOLUTIONS_DIR
from autograder.grading.check import Skipped
from autograder.grading.examination import Examination
from autograder.grading.right_solutions import right_solutions_of
from autograder.grading.slots import Slots
from autograder.grading.suite import suite_of
from autograder.grading.versions import suite_version
from autograder.isolation.fork_server import ForkServer, IsolationError
from course.kit.edits.editor import Editor, Mutant
from course.kit.units import exercises_of

REFERENCE = "reference"
PAIRS = 40  # mutants with two edits, of each exercise of each right solution


@dataclass
class Score:
    """What became of a unit's mutants.

    Attributes:
        unit: the unit's name.
        made, killed, equivalent: how many, by kind.
        survivors: those that no check kills and that aren't listed, with the solution's name.
    """

    unit: str
    made: collections.Counter[str] = field(default_factory=collections.Counter)
    killed: collections.Counter[str] = field(default_factory=collections.Counter)
    equivalent: collections.Counter[str] = field(default_factory=collections.Counter)
    survivors: list[tuple[str, Mutant]] = field(default_factory=list)

    @property
    def share(self) -> float:
        """The share of the mutants that are killed, of those that aren't equivalent."""
        others = self.made.total() - self.equivalent.total()
        return self.killed.total() / others if others else 1.0


@dataclass(frozen=True)
class Equivalent:
    """An edit that changes nothing that a check could see.

    Attributes:
        exercise: which exercise.
        before, after: the edited statement, as `Mutant` has it.
        reason: why it changes nothing.
    """

    exercise: str
    before: str
    after: str
    reason: str


def equivalents_of(unit: str) -> frozenset[tuple[str, str, str]]:
    """Return a unit's equivalent edits: exercise, statement before, statement after."""
    return frozenset((e.exercise, e.before, e.after) for e in read_equivalents(unit))


def is_equivalent(mutant: Mutant, known: frozenset[tuple[str, str, str]]) -> bool:
    """Whether each of a mutant's edits is listed, or all of them together."""
    together = (mutant.exercise, mutant.before, mutant.after)
    return together in known or all((mutant.exercise, *edit) in known for edit in mutant.edits)


def read_equivalents(unit: str) -> list[Equivalent]:
    """Return the entries of `hidden/UNIT/equivalent.toml`; none where there is no such file.

    The file has a table an exercise, in it a list of groups: `reason`, and `edits`, which are pairs
    of the statement before and after.
    """
    path = HIDDEN_DIR / unit / "equivalent.toml"
    if not path.is_file():
        return []
    return [
        Equivalent(exercise, before, after, group["reason"])
        for exercise, groups in tomllib.loads(path.read_text(encoding="utf-8")).items()
        for group in groups
        for before, after in group["edits"]
    ]


def editors_of(unit: str, exercises: Iterable[str]) -> Iterator[tuple[str, Editor]]:
    """Yield what edits each exercise of each right solution, with the solution's name."""
    reference = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    solutions = {REFERENCE: reference} | right_solutions_of(unit)
    for solution, source in solutions.items():
        for exercise in exercises:
            own = source.removeprefix(reference) if solution != REFERENCE else source
            if f"def {exercise}(" in own or f"class {exercise}(" in own:
                yield solution, Editor(source, exercise)


def mutants_of(
    unit: str, exercises: Iterable[str], pairs: int, seed: int
) -> Iterator[tuple[str, Mutant]]:
    """Yield the mutants of a unit with the name of the right solution that they are edits of."""
    for solution, editor in editors_of(unit, exercises):
        for mutant in (*editor.singles, *editor.pairs(pairs, seed)):
            yield solution, mutant


_server: ForkServer | None = None  # of a worker's process
_slots: dict[str, Slots] = {}
_kills: collections.Counter[str] = collections.Counter()  # by check


def _start(backend: str, isolation: str) -> None:
    global _server
    _server = ForkServer(backend=backend, isolation=isolation)
    _server.__enter__()


def killed_by(slots: Slots, mutant: Mutant, seed: int) -> str | None:
    """Return the slug of a check of the exercise that a mutant fails, None where it passes all."""
    unit = slots.unit
    data = mutant.source.encode()
    examination = Examination(slots.server, data, ".py", unit, slots, searches=False)
    checks = [item for item in suite_of(unit) if item.check.exercise == mutant.exercise]
    # What has killed the most so far most likely kills the next one too.
    checks.sort(key=lambda item: -_kills[item.check.id])
    try:
        for item in checks:
            try:
                item.run(examination, seed)
            except Skipped:
                continue
            except IsolationError:
                raise
            except Exception:  # also of an answer that was too strange to be judged
                _kills[item.check.id] += 1
                return item.check.slug
    finally:
        examination.close()
    return None


def _killed(unit: str, mutant: Mutant, seed: int) -> bool:
    assert _server is not None
    slots = _slots.setdefault(unit, Slots(_server, unit))
    return killed_by(slots, mutant, seed) is not None


def score_unit(
    unit: str,
    pool: concurrent.futures.Executor,
    seed: int,
    progress: Progress,
    exercises: Iterable[str] = (),
    pairs: int = PAIRS,
) -> Score:
    """Run the checks on each mutant of a unit; what ran before with the same code is remembered."""
    score, memory = Score(unit), _Memory(unit, seed)
    known = equivalents_of(unit)
    wanted = [name for name in exercises_of(unit) if not exercises or name in exercises]
    mutants = list(mutants_of(unit, wanted, pairs, seed))
    task = progress.add_task(unit, total=len(mutants))
    waiting = {}
    for solution, mutant in mutants:
        score.made[mutant.kind] += 1
        if is_equivalent(mutant, known):
            score.equivalent[mutant.kind] += 1
            progress.advance(task)
        elif (remembered := memory.get(mutant)) is not None:
            _count(score, solution, mutant, remembered)
            progress.advance(task)
        else:
            waiting[pool.submit(_killed, unit, mutant, seed)] = (solution, mutant)
    for future in concurrent.futures.as_completed(waiting):
        solution, mutant = waiting[future]
        killed = future.result()
        memory.add(mutant, killed)
        _count(score, solution, mutant, killed)
        progress.advance(task)
    memory.write()
    return score


def _count(score: Score, solution: str, mutant: Mutant, killed: bool) -> None:
    if killed:
        score.killed[mutant.kind] += 1
    else:
        score.survivors.append((solution, mutant))


class _Memory:
    """Which mutants were killed before, by the same suite at the same seed."""

    def __init__(self, unit: str, seed: int):
        folder = Path(platformdirs.user_cache_dir("seq2seq-course")) / "mutants"
        self._path = folder / f"{unit}-{suite_version(unit)}-{seed}.json"
        self._killed: dict[str, bool] = {}
        if self._path.is_file():
            self._killed = json.loads(self._path.read_text(encoding="utf-8"))

    @staticmethod
    def _key(mutant: Mutant) -> str:
        return hashlib.sha256(f"{mutant.exercise}\0{mutant.source}".encode()).hexdigest()[:24]

    def get(self, mutant: Mutant) -> bool | None:
        return self._killed.get(self._key(mutant))

    def add(self, mutant: Mutant, killed: bool) -> None:
        self._killed[self._key(mutant)] = killed

    def write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        write_file(self._path, json.dumps(self._killed))


def run_mutants(
    units: list[str],
    backend: str,
    isolation: str,
    seed: int,
    console: Console,
    jobs: int = 2,
    exercises: Iterable[str] = (),
    pairs: int = PAIRS,
) -> bool:
    """Score the mutants of some units and print it; return whether no mutant survives.

    Raises:
        IsolationError: this host can't give the isolation that is asked for.
    """
    alive = 0
    with (
        concurrent.futures.ProcessPoolExecutor(
            jobs,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_start,
            initargs=(backend, isolation),
        ) as pool,
        Progress(console=console, transient=True) as progress,
    ):
        for unit in units:
            score = score_unit(unit, pool, seed, progress, exercises, pairs)
            _print(score, console)
            alive += len(score.survivors)
    return not alive


def _print(score: Score, console: Console) -> None:
    table = Table(title=f"{score.unit}: {score.share:.1%}", title_justify="left", box=None)
    for heading in ("kind", "made", "killed", "equivalent"):
        table.add_column(heading, justify="left" if heading == "kind" else "right")
    for kind in sorted(score.made):
        counts = (score.made[kind], score.killed[kind], score.equivalent[kind])
        table.add_row(kind, *map(str, counts))
    table.add_row("all", *(str(c.total()) for c in (score.made, score.killed, score.equivalent)))
    console.print(table)
    for solution, mutant in score.survivors:
        where = f"{mutant.exercise} of {solution}, line {mutant.line}, {mutant.kind}"
        console.print(f"  survives: {where}", style="red", markup=False, highlight=False)
        console.print(f"    - {mutant.before}\n    + {mutant.after}", markup=False, highlight=False)
