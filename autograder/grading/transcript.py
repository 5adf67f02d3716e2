"""What a check asked of a student's process, and what the process answered."""

import re
from dataclasses import dataclass, field
from typing import Any

from autograder.isolation.student_process import StudentError

# Bytes of answers of one check that stay in memory for the diagnosis; known mistakes answer with
# far less.
MAX_BYTES = 16 * 2**20


@dataclass
class Exchange:
    """One request to the student's process, and its answer.

    Attributes:
        operation: what was asked for, as `isolation.agent` calls it.
        fields: the request's arguments.
        value: the answer; None where an error came instead.
        error: what `signature` says of what the student's code raised, or how its process ended;
            else None.
    """

    operation: str
    fields: dict[str, Any]
    value: Any = None
    error: tuple[str, ...] | None = None


@dataclass
class Transcript:
    """The exchanges of one check, or of the last example of a property.

    Attributes:
        seed: the seed of the check.
        policy: Keras's dtype policy during the check.
        exchanges: requests and answers in order; none where the answers were too many.
        size: bytes of all answers.
        complete: whether `exchanges` holds every one of them.
    """

    seed: int
    policy: str = "float32"
    exchanges: list[Exchange] = field(default_factory=list)
    size: int = 0
    complete: bool = True

    def add(self, exchange: Exchange, size: int) -> None:
        """Append an exchange; drop all of them where the answers have become too large.

        Args:
            exchange: the request with its answer.
            size: bytes of the answer.
        """
        self.size += size
        if self.size > MAX_BYTES:
            self.complete = False
            self.exchanges.clear()
        if self.complete:
            self.exchanges.append(exchange)


def signature(error: StudentError) -> tuple[str, ...]:
    """Return what tells an exception from others: its class, what it says, where it came from.

    The numbers that Keras counts layers and tensors with (`dense_4`) are left out of what it says.
    Shapes stay in it: to the same requests the same mistake gives the same shapes.
    """
    message = re.sub(r"(?<=[A-Za-z])_\d+\b", "", error.message)
    return error.kind, error.type_name, message, error.through, *error.parts
