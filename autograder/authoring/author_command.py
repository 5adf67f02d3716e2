"""How the commands `python -m autograder.authoring.NAME` begin and end."""

import contextlib
import sys
from collections.abc import Iterator

from autograder.base.paths import needs_checkout
from course.kit.errors import UserError


@contextlib.contextmanager
def author_command(what: str) -> Iterator[None]:
    """Run a command in the block; a `UserError` ends it with its sentence and status 2.

    Args:
        what: what the command does, for the sentence that it needs a checkout.

    Raises:
        SystemExit: after a sentence that says what is wrong.
    """
    needs_checkout(what)
    try:
        yield
    except UserError as error:
        print(error, file=sys.stderr)
        raise SystemExit(2) from None
