"""What was seen of an attack, and what it comes to: six kinds of success, or none."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

from benchmarks.peers.cage import ADDRESS_SPACE, THREADS
from tests.attacks.catalogue import Attack
from tests.attacks.grading import tries_that_got

KINDS = {
    "points": "gained points",
    "read": "read what is hidden",
    "changed": "changed what is not its own",
    "reached": "reached others",
    "left": "left something behind",
    "held": "held up or hurt the next",
}

# Where a try that got something belongs. Other attacks' success is looked for, not asked for.
_FILED = {
    "attack_parents": "reached",
    "conftest_and_plugins": "changed",
    "hurt_the_next": "left",
    "memory_in_corners": "held",
    "network_local_sockets": "reached",
    "network_loopback": "reached",
    "remember_inputs": "left",
    "sitecustomize_and_pth": "changed",
    "write_interpreter": "changed",
    "write_results": "changed",
}
_MANY = 2000  # the scenario counts to three thousand
_RANDOM = re.compile(r"tmp[a-z0-9_]{8}|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|\d+")
_COUNTS = {
    "process_bomb": (r"had (\d+)", 1, "{} child processes of one of its own"),
    "thread_bomb": (r"after (\d+)", THREADS // 2, "{} threads, and only the cage stopped it"),
}


@dataclass(frozen=True)
class Record:
    """An attack on a grader, as it was seen.

    Attributes:
        attack: its name, or `right` and `wrong` for honest work.
        grader: whose.
        canary: what every planted secret begins with.
        seen: what the scenario saw.
        problem: why it was ended from outside, or nothing.
        peak: bytes of memory that all processes had together, at most.
    """

    attack: str
    grader: str
    canary: str
    seen: dict[str, Any]
    problem: str = ""
    peak: int = 0

    def line(self) -> str:
        """Return all of it as one line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> "Record":
        """Return what `line` wrote."""
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Controls:
    """Honest work with the same grader: all right, and all wrong."""

    right: Record
    wrong: Record


def findings(record: Record, attack: Attack, controls: Controls) -> dict[str, str]:
    """Return what an attack got, by kind; what it did not get is left out."""
    told = "\n".join(record.seen.get("told", ()))
    found = {
        "points": _points(record, attack, controls),
        "read": ", ".join(_read(record, told)),
        "changed": _names(record.seen.get("changed", ())),
        "reached": _reached(record),
        "left": _left(record, controls),
        "held": _held(record, told, controls),
    }
    kind = _FILED.get(attack.name)
    got = sorted(
        name for name in tries_that_got(told) if not name.startswith(attack.may or ("\0",))
    )
    if kind and got:
        found[kind] = "; ".join(filter(None, (found[kind], _few(got))))
    return {kind: text for kind, text in found.items() if text}


def has_mark(record: Record) -> bool:
    """Whether the grader gave the attack any score, be it none of the points."""
    return record.seen.get("score") is not None


def _points(record: Record, attack: Attack, controls: Controls) -> str:
    score = record.seen.get("score") or 0.0
    allowed = attack.points if record.grader == "ours" else controls.wrong.seen["score"]
    return f"{score:g} of {controls.right.seen['score']:g} points" if score > allowed else ""


def _read(record: Record, told: str) -> list[str]:
    """Which secrets are in what the attack said."""
    places = re.findall(rf"(?<!note-){record.canary}(-[a-z-]*[a-z])?", told)
    names = {place.lstrip("-") or "environment" for place in places}
    return sorted(names | set(record.seen.get("read", ())))


def _reached(record: Record) -> str:
    said = []
    if callers := record.seen.get("callers"):
        said.append(f"{callers} calls to the instructor's listeners")
    if record.seen.get("page"):
        said.append("a script of its own in the feedback page")
    return "; ".join(said)


def _left(record: Record, controls: Controls) -> str:
    usual = {_shape(path) for path in controls.right.seen.get("files", ())}
    usual |= {_shape(path) for path in controls.wrong.seen.get("files", ())}
    files = [path for path in record.seen.get("files", ()) if _shape(path) not in usual]
    if "time" in record.seen.get("ends", ()):
        files = []  # what a grader leaves that is ended from outside is not the attack's
    said = []
    if survivors := record.seen.get("survivors"):
        said.append(f"{len(survivors)} processes" if len(survivors) > 1 else "a process")
    if len(files) > _MANY:
        said.append("thousands of files")
    elif files:
        said.append(f"{len(files)} files: {_names(files)}" if len(files) > 1 else files[0])
    return "; ".join(said)


def _held(record: Record, told: str, controls: Controls) -> str:
    said = []
    if record.problem == "memory" or record.peak > ADDRESS_SPACE / 2:
        said.append(f"{record.peak / 2**30:.1f} GB, and only the cage stopped it")
    elif record.problem:
        said.append("no end")
    if "time" in record.seen.get("ends", ()):
        said.append("no end in the time given")
    if record.seen.get("full"):
        said.append("the disk is full")
    pattern, least, text = _COUNTS.get(record.attack, ("", 0, ""))
    counts = [int(count) for count in re.findall(pattern, told)] if pattern else []
    if counts and max(counts) >= least:
        said.append(text.format(max(counts)))
    wanted, had = controls.right.seen["neighbour"], record.seen.get("neighbour")
    if had is None:
        said.append("no result for the next")
    elif had != wanted:
        said.append(f"the next one gets {had:g} of {wanted:g}")
    return "; ".join(said)


def _shape(path: str) -> str:
    """A path without what is another each time."""
    return _RANDOM.sub("*", path)


def _names(paths: tuple[str, ...] | list[str]) -> str:
    return _few(["/".join(PurePath(path).parts[-2:]) for path in paths])


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
