"""Training a family on a data set: from pairs to a translator on disk.

Each epoch ends with a validation: the validation sentences are translated greedily and scored. The
state of training is written after each epoch, so that a run that was killed and resumed gives the
curve of one that was left alone.
"""

import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from course.kit.corpora.dataset import Dataset
from course.kit.corpora.home import data_home
from course.kit.corpora.vocabulary import (
    CharacterVocabulary,
    SubwordVocabulary,
    Vocabulary,
    WordVocabulary,
)
from course.kit.errors import UserError
from course.kit.language import say
from course.kit.models.evaluation import Scores, evaluate
from course.kit.models.families import build, get_weights, set_weights, weight_paths
from course.kit.models.translator import Translator
from course.kit.training.batches import Batches, encode_split
from course.kit.training.checkpoint import State, read_arrays, write_arrays, write_history
from course.kit.training.devices import Plan, in_precision
from course.kit.training.loss import TokenLoss
from course.kit.training.recipe import Recipe


@dataclass(frozen=True)
class TrainingRun:
    """One training: of what, on what, how, and the directory that it is written to.

    Attributes:
        family: its name.
        model_class: the exercise's class, the student's or the reference's.
        dataset: the pairs.
        recipe: sizes, epochs and so on.
        directory: holds the checkpoints, and in the end the translator.
        plan: devices and precision.
        seed: of weights, batches and dropout.
        notes: further entries of the saved translator's card.
    """

    family: str
    model_class: type
    dataset: Dataset
    recipe: Recipe
    directory: Path
    plan: Plan
    seed: int = 0
    notes: dict[str, Any] = field(default_factory=dict)

    def settings(self) -> dict[str, Any]:
        """Return the settings that decide the run's course: runs that differ in one are two."""
        return {
            "family": self.family,
            "data": self.dataset.directory.name,
            "recipe": self.recipe.to_json(),
            "precision": self.plan.precision,
            "seed": self.seed,
            **self.notes,
        }


def train(run: TrainingRun, say_line: Callable[[str], object], verbose: int = 0) -> Translator:
    """Train, or go on where a run in the same directory was stopped; return the translator.

    Args:
        run: what to train.
        say_line: called with a line of text after each epoch.
        verbose: Keras's own progress: 0 none, 1 a bar, 2 a line an epoch.

    Raises:
        UserError: there are too few pairs to train and validate with.
        UserError: a sentence is longer than the model's `max_length`.
        UserError: the directory holds the state of another model.
    """
    # All of training is in the scope: JAX shares out batches only inside it.
    with in_precision(run.plan.precision), run.plan.scope():
        return _train(run, say_line, verbose)


def _train(run: TrainingRun, say_line: Callable[[str], object], verbose: int) -> Translator:
    keras.utils.set_random_seed(run.seed)
    recipe, directory = run.recipe, run.directory
    source, target = _vocabularies(run.dataset, recipe)
    encoded = encode_split(run.dataset, "train", source, target, data_home() / "encoded")
    batches = Batches(encoded, tokens=recipe.tokens, seed=run.seed)

    sizes = {
        "source_vocabulary_size": source.size,
        "target_vocabulary_size": target.size,
        **recipe.sizes,
    }
    room = recipe.sizes.get("max_length", 10**6)
    _check_room(batches, room)
    model = build(run.family, run.model_class, sizes)
    model.compile(
        optimizer=_optimizer(recipe, steps=len(batches) * recipe.epochs),
        loss=TokenLoss(recipe.label_smoothing),
        jit_compile=run.plan.jit_compile,
    )
    model.optimizer.build(model.trainable_variables)
    card = {
        "family": run.family,
        "sizes": sizes,
        "max_length": min(recipe.max_length, room),
        "max_source_length": room,
        "data": run.dataset.name,
        "seed": run.seed,
        "recipe": recipe.to_json(),
        **run.notes,
    }
    validation = Validation(Translator(model, source, target, card), run, say_line)
    validation.resume()
    done = len(validation.state.history)
    if done < recipe.epochs and not validation.enough():
        batches.epoch = done
        callbacks = [validation, *_tensorboard(directory)]
        model.fit(
            batches,
            initial_epoch=done,
            epochs=recipe.epochs,
            shuffle=False,  # the batches shuffle themselves
            callbacks=callbacks,
            verbose=verbose,
        )
    return validation.finish()


def _vocabularies(dataset: Dataset, recipe: Recipe) -> tuple[Vocabulary, Vocabulary]:
    english = (pair.english for pair in dataset.pairs("train"))
    chinese = (pair.chinese for pair in dataset.pairs("train"))
    target = CharacterVocabulary.build(chinese, recipe.target_size, recipe.min_count)
    if recipe.source_words == "subwords":
        lower = (text.lower() for text in english)
        return SubwordVocabulary.build(lower, recipe.source_size), target
    return WordVocabulary.build(english, recipe.source_size, recipe.min_count), target


