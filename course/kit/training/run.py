"""Training a family on a data set: from pairs to a translator on disk.

Each epoch ends with a validation: its sentences are translated greedily and scored. What is needed
to go on from there is written after each epoch, so that a run that was killed and resumed gives the
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

from course.kit.corpora.dataset import Dataset, data_home
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
class Job:
    """What is to be trained, on what, how, and where it is kept.

    Attributes:
        family: its name.
        model_class: the exercise's class, whoever wrote it.
        dataset: the pairs.
        recipe: sizes, epochs and so on.
        directory: where the run is kept.
        plan: devices and precision.
        seed: of weights, batches and dropout.
        notes: what else the saved translator's card is to say.
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
        """Return what decides the course of the run: another one of these is another run."""
        return {
            "family": self.family,
            "data": self.dataset.directory.name,
            "recipe": self.recipe.to_json(),
            "precision": self.plan.precision,
            "seed": self.seed,
            **self.notes,
        }


def train(job: Job, say_line: Callable[[str], object], verbose: int = 0) -> Translator:
    """Train, or go on where a run in the same directory was stopped; return the translator.

    Args:
        job: what to train.
        say_line: told a line after each epoch.
        verbose: Keras's own progress: 0 none, 1 a bar, 2 a line an epoch.

    Raises:
        UserError: there are too few pairs to train and validate with.
        UserError: a sentence is longer than the model's `max_length`.
        UserError: the directory holds the state of another model.
    """
    # All of it is in the scope: JAX shares out batches only as long as it is there.
    with in_precision(job.plan.precision), job.plan.scope():
        return _train(job, say_line, verbose)


def _train(job: Job, say_line: Callable[[str], object], verbose: int) -> Translator:
    keras.utils.set_random_seed(job.seed)
    recipe, directory = job.recipe, job.directory
    source, target = _vocabularies(job.dataset, recipe)
    encoded = encode_split(job.dataset, "train", source, target, data_home() / "encoded")
    batches = Batches(encoded, tokens=recipe.tokens, seed=job.seed)

    sizes = {
        "source_vocabulary_size": source.size,
        "target_vocabulary_size": target.size,
        **recipe.sizes,
    }
    room = recipe.sizes.get("max_length", 10**6)
    _check_room(batches, room)
    model = build(job.family, job.model_class, sizes)
    model.compile(
        optimizer=_optimizer(recipe, steps=len(batches) * recipe.epochs),
        loss=TokenLoss(recipe.label_smoothing),
        jit_compile=job.plan.jit_compile,
    )
    model.optimizer.build(model.trainable_variables)
    card = {
        "family": job.family,
        "sizes": sizes,
        "max_length": min(recipe.max_length, room),
        "max_source_length": room,
        "data": job.dataset.name,
        "seed": job.seed,
        "recipe": recipe.to_json(),
        **job.notes,
    }
    keeper = Keeper(Translator(model, source, target, card), job, say_line)
    keeper.resume()
    done = len(keeper.state.history)
    if done < recipe.epochs and not keeper.enough():
        batches.epoch = done
        callbacks = [keeper, *_tensorboard(directory)]
        model.fit(
            batches,
            initial_epoch=done,
            epochs=recipe.epochs,
            shuffle=False,  # the batches shuffle themselves
            callbacks=callbacks,
            verbose=verbose,
        )
    return keeper.finish()


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
    """Keras's own logs, where TensorFlow is there to write them."""
    if keras.backend.backend() != "tensorflow" or not importlib.util.find_spec("tensorboard"):
        return []
    return [keras.callbacks.TensorBoard(directory / "tensorboard", write_graph=False)]


class Keeper(keras.callbacks.Callback):
    """Validates after each epoch, keeps what is worth keeping, and says when it is enough.

    Args:
        translator: the model that is trained, with its vocabularies.
        job: what is trained.
        say_line: told a line after each epoch.
    """

    def __init__(self, translator: Translator, job: Job, say_line: Callable[[str], object]):
        super().__init__()
        self.translator, self.job, self.say_line = translator, job, say_line
        self.state = State(job.directory / "state.npz", translator.model)
        self._paths = weight_paths(job.family, translator.card["sizes"])
        self._validation = job.dataset.references("validation")
        if not self._validation:
            raise UserError(
                say(
                    f"{job.dataset.name} has too few pairs to set some aside for validation.",
                    f"{job.dataset.name} 的句对太少，无法留出验证集。",
                )
            )
        self._started = time.monotonic()

    def resume(self) -> None:
        """Take up what an earlier run left."""
        self.state.restore()

    def _epoch_file(self, epoch: int) -> Path:
        return self.job.directory / "epochs" / f"{epoch}.npz"

    def validate(self) -> Scores:
        """Score greedy translations of the validation sentences."""
        written = self.translator.translate([english for english, _ in self._validation])
        return evaluate([each.text for each in written], [right for _, right in self._validation])

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
            write_arrays(self.job.directory / "best.npz", weights)
        if self.job.recipe.average:
            write_arrays(self._epoch_file(epoch + 1), weights)
            self._epoch_file(epoch + 1 - self.job.recipe.average).unlink(missing_ok=True)
        write_history(self.job.directory / "history.csv", self.state.history)
        self.state.save()
        if logs is not None:
            logs.update({name: row[name] for name in ("val_bleu", "val_chrf", "val_exact")})
        self.say_line(
            f"{epoch + 1}/{self.job.recipe.epochs}  loss {row['loss']:.3f}  {scores}  "
            f"{seconds:.0f} s"
        )
        if self.enough():
            self.translator.model.stop_training = True

    def enough(self) -> bool:
        """Whether validation got no better for as long as the recipe is patient."""
        bleu = [row["val_bleu"] for row in self.state.history]
        patience = self.job.recipe.patience
        return bool(patience and bleu and len(bleu) - 1 - int(np.argmax(bleu)) >= patience)

    def finish(self) -> Translator:
        """Put in the best weights, or the average of the last ones where that is better; save."""
        model, history = self.translator.model, self.state.history
        set_weights(model, read_arrays(self.job.directory / "best.npz"))
        best = max(row["val_bleu"] for row in history)
        last = [self._epoch_file(int(row["epoch"])) for row in history[-self.job.recipe.average :]]
        if self.job.recipe.average and all(path.is_file() for path in last):
            kept = [read_arrays(path) for path in last]
            mean = {path: np.mean([each[path] for each in kept], axis=0) for path in self._paths}
            set_weights(model, mean)
            scores = self.validate()
            self.say_line(f"the average of the last {len(last)} epochs: {scores}")
            if scores.bleu < best:
                set_weights(model, read_arrays(self.job.directory / "best.npz"))
            best = max(best, scores.bleu)
        self.translator.card |= {
            "epochs": len(history),
            "seconds": round(sum(row["seconds"] for row in history), 1),
            "val_bleu": round(best, 2),
        }
        self.translator.save(self.job.directory)
        return self.translator
