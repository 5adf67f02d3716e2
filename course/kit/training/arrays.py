"""Short trainings on arrays, without validation and without checkpoints."""

from typing import Any

import keras
import numpy as np

from course.kit.tokens import END_ID, PAD_ID, START_ID
from course.kit.training.loss import TokenLoss

_MULTIPLE = 8  # lengths are rounded up: each new shape may have to be compiled


def fit(
    model: Any,
    source: np.ndarray,
    target: np.ndarray,
    epochs: int,
    rows: int = 128,
    learning_rate: float = 2e-3,
) -> list[float]:
    """Train a translator with Adam; return each epoch's mean loss over its batches.

    Args:
        model: takes `(source, target_in)` and gives logits.
        source, target: token ids `(N, S)` and `(N, T)`, the target without start and end.
        epochs: passes over the pairs, those of like lengths side by side.
        rows: pairs of a batch.
        learning_rate: where it begins; it falls to 0 as a cosine.
    """
    source, target = keras.ops.convert_to_numpy(source), keras.ops.convert_to_numpy(target)
    order = np.lexsort([(ids != PAD_ID).sum(axis=1) for ids in (source, target)])
    batches = [order[first : first + rows] for first in range(0, len(order), rows)]
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * len(batches))
    model.compile(keras.optimizers.Adam(rate, clipnorm=1.0), TokenLoss(0.1), jit_compile=False)
    shuffle, losses = np.random.default_rng(0), []
    for _ in range(epochs):
        shuffle.shuffle(batches)
        batch_losses = []
        for batch in batches:
            words, target_in, target_out = _inputs(source[batch], target[batch])
            real = (target_out != PAD_ID).astype("float32")
            loss = model.train_on_batch((words, target_in), target_out, sample_weight=real)
            batch_losses.append(float(np.ravel(loss)[0]))
        losses.append(float(np.mean(batch_losses)))
    return losses


def _inputs(source: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the source, the target behind the start id, and the target before its end id."""
    source, target_out = _cut(source), _cut(target, room=1)
    target_in = np.concatenate([np.full_like(target_out[:, :1], START_ID), target_out[:, :-1]], 1)
    target_out[np.arange(len(target)), (target != PAD_ID).sum(axis=1)] = END_ID
    return source, target_in, target_out


def _cut(ids: np.ndarray, room: int = 0) -> np.ndarray:
    """Return the columns that these rows need, and `room` more, rounded up with padding."""
    longest = int((ids != PAD_ID).sum(axis=1).max()) + room
    width = -(-longest // _MULTIPLE) * _MULTIPLE
    cut = np.full((len(ids), width), PAD_ID, "int32")
    cut[:, : ids.shape[1]] = ids[:, :width]
    return cut
