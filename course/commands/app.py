"""The student's commands: `python -m course --help`."""

import os
import sys
from collections.abc import Callable

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# With oneDNN, TensorFlow trains in little more than half the time; nothing else needs oneDNN, and
# its libraries announce themselves wherever they are on.
os.environ.setdefault(
    "TF_ENABLE_ONEDNN_OPTS", "1" if {"train", "compare"} & {*sys.argv[1:2]} else "0"
)

import typer
from typer import rich_utils

from course.commands.check import check
from course.commands.compare import compare
from course.commands.data import data_app
from course.commands.hint import hint
from course.commands.progress import progress
from course.commands.streams import prepare_output
from course.commands.terminal import Commands, usage_message
from course.commands.train import train
from course.commands.translate import translate
from course.kit.language import say

rich_utils.ARGUMENTS_PANEL_TITLE = say("Arguments", "参数")
rich_utils.OPTIONS_PANEL_TITLE = say("Options", "选项")
rich_utils.COMMANDS_PANEL_TITLE = say("Commands", "命令")

app = typer.Typer(
    cls=Commands,
    help=say(
        "Check your work, see what is next, and translate with it.",
        "检查你的作业，查看下一步，并用它来翻译。",
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data")
COMMANDS: dict[Callable[..., None], str] = {
    train: "训练一个翻译模型；停下的训练会接着进行。",
    translate: "翻译一个句子、一个文件，或你输入的内容。",
    compare: "用同样的句对训练各类模型，并排比较质量、大小和时间。",
    check: "对你的作业运行公开检查，并告诉你下一步。",
    progress: "显示哪些练习待完成、进行中、已写；加 --check 显示通过了多少检查。",
    hint: "显示课文中某个练习的下一条提示。",
}
for command, chinese in COMMANDS.items():
    app.command(help=say(str(command.__doc__), chinese))(command)


def main() -> None:
    """Run the commands; wrong usage is one sentence on stderr and status 2."""
    prepare_output()
    try:
        status = app(prog_name="python -m course", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        print(file=sys.stderr)
        status = 130  # as shells say it of Ctrl-C
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's errors for wrong usage have it
            raise
        if message := error.format_message():
            print(usage_message(message), file=sys.stderr)
        status = 2
    sys.exit(status or 0)
