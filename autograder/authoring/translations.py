"""Record what the references translate, for the hidden suites: autograder/hidden/translations.

    python -m autograder.authoring.translations [FAMILY ...]

Of the generated corpus's test sentences, those are taken in which no near tie decides: rounding, or
another epsilon in a normalisation, must not change a translation.
"""

import importlib
import sys

import numpy as np

from autograder.hidden.translating import BEAM_SIZE, FAMILIES, LENGTH_PENALTY, RECORDS_DIR
from autograder.misconceptions import SOLUTIONS_DIR
from autograder.oracles import search
from course.kit.corpora.dataset import open_dataset
from course.kit.decoding.prefixes import best_next
from course.kit.families import family_of
from course.kit.translator import load, padded

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
    """Record the families that are named, or all."""
    for family in sys.argv[1:] or FAMILIES:
        record(family)


def record(family: str) -> None:
    """Search with a family's reference, and write what it met."""
    made = family_of(family)
    module = importlib.import_module(f"solutions.{made.unit}")
    translator = load(SOLUTIONS_DIR / "weights" / family, getattr(module, made.exercise))
    texts = [english for english, _ in open_dataset("generated").references("test")]
    source = padded([translator.source.encode(text) for text in texts[:_CANDIDATES]])
    most = _MOST_WORDS
    found: list[dict] = [{} for _ in source]
    while missing := _missing(found, most):
        rows = np.array([n for n, _ in missing])
        beginnings = padded([words for _, words in missing])
        likely, words = best_next(translator.model, source, rows, beginnings, BEAM_SIZE)
        for row, (n, ids) in enumerate(missing):
            found[n][ids] = (likely[row, len(ids) - 1], words[row, len(ids) - 1])
    margin = _MARGINS.get(family, _LEAST_MARGIN)
    clear = [n for n, table in enumerate(found) if _clear(table, most, margin)]
    chosen = clear[:SENTENCES]
    if len(chosen) < SENTENCES:
        raise SystemExit(f"{family}: only {len(chosen)} sentences are clear enough.")
    leaves = [(i, ids) for i, n in enumerate(chosen) for ids in _leaves(found[n])]
    RECORDS_DIR.mkdir(exist_ok=True)
    longest = int((source[chosen] != 0).sum(axis=1).max())
    np.savez_compressed(
        RECORDS_DIR / f"{family}.npz",
        source=source[chosen, :longest],
        greedy=padded([search.greedy(found[n], most)[0] for n in chosen]),
        beam=padded([_beam(found[n], most)[0] for n in chosen]),
        sentence=np.array([i for i, _ in leaves], "int32"),
        beginnings=padded([ids for _, ids in leaves]),
        max_length=np.array(most),
    )
    print(f"{family}: {len(chosen)} sentences, {len(leaves)} beginnings")


def _beam(table: dict, most: int) -> tuple:
    return search.beam(table, BEAM_SIZE, most, LENGTH_PENALTY)


def _missing(found: list[dict], most: int) -> list[tuple[int, tuple[int, ...]]]:
    """The beginnings that the searches meet next."""
    wanted: dict[tuple[int, tuple[int, ...]], None] = {}
    for n, table in enumerate(found):
        for ids in (*search.greedy(table, most)[1], *_beam(table, most)[1]):
            wanted[n, ids] = None
    return list(wanted)


def _clear(table: dict, most: int, margin: float) -> bool:
    """Whether no near tie decides the translations, greedy or of a beam."""
    words, _ = search.greedy(table, most)
    if len(_leaves(table)) > _MOST_BEGINNINGS:
        return False
    beginnings = [(*search.BEGINNING, *words[:t]) for t in range(len(words))]
    margins = [table[ids][0][0] - table[ids][0][1] for ids in beginnings]
    if min(margins) < margin or len(words) >= most:
        return False
    rng, (best, _) = np.random.default_rng(0), _beam(table, most)
    for _ in range(5):
        shaken = {
            ids: (likely + rng.uniform(-_NOISE, _NOISE, len(likely)), words)
            for ids, (likely, words) in table.items()
        }
        if _beam(shaken, most)[0] != best:
            return False
    return True


def _leaves(table: dict) -> list[tuple[int, ...]]:
    """The beginnings that are no part of a longer one."""
    parts = {ids[:-1] for ids in table}
    return [ids for ids in table if ids not in parts]


if __name__ == "__main__":
    main()
