"""Your own earlier work, for the units that build on it.

    from course.own import MultiHeadAttention

gives the exercise as you wrote it in its unit's notebook or module. What isn't written yet comes
from `course.kit.parts`, and so does everything when a hand-in is graded: a mistake of an earlier
unit costs its points once.
"""

from pathlib import Path
from typing import Any

from course.kit import parts
from course.kit.language import say
from course.kit.units import unit_with
from course.work import NoWork, find_work, is_written, load_work


def __getattr__(name: str) -> Any:
    unit = unit_with(name)
    if unit is None:
        raise AttributeError(
            say(f"No unit has an exercise called {name}.", f"没有名为 {name} 的练习。")
        )
    try:
        path = find_work(unit, Path.cwd())
        if is_written(path, unit, name):
            work, _ = load_work(path, unit)
            if hasattr(work, name):
                return getattr(work, name)
    except NoWork:
        pass
    part = getattr(parts, name, None)
    if part is None:
        raise AttributeError(
            say(
                f"{name} is not written yet, and the kit has none: write it first.",
                f"{name} 还没有写，课程也没有提供：请先完成它。",
            )
        )
    print(
        say(
            f"{name} is the kit's: yours isn't written yet.", f"{name} 用的是给定的：你的还没有写。"
        )
    )
    return part
