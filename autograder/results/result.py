"""A result: what a hand-in got, check by check, in parts of which readers make their sentences."""

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from autograder.base.text import Text
from autograder.results.message import message, place_sentence
from autograder.results.statuses import CheckStatus, ResultStatus

SCHEMA = 2
# How `results.files` reads these classes: no field of another type, none too many, finite numbers.
_STRICT = {"strict": True, "extra": "forbid", "allow_inf_nan": False}


@dataclass
class Place:
    """The one edit of the student's own code that makes an exercise right, or two of them.

    What an instructor keeps from students is not in it, see `statuses.HintLevel`.

    Attributes:
        where: the cell or file, and the line.
        kind: what the edit changes.
        line: the text of the line; of each line where there are two edits.
        edit: the statement before and after, of each edit.
    """

    __pydantic_config__: ClassVar = _STRICT

    where: str
    kind: Text | None = None
    line: str = ""
    edit: list[str] | None = None

    @property
    def sentence(self) -> Text:
        """All of it in sentences."""
        return place_sentence(self.where, self.kind, self.line, self.edit)


@dataclass
class CheckResult:
    """What became of one check.

    Attributes:
        id, exercise, title: which check.
        status: what the check came to, see `results.statuses`.
        points, max_points: what the student got, and what could be had here.
        wrong: what is wrong, or that nothing is.
        input: the arguments that show the fault, as plain data by name.
        answer: what the student's code gave for the input, where both are small.
        mistake: the name of the known mistake whose answers equal the student's.
        hint: what the answers look like, and what to look at. Where several known mistakes fit,
            the hint names them all, and `mistake` is None.
        place: where the student's code goes wrong.
        comes_from: the exercise that made this check fail: with a right one in its place it passed.
        attention: the attention weights that the check found wrong, as
            `grading.attention_picture` makes them.
        seconds: how long the check took.
    """

    __pydantic_config__: ClassVar = _STRICT

    id: str
    exercise: str
    title: Text
    status: CheckStatus
    points: float
    max_points: float
    wrong: Text
    input: dict[str, Any] | None = None
    answer: Any = None
    mistake: str | None = None
    hint: Text | None = None
    place: Place | None = None
    comes_from: str | None = None
    attention: dict[str, Any] | None = None
    seconds: float = 0.0

    @property
    def is_plainly_right(self) -> bool:
        """Whether the check passed on what was handed in, so that there is nothing to say."""
        return self.status == "passed" and self.comes_from is None

    @property
    def message(self) -> Text:
        """All parts in sentences, for a terminal or a gradebook."""
        place = None if self.place is None else self.place.sentence
        return message(self.wrong, self.input, self.answer, self.hint, place)


@dataclass(frozen=True)
class Grade:
    """What a course's gradebook holds of a hand-in, whatever became of it after grading.

    Attributes:
        score: before a penalty, with manual scores and extra credit.
        max_score: what the unit is worth in the gradebook.
        penalty: what is taken off for being late.
        by_hand: whether somebody gave points by hand.
    """

    __pydantic_config__: ClassVar = _STRICT

    score: float
    max_score: float
    penalty: float = 0.0
    by_hand: bool = False

    @property
    def total(self) -> float:
        """The score less the penalty, never below nothing."""
        return max(self.score - self.penalty, 0.0)


@dataclass
class Result:
    """What became of one hand-in.

    Attributes:
        submission, unit: which hand-in.
        status: `graded`, or `rejected` with the reason in `problems`.
        score, max_score: the sums over the checks.
        seed, backend, isolation: how the hand-in was graded.
        duration_s: how many seconds that took.
        checks: what became of each check.
        problems: what there is to say of the file as a whole.
        student: what the platform that the hand-in came from says of its student: name, id, email,
            and whether it was late; None where it came from none.
        suite, hand_in: which code graded which file (`autograder.grading.versions`).
        grade: what a course's gradebook holds, where it was read with the result. It is in no
            result's file: the gradebook is the only place of it.
    """

    __pydantic_config__: ClassVar = _STRICT

    submission: str
    unit: str
    status: ResultStatus
    score: float
    max_score: float
    seed: int
    backend: str
    duration_s: float
    isolation: list[str]
    suite: str = ""
    hand_in: str = ""
    checks: list[CheckResult] = field(default_factory=list)
    problems: list[Text] = field(default_factory=list)
    student: dict[str, str | bool] | None = None
    grade: Grade | None = None

    @property
    def keys(self) -> list[str]:
        """What tells the student on a roster, what tells best first."""
        return [*student_keys(self.student), self.submission]

    def as_json(self) -> dict[str, Any]:
        """Return the result in the form of the contract, with each check's message."""
        data = {"schema": SCHEMA, **asdict(self)}
        del data["grade"]
        for fields, check in zip(data["checks"], self.checks, strict=True):
            fields["message"] = check.message
        return data

    def without_times(self) -> dict[str, Any]:
        """Return the result as JSON but for what differs from run to run: how long things took."""
        data = self.as_json()
        del data["duration_s"]
        for check in data["checks"]:
            del check["seconds"]
        return data

    @property
    def mistakes(self) -> list[str]:
        """The known mistakes that were named, each once, in order."""
        return list(dict.fromkeys(c.mistake for c in self.checks if c.mistake))


def student_keys(student: dict[str, str | bool] | None) -> list[str]:
    """Return what tells a student on a roster, from what a platform says; what tells best first.

    Canvas and Moodle number people by themselves: such a number is nobody's student number.
    """
    facts = student or {}
    own = facts.get("platform") in ("canvas", "moodle")
    number = facts.get("id") and (f"{facts['platform']}:{facts['id']}" if own else facts["id"])
    return [str(key) for key in (number, facts.get("email"), facts.get("name")) if key]
