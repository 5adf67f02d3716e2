"""One hand-in under examination, check by check."""

from dataclasses import dataclass
from typing import Any

from autograder.base.text import Text
from autograder.grading.check import Check
from autograder.grading.hand_in_process import HandInProcess
from autograder.grading.limits import IMPATIENT_SECONDS, Deaths, SecondTries, TimeBudget
from autograder.grading.replacement import Replacement
from autograder.grading.slots import HandInSlot, Slots
from autograder.grading.transcript import Exchange, Transcript, signature
from autograder.isolation.fork_server import ForkServer
from autograder.isolation.student_process import StudentError, StudentGone


class NotDefined(Exception):
    """The hand-in has no such exercise.

    Attributes:
        reason: why not, where something in the hand-in would define it.
    """

    def __init__(self, name: str, reason: Text | None = None):
        super().__init__(name)
        self.reason = reason


@dataclass
class _Attempt:
    """One run of a check, with what was known before it, so that the run can be undone.

    Attributes:
        check: the check.
        deaths: what `Deaths.of` said of the exercise before.
        searched: whether a smallest failing input had been searched for the exercise before.
        death: how the process ended during the run, None while it lives.
    """

    check: Check
    deaths: tuple[int, StudentGone | None]
    searched: bool
    death: StudentGone | None = None


class Examination:
    """One hand-in of one unit, examined check by check.

    Args:
        server: where its processes come from.
        data: the file's bytes.
        suffix: `.ipynb` or `.py`.
        unit: the unit's name.
        slots: the process that the hand-in shares with others; it has its own where it's None.
        replacement: what stands in the place of exercises of the hand-in's, in its own process.
        budget: the seconds that the hand-in has left, where it was examined before.
        searches: whether the smallest failing input of a property is searched for.

    Attributes:
        unit: the unit's name.
        device: `cpu` or `gpu`.
        replacement: what stands in the place of exercises of the hand-in's.
        budget: the seconds that the hand-in has left.
        process: the process that holds the hand-in.
        transcript: what the current check, or its last example, asked and was answered.
        example: the input of the property that is being tried, None outside of a property.
    """

    def __init__(
        self,
        server: ForkServer,
        data: bytes,
        suffix: str,
        unit: str,
        slots: Slots | None = None,
        *,
        replacement: Replacement | None = None,
        budget: TimeBudget | None = None,
        searches: bool = True,
    ):
        self._searches = searches
        self.unit, self.device = unit, server.device
        self.replacement, self.budget = replacement, budget or TimeBudget()
        self._deaths, self._second_tries = Deaths(), SecondTries()
        limits = (self.budget, self._second_tries)
        self.process = (
            HandInProcess(server, data, suffix, unit, *limits, replacement)
            if slots is None
            else HandInSlot(slots, data, suffix, *limits, replacement)
        )
        self.transcript = Transcript(0)
        self.example: dict[str, Any] | None = None
        self._unsent_start: dict[str, Any] | None = None
        self._searched: set[str] = set()
        self._attempt: _Attempt | None = None

    def begin(self, check: Check, seed: int, policy: str = "float32") -> None:
        """Get ready for a check: a living process, its time limit, its seed and dtype policy.

        Raises:
            NotDefined: the exercise is not in the hand-in.
            Rejected: the hand-in can't be read.
            StudentGone: too many checks of this exercise ended their process.
        """
        name = check.exercise
        self._attempt = _Attempt(check, self._deaths.of(name), name in self._searched)
        self._deaths.raise_if_too_many(name)
        if not self.process.alive:
            self.process.open()
        if name not in self.process.defined:
            raise NotDefined(name, self.process.absent.get(name))
        impatient = self._deaths.has_timeout
        seconds = min(check.timeout, IMPATIENT_SECONDS) if impatient else check.timeout
        # A check that trains on a GPU may take all of its own time.
        self.process.allow(seconds if check.needs else self.budget.for_answers(seconds))
        self.example = None
        self.restart_transcript(seed, policy)

    def restart_transcript(self, seed: int, policy: str = "float32") -> None:
        """Forget what was asked; the next request sets the process's seed and dtype policy anew."""
        self.transcript = Transcript(seed, policy)
        self._unsent_start = {"seed": seed, "policy": policy}

    def request(self, operation: str, **fields: Any) -> Any:
        """Ask the process for something; the transcript gets the request and its answer.

        Raises:
            StudentError: the student's code raised.
            StudentGone: its process ended.
        """
        exchange, before = Exchange(operation, fields), self.process.received
        try:
            exchange.value = self._ask(operation, fields)
        except StudentError as error:
            exchange.error = signature(error)
            raise
        except StudentGone as death:
            exchange.error = (death.reason,)
            raise
        finally:
            self.transcript.add(exchange, self.process.received - before)
        return exchange.value

    def _ask(self, operation: str, fields: dict[str, Any]) -> Any:
        start, self._unsent_start = self._unsent_start, None
        attempt = self._attempt
        charged = attempt is None or not attempt.check.needs
        try:
            return self.process.request(operation, charged, begin=start, **fields)
        except StudentGone as death:
            if attempt is not None and attempt.death is None:
                attempt.death = death
                self._deaths.add(attempt.check.exercise, death)
            raise

    def undo_unexplained(self, death: StudentGone) -> bool:
        """Undo the run of a check that somebody else seems to have ended; return whether it was.

        That is so where the process was killed in this check and nobody knows by whom, the kernel
        for want of memory say. It is granted once a check, and a few times in all; the check is
        then to be run once more.

        Args:
            death: what the check raised.
        """
        attempt = self._attempt
        if attempt is None or death is not attempt.death or not death.unexplained:
            return False
        if not self._second_tries.claim(attempt.check.id):
            return False
        self._deaths.restore(attempt.check.exercise, attempt.deaths)
        if not attempt.searched:
            self._searched.discard(attempt.check.exercise)
        return True

    def claim_search(self) -> bool:
        """Return whether the current check may search for the smallest failing input.

        The first property of an exercise that fails may; one search an exercise is enough.
        """
        if not self._searches:
            return False
        exercise = self._attempt.check.exercise if self._attempt is not None else ""
        first = exercise not in self._searched
        self._searched.add(exercise)
        return first

    def close(self) -> None:
        """End the process."""
        self.process.close()
