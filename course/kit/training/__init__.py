"""Training a translator: the recipe, the loop, and what is kept of it."""

from course.kit.training.recipe import Recipe, default_recipe

__all__ = ["Recipe", "default_recipe"]
