"""The sentences that the parts of a check's result make, for whoever reads text alone."""

from typing import Any

from autograder.base.text import Text, join, text
from course.kit.problems import place_in_chinese

_LONGEST_INPUT = 200  # characters; a longer input is left to the pages, which show it as tables


AND = " and "  # between the places of two edits


def message(
    wrong: Text,
    input: dict[str, Any] | None,
    answer: Any,
    hint: Text | None,
    place: Text | None = None,
) -> Text:
    """Return the message of a check.

    Args:
        wrong: what is wrong.
        input: the arguments that show the fault, by name; None where there are none.
        answer: what the student's code gave for the input, None where the result doesn't hold it.
        hint: the mistake that the answers look like, and what to look at.
        place: the sentence about the place in the student's code, see `place_sentence`.
    """
    example = None if input is None else _example(input, answer)
    if input is not None and _example_start(input)["en"] in wrong["en"]:
        example = None  # results of schema 1 hold their whole message as what is wrong
    return join(wrong, example, hint, place)


def place_sentence(where: str, kind: Text | None, line: str, edit: list[str] | None) -> Text:
    """Return the sentence about a place in the student's own code.

    Args:
        where, kind, line, edit: what `Place` holds.
    """
    quoted = AND.join(f"`{part}`" for part in line.split("\n") if part)
    en, zh = f"Look at {where}", f"请看{places_in_chinese(where)}"
    if quoted:
        en, zh = f"{en}, {quoted}", f"{zh} {quoted.replace(AND, ' 和 ')}"
    if kind is not None:
        en, zh = f"{en}: {kind['en']}", f"{zh}：{kind['zh']}"
    said = text(f"{en}.", f"{zh}。")
    if edit is None:
        return said
    pairs = list(zip(edit[::2], edit[1::2], strict=False))
    en = "; ".join(f"`{before}` becomes `{after}`" for before, after in pairs)
    zh = "；".join(f"`{before}` 改为 `{after}`" for before, after in pairs)
    return join(said, text(f"It is right where {en}.", f"这样改就正确：{zh}。"))


def places_in_chinese(where: str) -> str:
    """Return places, "code cell 3, line 1" say, in Chinese."""
    parts = (part.rpartition(", line ") for part in where.split(AND))
    return "和".join(f"{place_in_chinese(place)}第 {line} 行" for place, _, line in parts)


def can_be_listed(input: dict[str, Any]) -> bool:
    """Whether an input is short enough for a message."""
    return len(_inputs(input)) <= _LONGEST_INPUT


def _example(input: dict[str, Any], answer: Any) -> Text | None:
    if not can_be_listed(input):
        return None
    start = _example_start(input)
    if answer is None:
        return text(f"{start['en']}.", f"{start['zh']}。")
    shown = _listed(answer)
    return text(f"{start['en']}; yours gives {shown}.", f"{start['zh']}；你的结果是 {shown}。")


def _example_start(input: dict[str, Any]) -> Text:
    inputs = _inputs(input)
    return text(f"An input that shows it: {inputs}", f"反例：{inputs}")


def _inputs(input: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_listed(value)}" for name, value in input.items())


def _listed(value: Any) -> str:
    return str(value).replace("'", "")
