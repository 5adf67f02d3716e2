"""What a check comes to: its status, and what the student reads, from how the check ended."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from autograder.base.numbers import rounded
from autograder.base.text import Text, join, text
from autograder.grading.check import Check, CheckFailed, Skipped
from autograder.grading.examination import NotDefined
from autograder.grading.hand_in_process import Rejected, text_from
from autograder.grading.mistakes import Mistake
from autograder.isolation.student_process import StudentError, StudentGone
from autograder.results.message import can_be_listed
from autograder.results.result import CheckResult
from autograder.results.statuses import CheckStatus
from course.kit.problems import place_in_chinese

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
        case StudentError(kind="missing", within=check.exercise):
            return "missing", text(
                f"{check.exercise} is not written yet.", f"{check.exercise} 还没有写。"
            )
        case StudentError():
            reason, raising = text_from(raised.explanation), _raised(check.exercise, raised)
            return "error", raising if reason is None else join(_sentence(raising), reason)
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


def _raised(exercise: str, error: StudentError) -> Text:
    """Return what the student's code raised, or what of it was not as the contract has it."""
    first, second, third = error.parts
    en, zh = _place(error.where)
    match error.kind:
        case "missing":
            other = error.within
            return text(
                f"{exercise} uses {other}, which is not written yet.",
                f"{exercise} 用到了 {other}，而 {other} 还没有写。",
            )
        case "absent" if first:
            return text(
                f"{first} has no {second}, which the task names.",
                f"{first} 没有任务要求的 {second}。",
            )
        case "absent":
            return text(
                f"{second} is not in the hand-in, and this check uses it.",
                f"提交中没有这项检查要用的 {second}。",
            )
        case "not_a_weight":
            return text(
                f"{first} should be a weight, and is of the class {second}.",
                f"{first} 应为权重，实际属于 {second} 类。",
            )
        case "other_shape":
            return text(
                f"{first} has the shape {second}, and should have {third}.",
                f"{first} 的形状是 {second}，应为 {third}。",
            )
        case "signature":
            return text(
                f"{exercise} can't be called as the task says: {error.message}",
                f"{exercise} 无法按任务要求的方式调用：{error.message}",
            )
        case "numpy":
            return text(
                f"A tensor is handed to NumPy{en}. That works neither where a function is compiled "
                "or a model is put together nor where gradients are wanted; the functions of "
                "keras.ops work there.",
                f"有张量被交给了 NumPy{zh}。编译函数、搭建模型或需要梯度时都不能这样做；"
                "请改用 keras.ops 中的函数。",
            )
        case "value":
            return text(
                f"The value of a tensor is asked for{en}, as a condition, a number or in a loop. "
                "Where a function is compiled the value isn't known yet; keras.ops.where and its "
                "kin work there.",
                f"代码要用到张量的值{zh}（作条件、数字或循环）。编译函数时还不知道这个值；"
                "请改用 keras.ops.where 等函数。",
            )
        case "forbidden":
            return text(
                f"{error.message} is not allowed here: write it with the basic functions of "
                "keras.ops.",
                f"这里不允许使用 {error.message}：请用 keras.ops 的基本函数自己写。",
            )
        case "memory":
            return text("Your code needs too much memory.", "你的代码占用内存过多。")
        case _:
            said = f": {error.message}" if error.message else ""
            said_zh = f"：{error.message}" if error.message else ""
            if not en:  # no line of the student's was being run
                return text(
                    f"Using {exercise} ends with {error.type_name}{said}",
                    f"使用 {exercise} 时出现了 {error.type_name}{said_zh}",
                )
            return text(
                f"Your code raised {error.type_name}{en}{said}",
                f"你的代码抛出了 {error.type_name}{zh}{said_zh}",
            )


def _sentence(words: Text) -> Text:
    """Return a text with a full stop at its end."""
    stops = {"en": ".", "zh": "。"}
    return {
        language: said if said.endswith((".", "!", "?", "…", "。")) else said + stops[language]
        for language, said in words.items()
    }


def _place(where: str) -> tuple[str, str]:
    """Return a place in a hand-in, in brackets, in English and in Chinese; nothing for nowhere."""
    place, _, line = where.rpartition(", line ")
    return (f" ({where})", f"（{place_in_chinese(place)}第 {line} 行）") if place else ("", "")


def defer_claims(results: Sequence[CheckResult], presuming: Collection[str]) -> None:
    """Let no check say that a property is broken where plain values are wrong already.

    A check that compares with right values fails where any values are wrong, whatever it looks at.
    So where the plain check of its exercise has failed (the check `values`, else the first), all
    that is known of its property is that it isn't known.

    Args:
        results: of all of a hand-in's checks; those of which so little is known are changed.
        presuming: the ids of checks whose failure presumes that plain values are right, see
            `CheckFailed`.
    """
    plain: dict[str, CheckResult] = {}
    for result in results:
        if result.exercise not in plain or result.id.endswith(".values"):
            plain[result.exercise] = result
    for result in results:
        first = plain[result.exercise]
        if first is result or result.id not in presuming or result.status != "failed":
            continue
        if first.status == "failed":
            result.wrong = text(
                f"The values are wrong already, see “{first.title['en']}”; whether this holds "
                "shows once they are right.",
                f"数值本身已经不对，见“{first.title['zh']}”；数值正确之后，才能看出这一点是否成立。",
            )
        elif first.status not in ("passed", "skipped"):
            result.wrong = text(
                f"The plain case fails already, see “{first.title['en']}”; whether this holds "
                "shows once it is right.",
                f"最基本的情形已经出错，见“{first.title['zh']}”；改正之后，才能看出这一点是否成立。",
            )


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
