"""The grader's side of isolation: start the fork server, ask it for students' processes."""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import weakref
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from autograder.base.printable import printable
from autograder.base.signals import postponed
from autograder.isolation import sandbox
from autograder.isolation.attempts import DESCRIPTIONS
from autograder.isolation.clock import Meter, TimedOut, Watched
from autograder.isolation.server_directory import Home
from autograder.isolation.wire import Channel, Disconnected, WireError
from course.kit.errors import UserError

# On the wall: what they wait for ends at once where a process dies, and nobody is billed for it.
_START_SECONDS = 600.0
_HELLO_SECONDS = 120.0
_AUTOPSY_SECONDS = 60.0
_LEAVE_SECONDS, _KILLED_SECONDS = 2.0, 5.0  # for the server's end; with less than `Worker.stop` has
_TRIES = 3  # to get a process, each with a new server
LOAD_SECONDS = 20.0


_NO_PROCESS = (OSError, Disconnected, TimedOut, WireError)
_NONE_GIVEN = (
    "The fork server gives no processes; see whether memory, processes or the temporary "
    "directory's disk have run out."
)
_NO_SECCOMP = (
    "Graded without the seccomp layer ({reason}): the other layers isolate network and files, but "
    "more of the kernel is in reach; install libseccomp and requirements/base.txt to have it."
)
_warned: set[str] = set()


class IsolationError(UserError):
    """This host can't give the walls that were asked for, or the fork server doesn't start."""


class ServerError(IsolationError):
    """The fork server doesn't start, or gives no processes: the machine's fault, and no hand-in's.

    The walls may be there all the same, and another try may go well.

    Attributes:
        killed: whether somebody ended it, or one of its processes, on the way.
    """

    def __init__(self, message: str, killed: bool = False):
        super().__init__(message)
        self.killed = killed


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


