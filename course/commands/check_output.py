"""What `check` and `progress` print: the checks, the next step, a table, a picture of weights."""

import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from course.check import Outcome, Report, details, next_step
from course.kit.language import say
from course.kit.units import exercises_of

PICTURE = "attention-weights.png"
_MARKS = {"passed": "[green]✓[/]", "failed": "[red]✗[/]", "error": "[red]![/]"}
_SHADES = " ░▒▓█"


def print_report(report: Report, console: Console) -> None:
    """Print the file that was checked, what could not be used of it, and every check."""
    _line(console, f"[bold]{report.unit}[/]{_file(report.path)}")
    if report.refused:
        _line(console, f"  [red]✗[/] {escape(report.refused)}")
        return
    for problem in report.problems:
        _line(console, f"  [yellow]! {escape(problem.message())}[/]")
    for exercise in exercises_of(report.unit):
        _print_exercise(exercise, report.of(exercise), console)


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
    _line(console, f"[green]{text}[/]")


def print_progress(reports: Sequence[Report], console: Console) -> None:
    """Print a table of every exercise: checked, in work, or to do."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in (say("unit", "单元"), say("exercise", "练习"), say("public checks", "公开检查")):
        table.add_column(heading)
    for report in reports:
        if report.refused:
            _line(console, f"[bold]{report.unit}[/]  [red]{escape(report.refused)}[/]")
            continue
        for number, exercise in enumerate(exercises_of(report.unit)):
            counts = Counter(outcome.status for outcome in report.of(exercise))
            table.add_row(report.unit if number == 0 else "", exercise, _state(counts))
    if table.rows:
        console.print(table)
    print_next(reports, console)


def draw_weights(report: Report, console: Console) -> None:
    """Show the student's attention weights for three words, and save them as a picture.

    Only for work whose `scaled_dot_product_attention` passes; weights that can't be drawn are left
    out.
    """
    outcomes = report.of("scaled_dot_product_attention")
    if not outcomes or {outcome.status for outcome in outcomes} != {"passed"}:
        return
    import keras

    words = list("早上好")
    x = keras.ops.convert_to_tensor([[1.5, 1.0, 0.0], [1.2, 1.2, 0.2], [0.2, 0.3, 1.6]])
    try:
        _, answer = report.work.scaled_dot_product_attention(x, x, x)  # type: ignore[union-attr]
        weights = keras.ops.convert_to_numpy(answer)
        _save_picture(weights, words)
    except Exception:  # the student's code, a folder that can't be written: checks say it better
        return
    title = say("Your attention weights", "你的注意力权重")
    _line(console, f"  [dim]{title}{say(': ', '：')}{PICTURE}[/]")
    for row in blocks(weights, words):
        console.print(Text("    " + row), highlight=False)


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


def _print_exercise(exercise: str, outcomes: list[Outcome], console: Console) -> None:
    undone = {outcome.got for outcome in outcomes if details(outcome) == [outcome.got]}
    if len(undone) == 1 and all(outcome.got in undone for outcome in outcomes):
        _line(console, f"  [dim]· {exercise}{say(': ', '：')}{escape(undone.pop())}[/]")
        return
    _line(console, f"  [bold]{exercise}[/]")
    raised = ""
    for outcome in outcomes:
        _line(console, f"    {_MARKS.get(outcome.status, '[dim]·[/]')} {escape(outcome.title)}")
        if outcome.status == "error" and outcome.got == raised:
            _line(console, f"        [dim]{say('the same error', '同样的错误')}[/]")
            continue
        raised = outcome.got if outcome.status == "error" else raised
        for line in details(outcome):
            _line(console, f"        {escape(line)}")


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
