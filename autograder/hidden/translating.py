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

from autograder.base.paths import HIDDEN_DIR, SOLUTIONS_DIR
from autograder.base.text import text
from autograder.grading import expect
from autograder.grading.proxies import Remote, Student
from autograder.hidden import search
from course.kit.tokens import PAD_ID

FAMILIES = ("rnn", "cnn", "transformer")
BEAM_SIZE, LENGTH_PENALTY = 2, 0.6
# A model in doubt, where a beam often finds what greedy decoding misses: all that its searches met
# is recorded, so that others can search with what it says. Who decodes row by row is right, too,
# and asks thousands of times; so there are not too many sentences.
SEARCHED, SEARCHES, SENTENCES_SEARCHED = "rnn-fixed", "searches", 40
_PLACES, _LARGEST_FACTOR = 16, 2**15

TRANSLATES = (
    "With trained weights it translates 200 sentences as the reference does",
    "换上训练好的权重，200 句译文与参考实现相同",
)
OTHER_WORDS = text(
    "With the reference's weights it should translate as the reference does, word for word.",
    "换上参考权重后，译文应与参考实现逐字相同。",
)

SEARCHED_OTHERWISE = text(
    "Asking a trained model, it should write the 40 translations that the reference writes.",
    "面对训练好的模型，应写出与参考实现相同的 40 句译文。",
)


@dataclass(frozen=True)
class Record:
    """What the reference does with some sentences.

    Attributes:
        source: token ids `(N, S)`.
        greedy, beam: its translations, `(N, L)` with padding.
        sentence, beginnings: all beginnings that its searches met, `(R,)` and `(R, T)`.
        max_length: the most words that are written.
        likely, words: what the reference said after each beginning, its last word read: the
            log-probabilities of the likeliest next words and those words, `(R, k)`; recorded of
            the searches only.
    """

    source: np.ndarray
    greedy: np.ndarray
    beam: np.ndarray
    sentence: np.ndarray
    beginnings: np.ndarray
    max_length: int
    likely: np.ndarray | None = None
    words: np.ndarray | None = None


@functools.cache
def weights_of(family: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return a family's reference weights by path, float32, and the arguments of its class."""
    place = SOLUTIONS_DIR / "weights" / family
    with np.load(place / "weights.npz") as arrays:
        weights = {path: value.astype("float32") for path, value in arrays.items()}
    return weights, json.loads((place / "model.json").read_text(encoding="utf-8"))["sizes"]


def record_path(name: str) -> Path:
    """Return the file with what was recorded of a family, or of `SEARCHES`."""
    folder, file = ("translation", "searches") if name == SEARCHES else (name, "translations")
    return HIDDEN_DIR / folder / f"{file}.npz"


@functools.cache
def record_of(family: str) -> Record:
    """Return what was recorded of a family's reference."""
    with np.load(record_path(family)) as arrays:
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


@functools.cache
def recorded_model() -> tuple[np.ndarray, ...]:
    """Return what a `RecordedModel` of the searches is made of, its vocabulary's size aside.

    Its keys differ: the factors are drawn again until they do.
    """
    record, rng = record_of(SEARCHES), np.random.default_rng(0)
    assert record.likely is not None
    assert record.words is not None
    while True:
        of_source, of_target = rng.integers(1, _LARGEST_FACTOR, (2, _PLACES)).astype("int32")
        keys = _keys(record.source, of_source)[record.sentence]
        keys += _keys(record.beginnings, of_target)
        order = np.argsort(keys)
        if (np.diff(keys[order]) > 0).all():
            return of_source, of_target, keys[order], record.likely[order], record.words[order]


def _keys(ids: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Each row's part of a key, as a `RecordedModel` adds it up."""
    return (ids * factors[: ids.shape[1]]).sum(axis=1).astype("int32")


def expect_searches(student: Student, search_: Remote, right: np.ndarray, *options: Any) -> None:
    """Fail unless a search, asking what the reference said, writes what the reference wrote.

    Args:
        student: the hand-in.
        search_: its exercise.
        right: the reference's translations.
        *options: what the exercise is called with after the source.
    """
    record = record_of(SEARCHES)
    _, sizes = weights_of(SEARCHED)
    model = student.kit("models.recorded.RecordedModel")(
        *recorded_model(), sizes["target_vocabulary_size"]
    )
    answer = expect.array(search_(model, record.source, record.max_length, *options))
    expect.that(answer.ndim == 2 and len(answer) == len(right), OTHER_WORDS)
    expect.that([real(row) for row in answer] == [real(row) for row in right], SEARCHED_OTHERWISE)


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
    answer = student.kit("decoding.prefixes.best_next")(
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
