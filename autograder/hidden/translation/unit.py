"""The facts of the unit `translation`; what a check is worth stands in its suite alone."""

from autograder.base.text import text
from autograder.grading.unit import Unit
from autograder.isolation.forbidden import KIT_SEARCH

UNIT = Unit(
    order=7,
    title=text("Translation", "翻译"),
    forbidden=KIT_SEARCH,
)
