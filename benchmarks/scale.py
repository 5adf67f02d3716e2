"""A whole university in one run: thousands of hand-ins, and what the grader holds meanwhile.

    python -m benchmarks.scale WORK [--count 10000] [--jobs 2] [--units positional attention]

The hand-ins are made in turn from references, stubs, right solutions and known mistakes of the
units, and from the hostile ones of `tests/attacks`: every quick one in each fourth round, every
slow one once. No two files are the same. They are graded by one `python -m autograder grade`, and
every few seconds its processes are looked at. It fails where a hand-in is left without a result,
where two of one kind get different results (of hostile ones, different points), where something
hidden was read, and where processes, descriptors or files are left over. Ended early, the same
command goes on with what is missing, and with the hostile ones again.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count, islice
from pathlib import Path
from statistics import mean
from types import SimpleNamespace
from typing import Any

import psutil
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.mistakes import mistakes_of
from autograder.grading.right_solutions import right_solutions_of
from autograder.results.files import read_result, result_path
from autograder.results.result import Result
from course.kit.units import EXERCISES_DIR, ORDER
from tests.attacks.catalogue import attacks
from tests.attacks.surroundings import Surroundings

LOOK_SECONDS = 5.0
ATTACK_ROUNDS = 4  # the quick attacks come in one round of so many
ATTACKED = "attention"
MEGABYTE = 2**20


@dataclass(frozen=True)
class HandIn:
    """One hand-in: what kind it is, its unit, its text; alike kinds have to get alike results."""

    kind: str
    unit: str
    text: str


def honest(unit: str) -> list[HandIn]:
    """Return the reference, the stubs, the right solutions and the known mistakes of a unit."""
    files = {
        "reference": SOLUTIONS_DIR / f"{unit}.py",
        "stubs": EXERCISES_DIR / f"{unit}.py",
    }
    sources = {kind: path.read_text(encoding="utf-8") for kind, path in files.items()}
    sources |= right_solutions_of(unit)
    made = [HandIn(f"{unit}/{kind}", unit, source) for kind, source in sources.items()]
    return made + [
        HandIn(f"{unit}/{wrong.name}", unit, wrong.source) for wrong in mistakes_of(unit)
    ]


def everything(units: list[str], places: dict[str, str]) -> Iterator[HandIn]:
    """Give hand-ins without end, round by round."""
    each = [hand_in for unit in units for hand_in in honest(unit)]
    hostile = [
        (attack.slow, HandIn(f"attack/{attack.name}", ATTACKED, attack.source(places).decode()))
        for attack in attacks()
    ]
    for turn in count():
        yield from each
        if turn % ATTACK_ROUNDS == 0:
            yield from (hand_in for slow, hand_in in hostile if not slow or turn == 0)


def hand_out(folder: Path, number: int, units: list[str], places: dict[str, str]) -> list[HandIn]:
    """Write that many hand-ins, each under a name of its own; return them in their order."""
    made = list(islice(everything(units, places), number))
    for index, hand_in in enumerate(made):
        place = folder / name_of(index)
        place.mkdir(parents=True, exist_ok=True)
        text = f"{hand_in.text}\n# {name_of(index)}\n"
        place.joinpath(f"{hand_in.unit}.py").write_text(text, encoding="utf-8")
    return made


def name_of(index: int) -> str:
    """Return a student's name."""
    return f"student{index:05}"


@dataclass
class Look:
    """What the grader's processes held at one moment.

    Attributes:
        seconds: since the start.
        results: how many results there were.
        grader, workers, servers: memory of the command, its grading processes and their fork
            servers, in bytes; shared pages are counted in shares.
        descriptors: open files of all these together.
        processes: how many there were, students' included.
    """

    seconds: float
    results: int
    grader: int
    workers: int
    servers: int
    descriptors: int
    processes: int

    @property
    def memory(self) -> int:
        return self.grader + self.workers + self.servers


def look(command: psutil.Process, began: float, out: Path) -> Look | None:
    """Look at the command's processes; None where one of them ended under the eyes."""
    try:
        workers = [p for p in command.children() if "running.process_main" in " ".join(p.cmdline())]
        servers = [
            p for w in workers for p in w.children() if "isolation.server" in " ".join(p.cmdline())
        ]
        lasting = [command, *workers, *servers]
        memory = [sum(p.memory_full_info().pss for p in ps) for ps in ([command], workers, servers)]
        return Look(
            seconds=round(time.monotonic() - began, 1),
            results=sum(1 for _ in out.glob("*/*.json")),
            grader=memory[0],
            workers=memory[1],
            servers=memory[2],
            descriptors=sum(p.num_fds() for p in lasting),
            processes=1 + len(command.children(recursive=True)),
        )
    except psutil.Error:
        return None


