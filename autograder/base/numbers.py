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
        nearest = float(f"{value:.{digits}g}")  # infinite, too, where the largest is rounded up
        if nearest in (float("inf"), float("-inf")):
            return "inf" if nearest > 0 else "-inf"
        return nearest
    return str(value) if isinstance(value, complex) else value
