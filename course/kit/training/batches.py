"""Batches for training: token ids on disk, padded to a few fixed shapes, shuffled by a seed.

encoded = encode_split(dataset, "train", english, chinese, directory)
model.fit(Batches(encoded, tokens=4096, seed=0), epochs=10)
"""

import hashlib
import json
from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from course.kit.corpora import Pair
from course.kit.corpora.dataset import Dataset
from course.kit.corpora.vocabulary import Vocabulary
from course.kit.errors import UserError
from course.kit.files import new_directory
from course.kit.language import say
from course.kit.tokens import END_ID, PAD_ID, START_ID

Batch = tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]

_SIDES = ("source", "target")
_BUFFER = 1 << 16  # ids that wait before they are written
_MOST_CELLS = 150  # merging compares each with each, over and over


class EncodedPairs:
    """Pairs as token ids, in files that are mapped into memory and not read as a whole.

    For each side there are the ids of all sentences in one row, without start and end, and where
    each sentence begins.
    """

    def __init__(self, directory: str | Path):
        """Open what `encode_pairs` wrote."""
        self.directory = Path(directory)
        self._ids = [_mapped(self.directory / f"{side}.ids", np.int32) for side in _SIDES]
        self._begins = [_mapped(self.directory / f"{side}.begins", np.int64) for side in _SIDES]

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker process opens the files, and is not sent them.
        return EncodedPairs, (self.directory,)

    def __len__(self) -> int:
        return len(self._begins[0]) - 1

    def source(self, index: int) -> np.ndarray:
        """Return a source sentence's ids, int32 (S,)."""
        return self._sentence(0, index)

    def target(self, index: int) -> np.ndarray:
        """Return a target sentence's ids, int32 (T,), without start and end."""
        return self._sentence(1, index)

    @property
    def source_lengths(self) -> np.ndarray:
        """The number of ids of each source sentence, int64 (N,)."""
        return np.diff(self._begins[0])

    @property
    def target_lengths(self) -> np.ndarray:
        """The number of ids of each target sentence, int64 (N,)."""
        return np.diff(self._begins[1])

    def _sentence(self, side: int, index: int) -> np.ndarray:
        begin, end = self._begins[side][index : index + 2]
        return self._ids[side][begin:end]


def encode_split(
    dataset: Dataset,
    split: str,
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    directory: str | Path,
) -> EncodedPairs:
    """Return a split as token ids, encoded in one pass, or as it was encoded before.

    Args:
        dataset, split: what to encode.
        source_vocabulary, target_vocabulary: of English and of Chinese.
        directory: where encoded splits are kept; each gets a directory in it that is named after
            what it was made of.
    """
    vocabularies = source_vocabulary.dumps() + target_vocabulary.dumps()
    key = json.dumps([dataset.directory.name, split, vocabularies])
    digest = hashlib.sha256(key.encode()).hexdigest()[:16]
    place = Path(directory) / f"{dataset.name}-{split}-{digest}"
    if place.is_dir():
        return EncodedPairs(place)
    return encode_pairs(dataset.pairs(split), source_vocabulary, target_vocabulary, place)


def encode_pairs(
    pairs: Iterable[Pair],
    source_vocabulary: Vocabulary,
    target_vocabulary: Vocabulary,
    directory: str | Path,
) -> EncodedPairs:
    """Write pairs as token ids into a new directory, in one pass, and return them."""
    with new_directory(Path(directory)) as made:
        sides = [_SideWriter(made, side) for side in _SIDES]
        for english, chinese in pairs:
            sides[0].add(source_vocabulary.encode(english))
            sides[1].add(target_vocabulary.encode(chinese))
        for side in sides:
            side.close()
    return EncodedPairs(directory)


class _SideWriter:
    def __init__(self, directory: Path, side: str):
        self._ids_file = (directory / f"{side}.ids").open("wb")
        self._begins_path = directory / f"{side}.begins"
        self._waiting = array("i")
        self._begins = array("q", [0])

    def add(self, ids: list[int]) -> None:
        self._waiting.extend(ids)
        self._begins.append(self._begins[-1] + len(ids))
        if len(self._waiting) > _BUFFER:
            self._flush()

    def _flush(self) -> None:
        np.asarray(self._waiting, np.int32).tofile(self._ids_file)
        self._waiting = array("i")

    def close(self) -> None:
        self._flush()
        self._ids_file.close()
        np.asarray(self._begins, np.int64).tofile(self._begins_path)


