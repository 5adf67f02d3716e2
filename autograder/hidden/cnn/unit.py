"""The facts of the unit `cnn`; what a check is worth stands in its suite alone."""

from autograder.base.text import text
from autograder.grading.unit import Unit
from autograder.isolation.forbidden import ATTENTION, CONVOLUTION

UNIT = Unit(
    order=2,
    title=text("Convolutional networks", "卷积网络"),
    forbidden=(*CONVOLUTION, *ATTENTION),
)
