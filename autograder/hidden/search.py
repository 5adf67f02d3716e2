"""Greedy and beam search over a table of what a model would say next."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from course.kit.tokens import END_ID, PAD_ID, START_ID

Words = tuple[int, ...]
# After the start id and some words: the likeliest next words and their log-probabilities.
Table = Mapping[Words, tuple[np.ndarray, np.ndarray]]

BEGINNING: Words = (START_ID,)


def greedy(table: Table, max_length: int) -> tuple[Words, list[Words]]:
    """Return the words written, and the beginnings that the table should have held as well."""
    words = BEGINNING
    while len(words) <= max_length and words[-1] != END_ID:
        if words not in table:
            return words[1:], [words]
        words += (int(table[words][1][0]),)
    return words[1:], []


def beam(
    table: Table, beam_size: int, max_length: int, length_penalty: float
) -> tuple[Words, list[Words]]:
    """Return the best hypothesis, and the beginnings that the table should have held as well.

    Those are not continued. Scores are those of Wu et al. 2016, equation 14, as in the contract.
    """
    beams: list[tuple[float, Words]] = [(0.0, BEGINNING)]
    missing: list[Words] = []

    def score(candidate: tuple[float, Words]) -> float:
        return candidate[0] / ((5 + len(candidate[1]) - 1) / 6) ** length_penalty

    for _ in range(max_length):
        candidates = []
        for total, words in beams:
            if words[-1] == END_ID:
                candidates.append((total, words))
            elif words in table:
                gains, following = table[words]
                candidates += [
                    (total + float(gain), (*words, int(word)))
                    for gain, word in zip(gains, following, strict=True)
                    if gain > -math.inf
                ]
            else:
                missing.append(words)
        if not candidates:
            break
        beams = sorted(candidates, key=score, reverse=True)[:beam_size]
        if all(words[-1] == END_ID for _, words in beams):
            break
    return beams[0][1][1:], missing


def greedily(logits_of: Callable, source: np.ndarray, max_length: int) -> list[list[int]]:
    """Write the likeliest word, again and again; return each sentence's words, the end left out.

    Args:
        logits_of: the logits `(B, T, V)` for sources `(B, S)` and targets so far `(B, T)`.
        source: token ids `(B, S)`.
        max_length: the most words that are written.
    """
    words = np.full((len(source), 1), START_ID, "int32")
    going = np.arange(len(source))
    while len(going) and words.shape[1] <= max_length:
        following = np.zeros((len(source), 1), "int32")
        following[going, 0] = logits_of(source[going], words[going])[:, -1].argmax(axis=-1)
        words = np.concatenate([words, following], axis=1)
        going = going[following[going, 0] != END_ID]
    return [[int(w) for w in row if w not in (START_ID, END_ID, PAD_ID)] for row in words]
