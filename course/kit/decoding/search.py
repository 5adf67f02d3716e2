"""Greedy and beam search over the steps of a model.

The model's tensors stay on its device; the words written so far are on the host. Once half of the
sentences have ended, these are taken out of the batch.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from course.kit.decoding.steps import Steps
from course.kit.tokens import END_ID, PAD_ID, START_ID


def greedy_search(steps: Steps, source: np.ndarray, max_length: int) -> np.ndarray:
    """Write the likeliest word, again and again, until each sentence has ended.

    Args:
        steps: from `steps_for(model)`.
        source: token ids `(B, S)`.
        max_length: the most words that are written, the end id counted.

    Returns:
        Token ids `(B, L)`, L <= max_length, without the start id; padding follows the end id.

    Raises:
        ValueError: there is no room for a word.
    """
    _check_room(max_length)
    batch = len(source)
    target = np.full((batch, max_length), PAD_ID, "int32")
    going, ended = np.arange(batch), np.zeros(batch, bool)
    words = np.full(batch, START_ID, "int32")
    state = steps.begin(ops.convert_to_tensor(source, "int32"), max_length)
    for position in range(max_length):
        logits, state = steps.step(ops.convert_to_tensor(words), position, state)
        words = ops.convert_to_numpy(ops.argmax(logits, axis=-1)).astype("int32")
        words[ended] = PAD_ID
        target[going, position] = words
        ended |= words == END_ID
        if ended.all():
            break
        if 2 * ended.sum() >= len(ended):  # by halves: each new batch size may have to be compiled
            rows = np.flatnonzero(~ended)
            going, ended, words = going[rows], ended[rows], words[rows]
            state = {kind: _rows(part, rows) for kind, part in state.items()}
    return target[:, : position + 1]


def beam_search(
    steps: Steps,
    source: np.ndarray,
    max_length: int,
    beam_size: int = 4,
    length_penalty: float = 0.6,
) -> np.ndarray:
    """Keep the `beam_size` best beginnings of each translation; return the best in the end.

    A hypothesis Y scores log P(Y | source) / ((5 + |Y|) / 6)^length_penalty, its end id counted.
    A hypothesis that has ended stays and competes on.

    Args:
        steps: from `steps_for(model)`.
        source: token ids `(B, S)`.
        max_length: the most words that are written, the end id counted.
        beam_size: how many beginnings are kept a sentence.
        length_penalty: 0 prefers short translations; 1 compares nearly by the mean per word.

    Returns:
        Token ids `(B, L)`, L <= max_length, in the form of `greedy_search`.

    Raises:
        ValueError: there is no room for a word, or no beginning to keep.

    Source: Wu et al. 2016, section 7, equation 14.
    """
    _check_room(max_length)
    if beam_size < 1:
        raise ValueError(f"A beam keeps at least one beginning, not {beam_size}.")
    batch = len(source)
    state = steps.begin(ops.convert_to_tensor(source, "int32"), max_length)
    state = {
        kind: _rows(part, np.repeat(np.arange(batch), beam_size)) for kind, part in state.items()
    }

    finished = np.full((batch, max_length), PAD_ID, "int32")
    going = np.arange(batch)
    target = np.full((batch, beam_size, max_length), PAD_ID, "int32")
    words = np.full(batch * beam_size, START_ID, "int32")
    so_far = np.full((batch, beam_size), -math.inf, "float32")
    so_far[:, 0] = 0.0  # all beams begin alike: only the first may be continued
    length = np.zeros((batch, beam_size), "float32")
    ended = np.zeros((batch, beam_size), bool)

    for position in range(max_length):
        logits, state = steps.step(ops.convert_to_tensor(words), position, state)
        # A sentence's best continuations are among the best of each of its beams.
        gains, following = _best(logits, beam_size)
        gains[ended], following[ended] = -math.inf, PAD_ID
        gains[ended, 0] = 0.0  # a beam that has ended can only be padded, at no cost

        sums = so_far[..., None] + gains
        lengths = length + ~ended
        divisors = np.power((lengths + 5.0) / 6.0, length_penalty)
        ranks = -(sums / divisors[..., None]).reshape(len(going), -1)
        order = np.argsort(ranks, axis=1, kind="stable")[:, :beam_size]
        beam = order // beam_size
        chosen = np.take_along_axis(following.reshape(len(going), -1), order, axis=1)

        so_far = np.take_along_axis(sums.reshape(len(going), -1), order, axis=1)
        length = np.take_along_axis(lengths, beam, axis=1)
        ended = np.take_along_axis(ended, beam, axis=1) | (chosen == END_ID)
        target = np.take_along_axis(target, beam[:, :, None], axis=1)
        target[:, :, position] = chosen
        finished[going] = target[:, 0]
        done = ended.all(axis=1)
        if done.all():
            break
        source_row = np.arange(len(going))[:, None]
        if 2 * done.sum() >= len(done):
            rows = np.flatnonzero(~done)
            state["fixed"] = _rows(state["fixed"], _beams(rows, beam_size))
            going, source_row, beam, chosen = (
                going[rows],
                source_row[rows],
                beam[rows],
                chosen[rows],
            )
            so_far, length, ended, target = so_far[rows], length[rows], ended[rows], target[rows]
        words = chosen.reshape(-1).astype("int32")
        state["moving"] = _rows(state["moving"], (source_row * beam_size + beam).reshape(-1))
    return finished[:, : position + 1]


def _check_room(max_length: int) -> None:
    if max_length < 1:
        raise ValueError(f"A translation needs room for at least one word, not {max_length}.")


def _best(logits: Any, beam_size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the likeliest words after each beginning, `(B, k, k)`: log-probabilities and ids."""
    logits = ops.cast(logits, "float32")
    best, words = ops.top_k(logits, beam_size)
    likely = best - ops.logsumexp(logits, axis=-1, keepdims=True)
    shape = (-1, beam_size, beam_size)
    return (
        np.array(ops.convert_to_numpy(likely)).reshape(shape),
        np.array(ops.convert_to_numpy(words)).reshape(shape),
    )


def _beams(sentences: np.ndarray, beam_size: int) -> np.ndarray:
    """Return the rows of these sentences' beams."""
    return (sentences[:, None] * beam_size + np.arange(beam_size)).reshape(-1)


def _rows(part: Any, rows: np.ndarray) -> Any:
    """Return some rows of every tensor of a state."""
    index = ops.convert_to_tensor(rows, "int32")
    return keras.tree.map_structure(lambda tensor: ops.take(tensor, index, axis=0), part)
