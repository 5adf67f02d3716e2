"""Results on the terminal: one line a hand-in, with the mistakes that were named."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.base.printable import printable
from autograder.base.text import Text
from autograder.isolation.sandbox import ALL_LAYERS
from autograder.results.differences import Move
from autograder.results.message import places_in_chinese
from autograder.results.result import Place, Result
from autograder.results.statuses import RESULT_STATUS_NAMES, STATUS_NAMES
from autograder.running.batch import Summary
from course.kit.language import language, say

if TYPE_CHECKING:
    from autograder.bridge.grades import Difference

_MOST_DIFFERENCES = 20


def plain(text: str, width: int) -> str:
    """Return a text that a terminal prints as it is: no control characters, no markup."""
    short = text if len(text) <= width else text[: width - 1] + "…"
    return escape(printable(short, width, line_ends=False))


def show(summary: Summary, console: Console) -> None:
    """Print the table of a batch, the mistakes by frequency, and what went wrong in grading."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    _name_columns(table)
    table.add_column(say("score", "得分"), justify="right", no_wrap=True)
    table.add_column(say("seconds", "秒"), justify="right", no_wrap=True)
    table.add_column(say("what it looks like", "看起来"), overflow="fold")
    statuses: Counter[str] = Counter()
    lacking: set[str] = set()
    for result in summary.results:  # once, since each may have to be decompressed
        statuses[result.status] += 1
        lacking |= set(ALL_LAYERS).difference(result.isolation)
        table.add_row(
            plain(result.submission, 28),
            result.unit,
            f"{result.score:g}/{result.max_score:g}",
            f"{result.duration_s:.1f}",
            _looks_like(result),
        )
    console.print(table)
    console.print()
    console.print(_counts(statuses, summary), highlight=False)
    if lacking:
        layers = ", ".join(sorted(lacking))
        line = say(f"Not isolated by: {layers}.", f"缺少的隔离层：{layers}。")
        console.print(f"[yellow]{line}[/]")
    for submission, reason in summary.failures:
        name = plain(submission.name, 60)
        heading = say(f"No result for {name}:", f"{name} 没有结果：")
        console.print(f"[red]{heading}[/] {plain(reason, 2000)}", highlight=False)


def show_gradebook(students: Sequence[str], absent: Mapping[str, str], console: Console) -> None:
    """Print how many hand-ins nbgrader's gradebook has now, and which it has not."""
    line = say(
        f"In nbgrader's gradebook: {len(students)}.",
        f"已写入 nbgrader 成绩册：{len(students)} 份。",
    )
    console.print(line, highlight=False)
    for student, reason in absent.items():
        name = plain(student, 60)
        heading = say(f"Not in it, {name}:", f"{name} 未写入：")
        console.print(f"[red]{heading}[/] {plain(reason, 300)}", highlight=False)


def show_restored(restored: Mapping[tuple[str, str], Sequence[Text]], console: Console) -> None:
    """Print in whose notebooks cells were put right, and the first of the changes of each."""
    if not restored:
        return
    heading = say(
        "Cells that were put right, so that their points are in the gradebook:",
        "已修复的单元格（其分数因此计入成绩册）：",
    )
    console.print(heading, highlight=False)
    for (student, notebook), changes in list(restored.items())[:_MOST_DIFFERENCES]:
        name = plain(f"{student} {notebook}", 90)
        more = len(changes) - 1
        others = say(f"; and {more} more", f"；另有 {more} 项") if more else ""
        first = plain(changes[0][language()], 300)
        console.print(f"  {name}: {first}{others}", highlight=False, soft_wrap=True)
    _show_rest(len(restored), console)


