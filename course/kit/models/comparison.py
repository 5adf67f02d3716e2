"""The families side by side: how well each translates, and what that costs.

Quality is measured on the test sentences, and on combinations that were held back from training
where the data set has them; by the length of the source too, for that is where one fixed-length
vector has to fail. Times are of this machine: they compare families, and nothing else.
"""

import itertools
import statistics
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np

from course.kit.corpora.dataset import Dataset
from course.kit.corpora.vocabulary import WordVocabulary
from course.kit.errors import UserError
from course.kit.language import say
from course.kit.models.evaluation import Scores, evaluate
from course.kit.models.families import build
from course.kit.models.translator import Translation, Translator
from course.kit.tokens import END_ID
from course.kit.training.devices import Plan, in_precision
from course.kit.training.loss import TokenLoss

SPLITS = ("test", "compositional")
WARM_UP = 2  # steps; the first one is compiled


@dataclass(frozen=True)
class Effort:
    """How much is measured.

    Attributes:
        sentences: how many are translated for the time of many, side by side.
        single: how many are translated for the time of one, each alone.
        rows: B of a training step that is timed.
        lengths: S = T of the training steps that are timed.
        repeats: steps a length; their median counts.
    """

    sentences: int = 1000
    single: int = 20
    rows: int = 16
    lengths: tuple[int, ...] = (16, 32, 64, 128)
    repeats: int = 5


@dataclass(frozen=True)
class Band:
    """Test sentences of `shortest` to `longest` words and marks, and the BLEU on them."""

    shortest: int
    longest: int
    sentences: int
    bleu: float


@dataclass(frozen=True)
class Measurements:
    """The quality and the costs of one family.

    Attributes:
        name: the family's.
        card: the card of its translator: sizes, epochs, seconds of training.
        parameters: how many numbers are trained.
        scores: by split.
        bands: BLEU by source length, on the test split.
        decoding: seconds that greedy decoding takes of `Effort.sentences`, side by side.
        one_sentence: seconds that it takes of one sentence, the median.
        steps: seconds of a training step, by sequence length.
        example: a test sentence's translation, with attention where the family has any.
    """

    name: str
    card: dict[str, Any]
    parameters: int
    scores: dict[str, Scores]
    bands: list[Band]
    decoding: float
    one_sentence: float
    steps: dict[int, float]
    example: Translation

    @property
    def seconds_per_epoch(self) -> float:
        """Of training, validation not counted."""
        return self.card["seconds"] / self.card["epochs"]


def measure(
    translator: Translator,
    dataset: Dataset,
    plan: Plan,
    say_line: Callable[[str], object],
    effort: Effort | None = None,
) -> Measurements:
    """Measure a trained translator.

    Args:
        translator: trained, its card as training leaves it.
        dataset: has a test split.
        plan: precision of the training steps that are timed, and whether XLA compiles them.
        say_line: called with a line of text before each part.
        effort: how much is measured.

    Raises:
        UserError: there are too few pairs for a test split.
    """
    effort = effort or Effort()
    test = check_test(dataset)
    sentences = [english for english, _ in test]
    scores: dict[str, Scores] = {}
    test_texts: list[str] = []
    for split in (split for split in SPLITS if split in dataset.splits):
        references = dataset.references(split)
        if not references:
            continue
        say_line(say(f"translating {split}", f"翻译 {split}"))
        texts = _texts(translator, [english for english, _ in references])
        scores[split] = evaluate(texts, [right for _, right in references])
        test_texts = test_texts or texts
    say_line(say("timing translation", "测量翻译时间"))
    decoding, one = decoding_seconds(translator, sentences, effort)
    say_line(say("timing training steps", "测量训练步的时间"))
    [example] = translator.translate([example_of(sentences)], attention=True)
    return Measurements(
        name=translator.card["family"],
        card=translator.card,
        parameters=int(sum(np.prod(v.shape) for v in translator.model.trainable_variables)),
        scores=scores,
        bands=bands(test_texts, test),
        decoding=decoding,
        one_sentence=one,
        steps=step_seconds(translator, plan, effort),
        example=example,
    )