def _check_room(batches: Batches, room: int) -> None:
    longest = max(max(source, target) for _, source, target in batches.shapes)
    if longest > room:
        raise UserError(
            say(
                f"The longest sentences are {longest} words, and the model has room for {room}; "
                f"give --size max_length={longest}.",
                f"最长的句子有 {longest} 个词，而模型只能容纳 {room} 个；"
                f"请使用 --size max_length={longest}。",
            )
        )


def _optimizer(recipe: Recipe, steps: int) -> keras.optimizers.Optimizer:
    warmup = min(recipe.warmup_steps, max(1, steps // 4))
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warmup), warmup_target=recipe.learning_rate, warmup_steps=warmup
    )
    return keras.optimizers.Adam(
        rate, beta_2=0.98, epsilon=1e-9, global_clipnorm=recipe.clip or None
    )


def _tensorboard(directory: Path) -> list[keras.callbacks.Callback]:
    """Return the callback that writes Keras's own logs, where TensorFlow can write them."""
    if keras.backend.backend() != "tensorflow" or not importlib.util.find_spec("tensorboard"):
        return []
    return [keras.callbacks.TensorBoard(directory / "tensorboard", write_graph=False)]


class Validation(keras.callbacks.Callback):
    """Validates after each epoch, writes checkpoints, and stops where validation stands still.

    Args:
        translator: the model that is trained, with its vocabularies.
        run: the training that it belongs to.
        say_line: called with a line of text after each epoch.
    """

    def __init__(self, translator: Translator, run: TrainingRun, say_line: Callable[[str], object]):
        super().__init__()
        self.translator, self.run, self.say_line = translator, run, say_line
        self.state = State(run.directory / "state.npz", translator.model)
        self._paths = weight_paths(run.family, translator.card["sizes"])
        self._references = run.dataset.references("validation")
        if not self._references:
            raise UserError(
                say(
                    f"{run.dataset.name} has too few pairs to set some aside for validation.",
                    f"{run.dataset.name} 的句对太少，无法留出验证集。",
                )
            )
        self._started = time.monotonic()

    def resume(self) -> None:
        """Go on from the state of a run that was stopped, where there is one."""
        self.state.restore()

    def _epoch_file(self, epoch: int) -> Path:
        return self.run.directory / "epochs" / f"{epoch}.npz"

    def validate(self) -> Scores:
        """Score greedy translations of the validation sentences."""
        translations = self.translator.translate([english for english, _ in self._references])
        texts = [translation.text for translation in translations]
        return evaluate(texts, [right for _, right in self._references])

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._started = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        seconds = time.monotonic() - self._started
        scores = self.validate()
        best = max((row["val_bleu"] for row in self.state.history), default=-1.0)
        row = {
            "epoch": epoch + 1,
            "loss": float((logs or {}).get("loss", np.nan)),
            "val_bleu": scores.bleu,
            "val_chrf": scores.chrf,
            "val_exact": scores.exact,
            "seconds": seconds,
        }
        self.state.history.append(row)
        weights = get_weights(self.translator.model, self._paths)
        if scores.bleu > best:
            write_arrays(self.run.directory / "best.npz", weights)
        if self.run.recipe.average:
            write_arrays(self._epoch_file(epoch + 1), weights)
            self._epoch_file(epoch + 1 - self.run.recipe.average).unlink(missing_ok=True)
        write_history(self.run.directory / "history.csv", self.state.history)
        self.state.save()
        if logs is not None:
            logs.update({name: row[name] for name in ("val_bleu", "val_chrf", "val_exact")})
        self.say_line(
            f"{epoch + 1}/{self.run.recipe.epochs}  loss {row['loss']:.3f}  {scores}  "
            f"{seconds:.0f} s"
        )
        if self.enough():
            self.translator.model.stop_training = True

    def enough(self) -> bool:
        """Whether validation got no better for `patience` epochs."""
        bleu = [row["val_bleu"] for row in self.state.history]
        patience = self.run.recipe.patience
        return bool(patience and bleu and len(bleu) - 1 - int(np.argmax(bleu)) >= patience)

    def finish(self) -> Translator:
        """Save the translator with its best weights: of one epoch, or the last epochs' mean."""
        model, history = self.translator.model, self.state.history
        set_weights(model, read_arrays(self.run.directory / "best.npz"))
        best = max(row["val_bleu"] for row in history)
        last = [self._epoch_file(int(row["epoch"])) for row in history[-self.run.recipe.average :]]
        if self.run.recipe.average and all(path.is_file() for path in last):
            epochs = [read_arrays(path) for path in last]
            mean = {path: np.mean([each[path] for each in epochs], axis=0) for path in self._paths}
            set_weights(model, mean)
            scores = self.validate()
            self.say_line(f"the average of the last {len(last)} epochs: {scores}")
            if scores.bleu < best:
                set_weights(model, read_arrays(self.run.directory / "best.npz"))
            best = max(best, scores.bleu)
        self.translator.card |= {
            "epochs": len(history),
            "seconds": round(sum(row["seconds"] for row in history), 1),
            "val_bleu": round(best, 2),
        }
        self.translator.save(self.run.directory)
        return self.translator
