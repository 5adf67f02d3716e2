"""The process that holds a hand-in, and the processes that take its place after it has died."""

from collections.abc import Sequence
from typing import Any

from autograder.base.printable import printable
from autograder.base.text import Text, text
from autograder.grading.limits import SecondTries, TimeBudget
from autograder.grading.replacement import Replacement
from autograder.grading.unit import unit_of
from autograder.isolation.fork_server import ForkServer
from autograder.isolation.student_process import StudentError, StudentGone, StudentProcess
from course.kit.problems import line_of
from course.kit.units import exercises_of

_MAX_PROBLEMS = 20
_NOT_LOADED = text("The hand-in can't be loaded", "无法载入这份作业")


class Rejected(Exception):
    """The hand-in can't be read.

    Attributes:
        text: the reason, in both languages; `str` is the English one.
    """

    def __init__(self, reason: Text):
        super().__init__(reason["en"])
        self.text = reason


class HandInProcess:
    """A hand-in, loaded into a student's process, and into another one after each death.

    Args:
        server: where the processes come from.
        data: the file's bytes.
        suffix: `.ipynb` or `.py`.
        unit: the unit's name.
        budget: the hand-in's seconds.
        second_tries: the hand-in's second tries.
        replacement: what stands in the place of exercises of the hand-in's.

    Attributes:
        unit: the unit's name.
        defined: the exercises that the hand-in defines, once it is loaded.
        absent: of exercises that it does not define, why.
        problems: what of the hand-in could not be used.
        layers: the isolation layers that hold around the process.
        attempts: kinds of things that the hand-in's code tried and no exercise needs.
    """

    def __init__(
        self,
        server: ForkServer,
        data: bytes,
        suffix: str,
        unit: str,
        budget: TimeBudget,
        second_tries: SecondTries,
        replacement: Replacement | None = None,
    ):
        self._server, self._data, self._suffix, self.unit = server, data, suffix, unit
        self._budget, self._second_tries = budget, second_tries
        self._right = (replacement.names, replacement.source) if replacement else ((), "")
        self._process: StudentProcess | None = None
        self._failed_start: StudentGone | None = None
        self._detours: Any = None
        self.defined: set[str] = set()
        self.absent: dict[str, Text] = {}
        self.problems: list[Text] = []
        self.layers: list[str] = list(server.layers)
        self.attempts: set[str] = set()

    @property
    def alive(self) -> bool:
        """Whether there is a process to ask."""
        return self._process is not None and self._process.alive

    @property
    def pid(self) -> int:
        """The living process's number, 0 where nobody knows it."""
        return self._process.pid if self._process is not None else 0

    @property
    def received(self) -> int:
        """Bytes of all answers of the process so far."""
        return self._process.received if self._process is not None else 0

    def open(self) -> None:
        """Start a process and load the hand-in into it.

        Raises:
            Rejected: the hand-in can't be read.
            StudentGone: the process did not survive loading, now or earlier.
        """
        if self._failed_start is not None:
            raise self._failed_start
        try:
            answer = self._load_with_second_try()
        except StudentGone as death:
            self._failed_start = death
            raise
        except StudentError as error:
            english, chinese = _NOT_LOADED["en"], _NOT_LOADED["zh"]
            raise Rejected(text(f"{english}: {error}", f"{chinese}：{error}")) from None
        if not isinstance(answer, dict) or "rejected" in answer:
            reason = answer.get("rejected") if isinstance(answer, dict) else None
            english, chinese = _NOT_LOADED["en"], _NOT_LOADED["zh"]
            raise Rejected(text_from(reason) or text(f"{english}.", f"{chinese}。"))
        names, problems = _list(answer.get("defined")), _list(answer.get("problems"))
        self.defined = {*exercises_of(self.unit)} & {n for n in names if isinstance(n, str)}
        self.absent = _texts(answer.get("absent"), exercises_of(self.unit))
        texts = map(text_from, problems[:_MAX_PROBLEMS])
        self.problems = [problem for problem in texts if problem is not None]
        more = len(problems) - _MAX_PROBLEMS
        if more > 0:
            self.problems.append(
                text(f"Problems that are not listed here: {more}.", f"另有 {more} 个问题。")
            )
        if self._detours:
            self.problems.append(_detours_text(self._detours))

    def _load_with_second_try(self) -> Any:
        try:
            return self._load()
        except StudentGone as death:
            if death.unexplained and self._second_tries.claim(""):
                return self._load()
            raise

    def _load(self) -> Any:
        process = self._process = self._server.fork()
        self.layers = process.layers
        names, forbidden = exercises_of(self.unit), unit_of(self.unit).forbidden
        seconds = self._budget.for_loading()
        try:
            if self._detours is None and not self._right[0]:
                self._detours = self._read_detours(process, seconds)
            return process.load(
                self._data, self._suffix, names, forbidden, seconds=seconds, right=self._right
            )
        finally:
            self.attempts |= process.attempts
            self._budget.charge_loading(process.spent)

    def _read_detours(self, process: StudentProcess, seconds: float) -> list[Any]:
        """Ask a process for what the hand-in names, before anything of the hand-in has run."""
        names = exercises_of(self.unit)
        try:
            return _list(process.read_detours(self._data, self._suffix, names, seconds))
        except StudentError:  # it can't be read, and loading says so
            return []

    def allow(self, seconds: float | None) -> None:
        """Give the process so many seconds for all requests from now on; None: no limit."""
        assert self._process is not None
        self._process.allow(seconds)

    def request(self, operation: str, charged: bool, **fields: Any) -> Any:
        """Ask the process for something and return its answer.

        Args:
            operation: what is asked for.
            charged: whether the seconds come off the hand-in's budget.
            **fields: the request's arguments.

        Raises:
            StudentError: the student's code raised.
            StudentGone: the process ended.
        """
        assert self._process is not None
        process, before = self._process, self._process.spent
        try:
            return process.request(operation, **fields)
        finally:
            self.attempts |= process.attempts
            if charged:
                self._budget.charge_answers(process.spent - before)

    def count_printed(self) -> int:
        """Return how many characters the hand-in's code has printed, 0 where nobody can tell."""
        if not self.alive:
            return 0
        self.allow(5.0)
        try:
            size = self.request("output", charged=False).get("size")
        except (StudentError, StudentGone, AttributeError):
            return 0
        return size if isinstance(size, int) else 0

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None


