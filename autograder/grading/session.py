"""A hand-in under examination: its process, begun again when it dies, and what was said to it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.base.printable import printable
from autograder.base.text import Text, text
from autograder.grading.check import Check
from autograder.isolation.client import (
    LOAD_SECONDS,
    ForkServer,
    StudentError,
    StudentGone,
    StudentProcess,
)
from autograder.isolation.wire import Handle
from course.kit.units import exercises_of

# After one timeout or two crashes in checks of one exercise, its other checks are not tried.
MAX_DEATHS = 2
_WEIGHTS = {"timeout": 2}
# Once a hand-in has let a check run out of time, it is waited for less long: one that never
# answers must not hold up the others, and an honest check takes a hundredth of this.
IMPATIENT_SECONDS = 5.0
# What a hand-in may take in all to be loaded, again and again where its process dies, and to
# answer. Right work of the largest unit takes a tenth of it on a slow machine. These limits and
# those of the checks are seconds of the process's own, see `isolation.clock`.
ALL_LOADS_SECONDS = 2 * LOAD_SECONDS
ALL_ANSWERS_SECONDS = 180.0
# How often a hand-in may be given a check's second try, where its process was killed and nobody
# knows by whom. It may have done so itself.
MAX_SECOND_TRIES = 3
# Answers of a check that are kept for the diagnosis; known mistakes answer with far less.
MAX_KEPT = 16 * 2**20
_NOT_LOADED = ("The hand-in can't be loaded", "无法载入这份作业")


class Rejected(Exception):
    """The hand-in can't be read; the message says why, and `text` says it in both languages."""

    def __init__(self, reason: Text):
        super().__init__(reason["en"])
        self.text = reason


class NotDefined(Exception):
    """The hand-in has no such exercise."""


@dataclass
class Exchange:
    """One request to the student's process, and what came back."""

    operation: str
    fields: dict[str, Any]
    value: Any = None
    error: str | None = None


@dataclass
class Transcript:
    """What a check, or its last example, asked and was answered.

    `size` counts the bytes of the answers; `whole` is no longer so where they were too many.
    """

    seed: int
    policy: str = "float32"
    exchanges: list[Exchange] = field(default_factory=list)
    size: int = 0
    whole: bool = True

    def add(self, exchange: Exchange, size: int) -> None:
        """Keep one more exchange, or none at all any more."""
        self.size += size
        if self.size > MAX_KEPT:
            self.whole = False
            self.exchanges.clear()
        if self.whole:
            self.exchanges.append(exchange)


