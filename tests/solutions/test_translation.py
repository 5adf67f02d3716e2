"""Training and decoding against Keras's losses, sacreBLEU and exhaustive search."""

import math

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.hidden.translation import oracle as oracle
from autograder.isolation.autodiff import gradients
from course.kit.models.scripted import ScriptedModel
from course.kit.tokens import END_ID, PAD_ID, START_ID
from solutions import translation

rng = np.random.default_rng(0)
WORDS = 6


def close(got, wanted, tolerance=1e-5):
    got, wanted = keras.ops.convert_to_numpy(got), keras.ops.convert_to_numpy(wanted)
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_equals_kerass(smoothing):
    labels = rng.integers(1, 5, (2, 3))
    logits = keras.ops.convert_to_tensor(rng.normal(size=(2, 3, 5)).astype("float32"))
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)

    def keras_loss(values):
        return theirs(keras.ops.one_hot(labels, 5), values)

    def our_loss(values):
        return translation.masked_cross_entropy(labels, values, smoothing)

    close(our_loss(logits), keras_loss(logits))
    one = np.ones((), "float32")
    mine = gradients(our_loss, [logits], {}, [], [one])["inputs"][0]
    close(mine, gradients(keras_loss, [logits], {}, [], [one])["inputs"][0])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 5))
def test_bleu_equals_sacrebleu(seed, size):
    draw = np.random.default_rng(seed)
    sentences = [
        [str(t) for t in draw.choice(list("我你他猫狗。"), int(draw.integers(1, 9)))]
        for _ in range(2 * size)
    ]
    hypotheses, references = sentences[:size], sentences[size:]
    got = translation.corpus_bleu(hypotheses, references)
    assert got == pytest.approx(oracle.corpus_bleu(hypotheses, references), abs=1e-6)


def test_bleu_wants_as_many_of_the_one_as_of_the_other():
    with pytest.raises(ValueError, match="1 and 0"):
        translation.corpus_bleu([["a"]], [])


def model_and_script(seed):
    draw = np.random.default_rng(seed)
    shapes = (WORDS, WORDS), (4, WORDS), (5, WORDS), (4, WORDS)
    tables = [draw.normal(size=shape) for shape in shapes]
    tables[0][:, [PAD_ID, START_ID]] -= 60
    return ScriptedModel(*tables), oracle.Script(*tables)


@pytest.mark.parametrize("seed", range(5))
def test_decoding_equals_the_oracle(seed):
    model, script = model_and_script(seed)
    source = np.random.default_rng(seed).integers(4, 9, (2, 3))
    greedy = keras.ops.convert_to_numpy(translation.greedy_decode(model, source, 4))
    found = keras.ops.convert_to_numpy(translation.beam_search(model, source, 2, WORDS))
    for row in range(2):
        words = script.greedy(source[row], 4)
        assert greedy[row].tolist() == oracle.padded([words], greedy.shape[1])[0].tolist()
        _, best = script.ranked(source[row], 2, 0.6)[0]
        assert found[row].tolist() == oracle.padded([best], found.shape[1])[0].tolist()


def test_the_schedule_rises_to_its_peak_and_falls():
    schedule = translation.WarmupInverseSqrt(16, 10)
    rates = [float(schedule(step)) for step in range(40)]
    assert int(np.argmax(rates)) == 9
    assert rates[9] == pytest.approx(1 / math.sqrt(16 * 10))


def test_the_schedule_drives_an_optimizer():
    optimizer = keras.optimizers.Adam(translation.WarmupInverseSqrt(4, 4))
    assert float(optimizer.learning_rate) == pytest.approx(1 / 16)


def test_the_shifted_target_begins_with_the_start_id():
    got = translation.shift_right(np.array([[7, 8, END_ID, 0]]))
    close(got, [[START_ID, 7, 8, END_ID]])
