"""Name the mistake: replay what a hand-in was asked on every known mistake, and compare.

A mistake explains a failed check if its answers equal the hand-in's, all of them. Where
several do, the exercise's other checks decide; what still remains is named together.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.grading.mistakes import Mistake, mistakes_of
from autograder.grading.transcript import Exchange, Transcript
from autograder.isolation import wire
from autograder.isolation.client import ForkServer, StudentError, StudentGone, StudentProcess
from course.kit.units import exercises_of

RTOL, ATOL = 1e-3, 1e-4
_REPLAY_SECONDS = 60.0
_TRIES = 3  # where somebody else ended the process; known mistakes don't
_REMEMBERED = 20_000  # verdicts that are kept


@dataclass(frozen=True)
class Evidence:
    """A check of an exercise: what was asked and answered, and whether it went wrong."""

    exercise: str
    transcript: Transcript
    failed: bool


class Diagnostician:
    """Keeps the known mistakes' processes and answers over a whole batch."""

    def __init__(self, server: ForkServer):
        self._server = server
        self._galleries: dict[str, _Gallery] = {}
        self._verdicts: OrderedDict[tuple[str, str, bytes], bool] = OrderedDict()

    def diagnose(self, unit: str, evidence: dict[str, Evidence]) -> dict[str, tuple[Mistake, ...]]:
        """Return, for each failed check that some known mistake explains, the mistakes.

        Args:
            unit: the unit's name.
            evidence: by check id, of all the unit's checks that ran.
        """
        known = [m for m in mistakes_of(unit) if not _ruled_out(m, evidence)]
        named: dict[str, tuple[Mistake, ...]] = {}
        for check_id, item in evidence.items():
            if not item.failed or not item.transcript.exchanges:
                continue
            # What explained another check most likely explains this one.
            told = list({m.name: m for found in named.values() for m in found}.values())
            own = [m for m in known if m.exercise == item.exercise]
            others = [m for m in known if m.exercise != item.exercise]
            matches: list[Mistake] = []
            for candidates in (told, own, others):
                matches = matches or [m for m in candidates if self._explains(m, item.transcript)]
            if len(matches) > 1:
                matches = self._narrowed(matches, evidence)
            if matches:
                named[check_id] = tuple(matches)
        return named

    def _narrowed(self, matches: list[Mistake], evidence: dict[str, Evidence]) -> list[Mistake]:
        """Keep the candidates that explain the most of the exercises' other checks."""
        exercises = {m.exercise for m in matches}
        related = [
            e for e in evidence.values() if e.exercise in exercises and e.transcript.exchanges
        ]
        scores = [sum(self._explains(m, item.transcript) for item in related) for m in matches]
        best = max(scores)
        return [m for m, score in zip(matches, scores, strict=True) if score == best]

    def _explains(self, candidate: Mistake, transcript: Transcript) -> bool:
        """Whether a known mistake answers what was asked as the hand-in did."""
        key = (candidate.unit, candidate.name, _digest(transcript))
        if key not in self._verdicts:
            self._verdicts[key] = self._replays_alike(candidate, transcript)
            while len(self._verdicts) > _REMEMBERED:
                self._verdicts.popitem(last=False)
        return self._verdicts[key]

    def _replays_alike(self, candidate: Mistake, transcript: Transcript) -> bool:
        if candidate.unit not in self._galleries:
            self._galleries[candidate.unit] = _Gallery(self._server, candidate.unit)
        for _ in range(_TRIES):
            replayed = self._galleries[candidate.unit].replay(candidate, transcript)
            try:
                return all(
                    same(answer, _answer(given))
                    for answer, given in zip(replayed, transcript.exchanges, strict=False)
                )
            except StudentGone as gone:
                if gone.reason != "crashed":
                    return False
        return False

    def close(self) -> None:
        """End the known mistakes' processes."""
        while self._galleries:
            self._galleries.popitem()[1].close()


class _Gallery:
    """A unit's known mistakes in one process, each in a slot of its own."""

    def __init__(self, server: ForkServer, unit: str):
        self._server, self._unit = server, unit
        self._process: StudentProcess | None = None
        self._loaded: set[str] = set()

    def replay(self, candidate: Mistake, transcript: Transcript) -> Iterator[Any]:
        """Ask a known mistake what a hand-in was asked; yield its answers as they come.

        Raises:
            StudentGone: the process ended, or took too long.
        """
        process = self._process
        if process is None or not process.alive:
            process = self._process = self._server.fork()
            self._loaded.clear()
            # A first slot that nobody uses makes sure that every replay names its own.
            process.load(b"pass", ".py", self._unit, (), slot="")
        if candidate.name not in self._loaded:
            data, names = candidate.source.encode(), exercises_of(self._unit)
            process.load(data, ".py", self._unit, names, slot=candidate.name)
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


def _ruled_out(candidate: Mistake, evidence: dict[str, Evidence]) -> bool:
    """Whether the hand-in passed the very check that catches this known mistake."""
    catching = evidence.get(f"{candidate.unit}.{candidate.exercise}.{candidate.caught_by}")
    return catching is not None and not catching.failed


def _digest(transcript: Transcript) -> bytes:
    """Return a key for what was asked and answered."""
    said = [[e.operation, e.fields, e.error or "", e.value] for e in transcript.exchanges]
    message = wire.encode([transcript.seed, transcript.policy, said])
    return hashlib.blake2b(message, digest_size=16).digest()


def same(first: Any, second: Any) -> bool:
    """Whether two answers are equal: the same structure, and the same numbers within a tolerance.

    Types are compared by name and by what came over the wire; nothing of an answer's own runs.
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
