"""What becomes of a hand-in that a grading process was given."""

from dataclasses import dataclass

from autograder.results.result import Result
from course.kit.language import say

TRIES = 2  # of a hand-in whose grading process dies


@dataclass(frozen=True)
class Graded:
    """The hand-in has a result."""

    result: Result


@dataclass(frozen=True)
class Failed:
    """The grader could give no result, and would not at another try; `reason` says why."""

    reason: str


@dataclass(frozen=True)
class Died:
    """The grading process or its fork server died; another process may grade the hand-in.

    Attributes:
        reason: what the grading process could still say, or nothing.
    """

    reason: str = ""

    @property
    def last_reason(self) -> str:
        """The reason to give where the last try ended like this."""
        return self.reason or say("Its grading process died twice.", "评分进程两次中止。")


@dataclass(frozen=True)
class NotIsolated:
    """The host can't give the isolation that is asked for; `reason` says what is missing."""

    reason: str


Outcome = Graded | Failed | Died | NotIsolated
