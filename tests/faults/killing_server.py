"""A fork server whose students' processes, or their keepers, are killed during a question."""

import random
from typing import Any

from autograder.isolation.fork_server import ForkServer
from autograder.isolation.student_process import StudentProcess
from tests.faults.processes import descendants, end

_KINDS = ("student", "keeper")


class KillingServer(ForkServer):
    """Kills the student's process that is asked, or its keeper, at questions that a seed draws.

    Args:
        seed: draws the question, and whether the kill comes just before or just after it.
        pauses: how many questions lie between two kills, at least and at most.

    Attributes:
        kills: how many there were, by kind.
    """

    def __init__(self, seed: int, pauses: tuple[int, int], **settings: Any):
        super().__init__(**settings)
        self._random, self._pauses = random.Random(seed), pauses
        self._left = self._random.randint(*pauses)
        self.kills = dict.fromkeys(_KINDS, 0)
        self.armed = False

    def _fork(self) -> StudentProcess:
        assert self.pid is not None
        before = {process.pid for process in descendants(self.pid)}
        student = super()._fork()
        new = [process.pid for process in descendants(self.pid) if process.pid not in before]
        send = student._channel.send

        def send_and_kill(*arguments: Any) -> None:
            self._left -= self.armed
            due = self.armed and self._left <= 0
            first = self._random.random() < 0.5
            if due and first:
                self._kill(new)
            send(*arguments)
            if due and not first:
                self._kill(new)

        student._channel.send = send_and_kill  # type: ignore[assignment, method-assign]
        return student

    def _kill(self, new: list[int]) -> None:
        self._left = self._random.randint(*self._pauses)
        kind = self._random.choice(_KINDS)
        # A keeper comes before its child.
        if len(new) == 2 and end(new[0] if kind == "keeper" else new[1]):
            self.kills[kind] += 1
