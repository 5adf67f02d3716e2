"""Numbers as a result holds them: rounded, and as words where JSON has no number."""

from typing import Any


def rounded(value: Any, digits: int = 6) -> Any:
    """Return a number, or nested lists of numbers, with so many significant digits.

    NaN, the infinities and complex numbers become words; integers, booleans and words stay as they
    are.
    """
    if isinstance(value, list):
        return [rounded(item, digits) for item in value]
    if isinstance(value, float):
        if value != value:
            return "nan"
        if value in (float("inf"), float("-inf")):
            return "inf" if value > 0 else "-inf"
        return float(f"{value:.{digits}g}")
    return str(value) if isinstance(value, complex) else value
