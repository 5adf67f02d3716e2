"""Candidates: known mistakes and the right solution, asked what a hand-in was asked."""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.answers import NEAR, alike, differing_values, distance
from autograder.grading.mistakes import Mistake
from autograder.grading.slots import Slots
from autograder.grading.transcript import Exchange, Transcript, signature
from autograder.isolation.fork_server import ForkServer
from autograder.isolation.student_process import StudentError, StudentGone, StudentProcess

# What is so far apart, no order of computing explains; what is nearer than the second number may
# be rounding.
FARTHER, DIFFERENT = 30.0, 0.1
_REPLAY_SECONDS = 60.0
_TRIES = 3  # of a comparison; known mistakes end no process, so somebody else has ended theirs
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Candidate:
    """What is asked what a hand-in was asked: a known mistake, or the right solution, unnamed."""

    unit: str
    name: str
    source: str


@dataclass(frozen=True)
class Comparison:
    """How a candidate's answers to the requests of a check differ from a hand-in's.

    Attributes:
        distance: of the two answers that are farthest apart; random answers of one distribution
            are not apart.
        random: whether such answers are among them.
        loose: the right solution's distance, with answers compared as random ones that needn't be.
        values: how many different values the hand-in gives where the candidate gives others.
    """

    distance: float
    random: bool = False
    loose: float = 0.0
    values: int = 0

    @property
    def fits(self) -> bool:
        """Whether the answers are the same."""
        return self.distance <= NEAR

    @property
    def differs(self) -> bool:
        """Whether the answers are so far apart that no order of computing explains it."""
        return self.distance > FARTHER * NEAR


NO_COMPARISON = Comparison(math.inf, loose=math.inf)


class CandidatesProcess:
    """A student's process with a unit's candidates in it, each in a slot of its own."""

    def __init__(self, server: ForkServer, unit: str):
        self._slots = Slots(server, unit)

    def compared(self, candidate: Mistake | Candidate, transcript: Transcript) -> Comparison:
        """Ask a candidate what a hand-in was asked, and compare their answers."""
        compare = functools.partial(self._compared, candidate, transcript)
        return self._with_second_tries(compare, NO_COMPARISON)

    def transcript(self, candidate: Mistake | Candidate, transcript: Transcript) -> Transcript:
        """Return a transcript with a candidate's answers, empty where it doesn't survive them."""
        ask = functools.partial(self._transcript, candidate, transcript)
        return self._with_second_tries(ask, Transcript(transcript.seed, transcript.policy))

    def _with_second_tries(self, ask: Callable[[], _Result], otherwise: _Result) -> _Result:
        for _ in range(_TRIES):
            try:
                return ask()
            except StudentGone as gone:
                if gone.reason != "crashed":
                    break
        return otherwise

    def _compared(self, candidate: Mistake | Candidate, transcript: Transcript) -> Comparison:
        process, begin = self._holding(candidate), _begin(candidate, transcript)
        distances, loose, values, any_random = [0.0], [0.0], 0, False
        for exchange in transcript.exchanges:
            answer, theirs = _answer(process, exchange, begin), exchange.error or exchange.value
            begin, apart = None, distance(answer, theirs)
            loosely = apart
            if apart > NEAR and _may_be_random(exchange) and alike(answer, theirs):
                loosely = 0.0
                # What isn't the same the second time is random, and its distribution counts.
                if distance(answer, _answer(process, exchange, None)) > NEAR:
                    apart, any_random = 0.0, True
            values += differing_values(theirs, answer) if apart > DIFFERENT else 0
            distances.append(apart)
            loose.append(loosely)
            if (loosely if candidate.name == "" else apart) > FARTHER * NEAR:
                break
        return Comparison(max(distances), any_random, max(loose), values)

    def _transcript(self, candidate: Mistake | Candidate, transcript: Transcript) -> Transcript:
        process, begin = self._holding(candidate), _begin(candidate, transcript)
        result = Transcript(transcript.seed, transcript.policy)
        for exchange in transcript.exchanges:
            answer, begin = _answer(process, exchange, begin), None
            value, error = (None, answer) if isinstance(answer, tuple) else (answer, None)
            result.exchanges.append(Exchange(exchange.operation, exchange.fields, value, error))
        return result

    def _holding(self, candidate: Mistake | Candidate) -> StudentProcess:
        """Return the process with a candidate in it, and time for a replay.

        Raises:
            StudentGone: the process has ended.
        """
        for item in (right_solution(self._slots.unit), candidate):
            if not self._slots.holds(item.name):
                self._slots.load(item.source.encode(), ".py", item.name)
        process = self._slots.process()
        process.allow(_REPLAY_SECONDS)
        return process

    def close(self) -> None:
        """End the process."""
        self._slots.close()


@functools.cache
def right_solution(unit: str) -> Candidate:
    """Return a unit's reference as a candidate."""
    return Candidate(unit, "", (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8"))


def _begin(candidate: Mistake | Candidate, transcript: Transcript) -> dict[str, Any] | None:
    """Return what goes before the first request of a replay."""
    return {"seed": transcript.seed, "policy": transcript.policy, "slot": candidate.name}


def _answer(process: StudentProcess, exchange: Exchange, begin: dict[str, Any] | None) -> Any:
    """Ask a process what a hand-in was asked; return its answer, or the signature of its error."""
    try:
        return process.request(exchange.operation, begin=begin, **exchange.fields)
    except StudentError as error:
        return signature(error)


def _may_be_random(exchange: Exchange) -> bool:
    """Whether a request may be answered otherwise the second time: a layer with dropout is called.

    Its draws depend on how its seeds are made, which right solutions do in different ways.
    """
    called = exchange.operation == "call" and "handle" in exchange.fields["target"]
    return called and exchange.fields["mode"] == "eager" and exchange.error is None
