"""Name the mistake: ask every known mistake what a hand-in was asked, and compare the answers.

A known mistake explains a failed check if all of its answers equal the hand-in's. Where several
known mistakes explain a check, the exercise's other checks decide between them; those that are
still equal are named together.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.grading.check import Check
from autograder.grading.mistakes import Mistake, mistakes_of
from autograder.grading.transcript import Exchange, Transcript
from autograder.grading.unit import unit_of
from autograder.isolation import wire
from autograder.isolation.client import ForkServer, StudentError, StudentGone, StudentProcess
from autograder.results.statuses import CheckStatus
from course.kit.units import exercises_of

RTOL, ATOL = 1e-3, 1e-4
_REPLAY_SECONDS = 60.0
_TRIES = 3  # of a comparison; known mistakes end no process, so somebody else has ended theirs
_MAX_BYTES = 64 * 2**20  # of one hand-in's answers
_MAX_VERDICTS = 20_000  # that stay in memory


@dataclass(frozen=True)
class Observation:
    """A check that ran: what it asked, what the hand-in answered, whether it failed."""

    exercise: str
    transcript: Transcript
    failed: bool


class Evidence:
    """The observations of one hand-in, by check id, as far as there is memory for them."""

    def __init__(self) -> None:
        self.observations: dict[str, Observation] = {}
        self._bytes_left = _MAX_BYTES

    def add(self, check: Check, transcript: Transcript, status: CheckStatus) -> None:
        """Keep a check's transcript where known mistakes can be told apart by it."""
        bytes_left = self._bytes_left - transcript.size
        answered = status in ("passed", "failed", "error")
        if check.evident and answered and transcript.complete and bytes_left >= 0:
            self._bytes_left = bytes_left
            failed = status != "passed"
            self.observations[check.id] = Observation(check.exercise, transcript, failed)

    def drop(self, check_id: str) -> None:
        """Forget a check, whose failure another exercise explains."""
        self.observations.pop(check_id, None)


class Diagnostician:
    """Finds the known mistakes behind failed checks; one diagnostician serves a whole batch.

    Args:
        server: where the processes of the known mistakes come from.
    """

    def __init__(self, server: ForkServer):
        self._server = server
        self._processes: dict[str, _MistakesProcess] = {}
        self._verdicts: OrderedDict[tuple[str, str, bytes], bool] = OrderedDict()

    def diagnose(self, unit: str, evidence: Evidence) -> dict[str, tuple[Mistake, ...]]:
        """Return the known mistakes that explain each failed check; none for the other checks.

        Args:
            unit: the unit's name.
            evidence: of all the unit's checks that ran.
        """
        observations = evidence.observations
        known = [m for m in mistakes_of(unit) if not _ruled_out(m, observations)]
        named: dict[str, tuple[Mistake, ...]] = {}
        for check_id, item in observations.items():
            if not item.failed or not item.transcript.exchanges:
                continue
            # A mistake that explained another check most likely explains this one.
            earlier = list({m.name: m for group in named.values() for m in group}.values())
            own = [m for m in known if m.exercise == item.exercise]
            others = [m for m in known if m.exercise != item.exercise]
            matches: list[Mistake] = []
            for candidates in (earlier, own, others):
                matches = matches or [m for m in candidates if self._explains(m, item.transcript)]
            if len(matches) > 1:
                matches = self._narrowed(matches, observations)
            if matches:
                named[check_id] = tuple(matches)
        return named

    def _narrowed(
        self, matches: list[Mistake], observations: dict[str, Observation]
    ) -> list[Mistake]:
        """Return the candidates that explain the most of their exercises' other checks."""
        exercises = {m.exercise for m in matches}
        related = [
            e for e in observations.values() if e.exercise in exercises and e.transcript.exchanges
        ]
        scores = [sum(self._explains(m, item.transcript) for item in related) for m in matches]
        best = max(scores)
        return [m for m, score in zip(matches, scores, strict=True) if score == best]

    def _explains(self, candidate: Mistake, transcript: Transcript) -> bool:
        """Whether a known mistake gives the hand-in's answers to the same requests."""
        key = (candidate.unit, candidate.name, _digest(transcript))
        if key not in self._verdicts:
            self._verdicts[key] = self._replays_alike(candidate, transcript)
            while len(self._verdicts) > _MAX_VERDICTS:
                self._verdicts.popitem(last=False)
        return self._verdicts[key]

    def _replays_alike(self, candidate: Mistake, transcript: Transcript) -> bool:
        if candidate.unit not in self._processes:
            self._processes[candidate.unit] = _MistakesProcess(self._server, candidate.unit)
        for _ in range(_TRIES):
            replayed = self._processes[candidate.unit].replay(candidate, transcript)
            try:
                return all(
                    same(answer, _answer(exchange))
                    for answer, exchange in zip(replayed, transcript.exchanges, strict=False)
                )
            except StudentGone as gone:
                if gone.reason != "crashed":
                    return False
        return False

    def close(self) -> None:
        """End the processes of the known mistakes."""
        while self._processes:
            self._processes.popitem()[1].close()


