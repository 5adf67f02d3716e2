"""Translations with the reference's weights in the student's layers, and learning.

A translation is determined by what the model would say next after each beginning that the search
meets. So the student's process is asked once, for all beginnings that the reference met, and the
search itself runs here. Where the student's model wants to go elsewhere, it isn't the reference.
"""

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograder import expect
from autograder.messages import text
from autograder.misconceptions import SOLUTIONS_DIR
from autograder.oracles import search
from autograder.session import Remote, Student
from course.kit.tokens import PAD_ID

RECORDS_DIR = Path(__file__).resolve().parent / "translations"
FAMILIES = ("rnn", "cnn", "transformer")
BEAM_SIZE, LENGTH_PENALTY = 2, 0.6

TRANSLATES = text(
    "With trained weights it translates 200 sentences as the reference does",
    "换上训练好的权重，200 句译文与参考实现相同",
)
OTHER_WORDS = text(
    "With the reference's weights it should translate as the reference does, word for word.",
    "换上参考权重后，译文应与参考实现逐字相同。",
)


@dataclass(frozen=True)
class Record:
    """What the reference does with some sentences.

    Attributes:
        source: token ids `(N, S)`.
        greedy, beam: its translations, `(N, L)` with padding.
        sentence, beginnings: all beginnings that its searches met, `(R,)` and `(R, T)`.
        max_length: the most words that are written.
    """

    source: np.ndarray
    greedy: np.ndarray
    beam: np.ndarray
    sentence: np.ndarray
    beginnings: np.ndarray
    max_length: int


@functools.cache
def weights_of(family: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return a family's reference weights by path, float32, and the arguments of its class."""
    place = SOLUTIONS_DIR / "weights" / family
    with np.load(place / "weights.npz") as arrays:
        weights = {path: value.astype("float32") for path, value in arrays.items()}
    return weights, json.loads((place / "model.json").read_text(encoding="utf-8"))["sizes"]


@functools.cache
def record_of(family: str) -> Record:
    """Return what was recorded of a family's reference."""
    with np.load(RECORDS_DIR / f"{family}.npz") as arrays:
        return Record(**{**arrays, "max_length": int(arrays["max_length"])})


def tables(record: Record, likely: np.ndarray, words: np.ndarray) -> list[dict]:
    """Return a search's table for each sentence, from answers `(R, T, k)`."""
    found: list[dict] = [{} for _ in record.source]
    for row, (sentence, ids) in enumerate(
        zip(record.sentence, record.beginnings.tolist(), strict=True)
    ):
        for t in range(len(ids)):
            if ids[t] == PAD_ID:
                break
            found[sentence].setdefault(tuple(ids[: t + 1]), (likely[row, t], words[row, t]))
    return found


def expect_translations(student: Student, model_class: Remote, family: str) -> None:
    """Fail unless a model with the reference's weights translates as the reference does.

    Args:
        student: the hand-in.
        model_class: its exercise, made here with the reference's sizes.
        family: its name.
    """
    record, (weights, sizes) = record_of(family), weights_of(family)
    model = model_class(**sizes)
    model([record.source[:1], record.beginnings[:1, :1]])
    model.assign(weights)
    answer = student.given("decoding.prefixes.best_next")(
        model, record.source, record.sentence, record.beginnings, BEAM_SIZE
    )
    likely, words = expect.pair(answer)
    shape = (*record.beginnings.shape, BEAM_SIZE)
    likely, words = expect.array(likely), expect.array(words)
    expect.shape(likely, shape)
    expect.shape(words, shape)
    for n, table in enumerate(tables(record, likely, words)):
        greedy, _ = search.greedy(table, record.max_length)
        expect.that(greedy == real(record.greedy[n]), OTHER_WORDS)
        best, _ = search.beam(table, BEAM_SIZE, record.max_length, LENGTH_PENALTY)
        expect.that(best == real(record.beam[n]), OTHER_WORDS)


def real(ids: np.ndarray) -> tuple[int, ...]:
    """The words of a row, without the padding behind them."""
    return tuple(int(word) for word in ids if word != PAD_ID)
