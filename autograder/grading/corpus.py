"""Real sentences for checks that train on them: Tatoeba's, where this machine has them."""

import functools
import itertools
from dataclasses import dataclass

import numpy as np

from course.kit.corpora.dataset import Dataset, open_dataset
from course.kit.corpora.vocabulary import CharacterVocabulary, WordVocabulary
from course.kit.errors import UserError
from course.kit.tokens import padded

_SOURCE_WORDS, _TARGET_WORDS, _MIN_COUNT = 8000, 4000, 2
_TEST_SENTENCES = 200


@dataclass(frozen=True)
class Corpus:
    """Pairs to train on, as token ids, and sentences to be judged by.

    Attributes:
        source, target: `(N, S)` and `(N, T)`, without start and end.
        test: token ids `(M, S)`.
        references: the right translations of each test sentence.
        source_vocabulary_size: as it says.
        vocabulary: of the target.
    """

    source: np.ndarray
    target: np.ndarray
    test: np.ndarray
    references: list[list[str]]
    source_vocabulary_size: int
    vocabulary: CharacterVocabulary


def is_there() -> bool:
    """Whether real sentences have been fetched."""
    return _dataset() is not None


@functools.cache
def _dataset() -> Dataset | None:
    try:
        return open_dataset("tatoeba")
    except UserError:
        return None


@functools.cache
def corpus() -> Corpus:
    """Return the corpus.

    Raises:
        UserError: nobody has fetched it.
    """
    return encoded(open_dataset("tatoeba"))


def encoded(
    dataset: Dataset,
    most_pairs: int | None = None,
    most_tests: int = _TEST_SENTENCES,
    min_count: int = _MIN_COUNT,
) -> Corpus:
    """Return a data set as a corpus, with vocabularies of its own.

    Args:
        dataset: the pairs.
        most_pairs: how many to train on; None for all.
        most_tests: how many test sentences.
        min_count: words seen less often in training are unknown.
    """
    pairs = list(itertools.islice(dataset.pairs("train"), most_pairs))
    source = WordVocabulary.build((p.english for p in pairs), _SOURCE_WORDS, min_count)
    target = CharacterVocabulary.build((p.chinese for p in pairs), _TARGET_WORDS, min_count)
    chosen = dataset.references("test")[:most_tests]
    return Corpus(
        padded([source.encode(p.english) for p in pairs]),
        padded([target.encode(p.chinese) for p in pairs]),
        padded([source.encode(english) for english, _ in chosen]),
        [right for _, right in chosen],
        source.size,
        target,
    )
