"""Record what the references translate, for the hidden suites, into their folders.

    python -m autograder.authoring.translations [FAMILY ...]

Of the generated corpus's test sentences, those are taken in which no near tie decides: rounding, or
another epsilon in a normalisation, must not change a translation.
"""

import importlib
import sys

import numpy as np

from autograder.authoring.author_command import author_command
from autograder.base.paths import SOLUTIONS_DIR
from autograder.hidden import search
from autograder.hidden.translating import (
    BEAM_SIZE,
    FAMILIES,
    LENGTH_PENALTY,
    SEARCHED,
    SEARCHES,
    SENTENCES_SEARCHED,
    record_path,
)
from course.kit.corpora.dataset import open_dataset
from course.kit.decoding.prefixes import best_next
from course.kit.models.families import family_of
from course.kit.models.translator import load
from course.kit.tokens import padded

SENTENCES = 200
_CANDIDATES = 1000
# Grading is to be quick: short sentences, whose searches meet few beginnings.
_MOST_WORDS, _MOST_BEGINNINGS = 12, 5
# Nats between a greedy word and the next best. A Transformer's logits move with the epsilon of its
# normalisations, those of the others with rounding alone.
_MARGINS = {"transformer": 0.7}
_LEAST_MARGIN = 0.01
_NOISE = 0.002  # what may be added to log-probabilities without another hypothesis winning


def main() -> None:
    """Record the families that are named, or all, and what searches meet."""
    for family in sys.argv[1:] or FAMILIES:
        record(family)
    record_searches()


def record(family: str) -> None:
    """Search with a family's reference; write its translations and the beginnings that it met."""
    source, tables = _searched(family)
    margin = _MARGINS.get(family, _LEAST_MARGIN)
    chosen = [
        n
        for n, table in enumerate(tables)
        if len(_leaves(table)) <= _MOST_BEGINNINGS and _clear(table, margin)
    ][:SENTENCES]
    if len(chosen) < SENTENCES:
        raise SystemExit(f"{family}: only {len(chosen)} sentences are clear enough.")
    leaves = [(i, ids) for i, n in enumerate(chosen) for ids in _leaves(tables[n])]
    _write(
        family,
        source[chosen],
        [tables[n] for n in chosen],
        sentence=np.array([i for i, _ in leaves], "int32"),
        beginnings=padded([ids for _, ids in leaves]),
    )
    print(f"{family}: {len(chosen)} sentences, {len(leaves)} beginnings")


def record_searches() -> None:
    """Search with a reference that is often in doubt; write all that it said.

    In every other sentence a beam finds what greedy decoding misses.
    """
    source, tables = _searched(SEARCHED)
    clear = [n for n, table in enumerate(tables) if _clear(table, _LEAST_MARGIN)]
    half = SENTENCES_SEARCHED // 2
    apart = [n for n in clear if _greedy(tables[n]) != _beam(tables[n])[0]][:half]
    alike = [n for n in clear if _greedy(tables[n]) == _beam(tables[n])[0]][:half]
    if len(apart) < half or len(alike) < half:
        raise SystemExit(f"{SEARCHED}: only {len(apart)} and {len(alike)} sentences are clear.")
    chosen = [n for pair in zip(apart, alike, strict=True) for n in pair]
    answers = [(i, *entry) for i, n in enumerate(chosen) for entry in tables[n].items()]
    _write(
        SEARCHES,
        source[chosen],
        [tables[n] for n in chosen],
        sentence=np.array([i for i, _, _ in answers], "int32"),
        beginnings=padded([ids for _, ids, _ in answers]),
        likely=np.array([likely for _, _, (likely, _) in answers], "float32"),
        words=np.array([words for _, _, (_, words) in answers], "int32"),
    )
    print(f"searches of {SEARCHED}: {len(chosen)} sentences, {len(answers)} beginnings")


def _searched(family: str) -> tuple[np.ndarray, list[dict]]:
    """Sentences, and for each the table of all beginnings that the reference's searches meet."""
    made = family_of(family)
    module = importlib.import_module(f"solutions.{made.unit}")
    translator = load(SOLUTIONS_DIR / "weights" / family, getattr(module, made.exercise))
    texts = [english for english, _ in open_dataset("generated").references("test")]
    source = padded([translator.source.encode(text) for text in texts[:_CANDIDATES]])
    tables: list[dict] = [{} for _ in source]
    while missing := _missing(tables):
        rows = np.array([n for n, _ in missing])
        beginnings = padded([words for _, words in missing])
        likely, words = best_next(translator.model, source, rows, beginnings, BEAM_SIZE)
        for row, (n, ids) in enumerate(missing):
            tables[n][ids] = (likely[row, len(ids) - 1], words[row, len(ids) - 1])
    return source, tables


def _write(name: str, source: np.ndarray, tables: list[dict], **arrays: np.ndarray) -> None:
    longest = int((source != 0).sum(axis=1).max())
    np.savez_compressed(
        record_path(name),
        source=source[:, :longest],
        greedy=padded([_greedy(table) for table in tables]),
        beam=padded([_beam(table)[0] for table in tables]),
        max_length=np.array(_MOST_WORDS),
        **arrays,  # type: ignore[arg-type]  # it takes them by name for `allow_pickle`, too
    )


def _greedy(table: dict) -> tuple:
    return search.greedy(table, _MOST_WORDS)[0]


def _beam(table: dict) -> tuple:
    return search.beam(table, BEAM_SIZE, _MOST_WORDS, LENGTH_PENALTY)


def _missing(tables: list[dict]) -> list[tuple[int, tuple[int, ...]]]:
    """The beginnings that the searches meet next."""
    wanted: dict[tuple[int, tuple[int, ...]], None] = {}
    for n, table in enumerate(tables):
        for ids in (*search.greedy(table, _MOST_WORDS)[1], *_beam(table)[1]):
            wanted[n, ids] = None
    return list(wanted)


def _clear(table: dict, margin: float) -> bool:
    """Whether no near tie decides the translations, greedy or of a beam."""
    words = _greedy(table)
    beginnings = [(*search.BEGINNING, *words[:t]) for t in range(len(words))]
    margins = [table[ids][0][0] - table[ids][0][1] for ids in beginnings]
    if min(margins) < margin or len(words) >= _MOST_WORDS:
        return False
    rng, (best, _) = np.random.default_rng(0), _beam(table)
    for _ in range(5):
        shaken = {
            ids: (likely + rng.uniform(-_NOISE, _NOISE, len(likely)), words)
            for ids, (likely, words) in table.items()
        }
        if _beam(shaken)[0] != best:
            return False
    return True


def _leaves(table: dict) -> list[tuple[int, ...]]:
    """The beginnings that are no part of a longer one."""
    parts = {ids[:-1] for ids in table}
    return [ids for ids in table if ids not in parts]


if __name__ == "__main__":
    with author_command("Recording translations"):
        main()
