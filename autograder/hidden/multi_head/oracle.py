"""Float64 answers for the multi-head unit, head by head, from the paper's formula."""

import numpy as np

from autograder.hidden.attention.oracle import scaled_dot_product_attention


def split_heads(x, num_heads):
    """Cut the width into slices: head h of word t is x[t, h * D/H : (h + 1) * D/H]."""
    x = np.asarray(x, "float64")
    width = x.shape[-1] // num_heads
    return np.stack([x[..., h * width : (h + 1) * width] for h in range(num_heads)], axis=1)


def merge_heads(x):
    """Lay the heads of each word side by side."""
    x = np.asarray(x, "float64")
    return np.concatenate([x[:, h] for h in range(x.shape[1])], axis=-1)


def multi_head_attention(weights, num_heads, query, value, key=None, mask=None):
    """Vaswani et al. 2017, section 3.2.2; gives the output and the weights (B, H, T, S).

    `weights` holds `NAME_projection.kernel` and `.bias` for query, key, value and output.
    """
    key = value if key is None else key

    def project(name, x):
        kernel, bias = weights[f"{name}_projection.kernel"], weights[f"{name}_projection.bias"]
        return np.asarray(x, "float64") @ kernel + bias

    q, k, v = (project(n, x) for n, x in (("query", query), ("key", key), ("value", value)))
    width = q.shape[-1] // num_heads
    outputs, scores = [], []
    for head in range(num_heads):
        own = slice(head * width, (head + 1) * width)
        output, seen = scaled_dot_product_attention(q[..., own], k[..., own], v[..., own], mask)
        outputs.append(output)
        scores.append(seen)
    return project("output", np.concatenate(outputs, axis=-1)), np.stack(scores, axis=1)
