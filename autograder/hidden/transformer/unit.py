"""The facts of the unit `transformer`; what a check is worth stands in its suite alone."""

from autograder.base.text import text
from autograder.grading.unit import Unit

UNIT = Unit(
    order=6,
    title=text("Transformer", "Transformer"),
    forbidden=(),
)
