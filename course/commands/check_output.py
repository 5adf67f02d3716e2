"""What `check` and `progress` print: the checks, the next step, a table, a picture of weights."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from course.commands.terminal import stop
from course.kit.language import say
from course.outcomes import Outcome, Report, details, next_step, next_unit, with_cells
from course.work import BEGUN, WRITTEN, standings

PICTURE = "attention-weights.png"
_MARKS = {"passed": "[green]✓[/]", "failed": "[red]✗[/]", "error": "[red]![/]"}
WORDS = ("早", "上", "好")
_SHADES = " ░▒▓█"


class ReportPrinter:
    """Prints a unit's checks as they come: the file, what could not be used of it, each outcome.

    Args:
        report: the unit's; its outcomes are given to `add` one by one.
        console: where they are printed.
    """

    def __init__(self, report: Report, console: Console):
        self._report, self._console = report, console
        self._problems: set[str] = set()
        self._waiting: list[Outcome] = []  # not done yet, for one reason
        self._exercise = self._raised = ""
        _line(console, f"[bold]{report.unit}[/]{_file(report.path)}")
        self._print_problems()

    def add(self, outcome: Outcome) -> None:
        """Print an outcome; an exercise that isn't done yet is one line, whatever its checks."""
        self._print_problems()
        exercise = outcome.check.exercise
        if self._waiting and self._waiting[-1].check.exercise != exercise:
            self._print_waiting()
        if exercise != self._exercise:
            self._raised = ""
            together = not self._waiting or self._waiting[-1].got == outcome.got
            if details(outcome) == [outcome.got] and together:
                self._waiting.append(outcome)
                return
            _line(self._console, f"  [bold]{exercise}[/]")
            self._exercise = exercise
            for earlier in self._waiting:
                self._print_outcome(earlier)
            self._waiting.clear()
        self._print_outcome(outcome)

    def end(self) -> None:
        """Print what is left, after the last outcome."""
        self._print_problems()
        self._print_waiting()
        if self._report.refused:
            _line(self._console, f"  [red]✗[/] {escape(self._report.refused)}")
        print_weights(self._report, self._console)

    def _print_problems(self) -> None:
        for problem in self._report.problems:
            if (message := problem.message()) not in self._problems:
                self._problems.add(message)
                _line(
                    self._console,
                    f"  [yellow]! {escape(with_cells(message, self._report.hand_in))}[/]",
                )

    def _print_waiting(self) -> None:
        if self._waiting:
            outcome = self._waiting[0]
            text = f"{outcome.check.exercise}{say(': ', '：')}{outcome.got}"
            text = escape(with_cells(text, self._report.hand_in))
            _line(self._console, f"  [dim]· {text}[/]")
            self._waiting.clear()

    def _print_outcome(self, outcome: Outcome) -> None:
        mark = _MARKS.get(outcome.status, "[dim]·[/]")
        _line(self._console, f"    {mark} {escape(outcome.title)}")
        if outcome.status == "error" and outcome.got == self._raised:
            _line(self._console, f"        [dim]{say('the same error', '同样的错误')}[/]")
            return
        self._raised = outcome.got if outcome.status == "error" else self._raised
        for line in with_cells("\n".join(details(outcome)), self._report.hand_in).splitlines():
            _line(self._console, f"        {escape(line)}")


def print_next(reports: Sequence[Report], console: Console) -> None:
    """Print how many checks pass, and the one thing to do next in the first unit that needs it."""
    console.print()
    first = next((report for report in reports if not report.right), None)
    checks = [outcome for report in reports for outcome in report.outcomes]
    passed = sum(outcome.status == "passed" for outcome in checks)
    if first is not None:
        count = ""
        if checks:
            count = say(f"{passed} of {len(checks)} pass. ", f"通过 {passed}/{len(checks)}。")
        _line(console, f"{count}[bold]{escape(next_step(first))}[/]")
        return
    names = say(", ", "、").join(report.unit for report in reports)
    text = say(
        f"All {passed} public checks of {names} pass. Hidden checks look at more: other shapes, "
        "huge numbers, masks, gradients.",
        f"{names} 的 {passed} 个公开检查全部通过。"
        "隐藏检查会看得更细：别的形状、极大的数、掩码、梯度。",
    )
    _line(console, f"[green]{text}[/] {next_unit([report.unit for report in reports])}")


