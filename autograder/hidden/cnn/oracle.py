"""Float64 answers for the CNN unit, window by window, from the paper's formulas."""

import math

import numpy as np

from autograder.hidden.attention.oracle import softmax
from course.kit.tokens import PAD_ID

HALF = math.sqrt(0.5)


def receptive_field(kernel_size, num_layers, dilation=1):
    """Walk back from one output, layer by layer, and count what is between first and last."""
    seen = {0}
    for _ in range(num_layers):
        seen = {place - k * dilation for place in seen for k in range(kernel_size)}
    return max(seen) - min(seen) + 1


def gated_linear_unit(x):
    """First half times the sigmoid of the second."""
    x = np.asarray(x, "float64")
    half = x.shape[-1] // 2
    return x[..., :half] / (1 + np.exp(-x[..., half:]))


def convolution(x, kernel, bias, later=0):
    """Windows of K inputs, the last of them `later` steps after the output's place."""
    x = np.asarray(x, "float64")
    batch, length, _ = x.shape
    size = kernel.shape[0]
    output = np.tile(np.asarray(bias, "float64"), (batch, length, 1))
    for t in range(length):
        for k in range(size):
            place = t + later - (size - 1) + k
            if 0 <= place < length:
                output[:, t] += x[:, place] @ kernel[k]
    return output


def conv_block(weights, x, mask=None, causal=False, prefix=""):
    """(x + GLU(convolution(x))) sqrt(1/2); padding is zero before the convolution."""
    kernel = weights[f"{prefix}convolution.kernel"]
    x = np.asarray(x, "float64")
    if mask is not None:
        x = x * np.asarray(mask)[:, :, None]
    later = 0 if causal else kernel.shape[0] // 2
    seen = convolution(x, kernel, weights[f"{prefix}convolution.bias"], later)
    return (x + gated_linear_unit(seen)) * HALF


def conv_attention(
    weights, state, target_embedding, memory, source_embedding, mask=None, prefix=""
):
    """Gehring et al. 2017, equations 1 and 2."""
    query = np.asarray(state, "float64") @ weights[f"{prefix}query_projection.kernel"]
    query = query + weights[f"{prefix}query_projection.bias"] + target_embedding
    scores = np.einsum("bte,bse->bts", query, np.asarray(memory, "float64"))
    attended = np.zeros(scores.shape)
    for row in range(len(scores)):
        seen = np.ones(scores.shape[-1], bool) if mask is None else np.asarray(mask)[row]
        attended[row][:, seen] = softmax(scores[row][:, seen])
    context = np.einsum("bts,bse->bte", attended, memory + source_embedding)
    kernel, bias = (weights[f"{prefix}output_projection.{part}"] for part in ("kernel", "bias"))
    return context @ kernel + bias, attended


def conv_seq2seq(weights, num_layers, source, target):
    """Logits, and each layer's weights, of the whole translator."""
    mask = np.asarray(source) != PAD_ID

    def embedded(side, ids):
        words = np.asarray(weights[f"{side}_embedding.embeddings"], "float64")[ids]
        return words + weights[f"{side}_positions.embeddings"][: ids.shape[1]]

    source_embedding = memory = embedded("source", source)
    for layer in range(num_layers):
        memory = conv_block(weights, memory, mask, prefix=f"encoder_blocks.{layer}.")
    target_embedding = state = embedded("target", target)
    scores = []
    for layer in range(num_layers):
        state = conv_block(weights, state, causal=True, prefix=f"decoder_blocks.{layer}.")
        context, seen = conv_attention(
            weights,
            state,
            target_embedding,
            memory,
            source_embedding,
            mask,
            prefix=f"attentions.{layer}.",
        )
        state = (state + context) * HALF
        scores.append(seen)
    logits = state @ weights["output_projection.kernel"] + weights["output_projection.bias"]
    return logits, scores
