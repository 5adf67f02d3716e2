"""What the pages call the units."""

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


def unit_title(unit: str) -> Text:
    """Return a unit's title, its name where it has none."""
    return UNIT_TITLES.get(unit, text(unit, unit))
