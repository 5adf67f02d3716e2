"""Packed results: the same as they were, in order, and small."""

import tracemalloc

import pytest

from autograder.results.compressed import PackedResults
from tests.autograder.exports.made import check, graded


def packed(*results):
    kept = PackedResults()
    for result in results:
        kept.add(result)
    return kept


def test_they_are_a_sequence_of_what_was_put_in():
    made = [graded("zoe"), graded("ann", unit="rnn"), graded("ann")]
    kept = packed(*made)
    assert list(kept) == made
    assert (len(kept), kept[0], kept[-1], kept[1:]) == (3, made[0], made[2], made[1:])
    with pytest.raises(IndexError):
        kept[3]
    kept.sort()
    assert [(r.submission, r.unit) for r in kept] == [
        ("ann", "attention"),
        ("ann", "rnn"),
        ("zoe", "attention"),
    ]


def test_what_is_done_to_one_that_was_taken_out_stays_outside():
    kept = packed(graded("ann"))
    kept[0].checks.clear()
    assert kept[0] == graded("ann")


def test_a_large_run_takes_little_memory():
    kept = PackedResults()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(100):
        kept.add(graded(f"student{number}", checks=[check(f"check{n}") for n in range(40)]))
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 100 * 8192
