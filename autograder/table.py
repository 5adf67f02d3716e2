"""Results on the terminal: one line a hand-in, with the mistakes that were named."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.batch import Summary
from autograder.compared import Move
from autograder.isolation.sandbox import ALL_LAYERS
from autograder.results import Result


def plain(text: str, width: int) -> str:
    """Return a text that a terminal prints as it is: no control characters, no markup."""
    text = "".join(c if c.isprintable() else "�" for c in text)
    return escape(text if len(text) <= width else text[: width - 1] + "…")


def show(summary: Summary, console: Console) -> None:
    """Print the table of a batch, the mistakes by frequency, and what went wrong in grading."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("hand-in", "unit"):
        table.add_column(heading, no_wrap=True)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("seconds", justify="right", no_wrap=True)
    table.add_column("what it looks like", overflow="fold")
    for result in summary.results:
        table.add_row(
            plain(result.submission, 28),
            result.unit,
            f"{result.score:g}/{result.max_score:g}",
            f"{result.duration_s:.1f}",
            _looks_like(result),
        )
    console.print(table)
    console.print()
    console.print(_counts(summary), highlight=False)
    lacking = {layer for r in summary.results for layer in ALL_LAYERS if layer not in r.isolation}
    if lacking:
        console.print(f"[yellow]Not isolated by: {', '.join(sorted(lacking))}.[/]")
    for submission, reason in summary.failures:
        name = plain(submission.name, 60)
        console.print(f"[red]No result for {name}:[/] {plain(reason, 2000)}", highlight=False)


def show_moves(moves: Sequence[Move], console: Console) -> None:
    """Print whose score moved between two runs, with the reasons."""
    if not moves:
        console.print("No score moved.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("hand-in", "unit"):
        table.add_column(heading, no_wrap=True)
    for heading in ("old", "new", "moved"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("why", overflow="fold")
    for move in moves:
        scores = ["–" if r is None else f"{r.score:g}" for r in (move.old, move.new)]
        why = "\n".join(plain(reason, 200) for reason in move.reasons)
        name = plain(move.submission, 28)
        table.add_row(name, plain(move.unit, 28), *scores, f"{move.difference:+g}", why)
    console.print(table)


def _counts(summary: Summary) -> str:
    graded = sum(result.status == "graded" for result in summary.results)
    rejected = len(summary.results) - graded
    parts = [f"{graded} graded", f"{rejected} rejected"]
    if summary.failures:
        parts.append(f"{len(summary.failures)} without a result")
    if summary.kept:
        parts.append(f"{summary.kept} kept from before")
    return ", ".join(parts) + "."


def _looks_like(result: Result) -> str:
    if result.status == "rejected":
        return plain(result.problems[0] if result.problems else "rejected", 200)
    if result.score == result.max_score:
        return "[green]all right[/]"
    told = [f"[bold]{plain(name, 60)}[/]" for name in result.misconceptions]
    other = Counter(check.status for check in result.checks if check.misconception is None)
    told += [
        f"{other[status]} {status}"
        for status in ("failed", "error", "timeout", "crashed", "missing")
        if other[status]
    ]
    return ", ".join(told)