def run(command: list[str], environment: dict[str, str], out: Path, number: int) -> list[Look]:
    """Run the grader to its end, looking at it all the while.

    Raises:
        RuntimeError: it failed.
    """
    looks: list[Look] = []
    began = time.monotonic()
    columns = ("graded", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with (
        open(out.parent / "grade.log", "ab") as log,
        Progress(*columns) as progress,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        bar = progress.add_task("", total=number)
        while process.poll() is None:
            try:
                process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                found = look(psutil.Process(process.pid), began, out)
                if found is not None:
                    looks.append(found)
                    progress.update(bar, completed=found.results)
    if process.returncode:
        raise RuntimeError(f"The grader ended with {process.returncode}; see {log.name}.")
    return looks


def comparable(result: Result, hostile: bool) -> dict[str, Any]:
    """Return what has to be the same for hand-ins of one kind.

    How a hostile one failed may differ: it can race its own answer against its process's end.
    """
    checks: list[tuple[Any, ...]] = [(c.id, c.points) for c in result.checks]
    if not hostile:
        checks = [(c.id, c.points, c.status, c.mistake) for c in result.checks]
    return {"status": result.status, "score": result.score, "checks": checks}


def judge(out: Path, made: list[HandIn], canary: str) -> list[str]:
    """Return what is wrong with the results, a sentence each."""
    faults, seen = [], collections.defaultdict(set)
    for index, hand_in in enumerate(made):
        path = result_path(out, name_of(index), hand_in.unit)
        try:
            result = read_result(path)
        except ValueError:
            faults.append(f"{name_of(index)} ({hand_in.kind}) has no whole result.")
            continue
        hostile = hand_in.kind.startswith("attack/")
        seen[hand_in.kind].add(json.dumps(comparable(result, hostile)))
        if canary in path.read_text(encoding="utf-8"):
            faults.append(f"{name_of(index)} ({hand_in.kind}) read what is hidden.")
        if hand_in.kind == f"{hand_in.unit}/reference" and result.score != result.max_score:
            faults.append(f"{name_of(index)} is the reference and gets {result.score:g} points.")
    faults += [f"{kind} got {len(n)} different results." for kind, n in seen.items() if len(n) > 1]
    return faults


def summary(looks: list[Look], number: int, seconds: float) -> str:
    """Say how fast it went and how flat it stayed: the second quarter beside the last."""
    lines = [f"{number} hand-ins in {seconds:.0f} s: {number / seconds:.2f} a second"]
    quarter = len(looks) // 4
    if quarter:
        early, late = looks[quarter : 2 * quarter], looks[-quarter:]
        for part in ("grader", "workers", "servers", "memory"):
            before, after = (mean(getattr(n, part) for n in some) for some in (early, late))
            peak = max(getattr(n, part) for n in looks)
            said = {"memory": "all of them"}.get(part, part)
            lines.append(
                f"{said:12} {before / MEGABYTE:6.0f} MB, later {after / MEGABYTE:6.0f} MB "
                f"({after / before - 1:+.1%}), peak {peak / MEGABYTE:.0f} MB"
            )
        for part in ("descriptors", "processes"):
            before, after = (mean(getattr(n, part) for n in some) for some in (early, late))
            lines.append(f"{part:12} {before:6.1f},    later {after:6.1f}")
    return "\n".join(lines)


def main() -> None:
    """Make the hand-ins, grade them, look, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path, help="a directory for hand-ins, results and figures")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--units", nargs="+", default=["positional", ATTACKED], choices=list(ORDER))
    arguments = parser.parse_args()
    work = arguments.work.resolve()
    out = work / "results"
    out.mkdir(parents=True, exist_ok=True)
    secrets = work / f"secrets-{int(time.time())}"
    secrets.mkdir()
    with Surroundings(secrets).in_use() as surroundings:
        places = surroundings.places(SimpleNamespace(pid=os.getpid()))  # type: ignore[arg-type]
        made = hand_out(work / "hand-ins", arguments.count, arguments.units, places)
        before = sum(1 for _ in out.glob("*/*.json"))
        began = time.monotonic()
        command = [sys.executable, "-m", "autograder", "grade", str(work / "hand-ins")]
        command += ["--out", str(out), "--jobs", str(arguments.jobs), "--resume"]
        temporary = str(surroundings.temporary)
        looks = run(command, {**os.environ, "TMPDIR": temporary}, out, arguments.count)
        seconds = time.monotonic() - began
        faults = judge(out, made, surroundings.canary)
        if not surroundings.is_untouched():
            faults.append("Something planted was changed.")
        left = sorted(os.listdir(temporary))
        faults += [f"{name} was left in the temporary directory." for name in left]
        marked = [p for p in psutil.process_iter() if _belongs(p, temporary)]
        faults += [f"Process {p.pid} was left behind." for p in marked]
    with open(work / "looks.jsonl", "a", encoding="utf-8") as file:
        file.writelines(json.dumps(asdict(look)) + "\n" for look in looks)
    print(summary(looks, arguments.count - before, seconds))
    kinds = collections.Counter(hand_in.kind.split("/")[0] for hand_in in made)
    print(", ".join(f"{number} of {kind}" for kind, number in kinds.items()))
    for fault in faults:
        print(fault)
    sys.exit(1 if faults else 0)


def _belongs(process: psutil.Process, temporary: str) -> bool:
    """Whether a process comes from this run: its temporary directory is below the run's."""
    try:
        return process.environ().get("TMPDIR", "").startswith(temporary) and (
            process.pid != os.getpid()
        )
    except psutil.Error:
        return False


if __name__ == "__main__":
    main()
