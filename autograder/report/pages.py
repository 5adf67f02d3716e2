"""Turn results into pages: the templates, and the values that fill them.

All that a page shows goes through one function that escapes it. The pages bring their style and
their script along; a policy names both by their digests, so that nothing else runs or loads.
"""

import base64
import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from autograder.base.printable import clean
from autograder.base.text import Text, join
from autograder.exports.marks import grade_words
from autograder.grading.mistakes import Mistake, known_mistake
from autograder.lookalikes.alignment import side_by_side
from autograder.lookalikes.comparing import Lookalikes
from autograder.lookalikes.hints import Hints
from autograder.report import arrays, attention, statistics
from autograder.report.reading import Gradebook, Student
from autograder.results.result import CheckResult, Result
from autograder.results.statuses import STATUS_NAMES
from course.kit.problems import place_in_chinese
from course.kit.units import TITLES

# Pages of pairs that are made; where more read alike, the first will keep somebody busy enough.
MOST_PAIRS = 200
MOST_PLACES = 10
_TEMPLATES = Path(__file__).resolve().parent / "templates"
_BOTH = Markup('<span class="en" lang="en">{}</span><span class="zh" lang="zh-CN">{}</span>')


@dataclass(frozen=True)
class Wrong:
    """Checks of an exercise that went wrong in one way.

    Attributes:
        checks: their results.
        fault: what is wrong; where no card names the mistake, with what it looks like.
        inputs: the smallest of the inputs that show it, argument by argument.
        answer: what the student's code gave for it, None where no result tells.
        attention: the attention weights that one of the checks found wrong, None where none did.
    """

    checks: list[CheckResult]
    fault: Text
    inputs: list[arrays.Value]
    answer: arrays.Value | None
    attention: attention.AttentionWeights | None

    @property
    def first(self) -> CheckResult:
        """One of them; exercise and status are the same in all."""
        return self.checks[0]

    @property
    def points(self) -> float:
        """What they are worth together."""
        return sum(check.max_points for check in self.checks)

    @property
    def seconds(self) -> float:
        """How long they took together."""
        return sum(check.seconds for check in self.checks)


@dataclass(frozen=True)
class Cause:
    """Checks that went wrong for one reason: a known mistake, or None where no one is named."""

    mistake: Mistake | None
    name: str | None
    wrongs: list[Wrong]

    @property
    def count(self) -> int:
        """How many checks show it."""
        return sum(len(wrong.checks) for wrong in self.wrongs)


@dataclass(frozen=True)
class UnitReport:
    """What a student's page tells of a unit."""

    result: Result
    causes: list[Cause]
    right: dict[str, list[CheckResult]]
    missing: dict[str, list[CheckResult]]
    skipped: list[CheckResult]


def shown(value: Any) -> Any:
    """Return a text without control characters; markup and what is no text stay as they are."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean(value)
    return value


def both(en: Any, zh: Any = None) -> Markup:
    """Return a text in both languages, of which the page shows one.

    Args:
        en: the English text, or both as a `Text`.
        zh: the Chinese text.
    """
    if isinstance(en, dict):
        en, zh = en["en"], en["zh"]
    return _side_by_side(en, zh)


@functools.lru_cache(maxsize=10_000)  # a class's pages hold the same titles over and over
def _side_by_side(en: Any, zh: Any) -> Markup:
    if en == zh:
        return escape(shown(en))
    return _BOTH.format(shown(en), shown(zh))


def number(value: float) -> str:
    """Return a score as people write it: no zeros at its end, two digits behind the point."""
    return f"{round(value, 2):g}" if abs(value) < 1e5 else f"{value:.0f}"


def duration(seconds: float) -> str:
    """Return seconds with as many digits as tell something: 0.004, 0.25, 12.3."""
    digits = 3 if seconds < 0.1 else 2 if seconds < 10 else 1
    return f"{seconds:.{digits}f}"


def student_page(student: Student, language: str) -> str:
    """Return a student's page.

    Args:
        student: the results.
        language: the language that it opens in, `en` or `zh`.
    """
    template = _environment().get_template("student.html")
    units = [report_of(result) for result in student.results.values()]
    return template.render(student=student, units=units, **_frame(language, "language.js"))


def class_page(gradebook: Gradebook, language: str, hints: Hints | None = None) -> str:
    """Return the instructor's page, which leads to `students/NAME.html` and `pairs/NUMBER.html`.

    Args:
        gradebook: all results.
        language: the language that it opens in, `en` or `zh`.
        hints: hand-ins that read alike, where they were compared.
    """
    template = _environment().get_template("class.html")
    mistakes = statistics.common_mistakes(gradebook)
    numbers = {(item.unit, item.name): index for index, item in enumerate(mistakes)}
    return template.render(
        gradebook=gradebook,
        rejected=[result for result in gradebook.results if result.status == "rejected"],
        graded=len(statistics.graded(gradebook.results)),
        spreads=statistics.spreads(gradebook),
        hardest=statistics.hardest(gradebook),
        slowest=statistics.slowest(gradebook),
        mistakes=mistakes,
        places=statistics.common_places(gradebook)[:MOST_PLACES],
        numbers=numbers,
        kinds=_kinds,
        hints=hints,
        grades=any(student.grade is not None for student in gradebook.students),
        most_pairs=MOST_PAIRS,
        **_frame(language, "language.js", "table.js"),
    )


def pair_page(pair: Lookalikes, language: str) -> str:
    """Return a page for the instructor with two hand-ins side by side.

    Args:
        pair: the hand-ins.
        language: the language that it opens in, `en` or `zh`.
    """
    sides = [(one, other, side_by_side(one, other, pair.grams)) for one, other in pair.alike]
    template = _environment().get_template("pair.html")
    return template.render(pair=pair, sides=sides, **_frame(language, "language.js"))


def pair_file(number: int) -> str:
    """Return the name of a pair's page; nobody's name is in it."""
    return f"{number}.html"


def student_file(name: str) -> str:
    """Return the name of a student's page."""
    return f"{name}.html"


