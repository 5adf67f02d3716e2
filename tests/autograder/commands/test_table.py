"""What the terminal shows of a batch, in either language."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from autograder.base.text import text
from autograder.commands import table
from autograder.results.differences import Move
from autograder.running.batch import Summary
from autograder.running.submissions import Submission
from tests.autograder.exports.samples import check, graded, rejected

CHECKS = [check("rows"), check("axis", "failed"), check("stable", "timeout")]


@pytest.fixture
def summary():
    refused = rejected("eve", reason=text("The hand-in is empty.", "作业是空的。"))
    lost = Submission("bob", "attention", Path("bob.py"), size=1)
    results = [graded("ann", checks=[check("rows")]), graded("dan", checks=CHECKS), refused]
    return Summary(results, [(lost, "The disk is full.")], already_graded=1)


def lines(show, *shown):
    screen = io.StringIO()
    show(*shown, Console(file=screen, width=120))
    return [" ".join(line.split()) for line in screen.getvalue().splitlines() if line.strip()]


def test_a_batch(spoken, summary):
    assert (
        lines(table.show, summary)
        == {
            "en": [
                "hand-in unit score seconds what it looks like",
                "ann attention 3/3 1.2 all right",
                "dan attention 3/9 1.2 wrong answer: 1, out of time: 1",
                "eve attention 0/100 1.2 The hand-in is empty.",
                "2 graded, 1 rejected, 1 without a result, 1 kept from before.",
                "Not isolated by: landlock, namespaces.",
                "No result for bob: The disk is full.",
            ],
            "zh": [
                "作业 单元 得分 秒 看起来",
                "ann attention 3/3 1.2 全部正确",
                "dan attention 3/9 1.2 1 项结果错误，1 项超时",
                "eve attention 0/100 1.2 作业是空的。",
                "评分 2 份，无法读取 1 份，没有结果 1 份，沿用先前结果 1 份。",
                "缺少的隔离层：landlock, namespaces。",
                "bob 没有结果： The disk is full.",
            ],
        }[spoken]
    )


def test_what_another_exercise_made_fail_is_counted_by_its_name(spoken):
    others = [check(slug, comes_from="softmax") for slug in ("rows", "values")]
    summary = Summary([graded("ann", checks=[check("axis", "failed"), *others])], [])
    line = lines(table.show, summary)[1]
    assert (
        line
        == {
            "en": "ann attention 6/9 1.2 wrong answer: 1, right but for softmax: 2",
            "zh": "ann attention 6/9 1.2 1 项结果错误，仅因 softmax 而错：2 项",
        }[spoken]
    )


def test_a_gradebook(spoken):
    assert (
        lines(table.show_gradebook, ["ann", "dan"], {"eve": "She is no student."})
        == {
            "en": ["In nbgrader's gradebook: 2.", "Not in it, eve: She is no student."],
            "zh": ["已写入 nbgrader 成绩册：2 份。", "eve 未写入： She is no student."],
        }[spoken]
    )


def test_moves(spoken):
    old, new = graded("ann", checks=CHECKS), graded("ann", checks=[check("rows")] * 3)
    move = Move("ann", "attention", old, new, (text("axis passes now", "axis 现已通过"),))
    assert (
        lines(table.show_moves, [move])
        == {
            "en": ["hand-in unit old new moved why", "ann attention 3 9 +6 axis passes now"],
            "zh": ["作业 单元 旧 新 变动 原因", "ann attention 3 9 +6 axis 现已通过"],
        }[spoken]
    )
    assert lines(table.show_moves, []) == [
        {"en": "No score moved.", "zh": "没有分数变动。"}[spoken]
    ]
