"""A confined process that holds a student's hand-in, seen from the grader."""

import contextlib
import json
import select
import signal
import socket
from typing import Any

from autograder.base.printable import printable
from autograder.isolation.attempts import DESCRIPTIONS
from autograder.isolation.clock import Meter, TimedOut, Watched
from autograder.isolation.wire import Channel, Disconnected, WireError

LOAD_SECONDS = 20.0
_AUTOPSY_SECONDS = 60.0  # on the wall: its keeper answers at once where a process dies


class StudentError(Exception):
    """The student's code raised; what it raised, as data, see `isolation.errors`.

    Attributes:
        kind: what kind of exception.
        type_name, message: the exception's.
        where: the line of the hand-in that it came through last.
        within: the function or class of the hand-in that the line belongs to.
        through: the function of a library that the line called.
        parts: what is absent, or of another shape.
        explanation: why a name that is missing isn't there, as the process says it: most likely
            a list of the English and the Chinese sentence.
    """

    def __init__(self, error: dict[str, Any]):
        self.kind = printable(error.get("kind", "raised"), 20)
        self.type_name = printable(error.get("type"), 100)
        self.message = printable(error.get("message"), 2500)
        self.where = printable(error.get("where"), 200)
        self.within = printable(error.get("within"), 100)
        self.explanation = error.get("explanation")
        self.through = printable(error.get("through"), 100)
        parts = error.get("parts")
        parts = parts if isinstance(parts, list) else []
        self.parts = tuple(printable(part, 200) for part in [*parts, "", "", ""][:3])
        super().__init__(f"{self.type_name}: {self.message}")


class StudentGone(Exception):
    """The student's process ended or was ended.

    Attributes:
        reason: `timeout`, `memory`, `threads`, `disk`, `protocol` or `crashed`.
        detail: a signal or an exit status, or what was wrong.
        unexplained: whether somebody else may have killed it, the kernel for want of memory say.
    """

    def __init__(self, reason: str, detail: str = "", unexplained: bool = False):
        self.reason, self.detail, self.unexplained = reason, detail, unexplained
        super().__init__(f"{reason} {detail}".strip())


