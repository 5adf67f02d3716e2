"""Vocabularies: how text is cut, that ids lead back to it, and that unknown words survive."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.kit.corpora.cleaning import clean_chinese, clean_english
from course.kit.corpora.vocabulary import (
    SPECIAL_TOKENS,
    UNKNOWN_TOKEN,
    CharacterVocabulary,
    SubwordVocabulary,
    WordVocabulary,
    load_vocabulary,
    restore,
)
from course.kit.errors import UserError

ENGLISH = [
    "The kite flies over the old mill.",
    "Doesn't the mill turn?",
    "An old miller flies kites, too.",
    "The millers turn the mill.",
] * 5
CHINESE = ["风筝飞过老磨坊。", "磨坊不转吗？", "老磨坊主也放风筝。", "磨坊主转动磨坊。"] * 5
LISTED = (WordVocabulary, CharacterVocabulary)
CLEAN = {WordVocabulary: clean_english, CharacterVocabulary: clean_chinese}
# What the languages are made of, and what else there is.
TEXTS = st.one_of(st.text(), st.text("ab Z'’.,:-\"()$ 129é风筝，。？“”_İß"))


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't go, Ann!", ["don't", "go", ",", "ann", "!"]),
        ("It’s 3.5 km", ["it's", "3.5", "km"]),
        ("At 10:30, 1,000 kites", ["at", "10:30", ",", "1,000", "kites"]),
        ("the boys' well-known toy", ["the", "boys", "'", "well", "-", "known", "toy"]),
        ('"So?"', ['"', "so", "?", '"']),
        ("the 3rd", ["the", "3rd"]),
        ("", []),
    ],
)
def test_english_is_cut_into_words_and_marks(text, tokens):
    assert WordVocabulary(()).tokens(text) == tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("我学Python3。", ["我", "学", "Python3", "。"]),
        ("T恤，2件", ["T", "恤", "，", "2", "件"]),
        ("deep learning很难", ["deep", "learning", "很", "难"]),
    ],
)
def test_chinese_is_cut_into_characters_and_latin_words(text, tokens):
    vocabulary = CharacterVocabulary(())
    assert vocabulary.tokens(text) == tokens
    assert vocabulary.text(tokens) == text


@pytest.mark.parametrize(
    "text", ['"well-known", he said (twice): $5, or 10:30?', "don't go, ann!", "50% of it."]
)
def test_english_is_joined_as_it_is_written(text):
    vocabulary = WordVocabulary(())
    assert vocabulary.text(vocabulary.tokens(text)) == text


@pytest.mark.parametrize("kind", LISTED)
@given(text=TEXTS)
def test_text_joined_from_tokens_has_the_same_tokens(kind, text):
    vocabulary = kind(())
    tokens = vocabulary.tokens(CLEAN[kind](text))
    assert vocabulary.tokens(vocabulary.text(tokens)) == tokens


@pytest.mark.parametrize("kind", LISTED)
@given(texts=st.lists(TEXTS, min_size=1, max_size=5))
def test_known_text_comes_back_from_its_ids(kind, texts):
    texts = [CLEAN[kind](text) for text in texts]
    vocabulary = kind.build(iter(texts))
    for text in texts:
        ids = vocabulary.encode(text)
        assert vocabulary.decode(ids) == vocabulary.tokens(text)
        assert vocabulary.text(ids) == vocabulary.text(vocabulary.tokens(text))
        assert all(4 <= i < vocabulary.size for i in ids)


@pytest.mark.parametrize("kind", LISTED)
@given(data=st.data(), texts=st.lists(TEXTS, max_size=5))
def test_the_order_of_texts_decides_nothing(kind, data, texts):
    other = data.draw(st.permutations(texts))
    assert kind.build(texts, 10, 2).dumps() == kind.build(other, 10, 2).dumps()


@given(TEXTS)
def test_each_token_has_its_written_form(text):
    vocabulary = WordVocabulary(())
    assert [word.lower() for word in vocabulary.surface(text)] == vocabulary.tokens(text)


def test_special_ids_are_the_course_s():
    vocabulary = WordVocabulary(["so"])
    assert vocabulary.encode("so what") == [4, 1]
    assert vocabulary.decode([2, 4, 1, 0, 4, 3, 4]) == ["so", UNKNOWN_TOKEN, "so"]
    assert vocabulary.size == 5
    assert vocabulary.text([]) == ""
    assert vocabulary.text(np.array([2, 4, 3, 0])) == "so"


@pytest.mark.parametrize("kind", LISTED)
def test_written_text_never_is_a_special_token(kind):
    vocabulary = kind(())
    for special in SPECIAL_TOKENS:
        assert set(vocabulary.encode(special)) == {1}


def test_the_most_frequent_tokens_are_kept():
    texts = ["a a a b b c", "c b a d"]
    assert WordVocabulary.build(texts, min_count=2).encode("a b c d") == [4, 5, 6, 1]
    assert WordVocabulary.build(iter(texts), max_size=6).size == 6


@pytest.mark.parametrize("model", ["unigram", "bpe"])
@pytest.mark.parametrize("texts", [ENGLISH, CHINESE])
def test_subwords_round_trip_and_know_the_special_ids(model, texts, tmp_path):
    vocabulary = SubwordVocabulary.build(iter(texts), 60, model=model)
    assert 20 < vocabulary.size <= 60
    assert vocabulary.decode([2, 1, 0]) == [UNKNOWN_TOKEN]
    for text in texts:
        ids = vocabulary.encode(text)
        assert min(ids) >= 4
        assert vocabulary.text(ids) == text == vocabulary.text(vocabulary.tokens(text))
        assert vocabulary.decode([2, *ids, 3, 0]) == vocabulary.tokens(text)
    vocabulary.save(tmp_path / "subwords.json")
    again = load_vocabulary(tmp_path / "subwords.json")
    assert [again.encode(text) for text in texts] == [vocabulary.encode(text) for text in texts]
    assert SubwordVocabulary.build(texts, 60, model=model).dumps() == vocabulary.dumps()


def test_subwords_leave_rare_characters_out_and_full_width_marks_alone():
    vocabulary = SubwordVocabulary.build([*CHINESE, "罕。"], 60, min_count=2)
    assert vocabulary.encode("罕")[-1] == 1
    assert "罕" not in vocabulary
    assert vocabulary.text(vocabulary.encode("老磨坊？")) == "老磨坊？"


def test_subwords_that_can_t_be_learned_say_why():
    with pytest.raises(UserError, match="larger max_size"):
        SubwordVocabulary.build(CHINESE, 8)
    with pytest.raises(UserError, match="no text"):
        SubwordVocabulary.build([])


@pytest.mark.parametrize(
    ("kind", "texts"), [(WordVocabulary, ENGLISH), (CharacterVocabulary, CHINESE)]
)
def test_saved_vocabularies_can_be_read_by_people_and_by_us(kind, texts, tmp_path):
    vocabulary = kind.build(texts)
    path = tmp_path / "new" / "vocabulary.json"
    vocabulary.save(path)
    assert texts[0][0:1].lower() in path.read_text(encoding="utf-8").lower()
    assert kind.load(path).dumps() == vocabulary.dumps()
    assert isinstance(load_vocabulary(path), kind)
    other = {WordVocabulary: CharacterVocabulary, CharacterVocabulary: SubwordVocabulary}[kind]
    with pytest.raises(UserError, match="not the kind"):
        other.load(path)


@pytest.mark.parametrize(
    "saved",
    [
        "",
        "[]",
        "{}",
        '{"kind": "poem", "tokens": []}',
        '{"kind": "word", "tokens": [1]}',
        '{"kind": "word", "tokens": ["a", "a"]}',
        '{"kind": "word", "tokens": ["<pad>"]}',
        '{"kind": "subword", "model": "AAAA"}',
        '{"kind": "subword", "model": "?"}',
    ],
)
def test_a_file_without_a_vocabulary_is_one_sentence(saved, tmp_path):
    path = tmp_path / "wrong.json"
    path.write_text(saved)
    with pytest.raises(UserError):
        load_vocabulary(path)
    with pytest.raises(UserError, match="no vocabulary file"):
        load_vocabulary(tmp_path / "none.json")


def test_unknown_words_come_from_where_attention_looks():
    source = ["Ann", "sees", "Zanzibar"]
    weights = [[0.1, 0.2, 0.7, 0.0], [0.5, 0.4, 0.1, 0.9]]  # the last column is padding
    tokens = ["<unk>", "<unk>"]
    assert restore(tokens, source, weights) == ["Zanzibar", "Ann"]
    assert restore(["看", "<unk>"], source, np.array(weights)) == ["看", "Ann"]


def test_without_attention_unknown_words_come_in_order():
    vocabulary = WordVocabulary(["sees", "."])
    source = vocabulary.surface("Ann sees Zanzibar.")
    tokens = ["<unk>", "看", "<unk>", "<unk>"]
    assert restore(tokens, source, source_vocabulary=vocabulary) == [
        "Ann",
        "看",
        "Zanzibar",
        "<unk>",
    ]
    assert restore(["<unk>"], ["sees"], source_vocabulary=vocabulary) == ["<unk>"]


def test_restoring_says_what_it_needs():
    with pytest.raises(ValueError, match="attention weights"):
        restore(["<unk>"], ["Ann"])
    with pytest.raises(ValueError, match="does not cover"):
        restore(["<unk>"] * 2, ["Ann"], np.ones((1, 1)))
    assert restore(["<unk>"], []) == ["<unk>"]
    assert json.loads(WordVocabulary(["a"]).dumps()) == {"kind": "word", "tokens": ["a"]}
