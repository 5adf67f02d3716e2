"""Ends processes of chosen kinds, at moments that a seed draws."""

import random
import threading
from collections.abc import Iterable

from tests.faults.processes import descendants, end, of_kind

_LOOK_SECONDS = 0.1
_MOMENT_SECONDS = 0.5


class Killer:
    """Kills what it is told to, one after the other, while others work; a context manager.

    What was there before it was entered is somebody else's, and left in peace.

    Args:
        kinds: of the processes, as `processes.of_kind` knows them, in the order of their end.
        seed: for which of them, and when.
        pauses: how many hand-ins begin to be looked at between two kills, at least and at most.

    Attributes:
        left: what it has yet to kill.
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
        while self.left and self._let_pass(self._random.randint(*self._pauses)):
            if self._over.wait(self._random.uniform(0.0, _MOMENT_SECONDS)):
                return
            victims = sorted(self._come(self.left[0]))
            if victims and end(self._random.choice(victims)):
                del self.left[0]

    def _let_pass(self, births: int) -> bool:
        """Wait until so many keepers have come, however slow the machine is; say whether all is
        still going on."""
        seen = self._come("keeper")
        while births > 0 and not self._over.wait(_LOOK_SECONDS):
            now = self._come("keeper")
            births -= len(now - seen)
            seen |= now
        return not self._over.is_set()

    def _come(self, kind: str) -> set[int]:
        """Return the processes of a kind that came after it was entered."""
        return set(of_kind(kind)) - self._others
