"""Everything as an Einstein sum; nothing is transposed by hand."""

import math

from keras import ops

from solutions.attention import *


def similarity(x):
    return ops.einsum("...id,...jd->...ij", x, x)


def softmax(x, axis=-1):
    powers = ops.exp(x - ops.amax(x, axis=axis, keepdims=True))
    return powers / ops.sum(powers, axis=axis, keepdims=True)


def self_attention(x):
    return ops.einsum("...ij,...jd->...id", softmax(similarity(x)), x)


def scaled_dot_product_attention(query, key, value, mask=None):
    query = query / math.sqrt(query.shape[-1])
    scores = ops.einsum("...td,...sd->...ts", query, key)
    if mask is None:
        weights = softmax(scores)
    else:
        allowed = ops.logical_and(ops.cast(mask, "bool"), ops.ones_like(scores, dtype="bool"))
        top = ops.max(ops.where(allowed, scores, -3e4), axis=-1, keepdims=True)
        powers = ops.where(allowed, ops.exp(ops.where(allowed, scores - top, 0.0)), 0.0)
        total = ops.sum(powers, axis=-1, keepdims=True)
        weights = powers / ops.where(total > 0, total, 1.0)
    return ops.einsum("...ts,...sd->...td", weights, value), weights
