"""Float64 answers for the Transformer unit, from the paper's formulas."""

import math

import numpy as np

from autograder.hidden.multi_head.oracle import multi_head_attention
from autograder.hidden.positional.oracle import sinusoidal_encoding
from course.kit.tokens import PAD_ID

EPSILON = (
    5e-4  # between Keras's 1e-3 and others, near 0; the suite's tolerances leave room for both
)


def part(weights, prefix):
    """The weights below a path, without it."""
    return {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}


def dropped(factors, name, x):
    """x times what dropout makes of it: `factors` by the name of what is dropped, 1 elsewhere."""
    return x * factors.get(name, 1)


def dense(weights, prefix, x):
    """x W + b."""
    return x @ weights[f"{prefix}kernel"] + weights[f"{prefix}bias"]


def norm(weights, prefix, x, epsilon=EPSILON):
    """Layer normalisation over the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + epsilon)
    return scaled * weights[f"{prefix}gamma"] + weights[f"{prefix}beta"]


def feed_forward(weights, x, prefix=""):
    """Vaswani et al. 2017, equation 2."""
    x = np.asarray(x, "float64")
    return dense(weights, f"{prefix}outer.", np.maximum(dense(weights, f"{prefix}inner.", x), 0))


def encoder_layer(weights, num_heads, x, mask=None, factors=None, epsilon=EPSILON):
    """Post-norm: LayerNorm(x + sublayer(x)), twice; `factors` as in `dropped`."""
    x, factors = np.asarray(x, "float64"), factors or {}
    allowed = None if mask is None else np.asarray(mask)[:, None, :]
    seen, _ = multi_head_attention(part(weights, "attention."), num_heads, x, x, mask=allowed)
    x = norm(weights, "attention_norm.", x + dropped(factors, "attention", seen), epsilon)
    thought = feed_forward(weights, x, "feed_forward.")
    return norm(
        weights, "feed_forward_norm.", x + dropped(factors, "feed_forward", thought), epsilon
    )


def decoder_layer(
    weights,
    num_heads,
    target,
    memory,
    target_mask=None,
    memory_mask=None,
    factors=None,
    epsilon=EPSILON,
):
    """Causal self-attention, attention to the memory, feed-forward; also the second's weights."""
    x, memory = np.asarray(target, "float64"), np.asarray(memory, "float64")
    factors = factors or {}
    may_see = np.tri(x.shape[1], dtype=bool)[None]
    if target_mask is not None:
        may_see = may_see & np.asarray(target_mask)[:, None, :]
    own, other = part(weights, "self_attention."), part(weights, "cross_attention.")
    seen, _ = multi_head_attention(own, num_heads, x, x, mask=may_see)
    x = norm(weights, "self_attention_norm.", x + dropped(factors, "self_attention", seen), epsilon)
    allowed = None if memory_mask is None else np.asarray(memory_mask)[:, None, :]
    found, scores = multi_head_attention(other, num_heads, x, memory, mask=allowed)
    x = norm(
        weights, "cross_attention_norm.", x + dropped(factors, "cross_attention", found), epsilon
    )
    thought = feed_forward(weights, x, "feed_forward.")
    x = norm(weights, "feed_forward_norm.", x + dropped(factors, "feed_forward", thought), epsilon)
    return x, scores


def transformer(weights, num_heads, num_layers, source, target, factors=None, epsilon=EPSILON):
    """Logits of the whole model, and each decoder layer's weights over the source."""
    factors = factors or {}

    def embedded(side, ids):
        table = np.asarray(weights[f"{side}_embedding.embeddings"], "float64")
        width = table.shape[1]
        x = table[ids] * math.sqrt(width) + sinusoidal_encoding(ids.shape[1], width)
        return dropped(factors, f"{side}_embedding", x)

    source_mask, target_mask = source != PAD_ID, target != PAD_ID
    memory = embedded("source", source)
    for n in range(num_layers):
        path = f"encoder_layers.{n}."
        memory = encoder_layer(
            part(weights, path), num_heads, memory, source_mask, part(factors, path), epsilon
        )
    x, scores = embedded("target", target), []
    for n in range(num_layers):
        path = f"decoder_layers.{n}."
        masks = (target_mask, source_mask)
        x, seen = decoder_layer(
            part(weights, path), num_heads, x, memory, *masks, part(factors, path), epsilon
        )
        scores.append(seen)
    return dense(weights, "output_projection.", x), scores
