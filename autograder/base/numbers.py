"""Numbers as a result holds them: rounded, and in words where JSON has no number."""

from typing import Any


def spelled(value: Any, digits: int = 6) -> Any:
    """Return a number, or lists of them, with this many significant digits; NaN and inf as words.

    Complex numbers become words too; integers, booleans and words stay as they are.
    """
    if isinstance(value, list):
        return [spelled(item, digits) for item in value]
    if isinstance(value, float):
        if value != value:
            return "nan"
        if value in (float("inf"), float("-inf")):
            return "inf" if value > 0 else "-inf"
        return float(f"{value:.{digits}g}")
    return str(value) if isinstance(value, complex) else value
