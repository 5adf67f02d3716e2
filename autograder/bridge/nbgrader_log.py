"""Why nbgrader gave up, out of what it logs: it raises little more than that it did."""

import contextlib
import logging
from collections.abc import Iterator


class Reason(logging.Handler):
    """Keeps one line: the last of a traceback that is logged, or else the first error.

    Attributes:
        text: the line; empty where nothing went wrong.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""
        self._from_traceback = False

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        lines = record.getMessage().strip().splitlines()
        if lines and lines[0].startswith("Traceback") and not self._from_traceback:
            self.text, self._from_traceback = lines[-1], True
        elif lines and not self.text:
            self.text = lines[0]


@contextlib.contextmanager
def listening(log: logging.Logger) -> Iterator[Reason]:
    """Give the reason that is logged meanwhile."""
    reason = Reason()
    log.addHandler(reason)
    try:
        yield reason
    finally:
        log.removeHandler(reason)
