"""Splits: whole components, the wanted sizes, the same in whatever order lines come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.kit.corpora.splitting import (
    LARGEST_SHARE,
    TEST,
    TRAIN,
    VALIDATION,
    assign_splits,
    chinese_node,
    components,
    english_node,
    hash64,
    normalised,
)

# Few sentences, so that much hangs together.
SIDES = st.tuples(st.integers(0, 30), st.integers(0, 30))
PAIRS = st.lists(SIDES, max_size=60)


def split(pairs, validation=2, test=3, seed=0):
    """Split pairs of (English, Chinese) texts or numbers."""
    texts = [(f"sentence {a}", f"句子{b}") if isinstance(a, int) else (a, b) for a, b in pairs]
    return assign_splits(
        [english_node(a) for a, _ in texts],
        [chinese_node(b) for _, b in texts],
        [hash64(a) for a, _ in texts],
        validation,
        test,
        seed,
    )


@given(PAIRS, st.integers(0, 5))
def test_no_sentence_of_either_language_is_in_two_splits(pairs, seed):
    of = split(pairs, seed=seed)
    for side in (0, 1):
        splits = {}
        for pair, number in zip(pairs, of, strict=True):
            splits.setdefault(pair[side], set()).add(int(number))
        assert all(len(each) == 1 for each in splits.values())


@given(st.data(), PAIRS)
def test_the_order_of_lines_decides_nothing(data, pairs):
    order = data.draw(st.permutations(range(len(pairs))))
    assert split([pairs[i] for i in order]).tolist() == [split(pairs)[i] for i in order]


@given(PAIRS)
def test_components_are_those_of_a_plain_search(pairs):
    if not pairs:
        return
    first, second = np.array(pairs).T
    of = components(first, second + 31)
    for i, (a, b) in enumerate(pairs):
        reached, grown = {("en", a), ("zh", b)}, True
        while grown:
            more = {
                node
                for c, d in pairs
                if ("en", c) in reached or ("zh", d) in reached
                for node in (("en", c), ("zh", d))
            }
            grown = not more <= reached
            reached |= more
        for j, (c, _) in enumerate(pairs):
            assert (of[i] == of[j]) == (("en", c) in reached)


def test_the_wanted_sizes_are_met():
    of = split([(i, i) for i in range(1000)], validation=50, test=100)
    assert np.bincount(of).tolist() == [850, 50, 100]


def test_a_line_more_moves_few_others():
    pairs = [(i, i) for i in range(1000)]
    before = split(pairs, validation=50, test=100)
    after = split([*pairs, (1000, 1000)], validation=50, test=100)[:-1]
    assert (before != after).sum() <= 2


def test_the_seed_decides():
    pairs = [(i, i) for i in range(1000)]
    assert (split(pairs, seed=0) != split(pairs, seed=1)).any()
    assert (split(pairs, seed=0) == split(pairs, seed=0)).all()


def test_few_sources_leave_most_to_training():
    of = split([(i, i) for i in range(50)], validation=500, test=1000)
    assert 0 < np.count_nonzero(of != TRAIN) <= LARGEST_SHARE * 50
    assert split([(0, 0)]).tolist() == [TRAIN]
    assert split([]).tolist() == []


def test_a_giant_component_goes_to_training():
    giant = [(f"part {i}", "一样") for i in range(300)]
    of = split(giant + [(i, i) for i in range(700)], validation=50, test=100)
    assert set(of[:300].tolist()) == {TRAIN}
    assert np.count_nonzero(of == TEST) == 100
    assert np.count_nonzero(of == VALIDATION) == 50


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Well, sit here!", "well sit here"),
        ("DON’T.", "don't"),
        ("坐 这儿。", "坐这儿！"),
        ("第１课", "第1课"),
    ],
)
def test_near_identical_sentences_are_one_node(one, other):
    assert normalised(one) == normalised(other)


def test_marks_alone_are_sentences_too():
    assert normalised("?!") != normalised("...")


def test_near_identical_sides_hang_together():
    pairs = [("Sit here.", "坐这儿。"), ("sit here", "请坐。"), ("Do sit.", "请坐！")]
    assert len(set(split(pairs + [(i, i) for i in range(20)])[:3].tolist())) == 1
