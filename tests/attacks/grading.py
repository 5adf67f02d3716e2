"""Grade attacks as everybody's work is graded, each followed by an honest hand-in."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.grading.grader import Grader
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.fork_server import ForkServer
from autograder.results.result import Result
from tests.attacks.catalogue import Attack
from tests.attacks.surroundings import Surroundings, Traces

HONEST = b"""
from keras import ops


def similarity(x):
    return ops.matmul(x, ops.swapaxes(x, -1, -2))
"""
_GOT = re.compile(r"(?<![^;:=])([^;:=]++)=GOT")  # linear, also in a text of megabytes


@dataclass(frozen=True)
class Outcome:
    """What came of an attack, and of who came after it."""

    result: Result
    neighbour: Result
    before: Traces
    after: Traces
    callers: int
    untouched: bool

    @property
    def text(self) -> str:
        """All of the result, as it is written to the disk."""
        return json.dumps(self.result.as_json(), ensure_ascii=False)

    @property
    def got(self) -> set[str]:
        """The tries that got something, by the attack's own account."""
        return tries_that_got(self.text)


def tries_that_got(text: str) -> set[str]:
    """Return which of an attack's tries got something, from what it told."""
    return {name.strip() for name in _GOT.findall(text)}


def grade_all(
    attacks: Iterable[Attack], server: ForkServer, surroundings: Surroundings, diagnose: bool = True
) -> dict[str, Outcome]:
    """Grade attacks one after the other with one server; return what came of each, by name."""
    places, outcomes = surroundings.places(server), {}

    with Grader(server, diagnose=diagnose) as grader:
        # What the diagnosis keeps is there before anything is counted.
        grader.grade(SubmittedFile("warm", "attention", ".py", b"def similarity(x): return x\n"))
        before = surroundings.traces(server)
        for attack in attacks:
            job = SubmittedFile(attack.name, "attention", ".py", attack.source(places))
            result = grader.grade(job)
            neighbour = grader.grade(SubmittedFile("honest", "attention", ".py", HONEST))
            after = surroundings.traces(server, before.processes)
            callers, untouched = surroundings.callers(), surroundings.is_untouched()
            outcomes[attack.name] = Outcome(result, neighbour, before, after, callers, untouched)
    return outcomes


def is_unhurt(neighbour: Result) -> bool:
    """Whether the honest hand-in has all points of what it solves."""
    mine = [check for check in neighbour.checks if check.exercise == "similarity"]
    return bool(mine) and all(check.status == "passed" for check in mine)
