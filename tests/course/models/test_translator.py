"""A translator on disk and in use: the same translations, whole files, unknown words."""

import json

import numpy as np
import pytest

from course.kit.corpora.vocabulary import CharacterVocabulary, WordVocabulary
from course.kit.errors import UserError
from course.kit.models.families import FAMILIES, build, get_weights, set_weights, weight_paths
from course.kit.models.translator import CARD, WEIGHTS, Translator, load
from course.kit.tokens import END_ID, PAD_ID, UNKNOWN_ID
from solutions.cnn import ConvSeq2Seq
from solutions.rnn import RNNSeq2Seq
from solutions.transformer import Transformer

SOURCE = WordVocabulary(["i", "you", "like", "see", "tea", "cats", "."])
TARGET = CharacterVocabulary(list("我你喜欢看见茶猫。"))
SENTENCES = ["I like tea.", "You see cats.", "I see."]
CLASSES = {
    "rnn": (RNNSeq2Seq, {"units": 8}),
    "rnn-fixed": (RNNSeq2Seq, {"units": 8}),
    "cnn": (ConvSeq2Seq, {"filters": 8, "kernel_size": 3, "num_layers": 2, "max_length": 12}),
    "transformer": (
        Transformer,
        {"d_model": 8, "num_heads": 2, "d_ff": 16, "num_layers": 1, "max_length": 12},
    ),
}


def translator(family, **more):
    """An untrained one, whose weights are large enough for its words to differ."""
    made, sizes = CLASSES[family]
    vocabularies = {"source_vocabulary_size": SOURCE.size, "target_vocabulary_size": TARGET.size}
    sizes = vocabularies | sizes
    model = build(family, made, sizes)
    rng = np.random.default_rng(1)
    weights = get_weights(model, weight_paths(family, sizes))
    set_weights(model, {path: rng.normal(size=value.shape) for path, value in weights.items()})
    card = {"family": family, "sizes": sizes, "max_length": 12, "max_source_length": 12}
    return Translator(model, SOURCE, TARGET, card | more)


def texts(found):
    return [each.text for each in found]


@pytest.fixture
def saying(monkeypatch):
    """Make the search write these tokens, whatever is asked."""

    def says(*tokens):
        ids = {**{c: TARGET.encode(c)[0] for c in "我喜欢茶。"}, "?": UNKNOWN_ID, "/": END_ID}
        row = [ids[token] for token in tokens]

        def written(steps, source, length):
            return np.array([[*row, PAD_ID]] * len(source), "int32")

        monkeypatch.setattr("course.kit.models.translator.greedy_search", written)

    return says


@pytest.mark.parametrize("family", FAMILIES)
def test_a_saved_one_translates_alike(family, tmp_path):
    saved = translator(family)
    saved.save(tmp_path / "it")
    again = load(tmp_path / "it", CLASSES[family][0])
    for beam in (1, 3):
        assert texts(again.translate(SENTENCES, beam)) == texts(saved.translate(SENTENCES, beam))
    saved.save(tmp_path / "it", half=True)  # takes the other's place
    assert {path.name for path in (tmp_path / "it").iterdir()} == {
        *(CARD, WEIGHTS),
        *("source.json", "target.json"),
    }
    paths = weight_paths(family, saved.card["sizes"])
    rounded = get_weights(load(tmp_path / "it", CLASSES[family][0]).model, paths)
    for path, value in get_weights(saved.model, paths).items():
        np.testing.assert_allclose(rounded[path], value, rtol=1e-3, atol=1e-4)


def test_sentences_come_back_in_their_order():
    one = translator("rnn")
    asked = ["You see cats.", "I.", "", "I like tea and you see cats."]
    told = []
    found = one.translate(asked, step=told.append)
    assert texts(found) == [texts(one.translate([each]))[0] for each in asked]
    assert found[2].text == ""
    assert told == [3]  # of an empty one there is nothing to do


