"""The facts of the unit `positional`; what a check is worth stands in its suite alone."""

from autograder.base.text import text
from autograder.grading.unit import Unit
from autograder.isolation.forbidden import KIT_POSITIONS

UNIT = Unit(
    order=5,
    title=text("Positions", "位置编码"),
    forbidden=KIT_POSITIONS,
)
