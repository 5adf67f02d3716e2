"""Steps say what the model says, for every family, and for models of another make."""

import keras
import numpy as np
import pytest

from course.kit.decoding import beam_search, compiled, greedy_search, steps_for
from course.kit.decoding.steps import ConvSteps, PrefixSteps, RNNSteps, TransformerSteps
from course.kit.models.scripted import ScriptedModel
from solutions import translation
from solutions.cnn import ConvSeq2Seq
from solutions.multi_head import MultiHeadAttention
from solutions.rnn import RNNSeq2Seq
from solutions.transformer import Transformer

SOURCE = np.array([[4, 5, 6, 7, 3], [8, 3, 0, 0, 0], [5, 5, 9, 3, 0]], "int32")
FAMILIES = {
    "rnn": (RNNSteps, lambda: RNNSeq2Seq(10, 11, 8)),
    "plain_rnn": (RNNSteps, lambda: RNNSeq2Seq(10, 11, 8, attention=False)),
    "cnn": (ConvSteps, lambda: ConvSeq2Seq(10, 11, 8, 3, 2)),
    "cnn_even_kernel": (ConvSteps, lambda: ConvSeq2Seq(10, 11, 8, 2, 3)),
    "cnn_kernel_of_one": (ConvSteps, lambda: ConvSeq2Seq(10, 11, 8, 1, 1)),
    "transformer": (TransformerSteps, lambda: Transformer(10, 11, 8, 2, 16, 2)),
}


def built(make, scale=1.0):
    """A model whose weights are large enough for its words to differ."""
    model = make()
    model((SOURCE, SOURCE))
    rng = np.random.default_rng(1)
    for weight in model.trainable_variables:
        if "gamma" not in weight.path:
            weight.assign(scale * rng.normal(size=weight.shape))
    return model


@pytest.mark.parametrize("family", FAMILIES)
def test_steps_give_the_logits_of_decode(family):
    kind, make = FAMILIES[family]
    model = built(make, 0.5)
    steps = steps_for(model)
    assert isinstance(steps, kind)
    target = np.array([[2, 4, 9, 10, 5, 4], [2, 7, 7, 4, 3, 5], [2, 3, 10, 8, 6, 6]], "int32")
    wanted = keras.ops.convert_to_numpy(model.decode(target, model.encode(SOURCE)))
    state = steps.begin(SOURCE, 9)
    for position in range(target.shape[1]):
        logits, state = steps.step(target[:, position], position, state)
        np.testing.assert_allclose(logits, wanted[:, position], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_searches_write_what_the_reference_writes(family):
    model = built(FAMILIES[family][1])
    steps = steps_for(model)
    greedy = keras.ops.convert_to_numpy(translation.greedy_decode(model, SOURCE, 12))
    np.testing.assert_array_equal(greedy_search(steps, SOURCE, 12), greedy)
    for size, penalty in ((1, 0.6), (3, 0.6), (4, 0.0)):
        wanted = translation.beam_search(model, SOURCE, 12, size, penalty)
        found = beam_search(steps, SOURCE, 12, size, penalty)
        np.testing.assert_array_equal(found, keras.ops.convert_to_numpy(wanted))


@pytest.mark.parametrize("family", FAMILIES)
def test_compiled_steps_write_the_same(family):
    model = built(FAMILIES[family][1])
    steps = steps_for(model)
    quick = compiled(steps, model)
    # Sources of another length, batches of another size, room for another number of words.
    for source, room in ((SOURCE, 12), (SOURCE[:2, :4], 12), (SOURCE[1:, :3], 7)):
        np.testing.assert_array_equal(
            greedy_search(quick, source, room), greedy_search(steps, source, room)
        )
        np.testing.assert_array_equal(
            beam_search(quick, source, room, 3), beam_search(steps, source, room, 3)
        )


def test_compiled_steps_see_weights_that_change():
    model = built(FAMILIES["transformer"][1], 0.5)
    steps = steps_for(model)
    quick = compiled(steps, model)
    for _ in range(2):
        words = np.array([2, 2, 2], "int32")
        wanted, _ = steps.step(words, 0, steps.begin(SOURCE, 4))
        found, _ = quick.step(words, 0, quick.begin(SOURCE, 4))
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-4)
        model.output_projection.kernel.assign(-2.0 * model.output_projection.kernel)


def test_a_transformer_on_the_multi_head_unit_has_quick_steps_too(monkeypatch):
    monkeypatch.setattr("solutions.transformer.MultiHeadAttention", MultiHeadAttention)
    assert isinstance(steps_for(built(FAMILIES["transformer"][1])), TransformerSteps)


class Uncertain(Transformer):
    """A Transformer whose `decode` is not what its parts make up."""

    def decode(self, target_in, memory, **kwargs):
        return 2.0 * super().decode(target_in, memory, **kwargs)


def test_a_model_that_works_otherwise_is_decoded_from_the_beginning():
    model = Uncertain(10, 11, 8, 2, 16, 1)
    model((SOURCE, SOURCE))
    steps = steps_for(model)
    assert isinstance(steps, PrefixSteps)
    assert compiled(steps, model) is steps


def scripted():
    rng = np.random.default_rng(3)
    tables = [rng.normal(size=(rows, 9)) * 2 for rows in (9, 6, 5, 7)]
    return ScriptedModel(*tables)


def test_a_model_with_the_bare_interface_is_searched_alike():
    model, source = scripted(), np.array([[4, 5, 3], [6, 3, 0], [8, 7, 3]], "int32")
    steps = steps_for(model)
    assert isinstance(steps, PrefixSteps)
    greedy = keras.ops.convert_to_numpy(translation.greedy_decode(model, source, 9))
    np.testing.assert_array_equal(greedy_search(steps, source, 9), greedy)
    beams = keras.ops.convert_to_numpy(translation.beam_search(model, source, 9, 3))
    np.testing.assert_array_equal(beam_search(steps, source, 9, 3), beams)
