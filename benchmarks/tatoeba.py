"""Real sentences: the course's Transformer beside one of Keras's own layers, on the same split.

    python -m benchmarks.tatoeba --data PATH [--out DIR] [--precision mixed_bfloat16]

PATH is Tatoeba's English-Mandarin file (`python -m course data fetch tatoeba` gets it), split by
connected component with seed 0. The baseline is a Transformer on `keras.layers.MultiHeadAttention`
with the learning rate of the paper, 12 epochs, decoded greedily by running the prefix again for
each word. The course's is `course train transformer` with its default recipe, decoded with kept
keys and values, greedily and with a beam of 6, whose width and length penalty did best on the
validation sentences. Both are scored by sacreBLEU on the test sentences. Where the processor has
instructions for it, the course's trains faster in mixed precision; it decodes in float32, as
`course translate` does.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # on either side, as `course train` has it

import keras
import numpy as np
from keras import ops

from benchmarks.training_step import KerasAttention, course_model_class
from course.kit.corpora.dataset import Dataset, open_dataset
from course.kit.corpora.home import data_home
from course.kit.corpora.vocabulary import CharacterVocabulary, WordVocabulary
from course.kit.models.evaluation import evaluate
from course.kit.models.families import build
from course.kit.models.translator import load
from course.kit.tokens import END_ID, PAD_ID, START_ID, padded
from course.kit.training import default_recipe
from course.kit.training.batches import Batches, encode_split
from course.kit.training.devices import PRECISIONS, choose
from course.kit.training.loss import TokenLoss
from course.kit.training.run import TrainingRun, train
from solutions.transformer import Transformer
from solutions.translation import WarmupInverseSqrt

ROWS = 128
BEAMS = ((1, 0.0), (6, 1.4))  # widths and length penalties
SIZES = {"d_model": 128, "num_heads": 4, "d_ff": 512, "num_layers": 2, "dropout": 0.1}


def baseline(dataset: Dataset, epochs: int) -> dict[str, float]:
    """Train and score the baseline."""
    keras.utils.set_random_seed(0)
    source = WordVocabulary.build((p.english for p in dataset.pairs("train")), 8000, 2)
    target = CharacterVocabulary.build((p.chinese for p in dataset.pairs("train")), 4000, 2)
    encoded = encode_split(dataset, "train", source, target, data_home() / "encoded")
    sizes = {
        "source_vocabulary_size": source.size,
        "target_vocabulary_size": target.size,
        "max_length": 128,
        **SIZES,
    }
    model = build("transformer", course_model_class(KerasAttention), sizes)
    optimizer = keras.optimizers.Adam(
        WarmupInverseSqrt(SIZES["d_model"], 1000), beta_2=0.98, epsilon=1e-9
    )
    model.compile(optimizer, TokenLoss(0.1), jit_compile=False)
    started = time.monotonic()
    model.fit(Batches(encoded, rows=ROWS), epochs=epochs, shuffle=False, verbose=2)
    seconds = time.monotonic() - started
    references = dataset.references("test")
    ids = [source.encode(english) for english, _ in references]
    order = sorted(range(len(ids)), key=lambda n: len(ids[n]))

    def decoded() -> list[str]:
        texts = [""] * len(ids)
        for first in range(0, len(order), ROWS):
            rows = order[first : first + ROWS]
            written = prefix_again(model, padded([ids[n] for n in rows]), 40)
            for n, words in zip(rows, written, strict=True):
                texts[n] = target.text(words)
        return texts

    return scored("baseline, greedy", decoded, references, seconds)


def prefix_again(model: keras.Model, source: np.ndarray, most: int) -> np.ndarray:
    """Write greedily as one does with Keras's layers alone: all words so far, for each new one."""
    memory = model.encode(ops.convert_to_tensor(source))
    words = np.full((len(source), 1), START_ID, "int32")
    ended = np.zeros(len(source), bool)
    while words.shape[1] <= most and not ended.all():
        logits = model.decode(ops.convert_to_tensor(words), memory)[:, -1]
        following = ops.convert_to_numpy(ops.argmax(logits, axis=-1)).astype("int32")
        following[ended] = PAD_ID
        ended |= following == END_ID
        words = np.concatenate([words, following[:, None]], axis=1)
    return words[:, 1:]


def course(dataset: Dataset, directory: Path, precision: str) -> list[dict[str, float]]:
    """Train and score the course's."""
    recipe = default_recipe("transformer", "tatoeba")
    run = TrainingRun(
        "transformer", Transformer, dataset, recipe, directory, choose("cpu", precision)
    )
    train(run, lambda line: print(line, flush=True))
    translator = load(directory, Transformer)
    references = dataset.references("test")
    found = []
    for beam, penalty in BEAMS:

        def decoded(beam: int = beam, penalty: float = penalty) -> list[str]:
            sentences = [english for english, _ in references]
            written = translator.translate(sentences, beam_size=beam, length_penalty=penalty)
            return [each.text for each in written]

        name = "course, greedy" if beam == 1 else f"course, beam of {beam}"
        found.append(scored(name, decoded, references, translator.card["seconds"]))
    return found


def scored(name: str, decoded: Callable[[], list[str]], references: list, seconds: float) -> dict:
    """Decode twice, the first time with what has to be compiled; return and print a table's row."""
    took = []
    for _ in range(2):
        started = time.monotonic()
        texts = decoded()
        took.append(time.monotonic() - started)
    scores = evaluate(texts, [right for _, right in references])
    print(f"{name}: {scores}; trained {seconds:.0f} s, decoded {took} s", flush=True)
    return {
        "name": name,
        "bleu": round(scores.bleu, 2),
        "chrf": round(scores.chrf, 2),
        "exact": round(scores.exact, 2),
        "training_s": round(seconds, 1),
        "decoding_s": round(took[0], 2),
        "decoding_again_s": round(took[1], 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="the TSV or zip")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark-tatoeba"))
    parser.add_argument("--epochs", type=int, default=12, help="of the baseline")
    parser.add_argument(
        "--precision", default="auto", choices=PRECISIONS, help="in which the course's trains"
    )
    parser.add_argument("--only", choices=["baseline", "course"])
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.data)
    print(json.dumps(dataset.card["splits"]), flush=True)
    rows = []
    if arguments.only != "baseline":
        rows += course(dataset, arguments.out, arguments.precision)
    if arguments.only != "course":
        rows.append(baseline(dataset, arguments.epochs))
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "tatoeba.json").write_text(json.dumps(rows, indent=2) + "\n")
    print("| model | BLEU | chrF | exact | training s | decoding s | again s |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


if __name__ == "__main__":
    main()
