"""Have this grader grade the hostile hand-ins, as its own tests do, for the same table."""

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from autograder.isolation.fork_server import ForkServer
from benchmarks.peers.outcome import Controls, Record
from tests.attacks.catalogue import Attack
from tests.attacks.grading import Outcome, grade_all, is_unhurt
from tests.attacks.surroundings import Surroundings

NAME = "ours"
_HIDDEN = ("attention_inputs", "BEGIN SOLUTION", "expect.close", "def test_", "root:x:0")
CONTROLS = Controls(
    Record("right", NAME, "", {"score": 100.0, "neighbour": 1.0}),
    Record("wrong", NAME, "", {"score": 0.0, "neighbour": 1.0}),
)


def attacked(attacks: Iterable[Attack]) -> list[Record]:
    """Grade attacks with every wall, each with an honest hand-in after it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Surroundings(Path(folder)).in_use() as surroundings,
    ):
        with ForkServer(isolation="require") as server:
            outcomes = grade_all(attacks, server, surroundings, diagnose=False)
        return [_record(name, outcome, surroundings.canary) for name, outcome in outcomes.items()]


def _record(name: str, outcome: Outcome, canary: str) -> Record:
    before, after = outcome.before, outcome.after
    seen = {
        "score": outcome.result.score,
        "neighbour": float(is_unhurt(outcome.neighbour)),
        "read": [word for word in _HIDDEN if word in outcome.text],
        "changed": [] if outcome.untouched else ["planted files"],
        "callers": outcome.callers,
        "survivors": [str(pid) for pid in sorted(after.processes - before.processes)],
        "files": sorted(after.files - before.files),
        "told": [text for c in outcome.result.checks for text in c.message.values()],
    }
    record = Record(name, NAME, canary, seen)
    print(record.line()[:300], file=sys.stderr, flush=True)
    return record