class Session:
    """One hand-in of one unit, examined check by check.

    Args:
        server: where its processes come from.
        data: the file's bytes.
        suffix: `.ipynb` or `.py`.
        unit: the unit's name.
    """

    def __init__(self, server: ForkServer, data: bytes, suffix: str, unit: str):
        self._server, self._data, self._suffix, self.unit = server, data, suffix, unit
        self._process: StudentProcess | None = None
        self.defined: set[str] = set()
        self.problems: list[Text] = []
        self.layers: list[str] = list(server.layers)
        self.tried: set[str] = set()
        self.transcript = Transcript(0)
        self.example: dict[str, Any] | None = None
        self._fresh: dict[str, Any] | None = None
        self._searched: set[str] = set()
        self._deaths: dict[str, int] = {}
        self._last_death: dict[str, StudentGone] = {}
        self._failed_start: StudentGone | None = None
        self._loads_left, self._answers_left = ALL_LOADS_SECONDS, ALL_ANSWERS_SECONDS
        self._check: Check | None = None
        self._died: StudentGone | None = None  # in this check
        self._before: tuple[int, StudentGone | None, bool] = (0, None, False)
        self._second_tries: set[str] = set()

    def open(self) -> None:
        """Start the process and load the hand-in.

        Raises:
            Rejected: it can't be read.
            StudentGone: its process didn't survive the loading.
        """
        if self._failed_start is not None:
            raise self._failed_start
        try:
            answer = self._loaded()
        except StudentGone as gone:
            self._failed_start = gone
            raise
        except StudentError as error:
            english, chinese = _NOT_LOADED
            raise Rejected(text(f"{english}: {error}", f"{chinese}：{error}")) from None
        if not isinstance(answer, dict) or "rejected" in answer:
            reason = answer.get("rejected") if isinstance(answer, dict) else None
            english, chinese = _NOT_LOADED
            raise Rejected(_told(reason) or text(f"{english}.", f"{chinese}。"))
        defined, problems = answer.get("defined"), answer.get("problems")
        said = defined if isinstance(defined, list) else []
        self.defined = {name for name in said if isinstance(name, str)} & {*exercises_of(self.unit)}
        told = [_told(p) for p in problems[:20]] if isinstance(problems, list) else []
        self.problems = [problem for problem in told if problem is not None]

    def _loaded(self) -> Any:
        try:
            return self._load()
        except StudentGone as gone:
            if gone.unexplained and self._claim_second_try(""):
                return self._load()
            raise

    def _load(self) -> Any:
        process = self._process = self._server.fork()
        self.layers = process.layers
        seconds = min(LOAD_SECONDS, self._loads_left)
        try:
            return process.load(
                self._data, self._suffix, self.unit, exercises_of(self.unit), seconds=seconds
            )
        finally:
            self.tried |= process.tried
            self._loads_left = max(0.0, self._loads_left - process.spent)

    def begin(self, check: Check, seed: int, policy: str = "float32") -> None:
        """Make ready for a check: a living process, fresh seeds, a clock that runs.

        Raises:
            NotDefined: the exercise is not in the hand-in.
            StudentGone: too many checks of this exercise ended their process.
        """
        self._check, self._died, name = check, None, check.exercise
        self._before = (
            self._deaths.get(name, 0),
            self._last_death.get(name),
            name in self._searched,
        )
        if self._deaths.get(name, 0) >= MAX_DEATHS:
            raise self._last_death[name]
        if self._process is None or not self._process.alive:
            self.open()
        if check.exercise not in self.defined:
            raise NotDefined(check.exercise)
        assert self._process is not None
        timed_out = any(gone.reason == "timeout" for gone in self._last_death.values())
        seconds = min(check.timeout, IMPATIENT_SECONDS) if timed_out else check.timeout
        if not check.needs:  # what trains on a GPU may take all its time
            seconds = min(seconds, self._answers_left)
        self._process.allow(seconds)
        self.example = None
        self.restart_transcript(seed, policy)

    def restart_transcript(self, seed: int, policy: str = "float32") -> None:
        """Forget what was asked; give the process fresh seeds and this dtype policy."""
        self.transcript = Transcript(seed, policy)
        self._fresh = {"seed": seed, "policy": policy}  # goes with the next request

    def request(self, operation: str, **fields: Any) -> Any:
        """Ask the process for something; what is asked and answered is kept for the diagnosis.

        Raises:
            StudentError: the student's code raised.
            StudentGone: its process ended.
        """
        assert self._process is not None
        exchange, before = Exchange(operation, fields), self._process.received
        try:
            exchange.value = self._ask(operation, fields)
        except StudentError as error:
            exchange.error = error.type_name
            raise
        except StudentGone as gone:
            exchange.error = gone.reason
            raise
        finally:
            self.transcript.add(exchange, self._process.received - before)
        return exchange.value

    def _ask(self, operation: str, fields: dict[str, Any]) -> Any:
        assert self._process is not None
        begin, self._fresh = self._fresh, None
        before = self._process.spent
        try:
            return self._process.request(operation, begin=begin, **fields)
        except StudentGone as gone:
            if self._check is not None and self._died is None:
                name, self._died = self._check.exercise, gone
                self._deaths[name] = self._deaths.get(name, 0) + _WEIGHTS.get(gone.reason, 1)
                self._last_death[name] = gone
            raise
        finally:
            self.tried |= self._process.tried
            if self._check is None or not self._check.needs:
                spent = self._process.spent - before
                self._answers_left = max(0.0, self._answers_left - spent)

    def forgives(self, gone: StudentGone) -> bool:
        """Whether the check that has just ended so is to be run once more, as if it hadn't been.

        It is where the process was killed in this check and nobody knows by whom, the kernel for
        want of memory say: once a check, and a few times in all.

        Args:
            gone: what the check raised.
        """
        if self._check is None or gone is not self._died or not gone.unexplained:
            return False
        if not self._claim_second_try(self._check.id):
            return False
        name, (deaths, last, searched) = self._check.exercise, self._before
        self._deaths[name] = deaths
        if last is None:
            self._last_death.pop(name, None)
        else:
            self._last_death[name] = last
        if not searched:
            self._searched.discard(name)
        return True

    def _claim_second_try(self, of: str) -> bool:
        if of in self._second_tries or len(self._second_tries) >= MAX_SECOND_TRIES:
            return False
        self._second_tries.add(of)
        return True

    def claim_search(self) -> bool:
        """Whether this is the first property of the exercise that fails; later calls say no."""
        exercise = self._check.exercise if self._check is not None else ""
        first = exercise not in self._searched
        self._searched.add(exercise)
        return first

    def printed(self) -> int:
        """Return how many characters the hand-in's code has printed, 0 where it can't be asked."""
        if self._process is None or not self._process.alive:
            return 0
        self._process.allow(5.0)
        try:
            size = self._process.request("output").get("size")
        except (StudentError, StudentGone, AttributeError):
            return 0
        return size if isinstance(size, int) else 0

    def close(self) -> None:
        """End its process."""
        if self._process is not None:
            self._process.close()
            self._process = None


