"""A cage for graders that have no walls of their own: bubblewrap, limits, a user without rights.

Hostile code runs in it, so nothing is run where it can't be had, or where `leaks` finds a hole.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.attacks.users import become

ROOT = Path(__file__).resolve().parents[2]
MOUNT = "/cage"
MEGABYTE = 2**20
ADDRESS_SPACE = 6144 * MEGABYTE
DISK = 1024 * MEGABYTE
THREADS = 600
_FIRST_USER = 64900  # nobody's, and not "nobody", whose limits others share
_TOTAL = 2 * ADDRESS_SPACE
_SPARE = 5120 * MEGABYTE
_OUTPUT = 8 * MEGABYTE
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc")


class CageError(RuntimeError):
    """The cage can't be had; the message says what to do."""


@dataclass(frozen=True)
class Finished:
    """What a caged command came to.

    Attributes:
        status: its exit status; negative where a signal ended it.
        output: what it wrote to its standard output.
        problem: why it was ended from outside, or nothing.
        peak: the most bytes of memory that its processes had together.
    """

    status: int
    output: bytes
    problem: str
    peak: int


@dataclass(frozen=True)
class Cage:
    """Where and how a command is confined.

    Attributes:
        inputs: a directory that the command finds, read-only, as `/cage`.
        readable: what else it may read, read-only and under its own path.
        number: which of the cages in use: each has a user, and with it a count of threads.
    """

    inputs: str
    readable: tuple[str, ...]
    number: int = 0

    def run(self, command: list[str], seconds: float) -> Finished:
        """Run a command; whatever it started ends with it.

        Raises:
            CageError: bubblewrap is missing.
        """
        if shutil.which("bwrap") is None:
            raise CageError("Install bubblewrap: other graders are only run inside a cage.")
        plan = json.dumps({"cage": asdict(self), "command": command})
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peers.cage", plan],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            return _watched(process, time.monotonic() + seconds)


def _watched(process: subprocess.Popen, until: float) -> Finished:
    """Wait for a cage, and end it for time or memory."""
    kept = bytearray()

    def read() -> None:
        assert process.stdout is not None
        while chunk := os.read(process.stdout.fileno(), 65536):
            kept.extend(chunk[: _OUTPUT - len(kept)])

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    problem, peak = "", 0
    while process.poll() is None:
        held = _held(process.pid)
        peak = max(peak, held)
        if time.monotonic() > until:
            problem = "time"
        elif held > _TOTAL or _available() < _SPARE:
            problem = "memory"
        if problem:
            process.kill()  # the cage's first process ends with it, and everybody with that one
            break
        time.sleep(0.1)
    status = process.wait()
    reader.join(timeout=10)
    return Finished(status, bytes(kept), problem, peak)


def _held(pid: int) -> int:
    """Bytes of memory of all processes in the cage that a process keeps."""
    children = _children(pid)
    space = {_namespace(child) for child in children} - {_namespace(os.getpid()), ""}
    if not space:
        return 0
    pages, shares = 0, 0
    inside = [int(e) for e in os.listdir("/proc") if e.isdigit() and _namespace(int(e)) in space]
    for process in inside:
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{process}/statm").read_text().split()[1])
    whole = pages * resource.getpagesize()
    if whole < ADDRESS_SPACE // 2:
        return whole
    # What forks share is counted once, which takes longer to find out.
    for process in inside:
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            shares += next(int(x.split()[1]) for x in rollup.splitlines() if x.startswith("Pss:"))
    return shares * 1024 or whole


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))
    return []


def _namespace(pid: int) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/ns/pid")
    return ""


