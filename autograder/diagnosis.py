"""Name the mistake: replay what a hand-in was asked on every known wrong turn, and compare.

A misconception explains a failed check if its answers equal the hand-in's, all of them. Where
several do, the exercise's other checks decide; what still remains is named together.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.isolation import wire
from autograder.isolation.client import ForkServer, StudentGone
from autograder.misconceptions import Misconception, misconceptions_of
from autograder.session import Exchange, Rejected, Session, Transcript

RTOL, ATOL = 1e-3, 1e-4
_LIVING = 16  # wrong turns whose processes are kept at a time
_REMEMBERED = 4096  # replays whose answers are kept


@dataclass(frozen=True)
class Evidence:
    """A check of an exercise: what was asked and answered, and whether it went wrong."""

    exercise: str
    transcript: Transcript
    failed: bool


class Diagnostician:
    """Keeps the known wrong turns' processes and answers over a whole batch."""

    def __init__(self, server: ForkServer):
        self._server = server
        self._sessions: OrderedDict[tuple[str, str], Session] = OrderedDict()
        self._answers: OrderedDict[tuple[str, str, bytes], list[Any] | None] = OrderedDict()

    def diagnose(
        self, unit: str, evidence: dict[str, Evidence]
    ) -> dict[str, tuple[Misconception, ...]]:
        """Return, for each failed check that some known mistake explains, the mistakes.

        Args:
            unit: the unit's name.
            evidence: by check id, of all the unit's checks that ran.
        """
        named: dict[str, tuple[Misconception, ...]] = {}
        known = misconceptions_of(unit)
        for check_id, item in evidence.items():
            if not item.failed or not item.transcript.exchanges:
                continue
            own = [m for m in known if m.exercise == item.exercise]
            others = [m for m in known if m.exercise != item.exercise]
            matches = self._matching(own, item) or self._matching(others, item)
            if len(matches) > 1:
                matches = self._narrowed(matches, evidence)
            if matches:
                named[check_id] = tuple(matches)
        return named

    def _matching(self, candidates: list[Misconception], item: Evidence) -> list[Misconception]:
        return [m for m in candidates if self._explains(m, item.transcript)]

    def _narrowed(
        self, matches: list[Misconception], evidence: dict[str, Evidence]
    ) -> list[Misconception]:
        """Keep the candidates that explain the most of the exercises' other checks."""
        related = [
            item
            for item in evidence.values()
            if item.exercise in {m.exercise for m in matches} and item.transcript.exchanges
        ]
        scores = [sum(self._explains(m, item.transcript) for item in related) for m in matches]
        best = max(scores)
        return [m for m, score in zip(matches, scores, strict=True) if score == best]

    def _explains(self, candidate: Misconception, transcript: Transcript) -> bool:
        answers = self._replayed(candidate, transcript)
        given = [_answer(exchange) for exchange in transcript.exchanges]
        return answers is not None and same(answers, given)

    def _replayed(self, candidate: Misconception, transcript: Transcript) -> list[Any] | None:
        key = (candidate.unit, candidate.name, _digest(transcript))
        if key in self._answers:
            self._answers.move_to_end(key)
            return self._answers[key]
        try:
            exchanges = self._session(candidate).replay(transcript)
            answers: list[Any] | None = [_answer(exchange) for exchange in exchanges]
        except (StudentGone, Rejected):
            answers = None
        self._answers[key] = answers
        while len(self._answers) > _REMEMBERED:
            self._answers.popitem(last=False)
        return answers

    def _session(self, candidate: Misconception) -> Session:
        key = (candidate.unit, candidate.name)
        if key not in self._sessions:
            self._sessions[key] = Session(
                self._server, candidate.source.encode(), ".py", candidate.unit
            )
        self._sessions.move_to_end(key)
        while len(self._sessions) > _LIVING:
            self._sessions.popitem(last=False)[1].close()
        return self._sessions[key]

    def close(self) -> None:
        """End the wrong turns' processes."""
        while self._sessions:
            self._sessions.popitem()[1].close()


def _answer(exchange: Exchange) -> Any:
    return {"error": exchange.error} if exchange.error else exchange.value


def _digest(transcript: Transcript) -> bytes:
    asked = [[exchange.operation, exchange.fields] for exchange in transcript.exchanges]
    message = wire.encode([transcript.seed, transcript.policy, asked])
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
