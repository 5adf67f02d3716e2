"""The place where attacks happen: what they are after, and how to see that they had none of it."""

import contextlib
import os
import select
import socket
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.isolation.fork_server import ForkServer
from tests.conftest import ROOT

_SETTLING_SECONDS = 10


@dataclass(frozen=True)
class Traces:
    """What could be left behind: processes, files below the temporary directory, descriptors."""

    processes: frozenset[int]
    files: frozenset[str]
    descriptors: int


class Surroundings:
    """Secrets that are planted, and doors that are watched.

    Args:
        folder: an empty directory for all of it.
    """

    def __init__(self, folder: Path):
        self.canary = f"canary-{uuid.uuid4().hex}"
        self.temporary = folder / "temporary"
        self.planted = [folder / name for name in ("results", "hand-ins", "release")]
        for place in (self.temporary, *self.planted):
            place.mkdir()
        for place in self.planted:
            (place / "result.json").write_text(f'{{"score": 7.0, "note": "{self.canary}"}}')
        (self.planted[0] / "gradebook.db").write_text(self.canary)
        self._before = self.content()
        self._doors = [
            socket.socket(),
            socket.socket(socket.AF_UNIX),
            socket.socket(socket.AF_UNIX),
        ]
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._named = folder / "door"
        self._doors[0].bind(("127.0.0.1", 0))
        self.port = self._doors[0].getsockname()[1]
        self._datagrams.bind(("127.0.0.1", self.port))
        self._doors[1].bind(f"\0{self.canary}")
        self._doors[2].bind(str(self._named))
        for door in self._doors:
            door.listen()

    @contextlib.contextmanager
    def in_use(self) -> Iterator["Surroundings"]:
        """Plant the secret in the environment, and send temporary files here."""
        before = tempfile.tempdir
        os.environ["COURSE_CANARY"], tempfile.tempdir = self.canary, str(self.temporary)
        try:
            yield self
        finally:
            del os.environ["COURSE_CANARY"]
            tempfile.tempdir = before
            for door in (*self._doors, self._datagrams):
                door.close()

    def places(self, server: ForkServer) -> dict[str, str]:
        """Return what an attacker may know: where everything is."""
        hidden = [
            *(str(place / "result.json") for place in self.planted),
            *(str(ROOT / "solutions" / "attention.py"), str(ROOT / "autograder" / "hidden")),
            *(str(ROOT / "autograder" / "hidden" / "attention" / "oracle.py"), str(ROOT / "tests")),
            *(str(ROOT / ".git" / "HEAD"), str(self.temporary), "/etc/passwd"),
        ]
        return {
            "CANARY": self.canary,
            "SECRETS": " ".join(hidden),
            "PLANTED": " ".join(map(str, self.planted)),
            "PORT": str(self.port),
            "ABSTRACT": self.canary,
            "NAMED": str(self._named),
            "PIDS": f"{os.getpid()} {server.pid}",
        }

    def content(self) -> dict[str, tuple[bytes, int, int]]:
        """Return every planted file: its bytes, rights and time."""
        found = {}
        for place in self.planted:
            for path in sorted(place.rglob("*")):
                facts = path.lstat()
                found[str(path)] = (path.read_bytes(), facts.st_mode, facts.st_mtime_ns)
        return found

    def is_untouched(self) -> bool:
        """Whether all that was planted is as it was."""
        return self.content() == self._before

    def callers(self) -> int:
        """Return how many have come to a door since it was last asked."""
        count = 0
        while ready := select.select([*self._doors, self._datagrams], [], [], 0)[0]:
            for door in ready:
                count += 1
                if door is self._datagrams:
                    door.recv(100)
                else:
                    door.accept()[0].close()
        return count

    def traces(self, server: ForkServer, known: frozenset[int] = frozenset()) -> Traces:
        """Return what there is now; processes that are about to end are waited for.

        Args:
            server: whose processes are looked for.
            known: processes that may stay.
        """
        until = time.monotonic() + _SETTLING_SECONDS
        for process in _marked(server) - known:
            with contextlib.suppress(OSError):
                descriptor = os.pidfd_open(process)
                poller = select.poll()
                poller.register(descriptor, select.POLLIN)
                poller.poll(max(0, until - time.monotonic()) * 1000)
                os.close(descriptor)
        files = {
            os.path.join(os.path.relpath(folder, self.temporary), name)
            for folder, folders, names in os.walk(self.temporary)
            for name in (*folders, *names)
        }
        return Traces(_marked(server), frozenset(files), len(os.listdir("/proc/self/fd")))


def _marked(server: ForkServer) -> frozenset[int]:
    """The processes that began with the environment of this server, wherever they hang now."""
    mark, found = f"KERAS_HOME={server.home}".encode(), set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            with contextlib.suppress(OSError):
                if mark in Path(f"/proc/{entry}/environ").read_bytes().split(b"\0"):
                    found.add(int(entry))
    return frozenset(found)
