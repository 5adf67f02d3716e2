"""What a class's results say together: scores, hard checks, common mistakes, time."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean, median

from autograder.base.text import Text, text
from autograder.grading.mistakes import known_mistake
from autograder.report.reading import Gradebook
from autograder.results.result import Place, Result

BINS = 10


@dataclass(frozen=True)
class Spread:
    """A unit's scores in percent, ten bins of ten, full marks in the last; and its seconds."""

    unit: str
    counts: list[int]
    mean: float
    median: float
    median_seconds: float
    longest_seconds: float
    longest_name: str

    @property
    def total(self) -> int:
        """How many hand-ins were graded."""
        return sum(self.counts)


@dataclass(frozen=True)
class CommonPlace:
    """What an edit changes that makes an exercise right, and in how many hand-ins.

    Attributes:
        unit, exercise: which exercise.
        words: the edit, or what kind of edit it is where the results hold no edits.
        count: how many hand-ins.
    """

    unit: str
    exercise: str
    words: Text
    count: int


@dataclass(frozen=True)
class HardCheck:
    """A check, and how many of the hand-ins that it ran on got it right."""

    unit: str
    exercise: str
    title: Text
    right: int
    tried: int
    missing: int

    @property
    def share(self) -> float:
        """The part that got it right, from 0 to 1."""
        return self.right / self.tried


@dataclass(frozen=True)
class SlowCheck:
    """A check, and the seconds that it took: over the whole class, and a hand-in."""

    unit: str
    exercise: str
    title: Text
    total: float
    median: float
    longest: float
    longest_name: str


@dataclass(frozen=True)
class CommonMistake:
    """A known mistake, and how many of the unit's graded hand-ins show it."""

    unit: str
    name: str
    title: Text
    hint: Text | None
    count: int
    graded: int


def graded(results: Iterable[Result]) -> list[Result]:
    """Return the results that say something of the work: rejected ones are left out."""
    return [result for result in results if result.status != "rejected"]


def spreads(gradebook: Gradebook) -> list[Spread]:
    """Return how scores and times spread, unit by unit."""
    by_unit = []
    for unit in gradebook.units:
        results = graded(s.results[unit] for s in gradebook.students if unit in s.results)
        if not results:
            continue
        percents = [100 * r.score / r.max_score if r.max_score else 0.0 for r in results]
        counts = [0] * BINS
        for percent in percents:
            counts[max(0, min(BINS - 1, int(percent * BINS / 100)))] += 1
        longest = max(results, key=lambda result: result.duration_s)
        seconds = [result.duration_s for result in results]
        by_unit.append(
            Spread(
                unit,
                counts,
                mean(percents),
                median(percents),
                median(seconds),
                longest.duration_s,
                longest.submission,
            )
        )
    return by_unit


def hardest(gradebook: Gradebook, count: int = 10) -> list[HardCheck]:
    """Return the checks that the smallest part of the class got right, hardest first."""
    right: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    missing: Counter[str] = Counter()
    about: dict[str, tuple[str, str, Text]] = {}
    for result in graded(gradebook.results):
        for check in result.checks:
            if check.status == "skipped":
                continue
            about.setdefault(check.id, (result.unit, check.exercise, check.title))
            tried[check.id] += 1
            right[check.id] += check.status == "passed"
            missing[check.id] += check.status == "missing"
    checks = [
        HardCheck(*about[key], right[key], tried[key], missing[key])
        for key in about
        if right[key] < tried[key]
    ]
    return sorted(checks, key=lambda check: (check.share, -check.tried))[:count]


def slowest(gradebook: Gradebook, count: int = 10) -> list[SlowCheck]:
    """Return the checks that took the most time in all; none where the results don't tell."""
    seconds: dict[str, list[tuple[float, str]]] = {}
    about: dict[str, tuple[str, str, Text]] = {}
    for result in graded(gradebook.results):
        for check in result.checks:
            if check.seconds > 0:
                about.setdefault(check.id, (result.unit, check.exercise, check.title))
                seconds.setdefault(check.id, []).append((check.seconds, result.submission))
    checks = [
        SlowCheck(
            *about[key],
            sum(taken for taken, _ in times),
            median(taken for taken, _ in times),
            *max(times),
        )
        for key, times in seconds.items()
    ]
    return sorted(checks, key=lambda check: -check.total)[:count]


def common_places(gradebook: Gradebook) -> list[CommonPlace]:
    """Return what the places in students' own code have in common, the commonest first."""
    people: dict[tuple[str, str, str], set[str]] = {}
    said: dict[tuple[str, str, str], Text] = {}
    for result in graded(gradebook.results):
        for check in result.checks:
            words = None if check.place is None else _what_changes(check.place)
            if words is not None:
                key = (result.unit, check.exercise, words["en"])
                people.setdefault(key, set()).add(result.submission)
                said[key] = words
    groups = sorted(people.items(), key=lambda item: -len(item[1]))
    return [CommonPlace(*key[:2], said[key], len(names)) for key, names in groups]


def _what_changes(place: Place) -> Text | None:
    """Return the edit at a place where the result holds it, else its kind."""
    if place.edit is None:
        return place.kind
    pairs = zip(place.edit[::2], place.edit[1::2], strict=False)
    edits = "; ".join(f"{before} → {after}" for before, after in pairs)
    return text(edits, edits)


def common_mistakes(gradebook: Gradebook) -> list[CommonMistake]:
    """Return the known mistakes that were named, commonest first."""
    counts = Counter((r.unit, name) for r in graded(gradebook.results) for name in r.mistakes)
    handed_in = Counter(result.unit for result in graded(gradebook.results))
    mistakes = []
    for (unit, name), count in counts.most_common():
        known = known_mistake(unit, name)
        title = known.title if known else text(name, name)
        hint = known.hint if known else None
        mistakes.append(CommonMistake(unit, name, title, hint, count, handed_in[unit]))
    return mistakes
