"""Slopes by central differences, in float64: what a gradient is measured against."""

import numpy as np


def gradient(function, inputs, cotangent, step=1e-6):
    """Central differences of sum(function(*inputs) * cotangent) to each input, in float64."""
    inputs = [np.array(value, "float64") for value in inputs]
    slopes = []
    for value in inputs:
        slope = np.zeros(value.shape)
        for index in np.ndindex(value.shape):
            old = value[index]
            value[index] = old + step
            above = np.sum(function(*inputs) * cotangent)
            value[index] = old - step
            below = np.sum(function(*inputs) * cotangent)
            value[index] = old
            slope[index] = (above - below) / (2 * step)
        slopes.append(slope)
    return slopes


def slope_along(function, values, directions, cotangent, step=1e-5):
    """How fast sum(function(values) * cotangent) grows as some values move along their directions.

    Args:
        function: gives an array for values by name.
        values: arrays by name.
        directions: an array of the value's shape for each value that moves, by name.
        cotangent: an array of the function's shape.
        step: how far they move, each way.
    """
    values = {name: np.asarray(value, "float64") for name, value in values.items()}

    def value_at(distance):
        moved = {
            name: values[name] + distance * np.asarray(direction, "float64")
            for name, direction in directions.items()
        }
        return np.sum(function({**values, **moved}) * cotangent)

    return (value_at(step) - value_at(-step)) / (2 * step)
