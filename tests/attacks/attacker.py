"""What hostile hand-ins share: try everything on a list, then tell what came of it.

The harness puts this text into a hand-in in place of the line that imports it, so that what is
graded is one file that stands alone.
"""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn


def tell(tries: Mapping[str, Callable[[], Any]]) -> NoReturn:
    """Make every try, and raise what each one got: a message is a student's way out."""
    told = []
    for name, act in tries.items():
        try:
            told.append(f"{name}=GOT {act()!r}"[:400])
        except BaseException as error:
            told.append(f"{name}={type(error).__name__}")
    raise RuntimeError("tried: " + "; ".join(told))