def report_of(result: Result) -> UnitReport:
    """Sort a unit's checks: what went wrong by cause, what was right, what is missing."""
    causes: dict[str | None, list[CheckResult]] = {}
    for check in result.checks:
        if check.status in ("failed", "error", "timeout", "crashed"):
            causes.setdefault(check.mistake, []).append(check)
    # What no known mistake explains comes last.
    names = sorted(causes, key=lambda name: name is None)
    return UnitReport(
        result,
        [
            Cause(known_mistake(result.unit, name), name, _alike(causes[name], result.unit))
            for name in names
        ],
        _by_exercise(check for check in result.checks if check.status == "passed"),
        _by_exercise(check for check in result.checks if check.status == "missing"),
        [check for check in result.checks if check.status == "skipped"],
    )


def _alike(checks: list[CheckResult], unit: str) -> list[Wrong]:
    """Put checks together that have the same fault, so that nobody reads of it nine times."""
    groups: dict[tuple[str, ...], list[CheckResult]] = {}
    for check in checks:
        fault = _fault(check, unit)
        key = (check.exercise, check.status, fault["en"], fault["zh"])
        groups.setdefault(key, []).append(check)
    return [_wrong(group, _fault(group[0], unit)) for group in groups.values()]


def _fault(check: CheckResult, unit: str) -> Text:
    """Return what is wrong, with the hint unless the card of a known mistake has the hint."""
    hint = None if known_mistake(unit, check.mistake) else check.hint
    return join(check.wrong, hint, None if check.place is None else check.place.sentence)


def _wrong(checks: list[CheckResult], fault: Text) -> Wrong:
    with_input = sorted(
        (check for check in checks if check.input), key=lambda check: len(str(check.input))
    )
    # First of the check whose input is shown: its picture then tells of the same run.
    pictures = (attention.show(check.attention) for check in with_input + checks)
    weights = next(filter(None, pictures), None)
    inputs, answer = [], None
    if with_input:
        check = with_input[0]
        inputs = [arrays.show(name, value) for name, value in (check.input or {}).items()]
        if check.answer is not None and not attention.shows(check.attention, check.answer):
            answer = arrays.show(None, check.answer)
    return Wrong(checks, fault, inputs, answer, weights)


def _by_exercise(checks: Iterable[CheckResult]) -> dict[str, list[CheckResult]]:
    by_exercise: dict[str, list[CheckResult]] = {}
    for check in checks:
        by_exercise.setdefault(check.exercise, []).append(check)
    return by_exercise


def _kinds(student: Student, units: list[str]) -> str:
    """Return letters for the class page's filter: rejected, late, incomplete, full, below half."""
    results = student.results.values()
    letters = "r" if any(result.status == "rejected" for result in results) else ""
    letters += "l" if student.late else ""
    if len(student.results) < len(units):
        letters += "i"
    elif student.score == student.max_score:
        letters += "f"
    worth = student.max_score + 100 * (len(units) - len(results))  # a unit is worth 100
    return letters + ("h" if 2 * student.score < worth else "")


def _frame(language: str, *scripts: str) -> dict[str, Any]:
    """Return what every page needs: its style, its script, and the policy that names them."""
    style = _read("page.css")
    script = "".join(map(_read, scripts))
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return {
        "language": language,
        "style": Markup(style),
        "script": Markup(script),
        "policy": policy,
    }


@functools.cache
def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


@functools.cache
def _digest(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=shown,
    )
    environment.filters |= {
        "number": number,
        "duration": duration,
        "address": lambda name: quote(name, safe="", errors="replace"),
    }
    environment.globals |= {
        "both": both,
        "unit_title": lambda unit: TITLES.get(unit, unit),
        "status_name": lambda status: STATUS_NAMES[status],
        "student_file": student_file,
        "grade_words": grade_words,
        "pair_file": pair_file,
        "place_in_chinese": place_in_chinese,
    }
    return environment