def text_from(message: Any) -> Text | None:
    """Return what a student's process says of its hand-in as a short text in both languages.

    Args:
        message: a list of the English and the Chinese text; the process may send anything else.

    Returns:
        None where there is no English text; the English text twice where there is no Chinese.
    """
    pair = message if isinstance(message, list) and len(message) == 2 else [message, message]
    english, chinese = (printable(part, 500) for part in pair)
    return text(english, chinese or english) if english else None


def _detours_text(detours: list[Any]) -> Text:
    """Return the sentence for people about what a hand-in's code names and no exercise needs."""
    english, chinese = [], []
    for name, place, line in detours:
        where = line_of(printable(place, 50), int(line))
        english.append(f"{printable(name, 50)} ({where[0]})")
        chinese.append(f"{printable(name, 50)}（{where[1]}）")
    return text(
        f"No exercise needs what its code names here: {', '.join(english)}.",
        f"代码中用到了任何练习都不需要的内容：{'，'.join(chinese)}。",
    )


def _texts(answer: Any, names: Sequence[str]) -> dict[str, Text]:
    """Return what a student's process says of these names, as far as it says anything."""
    said = answer if isinstance(answer, dict) else {}
    texts = {name: text_from(said.get(name)) for name in names}
    return {name: found for name, found in texts.items() if found is not None}


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []
