"""The sentences that the parts of a check's result make, for whoever reads text alone."""

from typing import Any

from autograder.base.text import Text, join, text

_LONGEST_INPUT = 200  # characters; a longer input is left to the pages, which show it as tables


def message(wrong: Text, input: dict[str, Any] | None, answer: Any, hint: Text | None) -> Text:
    """Return the message of a check.

    Args:
        wrong: what is wrong.
        input: the arguments that show the fault, by name; None where there are none.
        answer: what the student's code gave for the input, None where the result doesn't hold it.
        hint: the mistake that the answers look like, and what to look at.
    """
    example = None if input is None else _example(input, answer)
    if input is not None and _example_start(input)["en"] in wrong["en"]:
        example = None  # results of schema 1 hold their whole message as what is wrong
    return join(wrong, example, hint)


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
