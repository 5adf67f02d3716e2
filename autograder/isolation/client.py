"""The grader's side of isolation: start the fork server, ask it for students' processes."""

import contextlib
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.isolation import sandbox
from autograder.isolation.forbidden import BY_UNIT
from autograder.isolation.wire import Channel, Disconnected, TimedOut, WireError

_START_SECONDS = 180.0
_HELLO_SECONDS = 30.0
_LOAD_SECONDS = 20.0


class IsolationError(RuntimeError):
    """This host can't give the walls that were asked for, or the fork server doesn't start."""


class StudentError(Exception):
    """The student's code raised; what it raised, as data."""

    def __init__(self, error: dict[str, Any]):
        self.kind = str(error.get("kind", "raised"))
        self.type_name = str(error.get("type", ""))[:100]
        self.message = str(error.get("message", ""))[:2500]
        self.where = str(error.get("where", ""))[:200]
        super().__init__(f"{self.type_name}: {self.message}")


class StudentGone(Exception):
    """The student's process ended or was ended: `timeout`, `memory`, `protocol` or `crashed`."""

    def __init__(self, reason: str, detail: str = ""):
        self.reason, self.detail = reason, detail
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
        self.skip, self.limits = skip, limits or sandbox.Limits()
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._home = tempfile.mkdtemp(prefix="course-")
        self.layers: list[str] = []

    def __enter__(self) -> "ForkServer":
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """The server's process, None while it doesn't run."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the server, and learn from one process which walls hold here."""
        ours, theirs = socket.socketpair()
        log = open(os.path.join(self._home, "server.log"), "ab")  # noqa: SIM115
        with theirs, log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "autograder.isolation.server", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                cwd=sandbox.ROOT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._control = ours
        ready, _, _ = select.select([ours], [], [], _START_SECONDS)
        if not ready or not ours.recv(4096):
            tail = Path(self._home, "server.log").read_text(errors="replace")[-2000:]
            self.stop()
            raise IsolationError(f"The process that imports Keras could not start.\n{tail}")
        probe = self.fork()
        self.layers = probe.layers
        probe.close()
        if self.isolation == "require":
            missing = [
                name
                for name, holds in (
                    ("network", sandbox.isolates_network(self.layers)),
                    ("file", sandbox.isolates_files(self.layers)),
                )
                if not holds
            ]
            if missing:
                self.stop()
                raise IsolationError(
                    f"This host gives no {' and no '.join(missing)} isolation; grade on a Linux "
                    "host that has it, or pass --isolation best-effort to go on without."
                )

    def _environment(self) -> dict[str, str]:
        kept = {
            name: os.environ[name]
            for name in ("PATH", "LD_LIBRARY_PATH", "LANG", "VIRTUAL_ENV", "CONDA_PREFIX")
            if name in os.environ
        }
        quiet = {
            "HOME": self._home,
            "TMPDIR": self._home,
            "KERAS_HOME": self._home,
            "MPLCONFIGDIR": self._home,
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
            quiet |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
            # What is compiled runs once, on little: optimising takes longer than it saves.
            quiet["XLA_FLAGS"] = "--xla_backend_optimization_level=0"
        return {**kept, **quiet}

    def fork(self) -> "StudentProcess":
        """Return a fresh student's process; restart the server first if it has died."""
        for attempt in (1, 2):
            if self._process is None or self._process.poll() is not None:
                self.stop(keep_home=True)
                self.start()
            try:
                return self._fork()
            except (OSError, Disconnected, TimedOut, WireError):
                if attempt == 2:
                    raise IsolationError("The fork server gives no processes.") from None
                self.stop(keep_home=True)
        raise AssertionError  # pragma: no cover

    def _fork(self) -> "StudentProcess":
        assert self._control is not None
        ours, theirs = socket.socketpair()
        leash, keeper = socket.socketpair()
        with theirs, keeper:
            request = {"skip": list(self.skip), "limits": asdict(self.limits)}
            descriptors = [theirs.fileno(), keeper.fileno()]
            socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)
        channel = Channel(ours)
        try:
            hello = channel.receive(_HELLO_SECONDS)
        except BaseException:
            channel.close()
            leash.close()
            raise
        return StudentProcess(channel, leash, list(hello["layers"]))

    def stop(self, keep_home: bool = False) -> None:
        """End the server; students' processes end with their own leashes."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
            self._process = None
        if not keep_home:
            shutil.rmtree(self._home, ignore_errors=True)


class StudentProcess:
    """One confined process that holds one hand-in."""

    def __init__(self, channel: Channel, leash: socket.socket, layers: list[str]):
        self.layers = layers
        self._channel, self._leash = channel, leash
        self.alive = True
        self.deadline: float | None = None
        self.cpu_seconds = 0.0

    def load(
        self, data: bytes, suffix: str, unit: str, exercises: tuple[str, ...], slot: str = ""
    ) -> dict:
        """Give the process its hand-in, or one more, in a slot of its own.

        Returns:
            `{"defined": [names], "problems": [texts]}`, or `{"rejected": reason}`.

        Raises:
            StudentGone: it did not survive, or took longer than a hand-in may to be read.
        """
        self.deadline = time.monotonic() + _LOAD_SECONDS
        forbid = list(BY_UNIT.get(unit, ()))
        return self.request(
            "load", data=data, suffix=suffix, exercises=list(exercises), forbid=forbid, slot=slot
        )

    def request(self, operation: str, **fields: Any) -> Any:
        """Ask for something and return the answer.

        Raises:
            StudentError: the student's code raised.
            StudentGone: the process is no more; `reason` says why.
        """
        if not self.alive:
            raise StudentGone("crashed")
        left = None if self.deadline is None else max(0.001, self.deadline - time.monotonic())
        try:
            self._channel.send({"op": operation, **fields}, left)
            answer = self._channel.receive(left)
        except TimedOut:
            self.close()
            raise StudentGone("timeout") from None
        except WireError as error:
            self.close()
            raise StudentGone("protocol", str(error)) from None
        except Disconnected:
            raise self._autopsy() from None
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            raise StudentError(answer["error"])
        if not isinstance(answer, dict) or "value" not in answer:
            self.close()
            raise StudentGone("protocol", "An answer came that was none.")
        cpu = answer.get("cpu")
        self.cpu_seconds += cpu if isinstance(cpu, float) and 0 <= cpu < 1e6 else 0.0
        return answer["value"]

    def _autopsy(self) -> StudentGone:
        """Learn from the keeper how the process ended."""
        report = b""
        ready, _, _ = select.select([self._leash], [], [], 5.0)
        with contextlib.suppress(OSError):
            report = self._leash.recv(4096) if ready else b""
        self.close()
        try:
            end = json.loads(report)
        except ValueError:
            return StudentGone("crashed")
        if end["memory"]:
            return StudentGone("memory")
        if end["signal"]:
            return StudentGone("crashed", f"signal {end['signal']}")
        return StudentGone("crashed", f"exit status {end['code']}")

    def close(self) -> None:
        """End the process and everything that it started."""
        self.alive = False
        self._channel.close()
        self._leash.close()
