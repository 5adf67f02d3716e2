"""Take a check's message apart: what is wrong, the input that shows it, the mistake it looks like.

The message says all of it in one line, for terminals and gradebooks. A page shows the input as a
table and the hint once for all checks that it explains; what is shown so is cut from the message.
Where a message doesn't end as the harness would end it, it stays whole.
"""

import contextlib
import json
import re
from dataclasses import dataclass
from typing import Any

from autograder.base.text import LANGUAGES, Text, text
from autograder.grading.mistakes import Mistake
from autograder.results.result import CheckResult

_ARRAY = r"[-+0-9.,einfaTrulsFN \[\]]*?"
_SHOWS = text("An input that shows it: ", "反例：")
_REST = text(
    rf"(?:; yours gives (?P<answer>{_ARRAY}))?\.(?: |$)",
    rf"(?:；你的结果是 (?P<answer>{_ARRAY}))?。",
)
_LOOKS = text("It looks like this: {}. {}", "看起来是：{}。{}")


@dataclass(frozen=True)
class Parts:
    """A message without what the page shows in another way.

    Attributes:
        said: what is wrong.
        answer: what the student's code gave for the input, None where the message doesn't tell.
    """

    said: Text
    answer: Any


def take_apart(check: CheckResult, mistake: Mistake | None) -> Parts:
    """Return the parts of a check's message.

    Args:
        check: its result.
        mistake: the known mistake that the result names, whose hint stands elsewhere on the page.
    """
    said: Text = {}
    answer: Any = None
    for language in LANGUAGES:
        message = check.message[language]
        if mistake is not None:
            hint = _LOOKS[language].format(mistake.title[language], mistake.hint[language])
            message = message.removesuffix(hint).rstrip()
        if check.counterexample is not None:
            message, given = _without_input(message, check.counterexample, language)
            answer = given if answer is None else answer
        said[language] = message
    return Parts(said, answer)


def _without_input(message: str, inputs: dict[str, Any], language: str) -> tuple[str, Any]:
    listed = ", ".join(f"{name} = {value}".replace("'", "") for name, value in inputs.items())
    before, shows, after = message.rpartition(_SHOWS[language] + listed)
    match = re.match(_REST[language], after) if shows else None
    if match is None:
        return message, None
    return (before + after[match.end() :]).rstrip(), _parsed(match["answer"])


def _parsed(listed: str | None) -> Any:
    """Return an array as JSON would hold it, where numbers that aren't finite are words."""
    if not listed:
        return None
    words = {"True": "true", "False": "false"}
    plain = re.sub(r"-?inf|nan", r'"\g<0>"', re.sub("True|False", lambda m: words[m[0]], listed))
    with contextlib.suppress(ValueError):
        return json.loads(plain)
    return None
