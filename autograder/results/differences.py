"""Two runs over the same hand-ins: whose score moved, and why."""

from dataclasses import dataclass
from pathlib import Path

from autograder.base.text import Text, join, text
from autograder.results.files import read_results
from autograder.results.result import CheckResult, Result
from autograder.results.statuses import RESULT_STATUS_NAMES, STATUS_NAMES


@dataclass(frozen=True)
class Move:
    """A hand-in whose result differs between two runs.

    Attributes:
        submission, unit: which hand-in.
        old, new: the hand-in's results; None where a run has none.
        reasons: what differs, the checks that changed first.
    """

    submission: str
    unit: str
    old: Result | None
    new: Result | None
    reasons: tuple[Text, ...]

    @property
    def difference(self) -> float:
        """How many points the hand-in gained, or lost where negative."""
        before = self.old.score if self.old else 0.0
        after = self.new.score if self.new else 0.0
        return round(after - before, 6)


def moves(old: Path, new: Path) -> list[Move]:
    """Return the hand-ins whose results differ, those that moved most first.

    Raises:
        UserError: one of the directories has no results.
    """
    before, after = _by_hand_in(old), _by_hand_in(new)
    differing = []
    for key in sorted(before.keys() | after.keys()):
        one, other = before.get(key), after.get(key)
        reasons = _reasons(one, other)
        if reasons:
            differing.append(Move(*key, one, other, tuple(reasons)))
    return sorted(differing, key=lambda move: -abs(move.difference))


def _by_hand_in(directory: Path) -> dict[tuple[str, str], Result]:
    results, _ = read_results(directory)
    return {(result.submission, result.unit): result for result in results}


def _reasons(old: Result | None, new: Result | None) -> list[Text]:
    """Return what differs that a student would see, and then why; nothing where nothing does."""
    if old is None or new is None:
        if old is None:
            return [text("only in the new run", "只在新的一次评分中")]
        return [text("only in the old run", "只在旧的一次评分中")]
    reasons = []
    if old.status != new.status:
        one, other = RESULT_STATUS_NAMES[old.status], RESULT_STATUS_NAMES[new.status]
        reasons.append(text(f"{one['en']}, now {other['en']}", f"{one['zh']}，现为{other['zh']}"))
    before = {check.id: check for check in old.checks}
    after = {check.id: check for check in new.checks}
    for name in dict.fromkeys([*before, *after]):
        reason = _difference(name, before.get(name), after.get(name))
        if reason is not None:
            reasons.append(reason)
    return reasons + _causes(old, new) if reasons else []


def _difference(name: str, old: CheckResult | None, new: CheckResult | None) -> Text | None:
    """Return how a check's two results differ; None where they are alike."""
    if old is None and new is not None:
        now = _state(new)
        return text(f"{name} is new: {now['en']}", f"{name} 是新的：{now['zh']}")
    if new is None and old is not None:
        was = _state(old)
        return text(f"{name} is gone: was {was['en']}", f"{name} 已不存在：原为{was['zh']}")
    assert old is not None
    assert new is not None
    was, now = _state(old), _state(new)
    if was != now:
        return text(
            f"{name}: {was['en']}, now {now['en']}", f"{name}：{was['zh']}，现为{now['zh']}"
        )
    if old.mistake != new.mistake:
        return text(
            f"{name}: named {old.mistake or 'nothing'}, now {new.mistake or 'nothing'}",
            f"{name}：原指出 {old.mistake or '无'}，现指出 {new.mistake or '无'}",
        )
    return None


def _state(check: CheckResult) -> Text:
    name, points = STATUS_NAMES[check.status], f"{check.points:g}/{check.max_points:g}"
    state = text(f"{name['en']} {points}", f"{name['zh']} {points}")
    if check.comes_from is None:
        return state
    other = check.comes_from
    return join(state, text(f"with a right {other}", f"（换上正确的 {other}）"))


def _causes(old: Result, new: Result) -> list[Text]:
    """Return what was not the same in the two runs."""
    causes = []
    if old.hand_in != new.hand_in:
        causes.append(text("another file was handed in", "提交的文件不同"))
    if old.suite != new.suite:
        causes.append(text("another version of the suite", "检查的版本不同"))
    if old.seed != new.seed:
        seeds = f"{old.seed}, now {new.seed}", f"{old.seed}，现为 {new.seed}"
        causes.append(text(f"another seed: {seeds[0]}", f"种子不同：{seeds[1]}"))
    if old.backend != new.backend:
        backends = f"{old.backend}, now {new.backend}", f"{old.backend}，现为 {new.backend}"
        causes.append(text(f"another backend: {backends[0]}", f"后端不同：{backends[1]}"))
    return causes
