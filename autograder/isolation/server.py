"""The fork server: it has imported Keras and run no operation, and forks students' processes.

    python -m autograder.isolation.server DESCRIPTOR HOME

For each request the server forks a keeper. The keeper makes the namespaces, forks the student's
process as the first of them, watches its memory, ends it when the grader lets go of the control
socket, and reports how it ended. The student's process confines itself and then serves the agent.
When the grader is gone, whatever took it, the server takes its own directory HOME away.

Source of the design: a fork of a parent that has run a TensorFlow operation can hang, a fork of
one that has only imported it can't.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import traceback
from pathlib import Path

from autograder.base.paths import secret_paths, work_paths
from autograder.base.signals import no_longer_postponed
from autograder.isolation import clock, sandbox, syscalls, wire

_WATCH_INTERVAL = 0.05  # seconds between two looks at what a student's process holds
_MEMORY = ("RssAnon", "RssShmem", "VmPTE")
_MAX_FILES = 4096  # in its directory, where it has no /tmp of its own
_DYING_SECONDS = 10.0  # at most, from a process's line going dead to its own end
_PF_EXITING = 0x4


def _serve(control: socket.socket) -> None:
    import keras

    from autograder.isolation import agent, forbidden
    from course.kit import handin, loops, parts, softmax  # noqa: F401
    from course.kit.decoding import prefixes  # noqa: F401  (imported once, for all forks)
    from course.kit.models import recorded, scripted  # noqa: F401
    from course.kit.units import available_units, exercises_of

    missing = ""
    try:
        importlib.import_module("pyseccomp")
    except (ImportError, RuntimeError, OSError) as error:  # a host without libseccomp
        missing = f"{type(error).__name__}: {error}"
    taken = forbidden.Forbidden(forbidden.CATALOGUE)
    # Keras's filter would wrap every call of every layer, and a student's error in its own words.
    keras.config.disable_traceback_filtering()
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        # A graph runs once here: rewriting it first takes longer than it saves.
        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    secret_paths(), work_paths()  # looked for once, for all forks
    for unit in available_units():  # whose stub modules no fork can read
        exercises_of(unit)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # a student's process is short: collect rarely
    signal.signal(signal.SIGCHLD, _reap)
    ready = {"slowness": clock.slowness(), "no_seccomp": missing[:500]}
    control.sendall(json.dumps(ready).encode())
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 65536, 2)
        if not message:
            return
        request = json.loads(message)
        if os.fork() == 0:
            try:
                control.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _keep(request, descriptors, agent, taken)
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)


def _reap(*_: object) -> None:
    """Bury the keepers that have ended; what they and their students took is then counted here."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _keep(request: dict, descriptors: list[int], agent, taken) -> None:
    """Fork and watch one student's process; this is the keeper's whole life."""
    channel, leash = descriptors
    os.setsid()
    skip = frozenset(request.get("skip", ()))
    limits = sandbox.Limits(**request.get("limits", {}))
    scratch = tempfile.mkdtemp(prefix="student-")
    inside = sandbox.NAMESPACES not in skip and sandbox.enter_namespaces()
    oneself = os.pidfd_open(os.getpid())
    student = os.fork()
    if student == 0:
        os.close(leash)
        _become_student(channel, oneself, limits, scratch, inside, skip, agent, taken)
    os.close(oneself)
    os.close(channel)
    with contextlib.suppress(OSError):  # the grader looks at it where it is slow to answer
        os.write(leash, student.to_bytes(4, "big"))
    reason = _watch(student, leash, limits, scratch)
    with contextlib.suppress(OSError):
        os.write(leash, json.dumps(reason).encode())
    _wipe(scratch)


def _become_student(
    channel: int, keeper: int, limits, scratch: str, inside: bool, skip, agent, taken
) -> None:
    try:
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
        if select.select([keeper], [], [], 0)[0]:
            return  # it died before that; nobody would end this process
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        moved = os.dup2(channel, 3)
        os.closerange(4, 65536)
        layers = sandbox.confine(limits, scratch, inside, skip)
        agent.serve(wire.Channel(socket.socket(fileno=moved)), layers, taken)
    finally:
        os._exit(0)


