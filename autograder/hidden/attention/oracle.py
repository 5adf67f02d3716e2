"""Float64 answers for the attention unit, written from the formulas and not from the reference."""

import numpy as np


def similarity(x):
    """X Xᵀ over the last two axes."""
    x = np.asarray(x, "float64")
    return np.einsum("...id,...jd->...ij", x, x)


def softmax(x, axis=-1):
    """exp(x) / sum exp(x) along an axis; -inf has the weight 0."""
    x = np.asarray(x, "float64")
    powers = np.exp(x - x.max(axis=axis, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=axis, keepdims=True)


def self_attention(x):
    """softmax(X Xᵀ) X."""
    x = np.asarray(x, "float64")
    return softmax(similarity(x)) @ x


def scaled_dot_product_attention(query, key, value, mask=None):
    """Vaswani et al. 2017, equation 1, row by row; a row that may see nothing gives zeros."""
    query, key, value = (np.asarray(a, "float64") for a in (query, key, value))
    scores = np.einsum("...td,...sd->...ts", query, key) / np.sqrt(query.shape[-1])
    allowed = np.ones(scores.shape, bool) if mask is None else np.broadcast_to(mask, scores.shape)
    weights = np.zeros(scores.shape)
    for row in np.ndindex(scores.shape[:-1]):
        seen = allowed[row]
        if seen.any():
            weights[row][seen] = softmax(scores[row][seen])
    return np.einsum("...ts,...sd->...td", weights, value), weights
