"""The fork server: it has imported Keras and run no operation, and forks students' processes.

    python -m autograder.isolation.server DESCRIPTOR

For each request the server forks a keeper. The keeper makes the namespaces, forks the student's
process as the first of them, watches its memory, ends it when the grader lets go of the control
socket, and reports how it ended. The student's process confines itself and then serves the agent.

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

from autograder.isolation import sandbox, syscalls, wire

_WATCH_INTERVAL = 0.05  # seconds between two looks at a student's memory


def _serve(control: socket.socket) -> None:
    import keras

    from autograder.isolation import agent, forbidden
    from course.kit import handin, loops, parts, scripted, softmax  # noqa: F401
    from course.kit.decoding import prefixes  # noqa: F401  (imported once, for all forks)

    with contextlib.suppress(ImportError, RuntimeError, OSError):  # a host without libseccomp
        importlib.import_module("pyseccomp")
    names = {name for unit in forbidden.BY_UNIT.values() for name in unit}
    taken = forbidden.Forbidden(names)
    # Keras's filter would wrap every call of every layer, and a student's error in its own words.
    keras.config.disable_traceback_filtering()
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        # A graph runs once here: rewriting it first takes longer than it saves.
        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # a student's process is short: collect rarely
    signal.signal(signal.SIGCHLD, _reap)
    control.sendall(json.dumps({"ready": True, "backend": keras.backend.backend()}).encode())
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
    student = os.fork()
    if student == 0:
        os.close(leash)
        _become_student(channel, limits, scratch, inside, skip, agent, taken)
    os.close(channel)
    reason = _watch(student, leash, limits.memory)
    shutil.rmtree(scratch, ignore_errors=True)
    with contextlib.suppress(OSError):
        os.write(leash, json.dumps(reason).encode())


def _become_student(channel: int, limits, scratch: str, inside: bool, skip, agent, taken) -> None:
    try:
        syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)
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


def _watch(student: int, leash: int, memory: int) -> dict:
    """Wait for the end of a student's process; end it when the grader hangs up or it bloats."""
    process = os.pidfd_open(student)
    poller = select.poll()
    poller.register(process, select.POLLIN)
    poller.register(leash, select.POLLIN | select.POLLHUP)
    base = _resident(student)
    bloated = False
    while True:
        ready = {descriptor for descriptor, _ in poller.poll(_WATCH_INTERVAL * 1000)}
        if process in ready:
            break
        bloated = _resident(student) - base > memory
        if leash in ready or bloated:
            os.kill(student, signal.SIGKILL)
            break
    _, status = os.waitpid(student, 0)
    code = os.waitstatus_to_exitcode(status)
    return {"memory": bloated, "code": max(code, 0), "signal": max(-code, 0)}


def _resident(process: int) -> int:
    """Bytes that a process holds in memory, 0 where that can't be known."""
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf(
            "SC_PAGESIZE"
        )
    except (OSError, IndexError, ValueError):
        return 0


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