class _MistakesProcess:
    """A student's process with a unit's known mistakes in it, each in a slot of its own."""

    def __init__(self, server: ForkServer, unit: str):
        self._server, self._unit = server, unit
        self._process: StudentProcess | None = None
        self._loaded: set[str] = set()

    def replay(self, candidate: Mistake, transcript: Transcript) -> Iterator[Any]:
        """Ask a known mistake what a hand-in was asked; yield its answers one by one.

        Raises:
            StudentGone: the process ended, or took too long.
        """
        process = self._process
        if process is None or not process.alive:
            process = self._process = self._server.fork()
            self._loaded.clear()
            # With a first slot that nothing uses, every replay has to name its own slot.
            process.load(b"pass", ".py", (), slot="")
        if candidate.name not in self._loaded:
            data, names = candidate.source.encode(), exercises_of(self._unit)
            forbidden = unit_of(self._unit).forbidden
            process.load(data, ".py", names, forbidden, slot=candidate.name)
            self._loaded.add(candidate.name)
        process.allow(_REPLAY_SECONDS)
        begin: dict[str, Any] | None = {
            "seed": transcript.seed,
            "policy": transcript.policy,
            "slot": candidate.name,
        }
        for exchange in transcript.exchanges:
            try:
                yield process.request(exchange.operation, begin=begin, **exchange.fields)
            except StudentError as error:
                yield {"error": error.type_name}
            begin = None

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()


def _answer(exchange: Exchange) -> Any:
    return {"error": exchange.error} if exchange.error else exchange.value


def _ruled_out(candidate: Mistake, observations: dict[str, Observation]) -> bool:
    """Whether the hand-in passed the check that catches this known mistake."""
    catching = observations.get(f"{candidate.unit}.{candidate.exercise}.{candidate.caught_by}")
    return catching is not None and not catching.failed


def _digest(transcript: Transcript) -> bytes:
    """Return a key for the requests and answers of a transcript."""
    rows = [[e.operation, e.fields, e.error or "", e.value] for e in transcript.exchanges]
    message = wire.encode([transcript.seed, transcript.policy, rows])
    return hashlib.blake2b(message, digest_size=16).digest()


def same(first: Any, second: Any) -> bool:
    """Whether two answers are equal: the same structure, and the same numbers within a tolerance.

    Answers are plain data from the wire: comparing them runs no code of the student's.
    """
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        if first.shape != second.shape:
            return False
        if first.dtype.kind not in "biuf" or second.dtype.kind not in "biuf":
            first, second = first.astype("float32"), second.astype("float32")
        return bool(np.allclose(first, second, rtol=RTOL, atol=ATOL, equal_nan=True))
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, float) and isinstance(second, float):
        return bool(np.isclose(first, second, rtol=RTOL, atol=ATOL, equal_nan=True))
    if isinstance(first, wire.Handle) and isinstance(second, wire.Handle):
        return first.id == second.id
    return type(first) is type(second) and bool(first == second)
