"""Copies are found under whatever names; what was written apart, or by many, is no hint."""

import pytest

from autograder.authoring.stubs import stub_source
from autograder.lookalikes.comparing import LEAST, LEAST_SHARE, MANY, find_pairs
from course.kit.units import ORDER
from tests.autograder.lookalikes import made


@pytest.mark.parametrize("unit", ORDER)
def test_what_was_written_apart_is_far_from_a_hint(unit):
    hand_ins = made.written_apart(unit)
    assert len(hand_ins) > 20
    for pair in find_pairs(hand_ins, unit, least=1, least_share=0.0):
        assert pair.shared < 0.7 * LEAST
        # Of a module with little of its own a few grams are much; alone they are no hint.
        assert pair.share < 0.3 * LEAST_SHARE or pair.shared < 0.5 * LEAST


@pytest.mark.parametrize("unit", ORDER)
def test_a_disguised_copy_is_found_in_the_class_and_nobody_else_is(unit):
    """What has enough of its own to be found when it is copied as it is, is found in disguise.

    A module that stands on the reference is left out: it names what it doesn't define.
    """
    disguises = 0
    for name, source in made.right_modules(unit).items():
        others = [hand_in for hand_in in made.written_apart(unit) if hand_in.name != name]
        others.append(made.read(name, source, unit))
        copied = find_pairs([*others, made.read("copy", source, unit)], unit)
        if not copied or "import *" in source:
            continue
        [pair] = find_pairs([*others, made.read("copy", made.disguised(source), unit)], unit)
        assert (pair.first, pair.second) == (name, "copy")
        assert pair.share > 0.95
        disguises += 1
    assert disguises


def test_a_copy_of_a_module_is_found_in_a_notebook():
    source = made.right_modules("attention")["additive_mask"]
    pair = [
        made.read("module", source, "attention"),
        made.read("notebook", made.notebook(made.disguised(source)), "attention", ".ipynb"),
    ]
    [found] = find_pairs(pair, "attention")
    assert (found.first, found.second, found.unit) == ("module", "notebook", "attention")
    assert found.share == 1.0


def half_a_copy():
    """A hand-in, and one that has half of its functions and the others from elsewhere."""
    one, other = (made.right_modules("attention")[name] for name in ("own_weights", "small_layers"))
    begin, end = other.index("def similarity"), other.index("def padding_mask")
    mixed = one.replace("def padding_mask", "def unused_mask")
    mixed = mixed.replace("class SelfAttention", "class Unused")
    mixed = f"{mixed}\n\n{other[:begin]}{other[end:]}"
    return [made.read("one", one, "attention"), made.read("mixed", mixed, "attention")]


def test_half_a_copy_is_found():
    [pair] = find_pairs(half_a_copy(), "attention")
    assert LEAST_SHARE < pair.share < 1


def test_a_pair_is_a_hint_from_both_limits_on_and_not_before():
    hand_ins = half_a_copy()
    [pair] = find_pairs(hand_ins, "attention")
    limits = {"least": pair.shared, "least_share": pair.share}
    assert find_pairs(hand_ins, "attention", **limits) == [pair]
    for closer in ({"least": pair.shared + 1}, {"least_share": pair.share + 0.01}):
        assert find_pairs(hand_ins, "attention", **limits | closer) == []


@pytest.mark.parametrize("unit", ORDER)
def test_stubs_and_references_pair_with_nobody(unit):
    same = [made.read(name, stub_source(unit), unit) for name in "ab"]
    same += [made.read(name, made.reference(unit), unit) for name in "cd"]
    assert find_pairs(same, unit, least=1, least_share=0.0) == []


def test_a_known_mistake_made_twice_is_no_hint():
    from autograder.grading.mistakes import mistakes_of

    for mistake in mistakes_of("attention"):
        twice = [made.read(name, mistake.source, "attention") for name in "ab"]
        assert find_pairs(twice, "attention", least=1, least_share=0.0) == []


def test_what_many_share_is_no_hint():
    source = made.right_modules("translation")["batched_beams"]
    few = [made.read(str(number), source, "translation") for number in range(MANY)]
    assert len(find_pairs(few, "translation")) == MANY * (MANY - 1) // 2
    many = [*few, made.read("one more", source, "translation")]
    assert find_pairs(many, "translation") == []


def test_in_a_large_class_many_is_more():
    source = made.right_modules("translation")["batched_beams"]
    alike = [made.read(str(number), source, "translation") for number in range(6)]
    stub = made.read("stub", stub_source("translation"), "translation")
    others = [stub] * 300
    assert len(find_pairs([*alike, *others], "translation")) == 15


def test_the_most_alike_come_first_whatever_the_order():
    source = made.right_modules("attention")["additive_mask"]
    hand_ins = [*half_a_copy(), *(made.read(name, source, "attention") for name in ("c", "d"))]
    names = [(pair.first, pair.second) for pair in find_pairs(hand_ins, "attention")]
    assert names == [("c", "d"), ("one", "mixed")]
    backwards = find_pairs(hand_ins[::-1], "attention")
    assert [(pair.second, pair.first) for pair in backwards] == names