def print_progress(reports: Sequence[Report], console: Console) -> None:
    """Print a table of every exercise: to do, begun, written, or how many checks pass."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in (say("unit", "单元"), say("exercise", "练习"), say("state", "状态")):
        table.add_column(heading)
    for report in reports:
        if report.hand_in is None or report.refused:
            _line(console, f"[bold]{report.unit}[/]  [red]{escape(report.refused)}[/]")
            continue
        for number, (exercise, standing) in enumerate(
            standings(report.hand_in, report.unit).items()
        ):
            counts = Counter(outcome.status for outcome in report.of(exercise))
            state = _state(counts) if counts else _standing(standing)
            table.add_row(report.unit if number == 0 else "", exercise, state)
    if table.rows:
        console.print(table)


def print_weights(report: Report, console: Console) -> None:
    """Show the student's attention weights for three words, where its checks pass."""
    if _weights_are_right(report):
        title = say("Your attention weights", "你的注意力权重")
        _line(console, f"  [dim]{title}[/]")
        for row in blocks(report.weights or [], WORDS):
            console.print(Text("    " + row), highlight=False)


def save_weights(report: Report, console: Console) -> None:
    """Save the student's attention weights as a picture, where its checks pass."""
    if not _weights_are_right(report):
        return
    try:
        _save_picture(report.weights or [], WORDS)
    except OSError as error:
        stop(say(f"{PICTURE} can't be written: {error}.", f"无法写入 {PICTURE}：{error}。"))
    _line(console, f"  [dim]{say('saved as', '已保存为')} {PICTURE}[/]")


def _weights_are_right(report: Report) -> bool:
    statuses = {outcome.status for outcome in report.of("scaled_dot_product_attention")}
    return report.weights is not None and statuses == {"passed"}


def blocks(weights: Sequence[Sequence[float]], words: Sequence[str]) -> list[str]:
    """Return weights `(T, T)` as lines of text: the darker a block, the more of the attention."""
    lines = []
    for word, row in zip(words, weights, strict=True):
        cells = (f"{_SHADES[min(4, round(float(w) * 4))] * 2} {float(w):.2f}" for w in row)
        lines.append(f"{word}  " + "  ".join(cells))
    return lines


def _save_picture(weights: Sequence[Sequence[float]], words: Sequence[str]) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    from course.kit.notebook import plots

    picture = plots.heatmap(weights, words, title=say("Your weights", "你的权重"))
    try:
        picture.savefig(PICTURE, dpi=120)
    finally:
        pyplot.close(picture)


def _standing(standing: str) -> str:
    return {
        BEGUN: f"[yellow]{say('begun', '进行中')}[/]",
        WRITTEN: say("written", "已写"),
    }.get(standing, f"[dim]{say('to do', '待完成')}[/]")


def _state(counts: Counter[str]) -> str:
    total = counts.total()
    if counts["missing"] + counts["absent"] == total:
        return f"[dim]{say('to do', '待完成')}[/]"
    if counts["passed"] == total:
        return f"[green]{say('checked', '已通过')} {total}/{total}[/]"
    return f"[yellow]{say('in work', '进行中')} {counts['passed']}/{total}[/]"


def _file(path: Path | None) -> str:
    """Return a file's name, and when it was saved: a student sees whether the last edit counts."""
    if path is None:
        return ""
    try:
        name = path.relative_to(Path.cwd())
    except ValueError:
        name = path
    try:
        clock = time.strftime("%H:%M:%S", time.localtime(path.stat().st_mtime))
    except OSError:
        return f"  [dim]{escape(str(name))}[/]"
    saved = say(f", saved at {clock}", f"，保存于 {clock}")
    return f"  [dim]{escape(str(name))}{saved}[/]"


def _line(console: Console, markup: str) -> None:
    console.print(markup, highlight=False, soft_wrap=True)
