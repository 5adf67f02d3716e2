"""Vocabularies: from a sentence to token ids and back.

Three of them, with one face: `WordVocabulary` for English, `CharacterVocabulary` for Chinese, and
`SubwordVocabulary` for either, whose pieces are learned by SentencePiece. Ids 0 to 3 are padding,
unknown, start and end (`course.kit.tokens`), and real tokens come after them. Give them cleaned
text (`course.kit.corpora.cleaning`), in training and in translation alike.
"""

import base64
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from course.kit.errors import UserError
from course.kit.files import write_file
from course.kit.language import say
from course.kit.tokens import END_ID, PAD_ID, START_ID, UNKNOWN_ID

SPECIAL_TOKENS = ("<pad>", "<unk>", "<start>", "<end>")
UNKNOWN_TOKEN = SPECIAL_TOKENS[UNKNOWN_ID]

# Han, kana, hangul, their punctuation and full-width forms: written without spaces.
WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"


class Vocabulary(Protocol):
    """The methods that all vocabularies have.

    `size` counts the four special ids too, so it is the V of the models' logits.
    """

    @property
    def size(self) -> int: ...

    def __contains__(self, token: str) -> bool: ...

    def tokens(self, text: str) -> list[str]:
        """Return the text's tokens, unknown ones too."""

    def encode(self, text: str) -> list[int]:
        """Return the text's token ids, without start and end; unknown tokens give 1."""

    def decode(self, ids: Iterable[int]) -> list[str]:
        """Return the tokens of ids up to the first end id; padding and start are left out."""

    def text(self, ids_or_tokens: Iterable[int] | Iterable[str]) -> str:
        """Return the sentence that ids or tokens make up."""

    def dumps(self) -> str:
        """Return the vocabulary as JSON."""

    def save(self, path: str | Path) -> None:
        """Write the vocabulary to a JSON file."""


class _Listed:
    """A vocabulary that is a list of tokens; subclasses say how text is cut and joined."""

    kind = ""

    def __init__(self, tokens: Sequence[str]):
        """Make the vocabulary of these tokens, the first of which gets id 4."""
        self._tokens = [*SPECIAL_TOKENS, *tokens]
        self._ids = {token: i for i, token in enumerate(self._tokens)}
        if len(self._ids) != len(self._tokens):
            raise UserError(
                say("A vocabulary lists each token once.", "词表中每个词元只能出现一次。")
            )

    @classmethod
    def build(cls, texts: Iterable[str], max_size: int | None = None, min_count: int = 1):
        """Return the vocabulary of the texts' most frequent tokens; one pass over the texts.

        Args:
            texts: cleaned sentences; an iterator will do.
            max_size: the largest size, the four special ids counted; None for no limit.
            min_count: tokens seen less often than this are left out.
        """
        cut = cls(()).tokens
        counts = Counter(token for text in texts for token in cut(text))
        # Ties are broken by the token itself, so that the order of the texts does not matter.
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        tokens = [token for token, count in ranked if count >= min_count]
        most = None if max_size is None else max(0, max_size - len(SPECIAL_TOKENS))
        return cls(tokens[:most])

    @property
    def size(self) -> int:
        return len(self._tokens)

    def __contains__(self, token: str) -> bool:
        return token in self._ids

    def tokens(self, text: str) -> list[str]:
        raise NotImplementedError

    def _join(self, tokens: list[str]) -> str:
        raise NotImplementedError

    def encode(self, text: str) -> list[int]:
        return [self._ids.get(token, UNKNOWN_ID) for token in self.tokens(text)]

    def decode(self, ids: Iterable[int]) -> list[str]:
        return [self._tokens[i] for i in _real(ids)]

    def text(self, ids_or_tokens: Iterable[int] | Iterable[str]) -> str:
        return self._join(_as_tokens(self, ids_or_tokens))

    def dumps(self) -> str:
        listed = self._tokens[len(SPECIAL_TOKENS) :]
        return json.dumps({"kind": self.kind, "tokens": listed}, ensure_ascii=False, indent=0)

    def save(self, path: str | Path) -> None:
        write_file(Path(path), self.dumps())

    @classmethod
    def load(cls, path: str | Path):
        """Return the vocabulary that `save` wrote.

        Raises:
            UserError: the file holds no vocabulary of this kind.
        """
        return _expect(load_vocabulary(path), cls, path)


class WordVocabulary(_Listed):
    """English: lower-cased words, numbers and punctuation marks; don't is one word."""

    kind = "word"

    # 3.5, 1,000 and 10:30; then words, with what an apostrophe holds together; then marks.
    _TOKEN = re.compile(r"\d+(?:[.,:]\d+)+|\w+(?:'\w+)*|[^\w\s]")
    # The only capital that grows when it is lower-cased is the dotted I.
    _FOLDED = str.maketrans({"’": "'", "İ": "I"})

    def surface(self, text: str) -> list[str]:
        """Return the tokens as they are written, capitals and all: one for each of `tokens`."""
        return self._TOKEN.findall(text.translate(self._FOLDED))

    def tokens(self, text: str) -> list[str]:
        return [token.lower() for token in self.surface(text)]

    def __contains__(self, token: str) -> bool:
        return token.lower() in self._ids

    def _join(self, tokens: list[str]) -> str:
        joined = ""
        open_quote = False
        glued = True  # whether the next token follows without a space
        for token in tokens:
            closes = token == '"' and open_quote
            if not (glued or closes or token in _ENGLISH_AFTER):
                joined += " "
            joined += token
            if token == '"':
                open_quote = not open_quote
            glued = token in _ENGLISH_BEFORE or (token == '"' and open_quote)
        return joined