def _available() -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def enter(cage: Cage, command: list[str]) -> None:
    """Give rights up, set limits, and become the caged command."""
    readable = [path for path in (*_SYSTEM, *cage.readable) if os.path.lexists(path)]
    if os.geteuid() == 0:
        become(_FIRST_USER + cage.number, [*cage.readable, cage.inputs])
    os.nice(10)
    limits = {
        resource.RLIMIT_AS: ADDRESS_SPACE,
        resource.RLIMIT_NPROC: THREADS,
        resource.RLIMIT_FSIZE: DISK,
        resource.RLIMIT_NOFILE: 1024,
        resource.RLIMIT_CPU: 600,
        resource.RLIMIT_CORE: 0,
    }
    for kind, limit in limits.items():
        resource.setrlimit(kind, (limit, limit))
    walls = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent"]
    walls += ["--new-session", "--clearenv", "--hostname", "cage"]
    walls += ["--size", str(DISK), "--tmpfs", "/tmp"]  # first: what is read may lie there
    for path in readable:
        if os.path.islink(path) and path in _SYSTEM:
            walls += ["--symlink", os.readlink(path), path]
        else:
            walls += ["--ro-bind", path, path]
    walls += ["--ro-bind", cage.inputs, MOUNT, "--proc", "/proc", "--dev", "/dev"]
    walls += ["--size", str(DISK // 4), "--tmpfs", "/dev/shm"]
    walls += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp"]
    walls += ["--setenv", "PATH", "/usr/bin:/bin", "--setenv", "LANG", "C.UTF-8"]
    os.execvp(walls[0], [*walls, "--", *command])


# Harmless questions, asked from within: who is there, what can be written, who can be called.
_PROBE = """
import json, os, socket, sys
port, pid, place = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
found = {"pids": sorted(int(n) for n in os.listdir("/proc") if n.isdigit())}
def tries(name, act):
    try:
        found[name] = repr(act())
    except OSError as error:
        found[name] = type(error).__name__
tries("outside pid", lambda: os.kill(pid, 0))
before = os.fork()
if not before:
    import time; time.sleep(5); os._exit(0)
tries("all", lambda: os.kill(-1, 0))
os.kill(before, 9); os.waitpid(before, 0)
def write(path):
    with open(os.path.join(path, "probe-of-the-cage"), "w") as file:
        file.write("x")
    return "written"
for path in ["/", "/usr", "/etc", "/dev", "/cage", "/proc", "/sys", "/home", "/var", place,
             os.path.dirname(sys.executable), sys.base_prefix]:
    tries("write " + path, lambda: write(path))
tries("call", lambda: socket.create_connection(("127.0.0.1", port), 2) and "connected")
found["devices"] = sorted(name for _, name in socket.if_nameindex())
found["place"] = os.path.exists(place)
status = open("/proc/self/status").read()
found["rights"] = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff")]
found["news"] = [line.split()[1] for line in status.splitlines() if line.startswith("NoNewPrivs")]
found["user"] = os.geteuid()
write("/tmp")
print(json.dumps(found))
"""


def leaks(cage: Cage, python: str) -> list[str]:
    """Return what is open in the cage and should not be; asked with harmless questions.

    Raises:
        CageError: it can't be had, or its first command doesn't run.
    """
    with tempfile.TemporaryDirectory() as outside, socket.socket() as door:
        os.chmod(outside, 0o777)
        door.bind(("127.0.0.1", 0))
        door.listen()
        facts = [str(door.getsockname()[1]), str(os.getpid()), outside]
        done = cage.run([python, "-c", _PROBE, *facts], seconds=60)
        if done.status:
            raise CageError(
                "The cage does not start: run `bwrap --unshare-all --ro-bind / / true`."
            )
        found = json.loads(done.output)
        open_ = [name for name, said in found.items() if said == "'written'"]
        open_ += ["a file outside" for name in os.listdir(outside) if name]
        open_ += ["others' processes"] if len(found["pids"]) > 3 else []
        open_ += ["signals"] if found["outside pid"] == "None" and os.getpid() > 3 else []
        open_ += ["the network"] if found["devices"] != ["lo"] else []
        open_ += ["the host's loopback"] if found["call"] == "'connected'" else []
        open_ += ["a directory outside"] if found["place"] else []
        open_ += ["rights"] if int(found["rights"][0], 16) or found["news"] != ["1"] else []
        return open_ + (["root"] if found["user"] == 0 else [])


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    _plan = json.loads(sys.argv[1])
    _cage = Cage(**{**_plan["cage"], "readable": tuple(_plan["cage"]["readable"])})
    enter(_cage, _plan["command"])