def show_differences(differences: "Sequence[Difference]", console: Console) -> None:
    """Print where the gradebook has another sum than the result, both sums, and why."""
    if not differences:
        return
    line = say("The gradebook differs from the results:", "成绩册与评分结果不同：")
    console.print(line, highlight=False)
    for item in differences[:_MOST_DIFFERENCES]:
        name, grade = plain(f"{item.submission} {item.unit}", 90), item.grade
        whys = []
        if grade.penalty:
            late = f"{grade.penalty:g}"
            whys.append(say(f"{late} taken off for being late", f"因迟交扣 {late}"))
        if grade.by_hand:
            whys.append(say("points given by hand", "有人工评分"))
        if not whys:
            whys.append(
                say("the cells have other weights than the checks", "单元格的权重与检查不同")
            )
        why = say(", ".join(whys), "，".join(whys))
        both = say(
            f"{item.expected:g} by the result, {grade.total:g} of {grade.max_score:g} in the "
            f"gradebook: {why}",
            f"结果 {item.expected:g}，成绩册 {grade.total:g}（满分 {grade.max_score:g}）：{why}",
        )
        console.print(f"  {name}: {both}", highlight=False, soft_wrap=True)
    _show_rest(len(differences), console)


def _show_rest(count: int, console: Console) -> None:
    """Print how many of so many items weren't printed."""
    if (rest := count - _MOST_DIFFERENCES) > 0:
        console.print(say(f"  and {rest} more", f"  另有 {rest} 项"), highlight=False)


def show_moves(moves: Sequence[Move], console: Console) -> None:
    """Print whose score moved between two runs, with the reasons."""
    if not moves:
        console.print(say("No score moved.", "没有分数变动。"))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    _name_columns(table)
    for heading in (say("old", "旧"), say("new", "新"), say("moved", "变动")):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(say("why", "原因"), overflow="fold")
    for move in moves:
        scores = ["–" if r is None else f"{r.score:g}" for r in (move.old, move.new)]
        why = "\n".join(plain(reason[language()], 200) for reason in move.reasons)
        name = plain(move.submission, 28)
        table.add_row(name, plain(move.unit, 28), *scores, f"{move.difference:+g}", why)
    console.print(table)


def _name_columns(table: Table) -> None:
    for heading in (say("hand-in", "作业"), say("unit", "单元")):
        table.add_column(heading, no_wrap=True)


def _counts(statuses: Counter[str], summary: Summary) -> str:
    graded, rejected = statuses["graded"], statuses["rejected"]
    parts = [
        say(f"{graded} graded", f"评分 {graded} 份"),
        say(f"{rejected} rejected", f"无法读取 {rejected} 份"),
    ]
    if summary.failures:
        count = len(summary.failures)
        parts.append(say(f"{count} without a result", f"没有结果 {count} 份"))
    if count := summary.already_graded:
        parts.append(say(f"{count} kept from before", f"沿用先前结果 {count} 份"))
    return say(", ".join(parts) + ".", "，".join(parts) + "。")


def _place(place: Place) -> str:
    where = say(place.where, places_in_chinese(place.where))
    return where if place.kind is None else f"{where}{say(', ', '，')}{place.kind[language()]}"


def _looks_like(result: Result) -> str:
    if result.status == "rejected":
        problem = result.problems[0] if result.problems else RESULT_STATUS_NAMES["rejected"]
        return plain(problem[language()], 200)
    causes = Counter(check.comes_from for check in result.checks if check.comes_from)
    if result.score == result.max_score:
        return f"[green]{say('all right', '全部正确')}[/]"
    names = [f"[bold]{plain(name, 60)}[/]" for name in result.mistakes]
    names += list(
        dict.fromkeys(
            f"{plain(check.exercise, 60)}{say(': ', '：')}{plain(_place(check.place), 120)}"
            for check in result.checks
            if check.place is not None
        )
    )
    unexplained = (check for check in result.checks if not (check.mistake or check.place))
    other = Counter(check.status for check in unexplained)
    names += [
        say(f"{name['en']}: {other[status]}", f"{other[status]} 项{name['zh']}")
        for status, name in STATUS_NAMES.items()
        if other[status] and status not in ("passed", "skipped")
    ]
    names += [
        say(f"right but for {plain(name, 60)}: {count}", f"仅因 {plain(name, 60)} 而错：{count} 项")
        for name, count in causes.items()
    ]
    return say(", ".join(names), "，".join(names))
