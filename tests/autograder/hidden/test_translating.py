"""What is recorded of the references is what they translate, and no wrong model translates so."""

import importlib

import numpy as np
import pytest

from autograder.base.paths import SOLUTIONS_DIR
from autograder.hidden import search, translating
from course.kit.decoding import beam_search, greedy_search, steps_for
from course.kit.decoding.prefixes import best_next
from course.kit.models.families import FAMILIES
from course.kit.models.recorded import RecordedModel
from course.kit.models.translator import load
from solutions import translation


def rows(ids):
    return [translating.real(row) for row in np.asarray(ids)]


@pytest.fixture(scope="module", params=translating.FAMILIES)
def reference(request):
    """A family's reference with its trained weights, and its record."""
    family = FAMILIES[request.param]
    module = importlib.import_module(f"solutions.{family.unit}")
    translator = load(SOLUTIONS_DIR / "weights" / family.name, getattr(module, family.exercise))
    return translator.model, translating.record_of(family.name)


def test_the_record_is_what_the_reference_translates(reference):
    model, record = reference
    assert len(record.source) == 200
    steps = steps_for(model)
    greedy = greedy_search(steps, record.source, record.max_length)
    assert rows(greedy) == rows(record.greedy)
    options = (translating.BEAM_SIZE, translating.LENGTH_PENALTY)
    beam = beam_search(steps, record.source, record.max_length, *options)
    assert rows(beam) == rows(record.beam)


def test_the_table_of_beginnings_leads_to_the_record(reference):
    model, record = reference
    likely, words = best_next(
        model, record.source, record.sentence, record.beginnings, translating.BEAM_SIZE
    )
    for n, table in enumerate(translating.tables(record, likely, words)):
        assert search.greedy(table, record.max_length) == (translating.real(record.greedy[n]), [])
        best, missing = search.beam(
            table, translating.BEAM_SIZE, record.max_length, translating.LENGTH_PENALTY
        )
        assert (best, missing) == (translating.real(record.beam[n]), [])


def test_the_recorded_model_leads_the_searches_to_the_record():
    record = translating.record_of(translating.SEARCHES)
    _, sizes = translating.weights_of(translating.SEARCHED)
    model = RecordedModel(*translating.recorded_model(), sizes["target_vocabulary_size"])
    greedy = translation.greedy_decode(model, record.source, record.max_length)
    assert rows(greedy) == rows(record.greedy)
    options = (translating.BEAM_SIZE, translating.LENGTH_PENALTY)
    beam = translation.beam_search(model, record.source, record.max_length, *options)
    assert rows(beam) == rows(record.beam)
    apart = sum(a != b for a, b in zip(rows(greedy), rows(beam), strict=True))
    assert apart == translating.SENTENCES_SEARCHED // 2


def test_a_beginning_that_the_table_lacks_is_named():
    first = (search.BEGINNING[0],)
    table = {first: (np.array([-0.1, -3.0]), np.array([7, 8]))}
    assert search.greedy(table, 5) == ((7,), [(*first, 7)])
    _, missing = search.beam(table, 2, 5, 0.6)
    assert missing == [(*first, 7), (*first, 8)]


def test_weights_are_small_and_are_those_of_every_family():
    for family in FAMILIES:
        path = SOLUTIONS_DIR / "weights" / family / "weights.npz"
        assert path.stat().st_size < 2_000_000
        weights, sizes = translating.weights_of(family)
        assert all(np.isfinite(value).all() for value in weights.values())
        assert sizes["source_vocabulary_size"] > 300
