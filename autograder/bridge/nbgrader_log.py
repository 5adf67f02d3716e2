"""The reason why nbgrader gave up, taken from its log: its exceptions hardly say more than that."""

import contextlib
import logging
from collections.abc import Iterator


class LoggedError(logging.Handler):
    """Holds one line: the last line of the first traceback that is logged, or the first error.

    Attributes:
        text: the line; empty where no error was logged.
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
def captured_error(log: logging.Logger) -> Iterator[LoggedError]:
    """Capture the error that is logged within the `with` block."""
    error = LoggedError()
    log.addHandler(error)
    try:
        yield error
    finally:
        log.removeHandler(error)
