"""One student's process that holds many hand-ins, each in a slot of its own.

A process of its own costs a hand-in ten times what a small check takes. Hand-ins that are the
project's own, or edits of one student's, may share a process: none of them hides from the others.
"""

from typing import Any

from autograder.grading.hand_in_process import HandInProcess
from autograder.grading.limits import SecondTries, TimeBudget
from autograder.grading.unit import unit_of
from autograder.isolation.client import ForkServer, StudentProcess
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
        self._count = 0

    def next(self) -> tuple[StudentProcess, str]:
        """Return a living process and a slot in it that is free."""
        if self._process is None or not self._process.alive or self._count >= _MOST:
            self.close()
            self._process, self._count = self.server.fork(), 0
            # With a first slot that nothing uses, every check has to name its own slot.
            self._process.load(b"pass", ".py", (), slot="")
        self._count += 1
        return self._process, f"slot {self._count}"

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None


class HandInSlot(HandInProcess):
    """A hand-in in a slot of a shared process.

    Args:
        slots: the shared process.
        data: the file's bytes.
        suffix: `.ipynb` or `.py`.
        budget: the hand-in's seconds.
        second_tries: the hand-in's second tries.
    """

    def __init__(
        self, slots: Slots, data: bytes, suffix: str, budget: TimeBudget, second_tries: SecondTries
    ):
        super().__init__(slots.server, data, suffix, slots.unit, budget, second_tries)
        self._slots, self._slot = slots, ""

    def _load(self) -> Any:
        self._process, self._slot = self._slots.next()
        names, forbidden = exercises_of(self.unit), unit_of(self.unit).forbidden
        seconds = self._budget.for_loading()
        return self._process.load(
            self._data, self._suffix, names, forbidden, slot=self._slot, seconds=seconds
        )

    def request(self, operation: str, charged: bool, **fields: Any) -> Any:
        """Ask the hand-in in its slot for something, see `HandInProcess.request`."""
        begin = fields.pop("begin", None)
        start = None if begin is None else {**begin, "slot": self._slot}
        return super().request(operation, charged, begin=start, **fields)

    def close(self) -> None:
        """Leave the process to the others."""
        self._process = None