_ENGLISH_AFTER = frozenset(".,!?;:%)]}…'-/")  # stand right after the word before them
_ENGLISH_BEFORE = frozenset("([{$£€#-/")  # stand right before the word after them


class CharacterVocabulary(_Listed):
    """Chinese: each character is a token, and so is each run of Latin letters and digits."""

    kind = "character"

    _RUN = rf"(?:(?![{WIDE}_])\w)+"
    _TOKEN = re.compile(rf"{_RUN}|\S")
    _STARTS = re.compile(_RUN)
    _ENDS = re.compile(rf"{_RUN}\Z")

    def tokens(self, text: str) -> list[str]:
        return self._TOKEN.findall(text)

    def _join(self, tokens: list[str]) -> str:
        joined = ""
        for token in tokens:
            if self._ENDS.search(joined[-1:]) and self._STARTS.match(token):
                joined += " "
            joined += token
        return joined


class SubwordVocabulary:
    """Pieces of words that SentencePiece learned; the model is stored in the saved file."""

    kind = "subword"

    def __init__(self, model: bytes):
        """Make the vocabulary of a SentencePiece model with the course's four special ids.

        Raises:
            UserError: these bytes are no such model.
        """
        from sentencepiece import SentencePieceProcessor

        try:
            self._processor = SentencePieceProcessor(model_proto=model)
            first = [self._processor.id_to_piece(i) for i in range(len(SPECIAL_TOKENS))]
        except (RuntimeError, IndexError):
            first = []
        if first != list(SPECIAL_TOKENS):
            raise UserError(
                say(
                    "This is not a SentencePiece model of the course; build the vocabulary again.",
                    "这不是本课程的 SentencePiece 模型；请重新生成词表。",
                )
            )
        self._model = model

    @classmethod
    def build(
        cls,
        texts: Iterable[str],
        max_size: int | None = 8000,
        min_count: int = 1,
        model: str = "unigram",
        sample: int = 500_000,
        seed: int = 0,
    ) -> "SubwordVocabulary":
        """Return a vocabulary learned from a sample of texts, in one pass over them.

        Args:
            texts: cleaned sentences; an iterator will do.
            max_size: the wanted size, the four special ids counted; less where the texts are few.
            min_count: characters seen less often than this are unknown.
            model: "unigram" or "bpe".
            sample: learn from at most this many sentences, drawn evenly.
            seed: of that draw.

        Raises:
            UserError: there is no text, or max_size is too small for the characters alone.
        """
        import sentencepiece

        sentences = _sample(texts, sample, random.Random(seed))
        counts = Counter(c for text in sentences for c in text if not c.isspace())
        if not counts:
            raise UserError(
                say("There is no text to learn subwords from.", "没有可用来学习子词的文本。")
            )
        often = sum(count for count in counts.values() if count >= min_count)
        trained = io.BytesIO()
        sentencepiece.set_random_generator_seed(seed)
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(sentences),
                model_writer=trained,
                model_type=model,
                vocab_size=max_size or 8000,
                hard_vocab_limit=False,
                # The share of the text that is made of characters seen often enough.
                character_coverage=often / counts.total(),
                # Text is cleaned already, and more would turn ， into a comma.
                normalization_rule_name="identity",
                # A mark before the first word makes it the word that it is elsewhere; where
                # there are no spaces it would do the opposite.
                add_dummy_prefix=sum(" " in text for text in sentences) * 2 > len(sentences),
                pad_id=PAD_ID,
                unk_id=UNKNOWN_ID,
                bos_id=START_ID,
                eos_id=END_ID,
                pad_piece=SPECIAL_TOKENS[PAD_ID],
                unk_piece=SPECIAL_TOKENS[UNKNOWN_ID],
                bos_piece=SPECIAL_TOKENS[START_ID],
                eos_piece=SPECIAL_TOKENS[END_ID],
                num_threads=1,
                minloglevel=2,
            )
        except RuntimeError as error:
            if "smaller than required_chars" not in str(error):
                raise
            raise UserError(
                say(
                    f"A vocabulary of {max_size} is too small for the characters of this text; "
                    "ask for a larger max_size, or a larger min_count.",
                    f"大小为 {max_size} 的词表装不下这些文本的字符；请增大 max_size 或 min_count。",
                )
            ) from None
        return cls(trained.getvalue())

    @property
    def size(self) -> int:
        return self._processor.vocab_size()

    def __contains__(self, token: str) -> bool:
        return token == UNKNOWN_TOKEN or self._processor.piece_to_id(token) != UNKNOWN_ID

    def tokens(self, text: str) -> list[str]:
        return self._processor.encode(text, out_type=str)

    def encode(self, text: str) -> list[int]:
        return self._processor.encode(text)

    def decode(self, ids: Iterable[int]) -> list[str]:
        return [self._processor.id_to_piece(i) for i in _real(ids)]

    def text(self, ids_or_tokens: Iterable[int] | Iterable[str]) -> str:
        # SentencePiece marks spaces by U+2581.
        return "".join(_as_tokens(self, ids_or_tokens)).replace("\u2581", " ").strip()

    def dumps(self) -> str:
        model = base64.b64encode(self._model).decode("ascii")
        return json.dumps({"kind": self.kind, "model": model})

    def save(self, path: str | Path) -> None:
        write_file(Path(path), self.dumps())

    @classmethod
    def load(cls, path: str | Path) -> "SubwordVocabulary":
        """Return the vocabulary that `save` wrote.

        Raises:
            UserError: the file holds no vocabulary of this kind.
        """
        return _expect(load_vocabulary(path), cls, path)