def _mapped(path: Path, dtype: type) -> np.ndarray:
    if not path.stat().st_size:
        return np.zeros(0, dtype)  # nothing can't be mapped
    return np.memmap(path, dtype, mode="r")


class Batches(keras.utils.PyDataset):
    """Batches of pairs of like lengths, for `fit` and `evaluate` on every backend.

    Each batch is `((source (B,S), target_in (B,T)), target_out (B,T), weight (B,T))`: int32 ids
    and float32 weights. `target_in` begins with the start id, `target_out` ends with the end id,
    and weights are 1 at the ids of `target_out`, 0 at padding.

    (B,S,T) takes few values (`shapes`), so that compiled functions are made few times: lengths are
    rounded up, pairs of like lengths share a bucket, and a bucket's last batch is filled up with
    rows of padding, whose weights are 0. Every pair is in one batch of an epoch.

    The batches of an epoch depend on the seed and the number of the epoch alone. `fit` counts
    epochs up; to go on after epoch k, set `batches.epoch = k`, or give it to the constructor.
    """

    def __init__(
        self,
        encoded: EncodedPairs,
        tokens: int = 4096,
        rows: int | None = None,
        multiple: int = 4,
        max_shapes: int = 12,
        shuffle: bool = True,
        seed: int = 0,
        epoch: int = 0,
        **workers: Any,
    ):
        """Deal the pairs out into buckets.

        Args:
            encoded: the pairs.
            tokens: the most ids of a batch, B * (S + T), padding counted.
            rows: B of every batch, in place of `tokens`.
            multiple: lengths are rounded up to multiples of this.
            max_shapes: the most buckets.
            shuffle: whether epochs differ; without it the batches come in the order of buckets.
            seed: of the shuffling.
            epoch: the number of the first epoch, from 0.
            workers: `workers`, `use_multiprocessing` and `max_queue_size` of `PyDataset`.

        Raises:
            UserError: there are no pairs.
        """
        super().__init__(**workers)
        if not len(encoded):
            raise UserError(
                say("There are no pairs to make batches of.", "没有可以组成批次的句对。")
            )
        self._encoded = encoded
        self._shuffle, self._seed = shuffle, seed
        lengths = np.stack([encoded.source_lengths, encoded.target_lengths + 1], axis=1)
        cells, cell_of = _cells(lengths, multiple)
        bucket_of, lengths_of = _merged(cells, np.bincount(cell_of), max_shapes, tokens, rows)
        self.shapes = [(_rows(s, t, tokens, rows), s, t) for s, t in lengths_of]
        order = np.argsort(bucket_of[cell_of], kind="stable")
        sizes = np.bincount(bucket_of[cell_of], minlength=len(self.shapes))
        self._members = np.split(order, np.cumsum(sizes)[:-1])
        self.epoch = epoch

    @property
    def epoch(self) -> int:
        """The number of the epoch whose batches these are, from 0."""
        return self._epoch

    @epoch.setter
    def epoch(self, number: int) -> None:
        self._epoch = number
        self._plan = self._planned(number)

    def on_epoch_end(self) -> None:
        """Go on to the next epoch; Keras calls this."""
        self.epoch += 1

    def __len__(self) -> int:
        return len(self._plan)

    def indices(self, index: int) -> np.ndarray:
        """Return which of the encoded pairs are in a batch, in the order of its rows."""
        return self._plan[index][1]

    def __getitem__(self, index: int) -> Batch:
        bucket, members = self._plan[index]
        rows, source_length, target_length = self.shapes[bucket]
        source = np.full((rows, source_length), PAD_ID, np.int32)
        target_in = np.full((rows, target_length), PAD_ID, np.int32)
        target_out = np.full((rows, target_length), PAD_ID, np.int32)
        weight = np.zeros((rows, target_length), np.float32)
        for row, member in enumerate(members):
            ids = self._encoded.source(member)
            source[row, : len(ids)] = ids
            ids = self._encoded.target(member)
            target_in[row, 0] = START_ID
            target_in[row, 1 : len(ids) + 1] = ids
            target_out[row, : len(ids)] = ids
            target_out[row, len(ids)] = END_ID
            weight[row, : len(ids) + 1] = 1
        return (source, target_in), target_out, weight

    def _planned(self, epoch: int) -> list[tuple[int, np.ndarray]]:
        """Return an epoch's batches: the bucket and the pairs of each."""
        draw = np.random.default_rng([self._seed, epoch])
        plan = []
        for bucket, members in enumerate(self._members):
            rows = self.shapes[bucket][0]
            dealt = draw.permutation(members) if self._shuffle else members
            plan += [(bucket, dealt[i : i + rows]) for i in range(0, len(dealt), rows)]
        if self._shuffle:
            plan = [plan[i] for i in draw.permutation(len(plan))]
        return self._first_two_differ(plan)

    def _first_two_differ(self, plan: list[tuple[int, np.ndarray]]) -> list:
        """Return the plan with two batches in front that differ in both lengths, where both vary.

        On TensorFlow, Keras looks at the first two batches and takes a length that they share for
        the length of all.
        """
        varies = [len({shape[side] for shape in self.shapes}) > 1 for side in (1, 2)]

        def differ(one: int, other: int) -> bool:
            pairs = zip(self.shapes[one][1:], self.shapes[other][1:], varies, strict=True)
            return all(a != b for a, b, matters in pairs if matters)

        first_of: dict[int, int] = {}
        for place, (bucket, _) in enumerate(plan):
            for other, before in first_of.items():
                if differ(bucket, other):
                    two = (before, place)
                    rest = [each for i, each in enumerate(plan) if i not in two]
                    return [plan[before], plan[place], *rest]
            first_of.setdefault(bucket, place)
        return plan


