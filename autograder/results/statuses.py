"""What a result and a check can have come to, and the words for it: the only table of them."""

from typing import Literal, get_args

from autograder.base.text import Text, text

ResultStatus = Literal["graded", "rejected"]
CheckStatus = Literal["passed", "failed", "error", "timeout", "crashed", "missing", "skipped"]
Device = Literal["cpu", "gpu"]
IsolationMode = Literal["require", "best-effort"]
# What students are told of the place of a mistake: the line; what to look at there, too; the line
# before and after the edit that mends it, too.
HintLevel = Literal["place", "kind", "edit"]

HINT_LEVELS: tuple[HintLevel, ...] = get_args(HintLevel)
CHECK_STATUSES: tuple[CheckStatus, ...] = get_args(CheckStatus)

# Terminal, pages, exports and gradebooks all call a status so.
RESULT_STATUS_NAMES: dict[ResultStatus, Text] = {
    "graded": text("graded", "已评分"),
    "rejected": text("rejected", "无法读取"),
}
STATUS_NAMES: dict[CheckStatus, Text] = {
    "passed": text("right", "正确"),
    "failed": text("wrong answer", "结果错误"),
    "error": text("raised an error", "抛出异常"),
    "timeout": text("out of time", "超时"),
    "crashed": text("process ended", "进程退出"),
    "missing": text("not written", "未完成"),
    "skipped": text("not run", "未运行"),
}