class Student:
    """What a hidden check sees: the hand-in's exercises as attributes, called like the real ones.

    Calling one sends the arguments over and brings arrays back; what is no data stays over there
    and comes back as a `Remote`.
    """

    def __init__(self, session: Session, seed: int):
        self._session, self.seed = session, seed

    def __getattr__(self, name: str) -> "Remote":
        if name.startswith("_"):
            raise AttributeError(name)
        return Remote(self._session, {"name": name})

    def given(self, name: str) -> "Remote":
        """Something of `course.kit`, over there: `scripted.ScriptedModel` say."""
        return Remote(self._session, {"given": name})

    def shared(
        self,
        name: str,
        *args: Any,
        built_on: list,
        built_with: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """An object that checks share, made and called once, on `built_on` and `built_with`.

        For a check that gives all weights their values and then only looks: creating a model
        takes ten times as long as calling it.
        """
        value = self._session.request(
            "lend",
            name=name,
            args=[_sent(arg) for arg in args],
            kwargs={key: _sent(arg) for key, arg in kwargs.items()},
            built_on=_sent(built_on),
            built_with={key: _sent(arg) for key, arg in (built_with or {}).items()},
        )
        return Remote(self._session, {"name": name})._wrap(value)

    def new_example(self, inputs: dict[str, Any]) -> None:
        """Begin another example of a property."""
        self._session.restart_transcript(self.seed, self._session.transcript.policy)
        self._session.example = inputs

    def claims_search(self) -> bool:
        """Whether to search for the smallest failing input: once an exercise is enough."""
        return self._session.claim_search()

    def no_example(self) -> None:
        """What happens is not for the input's sake."""
        self._session.example = None

    def use_policy(self, policy: str) -> None:
        """Go on under another dtype policy, `mixed_float16` say."""
        self._session.restart_transcript(self.seed, policy)


class Remote:
    """A function, class or object that lives in the student's process."""

    def __init__(self, session: Session, target: dict[str, Any]):
        self._session, self._target = session, target

    def _wrap(self, value: Any) -> Any:
        if isinstance(value, Handle):
            return Remote(self._session, {"handle": value})
        return value

    def _call(self, mode: str, args: tuple, kwargs: dict[str, Any], specs: Any = None) -> Any:
        value = self._session.request(
            "call",
            target=self._target,
            args=[_sent(arg) for arg in args],
            kwargs={key: _sent(arg) for key, arg in kwargs.items()},
            mode=mode,
            specs=specs,
        )
        return self._wrap(value)

    @property
    def _handle(self) -> Handle:
        return self._target["handle"]

    @property
    def is_object(self) -> bool:
        """Whether this is an object made by the student's code, not a name in the hand-in."""
        return "handle" in self._target

    @property
    def type_name(self) -> str:
        """The name of the object's class."""
        return self._handle.type_name if self.is_object else ""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._call("eager", args, kwargs)

    def method(self, name: str) -> "Remote":
        """Return a method of this object."""
        return Remote(self._session, {**self._target, "method": name})

    def graph(self, *args: Any, specs: Any = None, **kwargs: Any) -> Any:
        """Call inside a compiled function; `specs` are its arrays' shapes, None for unknown."""
        return self._call("graph", args, kwargs, specs)

    def xla(self, *args: Any, **kwargs: Any) -> Any:
        """Call inside a function compiled by XLA."""
        return self._call("xla", args, kwargs)

    def symbolic(self, *args: Any, specs: Any, **kwargs: Any) -> Any:
        """Call on symbolic tensors of these shapes; gives `Spec`s."""
        return self._call("symbolic", args, kwargs, specs)

    def functional(self, *args: Any, specs: Any, **kwargs: Any) -> Any:
        """Call through a functional model with inputs of these shapes."""
        return self._call("functional", args, kwargs, specs)

    def gradients(
        self, *args: Any, cotangents: list, wrt: list[str] | None = None, **kwargs: Any
    ) -> dict[str, list]:
        """Gradients of sum(output * cotangent) to the array arguments and to the weights.

        The weights are those at the paths in `wrt`, or all that can be trained.
        """
        return self._session.request(
            "gradients",
            target=self._target,
            args=[_sent(arg) for arg in args],
            kwargs={key: _sent(arg) for key, arg in kwargs.items()},
            cotangents=cotangents,
            wrt=wrt,
        )

    def weights(self) -> Any:
        """Every weight: `trainable` and `value`."""
        return self._session.request("weights", handle=self._handle)

    def value(self, path: str) -> Any:
        """The attribute at a dotted path."""
        return self._wrap(self._session.request("value", handle=self._handle, path=path))

    def assign(self, values: dict[str, Any] | None = None, **named: Any) -> None:
        """Put arrays into the weights at dotted paths; in a keyword `__` stands for a dot."""
        plain = {path: _sent(value) for path, value in (values or {}).items()}
        plain |= {path.replace("__", "."): _sent(value) for path, value in named.items()}
        self._session.request("assign", handle=self._handle, values=plain)

    def clone(self) -> "Remote":
        """A new object from this one's configuration."""
        return self._wrap(self._session.request("clone", handle=self._handle))

    def reload(self, *args: Any, specs: Any, **kwargs: Any) -> Any:
        """Outputs of this layer after its model was saved and loaded."""
        return self._session.request(
            "reload",
            handle=self._handle,
            args=[_sent(arg) for arg in args],
            kwargs={key: _sent(arg) for key, arg in kwargs.items()},
            specs=specs,
        )


def _told(said: Any) -> Text | None:
    """Return what a process says of its hand-in: English and Chinese. None for anything else."""
    pair = said if isinstance(said, list) and len(said) == 2 else [said, said]
    english, chinese = (printable(part, 500) for part in pair)
    return text(english, chinese or english) if english else None


def _sent(value: Any) -> Any:
    if isinstance(value, Remote):
        return value._handle
    if isinstance(value, tuple | list):
        return [_sent(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.copy()  # what was asked is kept, and a check may go on with its array
    return value