def load_vocabulary(path: str | Path) -> "WordVocabulary | CharacterVocabulary | SubwordVocabulary":
    """Return the vocabulary that was saved to a file, of whatever kind.

    Raises:
        UserError: there is no such file, or it holds no vocabulary.
    """
    try:
        saved = json.loads(Path(path).read_text(encoding="utf-8"))
        if saved["kind"] == SubwordVocabulary.kind:
            return SubwordVocabulary(base64.b64decode(saved["model"], validate=True))
        listed = {each.kind: each for each in (WordVocabulary, CharacterVocabulary)}
        if not all(isinstance(token, str) for token in saved["tokens"]):
            raise TypeError
        return listed[saved["kind"]](saved["tokens"])
    except FileNotFoundError:
        raise UserError(
            say(f"There is no vocabulary file {path}.", f"没有词表文件 {path}。")
        ) from None
    except (ValueError, KeyError, TypeError):
        raise UserError(
            say(
                f"{path} holds no vocabulary; build it again and save it there.",
                f"{path} 中没有词表；请重新生成并保存。",
            )
        ) from None


def restore(
    tokens: Sequence[str],
    source_tokens: Sequence[str],
    attention: Any = None,
    source_vocabulary: Vocabulary | None = None,
) -> list[str]:
    """Return a translation whose unknown tokens are replaced by words of the source.

    With attention weights, an unknown token becomes the source word that it attends to most
    (Luong et al. 2015). Without them, the source's own unknown words are put in, in order; where
    there are not enough of these, the last one stays the unknown token, so that a reader sees that
    something is missing.

    Args:
        tokens: the T tokens of the translation.
        source_tokens: the S tokens of the source, as written (`WordVocabulary.surface`).
        attention: weights (T, S), averaged over heads where there are several; more rows or
            columns than there are tokens, as padding gives, are left out.
        source_vocabulary: says which source words are unknown; needed without attention.

    Raises:
        ValueError: neither attention nor source_vocabulary is given, or attention has fewer rows
            or columns than there are tokens.
    """
    if not source_tokens:
        return list(tokens)
    if attention is not None:
        weights = np.asarray(attention)
        if weights.ndim != 2 or np.any(weights.shape < (len(tokens), len(source_tokens))):
            raise ValueError(
                f"Attention of shape {weights.shape} does not cover {len(tokens)} tokens "
                f"and {len(source_tokens)} source tokens."
            )
        most = weights[:, : len(source_tokens)].argmax(axis=1)
        return [
            source_tokens[most[t]] if token == UNKNOWN_TOKEN else token
            for t, token in enumerate(tokens)
        ]
    if source_vocabulary is None:
        raise ValueError("Give attention weights, or the source's vocabulary.")
    unknown = iter([token for token in source_tokens if token not in source_vocabulary])
    return [next(unknown, token) if token == UNKNOWN_TOKEN else token for token in tokens]


def _real(ids: Iterable[int]) -> Iterable[int]:
    """Give the ids before the first end id, without padding and start."""
    for i in ids:
        if i == END_ID:
            return
        if i not in (PAD_ID, START_ID):
            yield int(i)


def _as_tokens(vocabulary: Any, ids_or_tokens: Iterable[int] | Iterable[str]) -> list[str]:
    items: list[Any] = list(ids_or_tokens)
    return items if items and isinstance(items[0], str) else vocabulary.decode(items)


def _sample(texts: Iterable[str], most: int, draw: random.Random) -> list[str]:
    """Return at most so many texts, each with the same chance (reservoir sampling)."""
    sample: list[str] = []
    for number, text in enumerate(texts):
        if number < most:
            sample.append(text)
        elif (place := draw.randrange(number + 1)) < most:
            sample[place] = text
    return sample


def _expect(vocabulary: Any, kind: type, path: str | Path) -> Any:
    if not isinstance(vocabulary, kind):
        raise UserError(
            say(
                f"{path} holds a {vocabulary.kind} vocabulary, not the kind that was asked for.",
                f"{path} 中的词表种类是 {vocabulary.kind}，与所要的不同。",
            )
        )
    return vocabulary
