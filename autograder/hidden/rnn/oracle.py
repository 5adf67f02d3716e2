"""Float64 answers for the RNN unit, step by step, from the papers' formulas."""

import numpy as np

from autograder.hidden.attention.oracle import softmax
from course.kit.tokens import PAD_ID


def sigmoid(x):
    """1 / (1 + e^-x)."""
    return 1 / (1 + np.exp(-x))


def rnn_cell(weights, x, state, prefix=""):
    """Elman 1990."""
    kernel, recurrent, bias = _cell(weights, prefix)
    return np.tanh(x @ kernel + state @ recurrent + bias)


def gru_cell(weights, x, state, prefix=""):
    """Cho et al. 2014: update gate, reset gate, candidate; reset before the product."""
    kernel, recurrent, bias = _cell(weights, prefix)
    u = state.shape[-1]
    z, r, c = (slice(n * u, (n + 1) * u) for n in range(3))
    update = sigmoid(x @ kernel[:, z] + state @ recurrent[:, z] + bias[z])
    reset = sigmoid(x @ kernel[:, r] + state @ recurrent[:, r] + bias[r])
    candidate = np.tanh(x @ kernel[:, c] + (reset * state) @ recurrent[:, c] + bias[c])
    return update * state + (1 - update) * candidate


def lstm_cell(weights, x, state, memory, prefix=""):
    """Input gate, forget gate, candidate, output gate; gives h' and c'."""
    kernel, recurrent, bias = _cell(weights, prefix)
    i, f, g, o = np.split(x @ kernel + state @ recurrent + bias, 4, axis=-1)
    memory = sigmoid(f) * memory + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(memory), memory


def _cell(weights, prefix):
    return (weights[prefix + name] for name in ("kernel", "recurrent_kernel", "bias"))


def fading_sum(kernel, x, states, mask=None):
    """Outputs and last states of the kit's FadingSum over a masked sentence."""
    (total, *counts), output, outputs = states, np.zeros_like(states[0]), []
    for t in range(x.shape[1]):
        real = np.ones((len(x), 1), bool) if mask is None else mask[:, t, None]
        total = np.where(real, total / 2 + x[:, t] @ kernel, total)
        counts = [np.where(real, steps + 1, steps) for steps in counts]
        output = np.where(real, 2 * total - sum(counts), output)
        outputs.append(output)
    return np.stack(outputs, axis=1), [total, *counts]


def additive_attention(weights, query, keys, mask=None, prefix=""):
    """Bahdanau et al. 2015, equations 5 and 6, row by row."""
    asked = query @ weights[f"{prefix}query_projection.kernel"]
    offered = keys @ weights[f"{prefix}key_projection.kernel"]
    hidden = np.tanh(asked[:, None, :] + offered)
    scores = (hidden @ weights[f"{prefix}score_projection.kernel"])[..., 0]
    found = np.zeros(scores.shape)
    for row in range(len(scores)):
        seen = np.ones(scores.shape[1], bool) if mask is None else np.asarray(mask)[row]
        found[row][seen] = softmax(scores[row][seen])
    return np.einsum("bs,bse->be", found, keys), found


def encoder(weights, source, prefix=""):
    """Outputs and last real state of the GRU over the embedded source."""
    words = np.asarray(weights[f"{prefix}embedding.embeddings"], "float64")[source]
    state = np.zeros(words[:, 0].shape)
    output, outputs = np.zeros(state.shape), []
    for t in range(source.shape[1]):
        real = (source[:, t] != PAD_ID)[:, None]
        new = gru_cell(weights, words[:, t], state, f"{prefix}cell.")
        state, output = np.where(real, new, state), np.where(real, new, output)
        outputs.append(output)
    return np.stack(outputs, axis=1), state


def decoder(weights, target, outputs, state, mask=None, attention=True, prefix=""):
    """Logits, and the weights over the source where there is attention."""
    words = np.asarray(weights[f"{prefix}embedding.embeddings"], "float64")[target]
    outputs, state = np.asarray(outputs, "float64"), np.asarray(state, "float64")
    features, scores = [], []
    for t in range(target.shape[1]):
        x = words[:, t]
        if attention:
            context, seen = additive_attention(weights, state, outputs, mask, f"{prefix}attention.")
            x = np.concatenate([x, context], axis=-1)
            scores.append(seen)
        state = gru_cell(weights, x, state, f"{prefix}cell.")
        features.append(np.concatenate([state, context], axis=-1) if attention else state)
    logits = np.stack(features, axis=1) @ weights[f"{prefix}output_projection.kernel"]
    logits = logits + weights[f"{prefix}output_projection.bias"]
    return logits, np.stack(scores, axis=1) if attention else None


def translator(weights, source, target, attention=True):
    """Logits, and the weights over the source, of the whole model."""
    outputs, state = encoder(weights, source, "encoder.")
    return decoder(weights, target, outputs, state, source != PAD_ID, attention, "decoder.")
