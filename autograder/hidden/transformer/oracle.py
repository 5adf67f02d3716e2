"""Float64 answers for the Transformer unit, from the paper's formulas."""

import math

import numpy as np

from autograder.hidden.multi_head.oracle import multi_head_attention
from autograder.hidden.positional.oracle import sinusoidal_encoding
from course.kit.tokens import PAD_ID

EPSILON = 1e-3  # Keras's; the suite's tolerances leave room for others


def part(weights, prefix):
    """The weights below a path, without it."""
    return {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}


def dense(weights, prefix, x):
    """x W + b."""
    return x @ weights[f"{prefix}kernel"] + weights[f"{prefix}bias"]


def norm(weights, prefix, x):
    """Layer normalisation over the last axis."""
    centred = x - x.mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + EPSILON)
    return scaled * weights[f"{prefix}gamma"] + weights[f"{prefix}beta"]


def feed_forward(weights, x, prefix=""):
    """Vaswani et al. 2017, equation 2."""
    x = np.asarray(x, "float64")
    return dense(weights, f"{prefix}outer.", np.maximum(dense(weights, f"{prefix}inner.", x), 0))


def encoder_layer(weights, num_heads, x, mask=None):
    """Post-norm: LayerNorm(x + sublayer(x)), twice."""
    x = np.asarray(x, "float64")
    allowed = None if mask is None else np.asarray(mask)[:, None, :]
    seen, _ = multi_head_attention(part(weights, "attention."), num_heads, x, x, mask=allowed)
    x = norm(weights, "attention_norm.", x + seen)
    return norm(weights, "feed_forward_norm.", x + feed_forward(weights, x, "feed_forward."))


def decoder_layer(weights, num_heads, target, memory, target_mask=None, memory_mask=None):
    """Causal self-attention, attention to the memory, feed-forward; also the second's weights."""
    x, memory = np.asarray(target, "float64"), np.asarray(memory, "float64")
    may_see = np.tri(x.shape[1], dtype=bool)[None]
    if target_mask is not None:
        may_see = may_see & np.asarray(target_mask)[:, None, :]
    own = part(weights, "self_attention.")
    x = norm(
        weights,
        "self_attention_norm.",
        x + multi_head_attention(own, num_heads, x, x, mask=may_see)[0],
    )
    allowed = None if memory_mask is None else np.asarray(memory_mask)[:, None, :]
    found, scores = multi_head_attention(
        part(weights, "cross_attention."), num_heads, x, memory, mask=allowed
    )
    x = norm(weights, "cross_attention_norm.", x + found)
    x = norm(weights, "feed_forward_norm.", x + feed_forward(weights, x, "feed_forward."))
    return x, scores


def transformer(weights, num_heads, num_layers, source, target):
    """Logits of the whole model, and each decoder layer's weights over the source."""

    def embedded(side, ids):
        table = np.asarray(weights[f"{side}_embedding.embeddings"], "float64")
        width = table.shape[1]
        return table[ids] * math.sqrt(width) + sinusoidal_encoding(ids.shape[1], width)

    source_mask, target_mask = source != PAD_ID, target != PAD_ID
    memory = embedded("source", source)
    for n in range(num_layers):
        memory = encoder_layer(
            part(weights, f"encoder_layers.{n}."), num_heads, memory, source_mask
        )
    x, scores = embedded("target", target), []
    for n in range(num_layers):
        own = part(weights, f"decoder_layers.{n}.")
        x, seen = decoder_layer(own, num_heads, x, memory, target_mask, source_mask)
        scores.append(seen)
    return dense(weights, "output_projection.", x), scores
