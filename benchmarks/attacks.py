"""What hostile hand-ins get from this grader, from nbgrader and from otter-grader.

    python -m benchmarks.attacks [--peer ours|nbgrader|otter ...] [--out FILE] [ATTACK ...]

The hand-ins are those of `tests/attacks`. The peers have no walls, so each of their runs is put
into a cage, for which bubblewrap is needed. otter-grader gets an environment of its own,
`.venv-otter`, made from `requirements/otter.txt` where it is missing: that alone needs the network.
"""

import argparse
import contextlib
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

from benchmarks.peers import ours
from benchmarks.peers.adaptations import DOES_NOT_APPLY
from benchmarks.peers.cage import ROOT, CageError
from benchmarks.peers.course import PEERS, PeerError
from benchmarks.peers.outcome import Controls, Record
from benchmarks.peers.running import LIMIT, Peer
from benchmarks.peers.table import TITLES, report
from tests.attacks.catalogue import Attack, attacks

_OTTER = ROOT / ".venv-otter"


class Notes:
    """Records, each kept in a file as soon as it is made, so that a run can be gone on with.

    Args:
        path: the file, or nothing to keep them in memory only.
    """

    def __init__(self, path: Path | None):
        self._path = path
        lines = path.read_text(encoding="utf-8").splitlines() if path and path.exists() else []
        found = map(Record.from_line, lines)
        self.records = {(record.grader, record.attack): record for record in found}

    def add(self, record: Record) -> None:
        """Keep a record."""
        self.records[record.grader, record.attack] = record
        if self._path:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(record.line() + "\n")


def otter_python() -> Path:
    """Return the interpreter of otter-grader's environment, which is made where it is missing.

    Raises:
        PeerError: it can't be made.
    """
    python = _OTTER / "bin" / "python"
    if not python.exists():
        print(f"Making {_OTTER.name} for otter-grader, from the network …", file=sys.stderr)
        make = [sys.executable, "-m", "venv", str(_OTTER)]
        install = [str(python), "-m", "pip", "install", "-q", "-r", "requirements/otter.txt"]
        for command in (make, install):
            if subprocess.run(command, cwd=ROOT).returncode:
                raise PeerError(f"Remove {_OTTER.name} and try again with a network.")
    return python


@contextlib.contextmanager
def working_directory() -> Iterator[Path]:
    """A directory that the cage's user may enter; `rm` clears it, however deep it is nested."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        subprocess.run(["rm", "-rf", "--", folder])


def attack_peer(name: str, python: Path, wanted: list[Attack], notes: Notes) -> None:
    """Hand in what is not noted yet, and first honest work.

    Raises:
        CageError: the cage can't be had, or is open.
        PeerError: the peer can't be set up.
    """
    missing = [a for a in wanted if a.name not in DOES_NOT_APPLY]
    missing = [attack for attack in missing if (name, attack.name) not in notes.records]
    controlled = all((name, kind) in notes.records for kind in ("right", "wrong"))
    if controlled and not missing:
        return
    with working_directory() as folder:
        peer = Peer(name, python, folder)
        if not controlled:
            for record in peer.controls():
                notes.add(record)
        for attack in missing:
            notes.add(peer.attacked(attack))


def attack_ours(wanted: list[Attack], notes: Notes) -> None:
    """Hand in to this grader what is not noted yet."""
    missing = [attack for attack in wanted if (ours.NAME, attack.name) not in notes.records]
    for record in ours.attacked(missing) if missing else ():
        notes.add(record)


def versions(graders: list[str], pythons: dict[str, Path]) -> dict[str, str]:
    """Return what was measured, in words."""
    said = {ours.NAME: f"as checked out, on Keras {version('keras')}"}
    for name, package in (("nbgrader", "nbgrader"), ("otter", "otter-grader")):
        if name in graders:
            ask = f"from importlib.metadata import version; print(version('{package}'))"
            done = subprocess.run([pythons[name], "-c", ask], capture_output=True, text=True)
            said[name] = f"{done.stdout.strip()}, Python {platform.python_version()}"
    return said


def main() -> None:
    """Attack, print, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="ATTACK", help="all of them by default")
    parser.add_argument("--peer", action="append", choices=list(TITLES), help="all by default")
    parser.add_argument("--otter", type=Path, help="the Python of an environment with otter-grader")
    parser.add_argument("--notes", type=Path, help="where to keep what was seen, to go on with it")
    parser.add_argument("--out", type=Path, help="where to write the table")
    arguments = parser.parse_args()
    known = {attack.name: attack for attack in attacks()}
    if unknown := [name for name in arguments.names if name not in known]:
        parser.error(f"no attack is called {', '.join(unknown)}: see tests/attacks/hand_ins")
    wanted = [known[name] for name in arguments.names or known]
    graders = [name for name in TITLES if name in (arguments.peer or TITLES)]
    notes = Notes(arguments.notes)
    try:
        pythons = {"nbgrader": Path(sys.executable)}
        if "otter" in graders:
            pythons["otter"] = arguments.otter or otter_python()
        if ours.NAME in graders:
            attack_ours(wanted, notes)
        with ThreadPoolExecutor(len(PEERS)) as pool:
            peers = [name for name in graders if name in PEERS]
            list(pool.map(lambda name: attack_peer(name, pythons[name], wanted, notes), peers))
    except (CageError, PeerError) as error:
        raise SystemExit(str(error)) from None
    controls = {
        name: Controls(notes.records[name, "right"], notes.records[name, "wrong"])
        for name in graders
        if name in PEERS
    }
    if ours.NAME in graders:
        controls[ours.NAME] = ours.CONTROLS
    command = "python -m benchmarks.attacks --out benchmarks/attacks.md"
    measured = versions(graders, pythons)
    text = report(wanted, notes.records, controls, measured, command, LIMIT)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
