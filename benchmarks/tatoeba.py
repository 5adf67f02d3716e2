"""Real sentences: the course's Transformer beside one of Keras's own layers, on the same split.

    python -m benchmarks.tatoeba --data PATH [--out DIR]

PATH is Tatoeba's English-Mandarin file (`python -m course data fetch tatoeba` gets it), split by
connected component with seed 0. The baseline is a Transformer on `keras.layers.MultiHeadAttention`
with the learning rate of the paper, 12 epochs, decoded greedily by running the prefix again for
each word. The course's is `course train transformer` with its default recipe, decoded with kept
keys and values. Both are scored by sacreBLEU on the test sentences.
"""

import argparse
import json
import os
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # on either side, as `course train` has it

import keras

from benchmarks.training_step import KerasAttention, course_model_class
from course.kit.batches import Batches, encode_split
from course.kit.corpora.dataset import Dataset, data_home, open_dataset
from course.kit.decoding import greedy_search
from course.kit.decoding.steps import PrefixSteps
from course.kit.evaluation import evaluate
from course.kit.families import build
from course.kit.training import default_recipe
from course.kit.training.devices import choose
from course.kit.training.loss import TokenLoss
from course.kit.training.run import Job, train
from course.kit.translator import Translator, padded
from course.kit.vocabulary import CharacterVocabulary, WordVocabulary
from solutions.transformer import Transformer
from solutions.translation import WarmupInverseSqrt

ROWS = 128
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
    started, texts = time.monotonic(), [""] * len(ids)
    for first in range(0, len(order), ROWS):
        rows = order[first : first + ROWS]
        written = greedy_search(PrefixSteps(model), padded([ids[n] for n in rows]), 40)
        for n, words in zip(rows, written, strict=True):
            texts[n] = target.text(words)
    decoding = time.monotonic() - started
    return scored("baseline, greedy", texts, references, seconds, decoding)


def course(dataset: Dataset, directory: Path) -> list[dict[str, float]]:
    """Train and score the course's."""
    recipe = default_recipe("transformer", "tatoeba")
    job = Job("transformer", Transformer, dataset, recipe, directory, choose("cpu"))
    translator: Translator = train(job, lambda line: print(line, flush=True))
    references = dataset.references("test")
    found = []
    for beam in (1, 4):
        started = time.monotonic()
        written = translator.translate([english for english, _ in references], beam_size=beam)
        decoding = time.monotonic() - started
        texts = [each.text for each in written]
        name = "course, greedy" if beam == 1 else f"course, beam of {beam}"
        found.append(scored(name, texts, references, translator.card["seconds"], decoding))
    return found


def scored(name: str, texts: list[str], references: list, seconds: float, decoding: float) -> dict:
    """Return and print a row of the table."""
    scores = evaluate(texts, [right for _, right in references])
    print(f"{name}: {scores}; trained {seconds:.0f} s, decoded {decoding:.1f} s", flush=True)
    return {
        "name": name,
        "bleu": round(scores.bleu, 2),
        "chrf": round(scores.chrf, 2),
        "exact": round(scores.exact, 2),
        "training_s": round(seconds, 1),
        "decoding_s": round(decoding, 2),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="the TSV or zip")
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark-tatoeba"))
    parser.add_argument("--epochs", type=int, default=12, help="of the baseline")
    parser.add_argument("--only", choices=["baseline", "course"])
    arguments = parser.parse_args()
    dataset = open_dataset(arguments.data)
    print(json.dumps(dataset.card["splits"]), flush=True)
    rows = []
    if arguments.only != "baseline":
        rows += course(dataset, arguments.out)
    if arguments.only != "course":
        rows.append(baseline(dataset, arguments.epochs))
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "tatoeba.json").write_text(json.dumps(rows, indent=2) + "\n")
    print("| model | BLEU | chrF | exact | training s | decoding s |\n|---|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


if __name__ == "__main__":
    main()
