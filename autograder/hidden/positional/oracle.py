"""Float64 answers for the positional unit, entry by entry, from the formulas."""

import math

import numpy as np


def integer_positions(length):
    """1, 2, ..., T."""
    return np.array([t + 1.0 for t in range(length)])


def normalized_positions(length):
    """t / (T - 1); one word stands at 0."""
    return np.array([t / (length - 1) if length > 1 else 0.0 for t in range(length)])


def sinusoidal_encoding(length, d_model):
    """Vaswani et al. 2017, section 3.5."""
    encoding = np.zeros((length, d_model))
    for t in range(length):
        for i in range(d_model // 2):
            angle = t / 10000 ** (2 * i / d_model)
            encoding[t, 2 * i] = math.sin(angle)
            encoding[t, 2 * i + 1] = math.cos(angle)
    return encoding


def shift_matrix(offset, d_model):
    """Turn each pair by the angle that its clock hand moves in `offset` steps."""
    matrix = np.zeros((d_model, d_model))
    for i in range(d_model // 2):
        angle = offset / 10000 ** (2 * i / d_model)
        matrix[2 * i, 2 * i], matrix[2 * i, 2 * i + 1] = math.cos(angle), -math.sin(angle)
        matrix[2 * i + 1, 2 * i], matrix[2 * i + 1, 2 * i + 1] = math.sin(angle), math.cos(angle)
    return matrix
