"""The generated corpus: large, small of vocabulary, without a leak, the same on every machine."""

import random
import re

import pytest

from course.kit.corpora import Pair, generated
from course.kit.corpora.lexicon import ACTIONS


@pytest.fixture(scope="module")
def corpus():
    return generated.generated_corpus()


def words(text):
    return re.findall(r"\w+|[^\w\s]", text.lower())


def test_it_is_large_and_its_vocabulary_small(corpus):
    pairs = [pair for split in corpus for pair in split]
    assert len(pairs) >= 30_000
    assert len(corpus.validation) == len(corpus.test) == 1_000
    assert len(corpus.compositional) >= 500
    english = {word for pair in pairs for word in words(pair.english)}
    assert 300 <= len(english) <= 600


def test_no_sentence_of_either_language_is_in_two_pairs(corpus):
    pairs = [pair for split in corpus for pair in split]
    assert len({pair.english for pair in pairs}) == len(pairs)
    assert len({pair.chinese for pair in pairs}) == len(pairs)


def test_every_word_and_character_of_a_test_is_in_the_training(corpus):
    english = {word for pair in corpus.train for word in words(pair.english)}
    chinese = {character for pair in corpus.train for character in pair.chinese}
    for pair in (*corpus.validation, *corpus.test, *corpus.compositional):
        assert set(words(pair.english)) <= english
        assert set(pair.chinese) <= chinese


def test_what_is_held_back_is_in_no_training_pair_but_its_parts_are(corpus):
    text = [pair.english for pair in corpus.train]
    known = {(verb.base, n.one): (verb, n) for verb, nouns in ACTIONS for n in nouns}
    for verb, noun in (known[combination] for combination in generated.HELD_BACK):
        does = re.compile(rf"\b({'|'.join(verb[:5])})\b")
        things = re.compile(rf"\b({noun.one}|{noun.several})\b")
        assert not [line for line in text if does.search(line) and things.search(line)]
        assert any(does.search(line) for line in text)
        assert any(things.search(line) for line in text)


def test_the_seed_decides_every_pair(corpus):
    assert generated.generated_corpus() == corpus
    assert generated.generated_corpus(3_000, seed=1) != generated.generated_corpus(3_000, seed=2)


def test_the_notes_own_sentences_are_pairs_of_the_grammar():
    drafts = set()
    draw = random.Random(0)
    for rule in (generated._liking, generated._pet):
        for _ in range(4_000):
            draft = rule(draw)
            drafts.add(Pair(generated._sentence(draft.english), draft.chinese))
    assert Pair("I like deep learning.", "我喜欢深度学习。") in drafts
    assert Pair("I have a cat, and it is very cute.", "我养了一只猫，它很可爱。") in drafts


def test_more_than_the_grammar_has_is_refused(monkeypatch):
    monkeypatch.setattr(generated, "_RULES", {generated._pet: 1})
    with pytest.raises(ValueError, match="ask for fewer"):
        generated.generated_corpus(5_000)