class ForkServer:
    """A process that has imported Keras, from which students' processes are forked.

    Args:
        backend: Keras's backend.
        device: `cpu`, or `gpu` to leave the GPUs visible.
        isolation: `require` refuses to start where network or files can't be isolated;
            `best-effort` goes on and names what holds.
        skip: layers to leave out, for tests of the others.
        limits: what each student's process may take.

    Raises:
        IsolationError: on starting, when it can't be had as asked.
    """

    def __init__(
        self,
        backend: str = "tensorflow",
        device: str = "cpu",
        isolation: str = "require",
        skip: tuple[str, ...] = (),
        limits: sandbox.Limits | None = None,
    ):
        self.backend, self.device, self.isolation = backend, device, isolation
        self.skip = skip
        self.limits = limits or (sandbox.ON_GPU if device == "gpu" else sandbox.Limits())
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._home: Home | None = None
        self._students: weakref.WeakSet[StudentProcess] = weakref.WeakSet()
        self.layers: list[str] = []
        self.slowness = 1.0

    def __enter__(self) -> "ForkServer":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def home(self) -> str:
        """The directory that it and its processes may use, none of a student's."""
        return "" if self._home is None else self._home.path

    @property
    def pid(self) -> int | None:
        """The server's process, None while it doesn't run."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the server, and learn from one process which walls hold here.

        Raises:
            ServerError: it doesn't start, or gives no process.
            IsolationError: the walls that were asked for can't be had.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                self._start()
                return
            except ServerError as error:
                if attempt == _TRIES or not error.killed:
                    raise
            except OSError as error:
                self.stop()
                raise ServerError(
                    f"The fork server can't be started ({error.strerror or error}); make room for "
                    "temporary files, or name another place for them in TMPDIR."
                ) from None

    def _start(self) -> None:
        self._home = self._home or Home()
        ours, theirs = socket.socketpair()
        log = open(os.path.join(self.home, "server.log"), "ab")  # noqa: SIM115
        # It holds the directory's lock too: were it taken away while its server starts and the
        # grader is gone, Matplotlib would make it again, and nobody would know whose it was.
        descriptors = [theirs.fileno(), *self._home.descriptors]
        with theirs, log, postponed():  # whoever ends this process ends one that it knows
            self._control = ours
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "autograder.isolation.server"),
                    *(str(theirs.fileno()), self.home),
                ],
                pass_fds=descriptors,
                cwd=sandbox.ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        hello = b""
        if select.select([ours], [], [], _START_SECONDS)[0]:
            with contextlib.suppress(OSError):
                hello = ours.recv(4096)
        if not hello:
            tail = Path(self.home, "server.log").read_text(errors="replace")[-2000:]
            process = self._process
            self.stop()
            killed = (process.returncode or 0) < 0 and process.returncode != -signal.SIGABRT
            raise ServerError(f"The process that imports Keras could not start.\n{tail}", killed)
        ready = json.loads(hello)
        self.slowness = ready["slowness"]
        try:
            probe = self._fork()
        except _NO_PROCESS:
            self.stop(keep_home=True)
            raise ServerError(_NONE_GIVEN, killed=True) from None
        self.layers = probe.layers
        probe.close()
        try:
            self._demand_walls(self.layers)
        except IsolationError:
            self.stop()
            raise
        if self.isolation == "require" and sandbox.SECCOMP not in (*self.layers, *self.skip):
            _warn_once(_NO_SECCOMP.format(reason=ready["no_seccomp"] or "the kernel refused it"))

    def _demand_walls(self, layers: list[str]) -> None:
        """Raise where these layers are too few for what was asked for.

        Raises:
            IsolationError: network or files are open, and `require` was asked for.
        """
        walls = {
            "network": sandbox.isolates_network(layers),
            "file": sandbox.isolates_files(layers),
        }
        missing = [name for name, holds in walls.items() if not holds]
        if missing and self.isolation == "require":
            raise IsolationError(
                f"This host gives no {' and no '.join(missing)} isolation; grade on a Linux "
                "host that has it, or pass --isolation best-effort to go on without."
            )

    def _environment(self) -> dict[str, str]:
        inherited = {
            name: os.environ[name]
            for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "VIRTUAL_ENV", "CONDA_PREFIX")
            if name in os.environ
        }
        own = {
            "HOME": self.home,
            "TMPDIR": self.home,
            "KERAS_HOME": self.home,
            "MPLCONFIGDIR": self.home,
            "COURSE_ROOT": str(sandbox.ROOT),
            "KERAS_BACKEND": self.backend,
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_ENABLE_ONEDNN_OPTS": "0",
            # One thread each: students' processes run side by side, and sums keep their order.
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
        }
        if self.device == "cpu":
            own |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
            # What is compiled runs once, on little: optimising takes longer than it saves.
            own["XLA_FLAGS"] = "--xla_backend_optimization_level=0"
            if self.backend == "jax":  # it compiles every operation; these take a third less
                own["XLA_FLAGS"] += " --xla_cpu_use_fusion_emitters=false"
        return {**inherited, **own}

    def fork(self) -> "StudentProcess":
        """Return a fresh student's process; restart the server first if it has died.

        Raises:
            ServerError: none can be had, again and again.
            IsolationError: it has not the walls that were asked for.
        """
        for attempt in range(1, _TRIES + 1):
            try:
                if self._process is None or self._process.poll() is not None:
                    self.stop(keep_home=True)
                    self.start()
                process = self._fork()
            except (*_NO_PROCESS, ServerError) as error:
                self.stop(keep_home=True)
                if attempt == _TRIES:
                    reason = str(error) if isinstance(error, ServerError) else _NONE_GIVEN
                    raise ServerError(reason) from None
                continue
            # A wall that this host gives can fail now and then, for want of memory say.
            if set(process.layers) >= set(self.layers) or attempt == _TRIES:
                try:
                    self._demand_walls(process.layers)
                except IsolationError:
                    process.close()
                    raise
                return process
            process.close()
        raise AssertionError  # pragma: no cover

    def _fork(self) -> "StudentProcess":
        assert self._control is not None
        ours, theirs = socket.socketpair()
        leash, keeper = socket.socketpair()
        seconds = round(self.limits.cpu_seconds * self.slowness)
        limits = replace(self.limits, cpu_seconds=seconds)
        with theirs, keeper:
            request = {"skip": list(self.skip), "limits": asdict(limits)}
            descriptors = [theirs.fileno(), keeper.fileno()]
            socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)
        channel = Channel(ours)
        try:
            hello = channel.receive(_HELLO_SECONDS)
            # The keeper says so, which runs no student's code.
            known = select.select([leash], [], [], _HELLO_SECONDS)[0]
            pid = int.from_bytes(leash.recv(4) if known else b"", "big")
        except BaseException:
            channel.close()
            leash.close()
            raise
        student = StudentProcess(channel, leash, list(hello["layers"]), pid, self.slowness)
        self._students.add(student)
        return student

    def stop(self, keep_home: bool = False) -> None:
        """End the server.

        Args:
            keep_home: another is to take its place, in the same directory; students' processes
                go on until then. Else they end too.
        """
        if keep_home and self._process is not None:
            self._process.kill()  # one that is let go of would remove the directory
        if not keep_home:
            for student in list(self._students):
                student.close()
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            # Never without end: a signal's handler that calls this may have interrupted `poll` or
            # `wait`, whose lock nobody gives back until the handler is done.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_LEAVE_SECONDS)
            if self._process.poll() is None:
                self._process.kill()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_KILLED_SECONDS)
            self._process = None
        if not keep_home and self._home:
            self._home.remove()
            self._home = None


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


def _warn_once(message: str) -> None:
    if message not in _warned:
        _warned.add(message)
        print(message, file=sys.stderr)
