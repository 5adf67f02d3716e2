"""One student's process that holds many hand-ins, each in a slot of its own.

A process of its own costs a hand-in ten times what a small check takes. Hand-ins that are the
project's own, or edits of one student's, may share a process: none of them hides from the others.
"""

import itertools
from typing import Any

from autograder.grading.hand_in_process import HandInProcess
from autograder.grading.limits import SecondTries, TimeBudget
from autograder.grading.replacement import Replacement
from autograder.grading.unit import unit_of
from autograder.isolation.fork_server import ForkServer
from autograder.isolation.student_process import LOAD_SECONDS, StudentProcess
from course.kit.units import exercises_of

_MOST = 200  # hand-ins in one process: each leaves its classes behind


class Slots:
    """The process that hand-ins of one unit share; another takes its place after its death.

    Args:
        server: where the processes come from.
        unit: the unit's name.
    """

    def __init__(self, server: ForkServer, unit: str):
        self.server, self.unit = server, unit
        self._process: StudentProcess | None = None
        self._held: set[str] = set()
        self._numbers = itertools.count(1)

    def new_name(self) -> str:
        """Return a name that no slot has had."""
        return f"slot {next(self._numbers)}"

    def load(
        self,
        data: bytes,
        suffix: str,
        name: str,
        seconds: float = LOAD_SECONDS,
        right: tuple[tuple[str, ...], str] = ((), ""),
    ) -> Any:
        """Load a hand-in into the slot of its name; return what `StudentProcess.load` returns."""
        process, names = self.process(), exercises_of(self.unit)
        forbidden = unit_of(self.unit).forbidden
        answer = process.load(
            data, suffix, names, forbidden, slot=name, seconds=seconds, right=right
        )
        self._held.add(name)
        return answer

    def process(self) -> StudentProcess:
        """Return the living process, a fresh one where it has died or holds too many."""
        process = self._process
        if process is None or not process.alive or len(self._held) >= _MOST:
            self.close()
            process = self._process = self.server.fork()
            # With a first slot that nothing uses, every check has to name its own slot.
            process.load(b"pass", ".py", (), slot="")
        return process

    def holds(self, name: str) -> bool:
        """Whether the living process has a hand-in in the slot of this name."""
        return self._process is not None and self._process.alive and name in self._held

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None
        self._held.clear()


class HandInSlot(HandInProcess):
    """A hand-in in a slot of a shared process.

    Args:
        slots: the shared process.
        data: the file's bytes.
        suffix: `.ipynb` or `.py`.
        budget: the hand-in's seconds.
        second_tries: the hand-in's second tries.
        replacement: what stands in the place of exercises of the hand-in's.
    """

    def __init__(
        self,
        slots: Slots,
        data: bytes,
        suffix: str,
        budget: TimeBudget,
        second_tries: SecondTries,
        replacement: Replacement | None = None,
    ):
        super().__init__(slots.server, data, suffix, slots.unit, budget, second_tries, replacement)
        self._slots, self._slot = slots, slots.new_name()

    def _load(self) -> Any:
        process = self._process = self._slots.process()
        before, seconds = process.spent, self._budget.for_loading()
        try:
            return self._slots.load(self._data, self._suffix, self._slot, seconds, self._right)
        finally:
            self.attempts |= process.attempts
            self._budget.charge_loading(process.spent - before)

    def request(self, operation: str, charged: bool, **fields: Any) -> Any:
        """Ask the hand-in in its slot for something, see `HandInProcess.request`."""
        begin = fields.pop("begin", None)
        start = None if begin is None else {**begin, "slot": self._slot}
        return super().request(operation, charged, begin=start, **fields)

    def close(self) -> None:
        """Leave the process to the others."""
        self._process = None
