"""Writing translations with a trained model, without computing anything twice."""

from course.kit.decoding.compiled import compiled
from course.kit.decoding.search import beam_search, greedy_search
from course.kit.decoding.steps import Steps, steps_for

__all__ = ["Steps", "beam_search", "compiled", "greedy_search", "steps_for"]