def _rows(source_length: int, target_length: int, tokens: int, rows: int | None) -> int:
    """Return B of a bucket; a multiple of 8 where it is large, which suits accelerators."""
    if rows is not None:
        return rows
    fit = max(1, tokens // (source_length + target_length))
    return fit - fit % 8 if fit >= 8 else fit


def _cells(lengths: np.ndarray, multiple: int) -> tuple[np.ndarray, np.ndarray]:
    """Round lengths (N,2) up; return the distinct ones (C,2), and which one each pair has (N,)."""
    while True:
        rounded = np.maximum(multiple, -(-lengths // multiple) * multiple)
        cells, cell_of = np.unique(rounded, axis=0, return_inverse=True)
        if len(cells) <= _MOST_CELLS:
            return cells, cell_of.ravel()
        multiple *= 2  # among very long sentences, so much finer differences don't matter


def _merged(
    cells: np.ndarray, counts: np.ndarray, most: int, tokens: int, rows: int | None
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Merge cells of pairs of equal padded lengths into buckets, with as few padded ids as can be.

    Again and again the two are merged that make an epoch smallest, until there are at most `most`
    and no merging makes it smaller still.

    Args:
        cells: lengths (S,T) of each cell, int (C,2).
        counts: the pairs of each, int (C,).

    Returns:
        `(bucket of each cell (C,), lengths (S,T) of each bucket)`.
    """

    def ids(lengths: tuple[int, int], count: int) -> int:
        size = _rows(*lengths, tokens, rows)
        return -(-count // size) * size * sum(lengths)

    buckets = [
        ((int(s), int(t)), int(count), [cell])
        for cell, ((s, t), count) in enumerate(zip(cells, counts, strict=True))
    ]
    while len(buckets) > 1:
        best: tuple[int, int, int, Any] | None = None
        for j, (second, more, _) in enumerate(buckets):
            for i, (first, count, _) in enumerate(buckets[:j]):
                both = (max(first[0], second[0]), max(first[1], second[1]))
                growth = ids(both, count + more) - ids(first, count) - ids(second, more)
                if best is None or growth < best[0]:
                    best = (growth, i, j, both)
        assert best is not None
        growth, i, j, both = best
        if len(buckets) <= most and growth > 0:
            break
        joined = (both, buckets[i][1] + buckets[j][1], buckets[i][2] + buckets[j][2])
        buckets = [each for k, each in enumerate(buckets) if k not in (i, j)] + [joined]
    buckets.sort()
    bucket_of = np.zeros(len(cells), np.int64)
    for number, (_, _, members) in enumerate(buckets):
        bucket_of[members] = number
    return bucket_of, [lengths for lengths, _, _ in buckets]