def _watch(student: int, leash: int, limits: sandbox.Limits, scratch: str) -> dict:
    """Wait for the end of a student's process; end it when the grader hangs up or it bloats.

    Args:
        student: the process.
        leash: what the grader holds the other end of.
        limits: what it may take.
        scratch: its directory, empty where it has a /tmp of its own, which has a size.

    Returns:
        How it ended: `code` or `signal`; `excess`, what it took too much of; and `let_go`, whether
        it was ended for the grader.
    """
    process = os.pidfd_open(student)
    poller = select.poll()
    poller.register(process, select.POLLIN)
    poller.register(leash, select.POLLIN | select.POLLHUP)
    base, _ = _held(student)
    excess, let_go = "", False
    while True:
        ready = dict(poller.poll(_WATCH_INTERVAL * 1000))
        if process in ready:
            break
        # Asked how it ended, while the grader still listens: it may be about to.
        asked = leash in ready and not ready[leash] & (select.POLLHUP | select.POLLERR)
        if asked and _is_ending(student) and select.select([process], [], [], _DYING_SECONDS)[0]:
            break
        memory, threads = _held(student)
        if memory - base > limits.memory:
            excess = "memory"
        elif threads > limits.threads:  # the kernel holds no root to its limit of processes
            excess = "threads"
        elif _written(scratch) > limits.file_size:
            excess = "disk"
        if leash in ready or excess:
            let_go = not excess
            os.kill(student, signal.SIGKILL)
            break
    _, status, usage = os.wait4(student, 0)
    code = os.waitstatus_to_exitcode(status)
    spent = usage.ru_utime + usage.ru_stime + 1  # what is told lags behind what is limited
    if code < 0 and not excess and spent >= limits.cpu_seconds:
        excess = "timeout"  # the kernel ended it, by the last of the limits
    return {"excess": excess, "let_go": let_go, "code": max(code, 0), "signal": max(-code, 0)}


def _is_ending(process: int) -> bool:
    """Whether a process is on its way out, and needs nobody to end it."""
    try:
        fields = Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()
        return bool(int(fields[6]) & _PF_EXITING)
    except (OSError, IndexError, ValueError):
        return True


def _held(process: int) -> tuple[int, int]:
    """Return the bytes that a process holds in memory, and its threads; 0 where nobody knows.

    Page tables count: a process can fill gigabytes of them without touching a page of its own.
    What is mapped from files doesn't: libraries of a GPU are large, and the kernel drops them.
    """
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        kilobytes = sum(int(fields[name].split()[0]) for name in _MEMORY)
        return kilobytes * 1024, int(fields["Threads"])
    except (OSError, KeyError, IndexError, ValueError):
        return 0, 0


def _written(directory: str) -> int:
    """Return the bytes that a directory holds; too many files in it count as too many bytes."""
    size, waiting, seen = 0, [directory], 0
    while waiting and seen < _MAX_FILES:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                seen += 1
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
    return size if seen < _MAX_FILES else 2**60


def _wipe(directory: str) -> None:
    """Remove a directory of a student's, however deep it is and whatever its rights.

    What lies in directories is moved up until nothing is nested: no path gets too long for it.
    """
    number, mark = 0, os.urandom(8).hex()  # a name that nothing in it has
    with contextlib.suppress(OSError):
        os.chmod(directory, 0o700)
        os.chdir(directory)
        while found := os.listdir("."):
            for name in found:
                if not os.path.isdir(name) or os.path.islink(name):
                    os.unlink(name)
                    continue
                os.chmod(name, 0o700)
                for inner in os.listdir(name):
                    number += 1
                    os.rename(f"{name}/{inner}", f"{mark}-{number}")
                os.rmdir(name)
        os.chdir("/")
        os.rmdir(directory)


def _leave(home: str) -> None:
    """Wait for the keepers, whose grader is gone too, and remove the server's directory."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()
    shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    no_longer_postponed()
    with contextlib.suppress(ConnectionError):  # it went before it read that the server is ready
        _serve(socket.socket(fileno=int(sys.argv[1])))
    _leave(sys.argv[2])
