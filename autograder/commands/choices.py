"""The choices that several commands have."""

from collections.abc import Sequence

from course.commands.terminal import stop
from course.kit.language import say

BACKENDS = ("tensorflow", "jax", "torch")
ISOLATION_MODES = ("require", "best-effort")
LANGUAGE_HELP = "en or zh."


def check_choice(name: str, value: str, choices: Sequence[str]) -> None:
    """End with status 2 where an option has none of the values that it may have."""
    if value not in choices:
        names = ", ".join(choices)
        stop(
            say(
                f"There is no {name} {value!r}; choose one of: {names}.",
                f"{name} 不能是 {value!r}；可选：{names}。",
            )
        )