def check_test(dataset: Dataset) -> list[tuple[str, list[str]]]:
    """Return the test sentences, each with its translations.

    Raises:
        UserError: there are none.
    """
    if references := dataset.references("test"):
        return references
    raise UserError(
        say(
            f"{dataset.name} has too few pairs to set some aside for a test.",
            f"{dataset.name} 的句对太少，无法留出测试集。",
        )
    )


def length_of(sentence: str) -> int:
    """Return how many words and marks an English sentence has."""
    return len(WordVocabulary(()).tokens(sentence))


def length_bands(lengths: Sequence[int], least: int) -> list[tuple[int, int]]:
    """Return bands `(shortest, longest)` that hold at least so many of these lengths each.

    Where there are fewer lengths in all, there is one band.
    """
    counts, bands = Counter(lengths), []
    begin, size = min(lengths), 0
    for length in range(begin, max(lengths) + 1):
        size += counts[length]
        if size >= least:
            bands.append((begin, length))
            begin, size = length + 1, 0
    if size or not bands:  # too few for a band of their own
        before = bands.pop()[0] if bands else begin
        bands.append((before, max(lengths)))
    return bands


def bands(texts: Sequence[str], test: Sequence[tuple[str, list[str]]]) -> list[Band]:
    """Return BLEU by source length, of the texts that translate the test sentences."""
    lengths = [length_of(english) for english, _ in test]
    measured = []
    for shortest, longest in length_bands(lengths, max(20, len(test) // 20)):
        rows = [n for n, length in enumerate(lengths) if shortest <= length <= longest]
        scores = evaluate([texts[n] for n in rows], [test[n][1] for n in rows])
        measured.append(Band(shortest, longest, len(rows), scores.bleu))
    return measured


def example_of(sentences: Sequence[str], words: int = 9) -> str:
    """Return the first of the sentences whose length is nearest to this."""
    return min(sentences, key=lambda sentence: abs(length_of(sentence) - words))


def decoding_seconds(
    translator: Translator, sentences: Sequence[str], effort: Effort
) -> tuple[float, float]:
    """Return the seconds that greedy decoding takes: of many sentences, and of one alone.

    Sentences are used again where there are too few.
    """
    many = list(itertools.islice(itertools.cycle(sentences), effort.sentences))
    few = list(itertools.islice(itertools.cycle(sentences), effort.single))
    _texts(translator, few)  # warms up: compiles, and chooses the steps
    together = _seconds(partial(_texts, translator, many))
    alone = [_seconds(partial(_texts, translator, [text])) for text in few]
    return together, statistics.median(alone)


def step_seconds(translator: Translator, plan: Plan, effort: Effort) -> dict[int, float]:
    """Return the seconds of a training step by sequence length.

    A new model of the translator's class and sizes takes steps on random words, with positions
    for the longest sequence.
    """
    sizes = dict(translator.card["sizes"])
    if "max_length" in sizes:
        sizes["max_length"] = max(effort.lengths)
    with in_precision(plan.precision):
        model = build(translator.card["family"], type(translator.model), sizes)
        model.compile(optimizer="adam", loss=TokenLoss(), jit_compile=plan.jit_compile)
        return {length: _step(model, sizes, length, effort) for length in effort.lengths}


def _step(model: keras.Model, sizes: dict[str, Any], length: int, effort: Effort) -> float:
    draw, shape = np.random.default_rng(0), (effort.rows, length)
    source, target = (
        draw.integers(END_ID + 1, sizes[f"{side}_vocabulary_size"], shape).astype("int32")
        for side in ("source", "target")
    )
    weight = np.ones(shape, "float32")

    def step() -> None:
        model.train_on_batch((source, target), target, sample_weight=weight)

    for _ in range(WARM_UP):
        step()
    return statistics.median(_seconds(step) for _ in range(effort.repeats))


def _texts(translator: Translator, sentences: Sequence[str]) -> list[str]:
    return [each.text for each in translator.translate(sentences)]


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
