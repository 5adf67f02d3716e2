"""What runs a hidden check against a hand-in and turns what happens into a result.

The harness is the same under `pytest autograder/hidden --submission` and in a batch.
"""

from typing import Any

import numpy as np

from autograder.base.numbers import spelled
from autograder.base.text import Text, join, text
from autograder.grading import corpus
from autograder.grading.check import Check, CheckFailed
from autograder.grading.diagnosis import Diagnostician, Evidence
from autograder.grading.hand_in_process import Rejected
from autograder.grading.proxies import Student
from autograder.grading.session import Examination, NotDefined
from autograder.isolation.client import StudentError, StudentGone
from autograder.results.result import CheckResult

_SMALL = 16  # numbers that are shown beside each other in a message
_MAX_EVIDENCE = 64 * 2**20  # bytes of answers that are kept of one hand-in


# Why a check is not run; nobody loses or gains a point by the machine that grades.
LACKS = {
    "gpu": text("Not run: it needs a GPU. It costs no points.", "未运行：需要 GPU。不影响得分。"),
    "corpus": text(
        "Not run: it needs real sentences, which `python -m course data fetch tatoeba` gets. "
        "It costs no points.",
        "未运行：需要真实语料，可用 `python -m course data fetch tatoeba` 获取。不影响得分。",
    ),
}


class Skipped(Exception):
    """This host lacks what the check needs: `gpu`, or `corpus`."""


class Harness:
    """The checks of one hand-in, one after the other.

    Args:
        examination: the hand-in.
        seed: the seed of the run.
        device: `cpu` or `gpu`.
    """

    def __init__(self, examination: Examination, seed: int, device: str = "cpu"):
        self.examination, self.seed, self.device = examination, seed, device
        self.results: dict[str, CheckResult] = {}
        self.evidence: dict[str, Evidence] = {}
        self._evidence_left = _MAX_EVIDENCE

    def student_for(self, check: Check) -> Student:
        """Return the hand-in, made ready for a check.

        Raises:
            Skipped, NotDefined, Rejected, StudentGone: it can't be had for this check.
        """
        needs = check.needs.split()
        if "gpu" in needs and self.device != "gpu":
            raise Skipped("gpu")
        if "corpus" in needs and not corpus.is_there():
            raise Skipped("corpus")
        seed = check.seed(self.seed)
        self.examination.begin(check, seed)
        return Student(self.examination, seed)

    def record(
        self, check: Check, raised: BaseException | None, seconds: float = 0.0
    ) -> CheckResult:
        """Turn the end of a check into its result, and keep the evidence for the diagnosis.

        Args:
            check: which.
            raised: what ended it; None where it passed.
            seconds: how long it took.
        """
        status, message = _judge(check, raised)
        counterexample = None
        if status in ("failed", "error") and self.examination.example is not None:
            counterexample = {name: _plain(v) for name, v in self.examination.example.items()}
            message = join(message, _shown(counterexample, getattr(raised, "got", None)))
        result = CheckResult(
            id=check.id,
            exercise=check.exercise,
            title=check.title,
            status=status,
            points=float(check.points) if status == "passed" else 0.0,
            max_points=float(check.points) if status != "skipped" else 0.0,
            message=message,
            counterexample=counterexample,
            attention=getattr(raised, "attention", None),
            seconds=round(seconds, 4),
        )
        self.results[check.id] = result
        transcript = self.examination.transcript
        room = self._evidence_left - transcript.size
        told = status in ("passed", "failed", "error")
        if check.evident and told and transcript.complete and room >= 0:
            self._evidence_left = room
            self.evidence[check.id] = Evidence(check.exercise, transcript, status != "passed")
        return result

    def diagnose(self, diagnostician: Diagnostician) -> None:
        """Name the known mistakes behind the checks that failed."""
        for check_id, named in diagnostician.diagnose(self.examination.unit, self.evidence).items():
            result = self.results[check_id]
            if len(named) == 1:
                result.mistake = named[0].name
            result.message = join(result.message, _hint(named))


def _judge(check: Check, raised: BaseException | None) -> tuple[str, Text]:
    """Return the status of a check and what is said of it."""
    match raised:
        case None:
            return "passed", text("Right.", "正确。")
        case Skipped():
            return "skipped", LACKS[str(raised)]
        case CheckFailed():
            return "failed", raised.text
        case NotDefined():
            return "missing", text(
                f"{check.exercise} is not in the hand-in.", f"提交中没有 {check.exercise}。"
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
            said = f"{raised.type_name}{place}: {raised.message}".rstrip(": ")
            return "error", text(f"Your code raised {said}", f"你的代码抛出了 {said}")
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


def _hint(named: tuple[Any, ...]) -> Text:
    if len(named) == 1:
        title, hint = named[0].title, named[0].hint
        return join(text(f"It looks like this: {title['en']}.", f"看起来是：{title['zh']}。"), hint)
    titles_en = "; or ".join(item.title["en"] for item in named)
    titles_zh = "；或者".join(item.title["zh"] for item in named)
    return text(f"It looks like one of these: {titles_en}.", f"看起来是其中之一：{titles_zh}。")


def _plain(value: Any) -> Any:
    """Return an input as plain data, or in words where it is large."""
    if isinstance(value, np.ndarray):
        if value.size > _SMALL * 4:
            return f"array of shape {value.shape}"
        return spelled(value.tolist())
    return value if isinstance(value, bool | int | float | str | None) else str(value)[:200]


def _shown(counterexample: dict[str, Any], got: Any) -> Text | None:
    inputs = ", ".join(f"{name} = {_listed(value)}" for name, value in counterexample.items())
    if len(inputs) > 200:
        return None
    if isinstance(got, np.ndarray) and got.size <= _SMALL:
        answer = _listed(spelled(got.tolist()))
        return text(
            f"An input that shows it: {inputs}; yours gives {answer}.",
            f"反例：{inputs}；你的结果是 {answer}。",
        )
    return text(f"An input that shows it: {inputs}.", f"反例：{inputs}。")


def _listed(value: Any) -> str:
    return str(value).replace("'", "")
