"""Compressed results: the same as they were, in order, and small."""

import tracemalloc

import pytest

from autograder.results.compressed import CompressedResults
from tests.autograder.exports.samples import check, graded


def compressed(*made):
    results = CompressedResults()
    for result in made:
        results.add(result)
    return results


def test_they_are_a_sequence_of_what_was_put_in():
    made = [graded("zoe"), graded("ann", unit="rnn"), graded("ann")]
    results = compressed(*made)
    assert list(results) == made
    assert (len(results), results[0], results[-1], results[1:]) == (3, made[0], made[2], made[1:])
    with pytest.raises(IndexError):
        results[3]
    results.sort()
    assert [(r.submission, r.unit) for r in results] == [
        ("ann", "attention"),
        ("ann", "rnn"),
        ("zoe", "attention"),
    ]


def test_what_is_done_to_one_that_was_taken_out_stays_outside():
    results = compressed(graded("ann"))
    results[0].checks.clear()
    assert results[0] == graded("ann")


def test_a_large_run_takes_little_memory():
    results = CompressedResults()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(100):
        results.add(graded(f"student{number}", checks=[check(f"check{n}") for n in range(40)]))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 100 * 8192
