"""What one hand-in may take in all: seconds, deaths of its process, second tries.

Seconds are those of the student's own process, as `isolation.clock` counts them.
"""

from autograder.isolation.student_process import LOAD_SECONDS, StudentGone

# After one timeout or two crashes in checks of an exercise, the other checks of that exercise are
# not run.
MAX_DEATHS = 2
_WEIGHTS = {"timeout": 2}
# After one check of a hand-in has run out of time, its other checks get less: a hand-in that never
# answers must not hold up the others, and an honest check takes a hundredth of this.
IMPATIENT_SECONDS = 5.0
# For all loading of a hand-in (once more after each death), and for loading and answers together.
ALL_LOADS_SECONDS = 2 * LOAD_SECONDS
ALL_SECONDS = 60.0
# How many checks of a hand-in may be run a second time because the process was killed and nobody
# knows by whom. The hand-in may have killed its process itself, so there are not many.
MAX_SECOND_TRIES = 3


class TimeBudget:
    """The seconds that a hand-in has left, for being loaded and for answering."""

    def __init__(self) -> None:
        self._loading, self._all = ALL_LOADS_SECONDS, ALL_SECONDS

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left for answers."""
        return self._all <= 0

    def for_loading(self) -> float:
        """Return how long the hand-in may be loaded now."""
        return min(LOAD_SECONDS, self._loading, self._all)

    def charge_loading(self, seconds: float) -> None:
        """Take off what loading took."""
        self._loading = max(0.0, self._loading - seconds)
        self._all = max(0.0, self._all - seconds)

    def for_answers(self, seconds: float) -> float:
        """Return how much of a check's own limit the hand-in has left."""
        return min(seconds, self._all)

    def charge_answers(self, seconds: float) -> None:
        """Take off what answering took."""
        self._all = max(0.0, self._all - seconds)


class Deaths:
    """How often checks of each exercise ended the hand-in's process, and how they ended it."""

    def __init__(self) -> None:
        self._weights: dict[str, int] = {}
        self._last: dict[str, StudentGone] = {}

    def of(self, exercise: str) -> tuple[int, StudentGone | None]:
        """Return what is known of an exercise: the weight of its deaths, and the last of them."""
        return self._weights.get(exercise, 0), self._last.get(exercise)

    def add(self, exercise: str, death: StudentGone) -> None:
        """Count a death; a timeout weighs as much as two crashes."""
        self._weights[exercise] = self._weights.get(exercise, 0) + _WEIGHTS.get(death.reason, 1)
        self._last[exercise] = death

    def restore(self, exercise: str, before: tuple[int, StudentGone | None]) -> None:
        """Put back what `of` returned earlier."""
        weight, last = before
        self._weights[exercise] = weight
        if last is None:
            self._last.pop(exercise, None)
        else:
            self._last[exercise] = last

    def raise_if_too_many(self, exercise: str) -> None:
        """Refuse another check of an exercise whose checks ended the process too often.

        Raises:
            StudentGone: the last death of the exercise.
        """
        weight, last = self.of(exercise)
        if weight >= MAX_DEATHS and last is not None:
            raise last

    @property
    def has_timeout(self) -> bool:
        """Whether a check of any exercise has run out of time."""
        return any(death.reason == "timeout" for death in self._last.values())


class SecondTries:
    """Which checks of a hand-in were run a second time."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def claim(self, name: str) -> bool:
        """Return whether there may be a second try: once a name, and a few times in all.

        Args:
            name: the check's id; "" for loading the hand-in.
        """
        if name in self._names or len(self._names) >= MAX_SECOND_TRIES:
            return False
        self._names.add(name)
        return True
