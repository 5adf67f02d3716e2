"""The texts of a lesson come in pairs; a change in one language without the other is seen.

    python -m autograder.authoring.language_pairs             name the texts that changed alone
    python -m autograder.authoring.language_pairs record      record the pairs that changed in both
    python -m autograder.authoring.language_pairs reviewed    record all: somebody compared them

`course/lessons/pairs.json` has a digest of every text as it was when its pair was last looked at.
"""

import hashlib
import json
import sys
from pathlib import Path

import jupytext

from autograder.authoring.author_command import author_command
from autograder.base.paths import ROOT
from autograder.base.text import LANGUAGES

LESSONS_DIR = ROOT / "course" / "lessons"
RECORD = LESSONS_DIR / "pairs.json"

Pairs = list[list[str]]


def texts(lesson: Path) -> list[tuple[str, str]]:
    """Return a lesson's texts in pairs, English and Chinese."""
    cells = [c for c in jupytext.read(lesson, fmt="py:percent").cells if c.cell_type == "markdown"]
    columns = [
        [cell.source for cell in cells if cell.metadata.get("lang") == code] for code in LANGUAGES
    ]
    return list(zip(*columns, strict=True))


def digests(lesson: Path) -> Pairs:
    """Return the digests of a lesson's texts, in pairs."""
    return [
        [hashlib.sha256(text.encode()).hexdigest()[:12] for text in pair] for pair in texts(lesson)
    ]


def changed_alone(lesson: Path, recorded: Pairs) -> list[str]:
    """Return sentences about texts that changed in one language only, since they were recorded.

    A pair is known by either of its texts, so that pairs may be moved, added and taken away.
    """
    known = {digest for pair in recorded for digest in pair}
    sentences = []
    for number, (pair, now) in enumerate(zip(texts(lesson), digests(lesson), strict=True), start=1):
        if now in recorded or not known.intersection(now):
            continue  # as it was, or both are new
        changed = [code for code, digest in zip(LANGUAGES, now, strict=True) if digest not in known]
        what = f"only {changed[0]} changed" if changed else "its texts were no pair before"
        begins = pair[LANGUAGES.index((changed or LANGUAGES)[0])].splitlines()[0][:40]
        sentences.append(
            f"{lesson.stem}, pair {number} ({begins}): {what}; mend it, or `make pairs` with "
            "REVIEWED=1 if both still say the same."
        )
    return sentences


def lessons() -> list[Path]:
    """Return the lessons' sources."""
    return sorted(LESSONS_DIR.glob("*.py"))


def recorded() -> dict[str, Pairs]:
    """Return the pairs as they were last written down, by unit."""
    return json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}


def record() -> None:
    """Write down the pairs as they are now."""
    pairs = {lesson.stem: digests(lesson) for lesson in lessons()}
    RECORD.write_text(json.dumps(pairs, indent=1) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Say what changed alone, and record; return 1 where something has to be looked at."""
    known = recorded()
    changed = [
        sentence
        for lesson in lessons()
        for sentence in changed_alone(lesson, known.get(lesson.stem, []))
    ]
    if arguments == ["reviewed"]:
        changed = []
    print("\n".join(changed) or "No text changed without its pair.")
    if arguments and not changed:
        record()
    return int(bool(changed))


if __name__ == "__main__":
    with author_command("Recording pairs of texts"):
        sys.exit(main(sys.argv[1:]))
