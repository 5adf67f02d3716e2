"""Processor time a hand-in: what grading one more costs after start-up, unit by unit.

    python -m benchmarks.grading_cpu [--units rnn cnn ...] [--count 8] [--checks]

Each unit's reference is graded `count` times after two warm-up rounds, in which examples are
drawn and the oracle's answers computed. Counted is the processor time of the grader and of the
fork server with all that it forks, students' processes and their ends included; what else runs
on the machine takes none of it, though it may slow caches down. `--checks` also prints which
checks take longest on the wall clock.
"""

import argparse
import collections
import os
import time
from pathlib import Path

from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.grader import Grader
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.fork_server import ForkServer
from course.kit.units import ORDER

WARM_UP = 2
_SETTLE_SECONDS = 0.5  # until the last student's process is gone and counted


def spent(server: ForkServer) -> float:
    """Processor seconds of this process, the fork server, and all that it has forked and reaped."""
    time.sleep(_SETTLE_SECONDS)
    assert server.pid is not None
    fields = Path(f"/proc/{server.pid}/stat").read_text().rpartition(") ")[2].split()
    own_and_children = sum(map(int, fields[11:15]))  # utime, stime, cutime, cstime
    return time.process_time() + own_and_children / os.sysconf("SC_CLK_TCK")


def seconds_each(server: ForkServer, grader: Grader, unit: str, count: int) -> float:
    """Processor seconds for each of `count` hand-ins of the unit's reference.

    Raises:
        RuntimeError: the reference didn't get full marks, so that the figure would mean nothing.
    """
    job = SubmittedFile("reference", unit, ".py", (SOLUTIONS_DIR / f"{unit}.py").read_bytes())
    started = 0.0
    for turn in range(WARM_UP + count):
        if turn == WARM_UP:
            started = spent(server)
        result = grader.grade(job)
        if result.score != result.max_score:
            raise RuntimeError(f"The reference of {unit} gets {result.score:g} points.")
    return (spent(server) - started) / count


def slowest_checks(grader: Grader, unit: str, count: int) -> list[tuple[str, float]]:
    """Wall-clock seconds of the checks of a unit, the slowest first."""
    seconds: collections.Counter[str] = collections.Counter()
    attempt = grader._attempt

    def timed(item, harness):
        started = time.perf_counter()
        raised = attempt(item, harness)
        seconds[item.name] += time.perf_counter() - started
        return raised

    grader._attempt = timed  # type: ignore[method-assign]
    job = SubmittedFile("reference", unit, ".py", (SOLUTIONS_DIR / f"{unit}.py").read_bytes())
    for _ in range(count):
        grader.grade(job)
    grader._attempt = attempt  # type: ignore[method-assign]
    return [(name, total / count) for name, total in seconds.most_common()]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--units", nargs="+", default=list(ORDER), choices=list(ORDER))
    parser.add_argument("--count", type=int, default=8, help="hand-ins that are counted")
    parser.add_argument("--checks", action="store_true", help="print the slowest checks, too")
    arguments = parser.parse_args()
    figures: dict[str, float] = {}

    with ForkServer(isolation="best-effort") as server, Grader(server) as grader:
        for unit in arguments.units:
            figures[unit] = seconds_each(server, grader, unit, arguments.count)
            print(f"{unit:12} {figures[unit]:6.2f} s of CPU each", flush=True)
            if arguments.checks:
                for name, seconds in slowest_checks(grader, unit, 3)[:15]:
                    print(f"    {name:50} {seconds:6.3f} s", flush=True)
    print(f"{'mean':12} {sum(figures.values()) / len(figures):6.2f} s of CPU each")


if __name__ == "__main__":
    main()
