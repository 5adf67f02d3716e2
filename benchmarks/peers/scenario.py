"""Runs inside the cage: plants secrets, has a peer grade an attack and then honest work, looks.

    python -m benchmarks.peers.scenario PLAN

PLAN is JSON in the read-only inputs. What was seen is printed as one line of JSON. It needs the
standard library only, and runs in the peer's own environment.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import sys
import time
import venv
from pathlib import Path
from typing import Any

from benchmarks.peers.graders import COURSE, LOG, Nbgrader, Otter, end_all, others

INPUTS = Path("/cage")
KEPT = Path("/tmp/kept")
HOME, TEMPORARY = Path("/tmp/home"), Path("/tmp/temporary")
LIBRARY = Path("/tmp/library")
PLANTED = ("results", "hand-ins", "release")
PORT = 45454
_SETTLING = 3
_ENTRIES = 3000
_DEPTH = 50


class Doors:
    """Listeners that nobody has a reason to call."""

    def __init__(self, canary: str):
        kinds = (socket.AF_INET, socket.AF_UNIX, socket.AF_UNIX)
        self._streams = [socket.socket(kind) for kind in kinds]
        self._streams[0].bind(("127.0.0.1", PORT))
        self._streams[1].bind(f"\0{canary}")
        self._streams[2].bind(str(KEPT / "door"))
        for door in self._streams:
            door.listen()
        self._datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagrams.bind(("127.0.0.1", PORT))

    def callers(self) -> int:
        """Return how many came."""
        count = 0
        for door in (*self._streams, self._datagrams):
            door.setblocking(False)
            with contextlib.suppress(OSError):
                while True:
                    if door is self._datagrams:
                        door.recv(100)
                    else:
                        door.accept()[0].close()
                    count += 1
        return count


def plant(plan: dict) -> Path:
    """Lay out an instructor's folders and environment; return the interpreter to grade with."""
    for place in (HOME, TEMPORARY, *(KEPT / name for name in PLANTED)):
        place.mkdir(parents=True)
    for name in PLANTED:
        note = f'{{"score": 7.0, "note": "{plan["canary"]}-{name}"}}'
        (KEPT / name / "result.json").write_text(note)
    shutil.copytree(INPUTS / "course", COURSE)
    shutil.copytree(INPUTS / "library", LIBRARY)
    # An environment that its owner can write to, as an instructor's is.
    venv.create("/tmp/venv", symlinks=False)
    packages = f"/tmp/venv/lib/python3.{sys.version_info[1]}/site-packages"
    Path(packages, "course.pth").write_text(f"{plan['packages']}\n{LIBRARY}\n")
    return Path("/tmp/venv/bin/python")


def content(*tops: Path) -> dict[str, list]:
    """Return every file below some places: its bytes, rights and time."""
    found = {}
    for top in tops:
        for path in sorted(top.rglob("*")):
            facts = path.lstat()
            if path.is_symlink() or not path.is_file():
                continue
            found[str(path)] = [path.read_bytes(), facts.st_mode, facts.st_mtime_ns]
    return found


def changed(before: dict[str, list], *tops: Path) -> list[str]:
    """Return which files are not as they were, new ones included."""
    try:
        after = content(*tops)
    except OSError as error:
        return [str(error.filename)]
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def scattered() -> list[str]:
    """Return what lies in the instructor's home and temporary directories, at most some of it."""
    own = {f"/tmp/{name}" for name in ("course", "kept", "venv", "library", LOG.name)}
    found: list[str] = []
    waiting = ["/tmp", "/dev/shm"]
    while waiting and len(found) < _ENTRIES:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.path not in own:
                    found.append(entry.path)
                    if entry.is_dir(follow_symlinks=False) and entry.path.count("/") < _DEPTH:
                        waiting.append(entry.path)
    return found[:_ENTRIES]


def main(plan: dict) -> dict:
    """Grade, and return what was seen."""
    python = plant(plan)
    doors = Doors(plan["canary"])
    environment = {
        "HOME": str(HOME),
        "TMPDIR": str(TEMPORARY),
        "LANG": "C.UTF-8",
        "PATH": f"/tmp/venv/bin:{plan['programs']}:/usr/bin:/bin",
        "JUPYTER_PATH": plan["jupyter"],
        "COURSE_CANARY": f"{plan['canary']}-environment",
        "CUDA_VISIBLE_DEVICES": "",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        **plan["environment"],
    }
    kinds: dict[str, type[Nbgrader] | type[Otter]] = {"nbgrader": Nbgrader, "otter": Otter}
    peer = kinds[plan["peer"]](python, environment)
    tops = (*(KEPT / name for name in PLANTED), *peer.watched, LIBRARY)
    before, files, rows = content(*tops), set(scattered()), peer.rows()
    ends, seconds = peer.run(plan["limit"])
    until = time.monotonic() + _SETTLING
    while others() and time.monotonic() < until:
        time.sleep(0.1)
    survivors = sorted(others().values())
    end_all()
    with contextlib.suppress(OSError):
        TEMPORARY.chmod(0o700)  # an attack may have taken the rights away; what follows is ours
    space = os.statvfs("/tmp")
    seen: dict[str, Any] = {
        "ends": ends,
        "seconds": round(seconds, 1),
        "score": peer.score("attack"),
        "neighbour": peer.score("neighbour"),
        "survivors": survivors,
        "files": sorted(set(scattered()) - files)[:_ENTRIES],
        "changed": [name for name in changed(before, *tops) if "__pycache__" not in name],
        "callers": doors.callers(),
        "full": space.f_bavail * space.f_frsize < 2**22,
    }
    if rows and peer.rows().get("earlier") != rows.get("earlier"):
        seen["changed"].append("gradebook.db: another student's grade")
    tried = [line for text in peer.texts("attack") for line in re.findall("tried: .*", text)]
    seen["told"] = sorted(set(tried))[:20]
    if plan["page"]:
        seen["page"] = plan["page"] in peer.page()
    if plan["log"]:
        seen["log"] = LOG.read_text(errors="replace")[-3000:]
    return seen


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_bytes()))))
