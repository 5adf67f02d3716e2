"""Name the mistake: ask every known mistake what a hand-in was asked, and compare the answers.

A known mistake explains a failed check if its answers to all requests are the hand-in's, and the
right solution's are not. Answers may coincide by chance where they hold few values, or where a
smallest failing input was looked for. So nothing that the hand-in did right may speak against the
mistake, and where an answer says little, the exercise's other failed checks have to fit as well.

Where several known mistakes explain a check, the exercise's other checks decide between them;
those that still fit are named together, unless they are too many to be of use.
"""

import functools
import hashlib
from collections import OrderedDict
from dataclasses import dataclass

from autograder.grading.candidates import (
    DIFFERENT,
    FARTHER,
    Candidate,
    CandidatesProcess,
    Comparison,
    right_solution,
)
from autograder.grading.check import Check
from autograder.grading.mistakes import Mistake, mistakes_of
from autograder.grading.transcript import Transcript
from autograder.isolation import wire
from autograder.isolation.fork_server import ForkServer
from autograder.results.statuses import CheckStatus

MOST_NAMED = 3
_TELLING = 6  # different wrong values in an answer that speaks for itself
_MAX_BYTES = 64 * 2**20  # of one hand-in's answers
_MAX_COMPARISONS = 20_000  # that stay in memory


@dataclass(frozen=True)
class Observation:
    """A check that ran: what it asked, what the hand-in answered, whether it failed."""

    exercise: str
    transcript: Transcript
    failed: bool

    @functools.cached_property
    def transcript_key(self) -> bytes:
        """A key for the requests and answers of the transcript."""
        transcript = self.transcript
        rows = [[e.operation, e.fields, list(e.error or ()), e.value] for e in transcript.exchanges]
        message = wire.encode([transcript.seed, transcript.policy, rows])
        return hashlib.blake2b(message, digest_size=16).digest()


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
        self._processes: dict[str, CandidatesProcess] = {}
        self._comparisons: OrderedDict[tuple[str, str, bytes], Comparison] = OrderedDict()
        # Of the hand-in that is looked at:
        self._right_transcripts: dict[bytes, Observation] = {}
        self._suiting: dict[tuple[str, str], bool] = {}

    def diagnose(self, unit: str, evidence: Evidence) -> dict[str, tuple[Mistake, ...]]:
        """Return the known mistakes that explain each failed check; none for the other checks.

        Args:
            unit: the unit's name.
            evidence: of all the unit's checks that ran.
        """
        observations = evidence.observations
        self._right_transcripts.clear()
        self._suiting.clear()
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
                matches = matches or [
                    m for m in candidates if self._explains(m, item, observations)
                ]
            if len(matches) > 1:
                matches = self._narrowed(matches, observations)
            if 0 < len(matches) <= MOST_NAMED:
                named[check_id] = tuple(matches)
        return named

    def _narrowed(
        self, matches: list[Mistake], observations: dict[str, Observation]
    ) -> list[Mistake]:
        """Return the candidates that fit the most of their exercises' other checks."""
        related = _related({m.exercise for m in matches}, observations)
        scores = [sum(self._compared(m, item).fits for item in related) for m in matches]
        best = max(scores)
        return [m for m, score in zip(matches, scores, strict=True) if score == best]

    def _explains(
        self, mistake: Mistake, item: Observation, observations: dict[str, Observation]
    ) -> bool:
        """Whether a known mistake explains a failed check."""
        # What doesn't suit its own exercise needn't be asked what other exercises were asked.
        if mistake.exercise != item.exercise and not self._suits(
            mistake, mistake.exercise, observations
        ):
            return False
        wrong = self._compared(mistake, item)
        if not wrong.fits:
            return False
        right = self._compared(right_solution(mistake.unit), item)
        apart = right.loose if wrong.random else right.distance
        if apart <= max(DIFFERENT, FARTHER * wrong.distance):
            return False
        exercises = {mistake.exercise, item.exercise}
        if right.values < _TELLING:
            related = _related(exercises, observations)
            if not all(self._compared(mistake, other).fits for other in related if other.failed):
                return False
        return all(self._suits(mistake, exercise, observations) for exercise in exercises)

    def _suits(self, mistake: Mistake, exercise: str, observations: dict[str, Observation]) -> bool:
        """Whether a hand-in's checks of an exercise speak for a known mistake, not against it.

        Sizes may coincide, and make different formulas one. So where the mistake would show, its
        answers have to be the hand-in's more often than not; and what the hand-in did right, the
        mistake mustn't do wrong.
        """
        key = (mistake.name, exercise)
        if key not in self._suiting:
            related = _related({exercise}, observations)
            failed = [item for item in related if item.failed]
            others = [item for item in failed if not self._compared(mistake, item).fits]
            misfits = sum(self._shows(mistake, item) for item in others)
            self._suiting[key] = (not misfits or len(failed) - len(others) > misfits) and not any(
                self._contradicts(item, mistake) for item in related if not item.failed
            )
        return self._suiting[key]

    def _contradicts(self, passed: Observation, mistake: Mistake) -> bool:
        """Whether a hand-in did right what it would have done wrong by a mistake.

        That can be said only where the right solution's answers are the hand-in's, too: weights
        may have been drawn, and an epsilon may be the hand-in's own.
        """
        right = self._compared(right_solution(mistake.unit), passed)
        return right.fits and self._compared(mistake, passed).differs

    def _shows(self, mistake: Mistake, item: Observation) -> bool:
        """Whether a known mistake's answers to the requests of a check are wrong."""
        key = item.transcript_key
        if key not in self._right_transcripts:
            right = right_solution(mistake.unit)
            answers = self._process(mistake.unit).transcript(right, item.transcript)
            self._right_transcripts[key] = Observation(item.exercise, answers, failed=False)
        return not self._compared(mistake, self._right_transcripts[key]).fits

    def _compared(self, candidate: Mistake | Candidate, item: Observation) -> Comparison:
        """Compare a candidate's answers with the hand-in's in one check."""
        key = (candidate.unit, candidate.name, item.transcript_key)
        if key not in self._comparisons:
            process = self._process(candidate.unit)
            self._comparisons[key] = process.compared(candidate, item.transcript)
            while len(self._comparisons) > _MAX_COMPARISONS:
                self._comparisons.popitem(last=False)
        return self._comparisons[key]

    def _process(self, unit: str) -> "CandidatesProcess":
        if unit not in self._processes:
            self._processes[unit] = CandidatesProcess(self._server, unit)
        return self._processes[unit]

    def close(self) -> None:
        """End the processes of the known mistakes."""
        while self._processes:
            self._processes.popitem()[1].close()


def _related(exercises: set[str], observations: dict[str, Observation]) -> list[Observation]:
    """Return the observations of some exercises in which anything was asked."""
    return [
        item
        for item in observations.values()
        if item.exercise in exercises and item.transcript.exchanges
    ]


def _ruled_out(candidate: Mistake, observations: dict[str, Observation]) -> bool:
    """Whether the hand-in passed the check that catches this known mistake."""
    catching = observations.get(f"{candidate.unit}.{candidate.exercise}.{candidate.caught_by}")
    return catching is not None and not catching.failed
