"""What `grade` says of those without a result: on the screen the first, in the file all."""

import csv

import pytest
from rich.console import Console

from autograder.base.text import text
from autograder.commands.accounting import FILE, show_account, write_account
from autograder.running.accounting import Account
from autograder.running.submissions import PassedOver
from course.kit.language import use_language


def account(count):
    passed = [
        PassedOver(f"in/s{n:02d}/x.docx", text("It is no notebook.", "它不是笔记本。"))
        for n in range(count)
    ]
    lost = PassedOver("in/=cmd/attention.rar", text("Unpack it.", "请解压。"), looks_like_one=True)
    return Account(
        [lost, *passed], on_roster=60, nothing=["王小明"], strangers={"eve": "is not in the roster"}
    )


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "60 on the roster, 1 of them handed in nothing.",
                "26 passed over, 1 of which look",
                "and 6 more",
            ],
        ),
        (
            "zh",
            ["名单上 60 人，其中 1 人没有提交。", "略过 26 项，其中 1 项看起来是作业", "另有 6 项"],
        ),
    ],
)
def test_the_screen_has_the_counts_and_the_first(tmp_path, language, lines):
    console = Console(record=True, width=120)
    use_language(language)
    try:
        show_account(tmp_path, account(25), console)
    finally:
        use_language("en")
    shown = console.export_text()
    for line in (*lines, "王小明", "eve", "attention.rar", FILE):
        assert line in shown


def test_the_file_has_all_and_no_formula(tmp_path):
    write_account(tmp_path, account(25))
    with (tmp_path / FILE).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert len(rows) == 1 + 26 + 1 + 1
    assert ["in/=cmd/attention.rar", "Unpack it.", "请解压。"] in rows
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]
    assert (tmp_path / FILE).stat().st_mode & 0o077 == 0


def test_nothing_is_said_where_there_is_nothing(tmp_path):
    console = Console(record=True)
    write_account(tmp_path, account(1))
    write_account(tmp_path, Account())
    show_account(tmp_path, Account(), console)
    assert console.export_text() == ""
    assert not list(tmp_path.iterdir())
