"""What the pages call units and the ends of a check."""

from autograder.base.text import Text, text

UNIT_TITLES = {
    "rnn": text("Recurrent networks", "循环神经网络"),
    "cnn": text("Convolutional networks", "卷积网络"),
    "attention": text("Attention", "注意力"),
    "multi_head": text("Multi-head attention", "多头注意力"),
    "positional": text("Positions", "位置编码"),
    "transformer": text("Transformer", "Transformer"),
    "translation": text("Translation", "翻译"),
}

STATUS_NAMES = {
    "passed": text("right", "正确"),
    "failed": text("wrong answer", "结果错误"),
    "error": text("raised an error", "抛出异常"),
    "timeout": text("out of time", "超时"),
    "crashed": text("process ended", "进程退出"),
    "missing": text("not written", "未完成"),
    "skipped": text("not run", "未运行"),
}


def unit_title(unit: str) -> Text:
    """Return a unit's title, its name where it has none."""
    return UNIT_TITLES.get(unit, text(unit, unit))
