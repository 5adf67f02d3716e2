"""What `grade` says of everybody and everything that has no result."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from autograder.base.files import write_file
from autograder.commands.table import plain
from autograder.exports.escaping import csv_text, safe_cell
from autograder.running.accounting import Account
from course.kit.language import language, say

FILE = "passed-over.csv"
_MOST_LINES = 20


def write_account(directory: Path, account: Account) -> None:
    """Write what was passed over, and who handed in nothing, to `passed-over.csv`.

    Where there is neither, there is no such file.

    Raises:
        OSError: the file can't be written.
    """
    rows = [(item.place, item.reason["en"], item.reason["zh"]) for item in account.passed_over]
    rows += [(name, "Handed in nothing.", "没有提交。") for name in account.nothing]
    rows += [
        (name, f"Its student {why}.", "名单上找不到唯一对应的学生。")
        for name, why in account.strangers.items()
    ]
    if not rows:
        (directory / FILE).unlink(missing_ok=True)
        return
    cells = [[safe_cell(cell) for cell in row] for row in [("what", "reason", "原因"), *rows]]
    content = csv_text(cells).encode("utf-8-sig", errors="backslashreplace")
    write_file(directory / FILE, content, mode=0o600)


def show_account(directory: Path, account: Account, console: Console) -> None:
    """Print what was passed over, who handed in nothing, and where the whole list is."""
    if account.on_roster is not None:
        count = len(account.nothing)
        line = say(
            f"{account.on_roster} on the roster, {count} of them handed in nothing.",
            f"名单上 {account.on_roster} 人，其中 {count} 人没有提交。",
        )
        console.print(line, highlight=False)
        _list([plain(name, 60) for name in account.nothing], console)
        _list([f"{plain(name, 60)}: {why}" for name, why in account.strangers.items()], console)
    if account.passed_over:
        count, lost = len(account.passed_over), len(account.lost)
        line = say(
            f"{count} passed over, {lost} of which look like hand-ins:",
            f"略过 {count} 项，其中 {lost} 项看起来是作业：",
        )
        console.print(f"[yellow]{line}[/]" if lost else line, highlight=False)
        shown = [f"{plain(i.place, 200)}: {i.reason[language()]}" for i in account.passed_over]
        _list(shown, console)
    if account.passed_over or account.nothing or account.strangers:
        line = say(f"All of them: {directory / FILE}", f"完整列表：{directory / FILE}")
        console.print(plain(line, 500), highlight=False, soft_wrap=True)


def _list(lines: Sequence[str], console: Console) -> None:
    for line in lines[:_MOST_LINES]:
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    more = len(lines) - _MOST_LINES
    if more > 0:
        console.print(say(f"  and {more} more", f"  另有 {more} 项"), highlight=False)
