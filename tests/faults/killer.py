"""Kills processes of chosen kinds at moments that a seed draws."""

import random
import threading
from collections.abc import Iterable

from tests.faults.processes import descendants, end, of_kind

_LOOK_SECONDS = 0.1
_MOMENT_SECONDS = 0.5


class Killer:
    """Kills processes one after the other while the `with` block runs.

    Processes that were there before the block are left alone.

    Args:
        kinds: the kinds to kill, as `processes.of_kind` names them, in this order.
        seed: draws the process and the moment.
        pauses: how many hand-ins begin to be graded between two kills, at least and at most.

    Attributes:
        left: the kinds that are still to be killed.
    """

    def __init__(self, kinds: Iterable[str], seed: int, pauses: tuple[int, int]):
        self.left = list(kinds)
        self._random, self._pauses = random.Random(seed), pauses
        self._others: set[int] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "Killer":
        self._others = {process.pid for process in descendants()}
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while self.left and self._await_births(self._random.randint(*self._pauses)):
            if self._over.wait(self._random.uniform(0.0, _MOMENT_SECONDS)):
                return
            victims = sorted(self._born(self.left[0]))
            if victims and end(self._random.choice(victims)):
                del self.left[0]

    def _await_births(self, births: int) -> bool:
        """Wait until this many keepers were born; return whether the block still runs."""
        seen = self._born("keeper")
        while births > 0 and not self._over.wait(_LOOK_SECONDS):
            now = self._born("keeper")
            births -= len(now - seen)
            seen |= now
        return not self._over.is_set()

    def _born(self, kind: str) -> set[int]:
        """Return the processes of a kind that were born in the block."""
        return set(of_kind(kind)) - self._others
