"""The fork server, seen from the grader: start it, and ask it for students' processes."""

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

from autograder.base.signals import postponed
from autograder.isolation import sandbox
from autograder.isolation.clock import TimedOut
from autograder.isolation.server_directory import Home
from autograder.isolation.student_process import StudentProcess
from autograder.isolation.wire import Channel, Disconnected, WireError
from course.kit.errors import UserError

# On the wall: what they wait for ends at once where a process dies, and nobody is billed for it.
_START_SECONDS = 600.0
_HELLO_SECONDS = 120.0
_LEAVE_SECONDS, _KILLED_SECONDS = 2.0, 5.0  # for the server's end; with less than `Worker.stop` has
_TRIES = 3  # to get a process, each with a new server


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


def _warn_once(message: str) -> None:
    if message not in _warned:
        _warned.add(message)
        print(message, file=sys.stderr)