class StudentProcess:
    """One confined process that holds one hand-in.

    Args:
        channel: the line to it.
        leash: the line to its keeper, who ends it when this is closed.
        layers: the walls that hold around it.
        pid: its number here, 0 where nobody knows it.
        slowness: how many seconds of this machine make one of an ordinary machine.

    Attributes:
        layers: the walls that hold around it.
        pid: its number here, 0 where nobody knows it.
        attempts: kinds of things that the hand-in's code tried and no exercise needs.
    """

    def __init__(
        self,
        channel: Channel,
        leash: socket.socket,
        layers: list[str],
        pid: int = 0,
        slowness: float = 1.0,
    ):
        self.layers = layers
        self._channel, self._leash = channel, leash
        self.pid = pid
        self._watched = Watched(pid)
        self._meter = Meter(self._watched.look, slowness)
        self._end: StudentGone | None = None
        self.alive = True
        self.cpu_seconds = 0.0
        self.attempts: set[str] = set()

    @property
    def received(self) -> int:
        """Bytes of all answers so far."""
        return self._channel.received

    @property
    def spent(self) -> float:
        """Seconds that it was waited for in all, by the clock of `clock.Meter`."""
        return self._meter.spent

    def allow(self, seconds: float | None) -> None:
        """Give it so much time for all that it is asked from now on; None: as much as it likes."""
        self._meter.allow(seconds)

    def load(
        self,
        data: bytes,
        suffix: str,
        exercises: tuple[str, ...],
        forbidden: tuple[str, ...] = (),
        slot: str = "",
        seconds: float = LOAD_SECONDS,
        right: tuple[tuple[str, ...], str] = ((), ""),
    ) -> Any:
        """Give the process its hand-in, or one more, in a slot of its own.

        Args:
            data: the file's bytes.
            suffix: `.ipynb` or `.py`.
            exercises: the names of the unit's exercises.
            forbidden: built-ins that the hand-in may not use.
            slot: a name for the hand-in, where the process is to hold several.
            seconds: how long loading may take.
            right: names of exercises, and code that defines them in the place of the hand-in's.

        Returns:
            `{"defined": [names], "problems": [pairs]}`, or `{"rejected": pair}`, if the hand-in
            lets it be; a pair says it in English and in Chinese.

        Raises:
            StudentGone: it did not survive, or took longer than a hand-in may to be read.
        """
        self.allow(seconds)
        fields = {"exercises": list(exercises), "forbid": list(forbidden), "slot": slot}
        return self.request("load", data=data, suffix=suffix, right=list(right), **fields)

    def read_detours(
        self, data: bytes, suffix: str, exercises: tuple[str, ...], seconds: float = LOAD_SECONDS
    ) -> Any:
        """Have a hand-in read, not run; return what it names that leads around the fence.

        Asked of a process that has run no student's code yet, it is what the code says.

        Raises:
            StudentError: it can't be read.
            StudentGone: the process did not survive, or took longer than a hand-in may to be read.
        """
        self.allow(seconds)
        return self.request("detours", data=data, suffix=suffix, exercises=list(exercises))

    def read_uses(self, data: bytes, suffix: str, exercises: tuple[str, ...]) -> dict:
        """Have a hand-in read, not run; return which exercises each exercise uses.

        Raises:
            StudentError: it can't be read.
            StudentGone: the process did not survive, or took longer than a hand-in may to be read.
        """
        self.allow(LOAD_SECONDS)
        return self.request("uses", data=data, suffix=suffix, exercises=list(exercises))

    def request(self, operation: str, **fields: Any) -> Any:
        """Ask for something and return the answer.

        Raises:
            StudentError: the student's code raised.
            StudentGone: the process is no more; `reason` says why.
        """
        if not self.alive:
            raise self._end or StudentGone("crashed")
        self._meter.begin()
        try:
            self._channel.send({"op": operation, **fields}, self._meter)
            answer = self._channel.receive(self._meter)
        except TimedOut:
            raise self._ended(StudentGone("timeout")) from None
        except WireError as error:
            raise self._ended(StudentGone("protocol", str(error))) from None
        except Disconnected:
            raise self._ended(self._autopsy()) from None
        if isinstance(answer, dict) and isinstance(answer.get("tried"), list):
            kinds = {kind for kind in answer["tried"] if isinstance(kind, str)}
            self.attempts |= kinds & set(DESCRIPTIONS)
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            raise StudentError(answer["error"])
        if not isinstance(answer, dict) or "value" not in answer:
            raise self._ended(StudentGone("protocol", "An answer came that was none."))
        cpu = answer.get("cpu")
        self.cpu_seconds += cpu if isinstance(cpu, float) and 0 <= cpu < 1e6 else 0.0
        return answer["value"]

    def _ended(self, gone: StudentGone) -> StudentGone:
        """Let go of the process; whoever asks it again learns the same."""
        self._end = gone
        self.close()
        return gone

    def _autopsy(self) -> StudentGone:
        """Learn from the keeper how the process ended, or have it ended if it only went silent."""
        report = b""
        with contextlib.suppress(OSError):
            self._leash.shutdown(socket.SHUT_WR)
        ready, _, _ = select.select([self._leash], [], [], _AUTOPSY_SECONDS)
        with contextlib.suppress(OSError):
            report = self._leash.recv(4096) if ready else b""
        try:
            end = json.loads(report)
        except ValueError:  # its keeper is gone, too
            return StudentGone("crashed", unexplained=True)
        if end["excess"]:
            return StudentGone(end["excess"])
        if end["signal"]:
            unexplained = end["signal"] == signal.SIGKILL and not end["let_go"]
            return StudentGone("crashed", f"signal {end['signal']}", unexplained)
        return StudentGone("crashed", f"exit status {end['code']}")

    def close(self) -> None:
        """End the process and everything that it started."""
        self.alive = False
        self._channel.close()
        self._leash.close()
        self._watched.close()
