"""A trained translator: a model with its two vocabularies.

A saved translator is a directory: `model.json` (family, sizes, how it was trained), `source.json`
and `target.json` (vocabularies), `weights.npz` (arrays by path).
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from course.kit.corpora import cleaning
from course.kit.corpora.vocabulary import Vocabulary, load_vocabulary, restore
from course.kit.decoding import Steps, beam_search, compiled, greedy_search, steps_for
from course.kit.errors import UserError
from course.kit.files import temporary_directory
from course.kit.language import say
from course.kit.models.families import build, get_weights, set_weights, weight_paths
from course.kit.tokens import END_ID, PAD_ID, START_ID, UNKNOWN_ID, padded

CARD, WEIGHTS = "model.json", "weights.npz"
_SENTENCES, _BEGINNINGS = 512, 1024  # the most that are translated side by side
_WORTH_COMPILING = 16  # sentences: for fewer it takes longer than it saves


@dataclass(frozen=True)
class Translation:
    """A translation, its tokens, and those of its source.

    Attributes:
        text: the sentence.
        tokens, source_tokens: the T tokens of the translation and the S tokens of its source.
        attention: `(T, S)`, averaged over layers and heads; None where the model has none.
        unknown: words of the source, as written, that the vocabulary lacks.
        left_out: words at the source's end that the model didn't read, since it was too long.
    """

    text: str
    tokens: list[str]
    source_tokens: list[str]
    attention: np.ndarray | None = None
    unknown: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class Translator:
    """A model, its vocabularies, and a card that describes it.

    Args:
        model: has the interface of the course's models.
        source, target: the vocabularies.
        card: `family`, `sizes`, `max_length`, and how it was trained.
    """

    def __init__(self, model: Any, source: Vocabulary, target: Vocabulary, card: dict[str, Any]):
        self.model, self.source, self.target, self.card = model, source, target, card

    @cached_property
    def _steps(self) -> Steps:
        # Made once: finding out which steps fit takes longer than a short sentence.
        return steps_for(self.model)

    @cached_property
    def _compiled_steps(self) -> Steps:
        return compiled(self._steps, self.model)

    def translate(
        self,
        sentences: Sequence[str],
        beam_size: int = 1,
        length_penalty: float = 0.6,
        attention: bool = False,
        step: Callable[[int], object] = lambda done: None,
    ) -> list[Translation]:
        """Translate sentences, those of like lengths side by side.

        Args:
            sentences: English, as written.
            beam_size: 1 writes greedily.
            length_penalty: of beam search.
            attention: whether the weights are wanted.
            step: called with the number of sentences that are done, after each batch.
        """
        texts = [cleaning.clean_english(sentence) for sentence in sentences]
        limit = self.card.get("max_source_length", 10**6)
        ids = [self.source.encode(text)[:limit] for text in texts]
        translations = [Translation("", [], [])] * len(ids)  # empty sentences stay so
        order = sorted((n for n, words in enumerate(ids) if words), key=lambda n: len(ids[n]))
        steps = self._steps if len(order) < _WORTH_COMPILING else self._compiled_steps
        at_once = min(_SENTENCES, max(1, _BEGINNINGS // beam_size))
        for begin in range(0, len(order), at_once):
            rows = order[begin : begin + at_once]
            source = padded([ids[n] for n in rows])
            if beam_size == 1:
                target = greedy_search(steps, source, self.card["max_length"])
            else:
                target = beam_search(
                    steps, source, self.card["max_length"], beam_size, length_penalty
                )
            # An unknown word becomes the source word with the most attention, so that sentences
            # with unknown words need their weights too.
            chosen = np.flatnonzero(attention | (target == UNKNOWN_ID).any(axis=1))
            weights = self._attention(source[chosen], target[chosen])
            weights_of = dict(zip(chosen, weights, strict=True)) if weights is not None else {}
            for row, n in enumerate(rows):
                translations[n] = self._translation(
                    texts[n], ids[n], target[row], weights_of.get(row)
                )
            step(begin + len(rows))
        return translations

    def _attention(self, source: np.ndarray, target: np.ndarray) -> np.ndarray | None:
        """Return weights `(B, T, S)`, averaged; None without sentences or without attention."""
        if not len(source):
            return None
        start = np.full((len(target), 1), START_ID, "int32")
        target_in = np.concatenate([start, target[:, :-1]], axis=1)
        layers = self.model.attention_scores(source, target_in).values()
        arrays = [keras.ops.convert_to_numpy(each).astype("float32") for each in layers]
        return np.mean([each.mean(axis=1) for each in arrays], axis=0) if arrays else None

    def _translation(
        self, text: str, source: list[int], target: np.ndarray, weights: np.ndarray | None
    ) -> Translation:
        """Return the translation of a text, of which the model read the ids `source`."""
        tokens, length = self.target.decode(target), len(source)
        written = getattr(self.source, "surface", self.source.tokens)(text)
        surface, left_out = written[:length], tuple(written[length:])
        pairs = zip(surface, source, strict=False)
        unknown = tuple(word for word, i in pairs if i == UNKNOWN_ID)
        if weights is not None:
            ended = np.flatnonzero(target == END_ID)
            real = [t for t, word in enumerate(target) if word not in (PAD_ID, START_ID)]
            real = [t for t in real if not len(ended) or t < ended[0]]
            weights = weights[real][:, :length]
        if UNKNOWN_ID in target:
            covers = weights is not None and weights.shape[1] == len(surface)
            tokens = restore(tokens, surface, weights if covers else None, self.source)
        said = self.target.text(tokens)
        return Translation(said, tokens, surface, weights, unknown, left_out)

    def save(self, directory: Path, half: bool = False) -> None:
        """Write the translator into a directory, whole or not at all; what is there is replaced.

        Args:
            directory: where to.
            half: whether weights are rounded to float16, half as large.
        """
        paths = weight_paths(self.card["family"], self.card["sizes"])
        weights = get_weights(self.model, paths)
        if half:
            weights = {path: value.astype("float16") for path, value in weights.items()}
        with temporary_directory(directory) as made:
            np.savez_compressed(made / WEIGHTS, **weights)  # type: ignore[arg-type]
            self.source.save(made / "source.json")
            self.target.save(made / "target.json")
            card = json.dumps(self.card, ensure_ascii=False, indent=2)
            (made / CARD).write_text(card + "\n", encoding="utf-8")
            # Without a card it is no translator: new weights never stand beside an old card.
            (directory / CARD).unlink(missing_ok=True)
            for path in sorted(made.iterdir(), key=lambda path: path.name == CARD):
                path.replace(directory / path.name)


def read_card(directory: Path) -> dict[str, Any]:
    """Return the card of a saved translator.

    Raises:
        UserError: there is none.
    """
    try:
        card = json.loads((directory / CARD).read_text(encoding="utf-8"))
        if not isinstance(card, dict) or not {"family", "sizes", "max_length"} <= card.keys():
            raise ValueError(CARD)
        return card
    except (OSError, ValueError):
        raise UserError(
            say(
                f"There is no trained model in {directory}; train one with "
                "`python -m course train`.",
                f"{directory} 中没有训练好的模型；请先运行 `python -m course train`。",
            )
        ) from None


def load(directory: Path, model_class: type) -> Translator:
    """Put a saved translator's weights into a model of this class.

    Raises:
        UserError: there is no saved translator, or the class doesn't fit its weights.
    """
    card = read_card(directory)
    try:
        model = build(card["family"], model_class, card["sizes"])
    except (TypeError, ValueError) as error:
        if not re.search("unexpected keyword|Unrecognized keyword", str(error)):
            raise
        raise UserError(
            say(
                f"The model in {directory} was made with other sizes than {model_class.__name__} "
                "takes; train it again.",
                f"{directory} 中的模型所用的尺寸，{model_class.__name__} 不接受；请重新训练。",
            )
        ) from None
    try:
        with np.load(directory / WEIGHTS) as file:
            weights = {path: file[path] for path in weight_paths(card["family"], card["sizes"])}
        source, target = (
            load_vocabulary(directory / f"{side}.json") for side in ("source", "target")
        )
    except (OSError, ValueError, KeyError, BadZipFile, UserError):
        raise UserError(
            say(
                f"The model in {directory} is damaged; train it again.",
                f"{directory} 中的模型已损坏；请重新训练。",
            )
        ) from None
    for side, vocabulary in (("source", source), ("target", target)):
        if vocabulary.size != card["sizes"].get(f"{side}_vocabulary_size", vocabulary.size):
            raise UserError(
                say(
                    f"{directory / side}.json is another model's vocabulary.",
                    f"{directory / side}.json 是另一个模型的词表。",
                )
            )
    set_weights(model, weights)
    return Translator(model, source, target, card)
