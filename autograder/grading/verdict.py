"""What a check comes to: its status, and what the student reads, from how the check ended."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograder.base.numbers import rounded
from autograder.base.text import Text, join, text
from autograder.grading.check import Check, CheckFailed, Skipped
from autograder.grading.examination import NotDefined
from autograder.grading.hand_in_process import Rejected, text_from
from autograder.grading.mistakes import Mistake
from autograder.isolation.client import StudentError, StudentGone
from autograder.results.message import can_be_listed
from autograder.results.result import CheckResult
from autograder.results.statuses import CheckStatus
from course.kit.units import exercises_of

_MOST_SHOWN = 16  # numbers of an answer that stands beside its input
_MOST_HELD = 64  # numbers of an input; a larger one is described

# Why a check is not run; nobody loses or gains a point by the machine that grades.
LACKS = {
    "gpu": text("Not run: it needs a GPU. It costs no points.", "未运行：需要 GPU。不影响得分。"),
    "corpus": text(
        "Not run: it needs real sentences, which `python -m course data fetch tatoeba` gets. "
        "It costs no points.",
        "未运行：需要真实语料，可用 `python -m course data fetch tatoeba` 获取。不影响得分。",
    ),
}


def verdict(
    check: Check,
    raised: BaseException | None,
    example: dict[str, Any] | None = None,
    seconds: float = 0.0,
) -> CheckResult:
    """Return the result of a check.

    Args:
        check: which check.
        raised: the exception that ended the check; None where the check passed.
        example: the arguments of the example that the check was at, by name.
        seconds: how long the check took.
    """
    status, wrong = status_and_fault(check, raised)
    example = example if status in ("failed", "error") else None
    input = None if example is None else {name: _plain(v) for name, v in example.items()}
    return CheckResult(
        id=check.id,
        exercise=check.exercise,
        title=check.title,
        status=status,
        points=float(check.points) if status == "passed" else 0.0,
        max_points=float(check.points) if status != "skipped" else 0.0,
        wrong=wrong,
        input=input,
        answer=_small_answer(getattr(raised, "got", None), input),
        attention=getattr(raised, "attention", None),
        seconds=round(seconds, 4),
    )


def name_mistakes(result: CheckResult, mistakes: Sequence[Mistake]) -> None:
    """Say in a check's result which known mistakes give the student's answers.

    Args:
        result: of a check that went wrong.
        mistakes: one known mistake, or several that can't be told apart.
    """
    if len(mistakes) == 1:
        result.mistake = mistakes[0].name
    result.hint = hint(mistakes)


def hint(mistakes: Sequence[Mistake]) -> Text:
    """Return a hint at known mistakes: one with its own hint, several by their titles."""
    if len(mistakes) == 1:
        title = mistakes[0].title
        like = text(f"It looks like this: {title['en']}.", f"看起来是：{title['zh']}。")
        return join(like, mistakes[0].hint)
    titles_en = "; or ".join(mistake.title["en"] for mistake in mistakes)
    titles_zh = "；或者".join(mistake.title["zh"] for mistake in mistakes)
    return text(f"It looks like one of these: {titles_en}.", f"看起来是其中之一：{titles_zh}。")


def status_and_fault(check: Check, raised: BaseException | None) -> tuple[CheckStatus, Text]:
    """Return the status of a check, and what is wrong."""
    match raised:
        case None:
            return "passed", text("Right.", "正确。")
        case Skipped():
            return "skipped", LACKS[raised.lack]
        case CheckFailed():
            return "failed", raised.text
        case NotDefined():
            absent = text(
                f"{check.exercise} is not in the hand-in.", f"提交中没有 {check.exercise}。"
            )
            return "missing", raised.reason or absent
        case StudentError(kind="missing", within=other) if other in _others(check):
            return "error", text(
                f"{check.exercise} uses {other}, which is not written yet.",
                f"{check.exercise} 用到了 {other}，而 {other} 还没有写。",
            )
        case StudentError(kind="missing"):
            return "missing", text(
                f"{check.exercise} is not written yet.", f"{check.exercise} 还没有写。"
            )
        case StudentError(kind="forbidden"):
            return "error", text(
                f"{raised.message} is not allowed here: write it with the basic functions of "
                "keras.ops.",
                f"这里不允许使用 {raised.message}：请用 keras.ops 的基本函数自己写。",
            )
        case StudentError(kind="memory"):
            return "error", text("Your code needs too much memory.", "你的代码占用内存过多。")
        case StudentError():
            place = f" ({raised.where})" if raised.where else ""
            error = f"{raised.type_name}{place}: {raised.message}".rstrip(": ")
            reason = text_from(raised.explanation)
            if reason is None:
                return "error", text(f"Your code raised {error}", f"你的代码抛出了 {error}")
            raising = text(f"Your code raised {error}.", f"你的代码抛出了 {error}。")
            return "error", join(raising, reason)
        case StudentGone(reason="timeout"):
            return "timeout", text(
                "No answer in time; is there a loop that never ends?",
                "没有在规定时间内得到结果；是不是有停不下来的循环？",
            )
        case StudentGone(reason="memory"):
            return "crashed", text(
                "The process was ended: it took too much memory.", "进程被终止：占用内存过多。"
            )
        case StudentGone(reason="threads"):
            return "crashed", text(
                "The process was ended: it started too many threads.",
                "进程被终止：启动的线程过多。",
            )
        case StudentGone(reason="disk"):
            return "crashed", text(
                "The process was ended: it wrote too much to the disk.",
                "进程被终止：写入磁盘的内容过多。",
            )
        case StudentGone():
            detail = f" ({raised.detail})" if raised.detail else ""
            return "crashed", text(
                f"The process ended in the middle of the check{detail}; an exercise must not end "
                "the program.",
                f"进程在检查中途退出{detail}；练习代码不应结束程序。",
            )
        case Rejected():
            return "crashed", raised.text
        case _:
            return "failed", text(
                "What it gives is of a kind that can't be judged.", "返回的结果无法判断。"
            )


def _others(check: Check) -> set[str]:
    """The unit's exercises but the check's own."""
    return {*exercises_of(check.unit)} - {check.exercise}


def _plain(value: Any) -> Any:
    """Return an input as plain data, or in words where it is large."""
    if isinstance(value, np.ndarray):
        if value.size > _MOST_HELD:
            return f"array of shape {value.shape}"
        return rounded(value.tolist())
    return value if isinstance(value, bool | int | float | str | None) else str(value)[:200]


def _small_answer(answer: Any, input: dict[str, Any] | None) -> Any:
    """Return an answer as plain data where it can stand beside its input, else None."""
    small = isinstance(answer, np.ndarray) and answer.size <= _MOST_SHOWN
    if not small or input is None or not can_be_listed(input):
        return None
    return rounded(answer.tolist())
