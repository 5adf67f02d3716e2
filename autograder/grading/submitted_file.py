"""A hand-in's file as the grader takes it: whose it is, and its bytes."""

from dataclasses import dataclass

from autograder.base.text import Text


@dataclass(frozen=True)
class SubmittedFile:
    """One hand-in to grade.

    Attributes:
        name: the student's name.
        unit: the unit's name.
        suffix: the file name's suffix, `.py` or `.ipynb`.
        data: the file's content.
        unreadable: why there is no content, where the student has to hand the file in again.
    """

    name: str
    unit: str
    suffix: str
    data: bytes
    unreadable: Text | None = None
