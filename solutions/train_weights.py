"""Make the reference weights in `solutions/weights`: each family, trained on the generated corpus.

    python -m solutions.train_weights [FAMILY ...]

Families that are named, or all; about ten minutes each on two cores. A run that was stopped goes
on where it was. Weights are rounded to float16, so that a family takes less than 2 MB.
"""

import argparse
import importlib
import json
import tempfile
from pathlib import Path

from course.kit.corpora.dataset import open_dataset
from course.kit.models.evaluation import evaluate
from course.kit.models.families import FAMILIES
from course.kit.models.translator import load
from course.kit.training import default_recipe
from course.kit.training.devices import choose
from course.kit.training.run import TrainingRun, train

WEIGHTS_DIR = Path(__file__).resolve().parent / "weights"


def main() -> None:
    """Train, save and score."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("families", nargs="*", metavar="FAMILY", help=", ".join(FAMILIES))
    runs = Path(tempfile.gettempdir()) / "reference-runs"
    parser.add_argument("--runs", type=Path, default=runs, help="where the runs are kept")
    arguments = parser.parse_args()
    for name in arguments.families or FAMILIES:
        train_family(name, arguments.runs)


def train_family(name: str, runs: Path) -> None:
    """Train a family, and put its weights and its scores into `solutions/weights`."""
    family, dataset = FAMILIES[name], open_dataset("generated")
    made = getattr(importlib.import_module(f"solutions.{family.unit}"), family.exercise)
    run = TrainingRun(
        name, made, dataset, default_recipe(name, "generated"), runs / name, choose("cpu")
    )
    print(name)
    translator = train(run, print)
    translator.save(WEIGHTS_DIR / name, half=True)
    rounded = load(WEIGHTS_DIR / name, made)
    scores = {}
    for split in ("test", "compositional"):
        references = dataset.references(split)
        written = rounded.translate([english for english, _ in references])
        found = evaluate([each.text for each in written], [right for _, right in references])
        scores[split] = {"bleu": round(found.bleu, 2), "exact": round(found.exact, 2)}
        print(f"{name} on {split}: {found}")
    rounded.card["scores"] = scores
    card = json.dumps(rounded.card, ensure_ascii=False, indent=2)
    (WEIGHTS_DIR / name / "model.json").write_text(card + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
