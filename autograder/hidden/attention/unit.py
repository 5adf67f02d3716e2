"""The facts of the unit `attention`; what a check is worth stands in its suite alone."""

from autograder.base.text import text
from autograder.grading.unit import Unit
from autograder.isolation.forbidden import ATTENTION, KIT_ATTENTION, SOFTMAX

UNIT = Unit(
    order=3,
    title=text("Attention", "注意力"),
    forbidden=(*SOFTMAX, *ATTENTION, *KIT_ATTENTION),
)