@pytest.mark.parametrize("family", ["rnn", "cnn", "transformer"])
def test_an_unknown_word_is_copied_from_where_the_model_looks(family, saying):
    saying("我", "?", "。", "/")
    [found] = translator(family).translate(["I like Xylophones."], attention=True)
    looked = found.source_tokens[int(found.attention[1].argmax())]
    assert found.tokens == ["我", looked, "。"]
    assert found.source_tokens == ["I", "like", "Xylophones", "."]
    assert found.attention.shape == (3, 4)
    np.testing.assert_allclose(found.attention.sum(axis=1), 1.0, rtol=1e-4)


def test_without_attention_unknown_words_are_copied_in_order(saying):
    saying("?", "喜", "欢", "?", "?", "/")
    [found] = translator("rnn-fixed").translate(["Xavier likes tea."], attention=True)
    assert found.text.startswith("Xavier喜欢likes<unk>")
    assert found.attention is None


def test_a_sentence_that_is_too_long_is_read_as_far_as_there_is_room(saying):
    saying("我", "?", "/")
    [found] = translator("cnn").translate(["I like tea . " * 9], attention=True)
    assert len(found.source_tokens) == found.attention.shape[1] == 12
    assert found.tokens[1] in ("I", "like", "tea", ".")


@pytest.mark.parametrize("name", [WEIGHTS, "source.json", "target.json"])
@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("x")])
def test_a_damaged_one_is_told_in_one_sentence(name, damage, tmp_path):
    translator("rnn").save(tmp_path)
    damage(tmp_path / name)
    with pytest.raises(UserError, match="is damaged"):
        load(tmp_path, RNNSeq2Seq)


def test_weights_that_lack_a_part_are_not_taken(tmp_path):
    translator("rnn").save(tmp_path)
    with np.load(tmp_path / WEIGHTS) as file:
        kept = {path: file[path] for path in file.files if "cell" not in path}
    np.savez(tmp_path / WEIGHTS, **kept)
    with pytest.raises(UserError, match="is damaged"):
        load(tmp_path, RNNSeq2Seq)


@pytest.mark.parametrize("text", ["", "[]", "{}", "{"])
def test_a_card_that_is_none_is_no_translator(text, tmp_path):
    (tmp_path / CARD).write_text(text)
    with pytest.raises(UserError, match="no trained model"):
        load(tmp_path, RNNSeq2Seq)


def test_a_save_that_fails_leaves_no_half_translator(tmp_path, monkeypatch):
    one = translator("rnn")
    one.card["odd"] = object()  # JSON has no such thing
    with pytest.raises(TypeError):
        one.save(tmp_path / "it")
    assert not list((tmp_path / "it").rglob("*"))


def test_new_weights_never_stand_beside_an_old_card(tmp_path, monkeypatch):
    translator("rnn").save(tmp_path)
    replace = type(tmp_path).replace

    def killed(self, target):
        if self.name == "target.json":
            raise KeyboardInterrupt
        return replace(self, target)

    monkeypatch.setattr(type(tmp_path), "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        translator("rnn", note="new").save(tmp_path)
    with pytest.raises(UserError, match="no trained model"):
        load(tmp_path, RNNSeq2Seq)


def test_the_card_is_plain_json(tmp_path):
    translator("rnn", name="名").save(tmp_path)
    assert "名" in (tmp_path / CARD).read_text(encoding="utf-8")
    assert json.loads((tmp_path / CARD).read_text(encoding="utf-8"))["family"] == "rnn"


def test_a_translation_says_what_was_not_known_and_what_was_not_read():
    [first, second] = translator("cnn", max_source_length=3).translate(
        ["I see Zoë.", "I like tea."]
    )
    assert (first.unknown, first.left_out) == (("Zoë",), (".",))
    assert (second.unknown, second.left_out) == ((), (".",))


def test_another_models_vocabulary_and_sizes_of_another_version_are_said(tmp_path):
    translator("cnn").save(tmp_path)
    WordVocabulary(["other"]).save(tmp_path / "source.json")
    with pytest.raises(UserError, match="another model's vocabulary"):
        load(tmp_path, ConvSeq2Seq)
    card = json.loads((tmp_path / CARD).read_text(encoding="utf-8"))
    card["sizes"]["groups"] = 4
    (tmp_path / CARD).write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(UserError, match="made with other sizes than ConvSeq2Seq takes"):
        load(tmp_path, ConvSeq2Seq)
