"""Make texts harmless where they go: a student may have chosen every character of them."""

import csv
import io
import re
from collections.abc import Iterable, Sequence

from autograder.base.printable import clean

_LINE_ENDS = re.compile("\r\n|[\r\u2028\u2029]")
# A spreadsheet takes a cell for a formula that begins so, after blanks too.
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")

Cell = str | float | None


def clean_lines(text: str) -> str:
    """Return a text without what XML, JSON readers or terminals choke on; lines end in \\n."""
    return clean(_LINE_ENDS.sub("\n", text))


def one_line(text: str) -> str:
    """Return a clean text on one line."""
    return " ".join(clean_lines(text).split())


def short(text: str, limit: int) -> str:
    """Return a text of so many characters at most; an ellipsis says that it was longer."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def number(value: float) -> str:
    """Return a number as people write it: 97, 64.5; never with an exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".") or "0"


def safe_cell(value: Cell) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return number(value)
    text = clean_lines(value)
    return f"'{text}" if _FORMULA.match(text) else text


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return rows as CSV (RFC 4180); their cells are taken as they are."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows(rows)
    return buffer.getvalue()


def safe_csv(rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as CSV, every cell of them harmless."""
    return csv_text([safe_cell(cell) for cell in row] for row in rows)
