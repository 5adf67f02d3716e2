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


def slope_along(function, weights, path, direction, cotangent, step=1e-5):
    """How fast sum(function(weights) * cotangent) grows as one weight moves along a direction."""
    weights = {name: np.asarray(value, "float64") for name, value in weights.items()}
    direction = np.asarray(direction, "float64")

    def value_at(distance):
        moved = {**weights, path: weights[path] + distance * direction}
        return np.sum(function(moved) * cotangent)

    return (value_at(step) - value_at(-step)) / (2 * step)
