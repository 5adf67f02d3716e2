"""The facts of the unit `rnn`; what a check is worth stands in its suite alone."""

from autograder.base.text import text
from autograder.grading.unit import Unit
from autograder.isolation.forbidden import ATTENTION, RECURRENT

UNIT = Unit(
    order=1,
    title=text("Recurrent networks", "循环神经网络"),
    forbidden=(*RECURRENT, *ATTENTION),
)
