"""Hand-ins of the unit that is quickest to grade: right, wrong, unreadable, and one that leaves."""

from pathlib import Path

from autograder.grading.mistakes import mistakes_of
from tests.conftest import ROOT

UNIT = "positional"
_OTHERS = {
    "empty": "",
    "broken": "def integer_positions(length:\n",
    "raises": "def integer_positions(length): raise KeyError(length)\n",
    "leaves": "import os\ndef normalized_positions(length): os._exit(3)\n",
}


def sources() -> dict[str, str]:
    """Return the sources, by the kind of hand-in."""
    right = (ROOT / "solutions" / f"{UNIT}.py").read_text(encoding="utf-8")
    stubs = (ROOT / "course" / "exercises" / f"{UNIT}.py").read_text(encoding="utf-8")
    wrong = {known.name: known.source for known in mistakes_of(UNIT)[:8]}
    return {"right": right, "stubs": stubs, **wrong, **_OTHERS}


def write_hand_ins(folder: Path, count: int) -> list[str]:
    """Write this many hand-ins, kind after kind; return their names."""
    kinds, names = list(sources().items()), []
    for number in range(count):
        kind, source = kinds[number % len(kinds)]
        names.append(f"{number:03}-{kind}")
        path = folder / names[-1] / f"{UNIT}.py"
        path.parent.mkdir(parents=True)
        path.write_text(source, encoding="utf-8")
    return names
