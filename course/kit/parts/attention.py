"""The attention unit's parts for later units, on Keras's own softmax."""

from typing import Any

from keras import ops

from course.kit.softmax import masked_softmax
from course.kit.tokens import PAD_ID


def scaled_dot_product_attention(query: Any, key: Any, value: Any, mask: Any = None) -> Any:
    """softmax(Q Kᵀ / sqrt(d_k)) V; a query with nothing to attend to gets zeros.

    Args:
        query: `(..., T, d_k)`.
        key: `(..., S, d_k)`.
        value: `(..., S, d_v)`.
        mask: boolean, broadcastable to `(..., T, S)`; True where the query may attend to the key.

    Returns:
        `(output, weights)` of shapes `(..., T, d_v)` and `(..., T, S)`.
    """
    scores = ops.einsum("...td,...sd->...ts", query * key.shape[-1] ** -0.5, key)
    weights = masked_softmax(scores, mask=mask)
    return ops.einsum("...ts,...sv->...tv", weights, value), weights


def padding_mask(token_ids: Any) -> Any:
    """Boolean `(B, 1, S)` for ids `(B, S)`, True at real tokens."""
    return ops.expand_dims(ops.cast(token_ids - PAD_ID, "bool"), 1)


def causal_mask(length: Any) -> Any:
    """Boolean `(1, T, T)`, True where the key is not later than the query."""
    return ops.expand_dims(ops.tril(ops.ones((length, length), "bool")), 0)
