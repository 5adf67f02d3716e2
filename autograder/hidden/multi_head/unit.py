"""The facts of the unit `multi_head`; what a check is worth stands in its suite alone."""

from autograder.base.text import text
from autograder.grading.unit import Unit
from autograder.isolation.forbidden import ATTENTION

UNIT = Unit(
    order=4,
    title=text("Multi-head attention", "多头注意力"),
    forbidden=(*ATTENTION, "course.kit.parts.MultiHeadAttention"),
)
