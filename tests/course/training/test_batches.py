"""Batches: every pair once an epoch, few shapes, and the same again after a stop."""

import pickle
import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.kit.corpora import Pair
from course.kit.corpora.dataset import open_dataset
from course.kit.corpora.vocabulary import CharacterVocabulary, WordVocabulary
from course.kit.errors import UserError
from course.kit.tokens import END_ID, PAD_ID, START_ID
from course.kit.training.batches import Batches, EncodedPairs, encode_pairs, encode_split

WORDS = WordVocabulary([f"w{i}" for i in range(50)])
CHARACTERS = CharacterVocabulary([chr(0x4E00 + i) for i in range(50)])


def made(lengths, directory):
    """Pairs of these lengths; the first tokens tell them apart."""
    pairs = [
        Pair(
            " ".join(f"w{(i + k) % 50}" for k in range(s)),
            "".join(chr(0x4E00 + (i // 50 + k) % 50) for k in range(t)),
        )
        for i, (s, t) in enumerate(lengths)
    ]
    return pairs, encode_pairs(pairs, WORDS, CHARACTERS, directory)


@pytest.fixture
def encoded(tmp_path):
    draw = np.random.default_rng(0)
    source = draw.integers(1, 25, 400)
    target = np.maximum(1, source + draw.integers(-4, 9, 400))
    return made(zip(source, target, strict=True), tmp_path / "encoded")[1]


def epoch_of(batches):
    return [batches[i] for i in range(len(batches))]


def same(one, other):
    flat = [keras.tree.flatten(batch) for batch in (one, other)]
    return all(np.array_equal(a, b) for a, b in zip(*flat, strict=True))


def test_encoded_pairs_are_on_disk_and_open_again(tmp_path):
    pairs, encoded = made([(1, 2), (5, 3), (2, 9)], tmp_path / "encoded")
    assert isinstance(encoded._ids[0], np.memmap)
    for each in (encoded, EncodedPairs(tmp_path / "encoded"), pickle.loads(pickle.dumps(encoded))):
        assert len(each) == 3
        for i, pair in enumerate(pairs):
            assert each.source(i).tolist() == WORDS.encode(pair.english)
            assert each.target(i).tolist() == CHARACTERS.encode(pair.chinese)
    assert encoded.source_lengths.tolist() == [1, 5, 2]
    assert encoded.target_lengths.tolist() == [2, 3, 9]
    assert len(pickle.dumps(encoded)) < 1000


def test_a_split_is_encoded_once_for_its_vocabularies(tmp_path):
    path = tmp_path / "kites.tsv"
    path.write_text("".join(f"Kite {i}.\t风筝{i}。\n" for i in range(20)), encoding="utf-8")
    kites = open_dataset(path, tmp_path / "home")
    english = WordVocabulary.build(p.english for p in kites.pairs("train"))
    chinese = CharacterVocabulary.build(p.chinese for p in kites.pairs("train"))
    first = encode_split(kites, "train", english, chinese, tmp_path / "encoded")
    assert len(first) == kites.card["splits"]["train"]["pairs"]
    again = encode_split(kites, "train", english, chinese, tmp_path / "encoded")
    assert again.directory == first.directory
    other = encode_split(kites, "train", english, CharacterVocabulary(()), tmp_path / "encoded")
    assert other.directory != first.directory


def test_an_encoding_that_fails_leaves_nothing(tmp_path):
    def broken():
        yield Pair("w1", "一")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_pairs(broken(), WORDS, CHARACTERS, tmp_path / "encoded")
    assert list(tmp_path.iterdir()) == []


@settings(deadline=None, max_examples=50)
@given(
    lengths=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=80),
    tokens=st.integers(8, 2000),
    rows=st.none() | st.integers(1, 20),
    multiple=st.integers(1, 8),
    max_shapes=st.integers(1, 12),
    shuffle=st.booleans(),
    epoch=st.integers(0, 3),
)
def test_every_pair_is_in_an_epoch_exactly_once(
    lengths, tokens, rows, multiple, max_shapes, shuffle, epoch
):
    with tempfile.TemporaryDirectory() as directory:
        _, encoded = made(lengths, Path(directory) / "encoded")
        batches = Batches(encoded, tokens, rows, multiple, max_shapes, shuffle, epoch=epoch)
        seen = []
        assert len(batches.shapes) <= max_shapes
        for i, ((source, target_in), target_out, weight) in enumerate(epoch_of(batches)):
            assert (*source.shape, target_in.shape[1]) in batches.shapes
            assert source.size + target_in.size <= tokens or rows or len(source) == 1
            members = batches.indices(i)
            seen += members.tolist()
            for row, member in enumerate(members):
                here, there = encoded.source(member).tolist(), encoded.target(member).tolist()
                real = int(weight[row].sum())
                assert source[row].tolist() == here + [PAD_ID] * (source.shape[1] - len(here))
                assert target_in[row, :real].tolist() == [START_ID, *there]
                assert target_out[row, :real].tolist() == [*there, END_ID]
                for array in (target_in, target_out, weight):
                    assert not array[row, real:].any()
            for array in (source, target_in, target_out, weight):
                assert not array[len(members) :].any()
        assert sorted(seen) == list(range(len(lengths)))


def test_batches_have_the_types_that_keras_wants(encoded):
    (source, target_in), target_out, weight = Batches(encoded)[0]
    assert {array.dtype for array in (source, target_in, target_out)} == {np.dtype("int32")}
    assert weight.dtype == np.float32


def test_shapes_are_few_and_mostly_full(encoded):
    batches = Batches(encoded, tokens=512)
    assert 4 <= len(batches.shapes) <= 12
    assert all(rows * (s + t) <= 512 for rows, s, t in batches.shapes)
    assert all(s % 4 == t % 4 == 0 for _, s, t in batches.shapes)
    every = epoch_of(batches)
    ids = sum(source.size + target.size for (source, _), target, _ in every)
    real = sum(np.count_nonzero(s) + np.count_nonzero(t) for (s, _), t, _ in every)
    assert real / ids > 0.6


def test_an_epoch_is_decided_by_seed_and_number(encoded):
    one, other = Batches(encoded, seed=3), Batches(encoded, seed=3)
    assert same(epoch_of(one), epoch_of(other))
    zeroth = epoch_of(one)
    one.on_epoch_end()
    assert one.epoch == 1
    assert not same(zeroth, epoch_of(one))
    assert len(one) == len(zeroth)
    other.epoch = 1
    assert same(epoch_of(one), epoch_of(other))
    assert same(epoch_of(one), epoch_of(Batches(encoded, seed=3, epoch=1)))
    assert not same(zeroth, epoch_of(Batches(encoded, seed=4)))


def test_without_shuffling_epochs_are_the_same(encoded):
    batches = Batches(encoded, shuffle=False)
    zeroth = epoch_of(batches)
    batches.on_epoch_end()
    assert same(zeroth, epoch_of(batches))


@pytest.mark.parametrize("shuffle", [True, False])
def test_the_first_two_batches_show_which_lengths_vary(encoded, shuffle):
    for epoch in range(20):
        batches = Batches(encoded, 256, shuffle=shuffle, epoch=epoch)
        (first, _), one, _ = batches[0]
        (second, _), other, _ = batches[1]
        assert first.shape[1] != second.shape[1]
        assert one.shape[1] != other.shape[1]


def test_no_pairs_make_no_batches(tmp_path):
    with pytest.raises(UserError, match="no pairs"):
        Batches(made([], tmp_path / "none")[1])


class Watch(keras.callbacks.Callback):
    """Notes the loss of each batch of training."""

    def __init__(self):
        super().__init__()
        self.losses = []

    def on_train_batch_begin(self, batch, logs=None):
        self.model.reset_metrics()

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(float(logs["loss"]))


def model():
    keras.utils.set_random_seed(0)
    source, target = keras.Input((None,), dtype="int32"), keras.Input((None,), dtype="int32")
    meaning = keras.layers.GlobalAveragePooling1D()(keras.layers.Embedding(54, 8)(source))
    words = keras.layers.Embedding(54, 8)(target)
    both = keras.layers.Add()([words, keras.layers.Reshape((1, 8))(meaning)])
    made = keras.Model([source, target], keras.layers.Dense(54)(both))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    made.compile("sgd", loss, jit_compile=False)
    return made


@pytest.mark.parametrize("workers", [1, 2])
def test_fit_takes_them_and_going_on_equals_never_having_stopped(encoded, workers):
    whole, watch = model(), Watch()
    whole.fit(Batches(encoded, 512, workers=workers), epochs=3, verbose=0, callbacks=[watch])
    batches = Batches(encoded, 512, workers=workers)
    assert len(watch.losses) == 3 * len(batches)
    stopped, first, rest = model(), Watch(), Watch()
    stopped.fit(batches, epochs=1, verbose=0, callbacks=[first])
    going_on = Batches(encoded, 512, epoch=1, workers=workers)
    stopped.fit(going_on, initial_epoch=1, epochs=3, verbose=0, callbacks=[rest])
    np.testing.assert_allclose(first.losses + rest.losses, watch.losses, rtol=1e-4)
    assert np.isfinite(stopped.evaluate(Batches(encoded, shuffle=False), verbose=0))
