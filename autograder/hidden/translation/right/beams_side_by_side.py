"""All first beams, then all second ones; ended sentences leave the batch; one Counter for BLEU."""

import math
from collections import Counter

import keras
import numpy as np
from keras import ops

from course.kit.tokens import END_ID, PAD_ID, START_ID


def shift_right(target):
    shape = ops.shape(target)
    fed = ops.concatenate([ops.full((shape[0], 1), START_ID, dtype=target.dtype), target], axis=1)
    return ops.slice(fed, (0, 0), shape)


def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    logits = ops.cast(logits, "float32")
    of_label = ops.take_along_axis(logits, ops.expand_dims(labels, -1), axis=-1)
    # log sum exp(l_v - l_label) is the surprise; the mean of all surprises is that of smoothing.
    surprise = ops.squeeze(ops.logsumexp(logits - of_label, axis=-1, keepdims=True), -1)
    even = surprise + ops.mean(of_label - logits, axis=-1)
    losses = surprise * (1.0 - label_smoothing) + even * label_smoothing
    weights = ops.cast(labels != PAD_ID, "float32")
    weights = weights / ops.maximum(1.0, ops.sum(weights))
    return ops.tensordot(losses, weights, axes=2)


@keras.saving.register_keras_serializable(package="side_by_side")
class WarmupInverseSqrt(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, d_model, warmup_steps):
        self.d_model, self.warmup_steps = d_model, warmup_steps

    def __call__(self, step):
        n = 1.0 + ops.cast(step, "float32")
        warm = n / self.warmup_steps / math.sqrt(self.warmup_steps)
        both = ops.stack([warm, 1.0 / ops.sqrt(n)])
        return ops.min(both, axis=0) / math.sqrt(self.d_model)

    def get_config(self):
        return {"d_model": self.d_model, "warmup_steps": self.warmup_steps}


def part_of(memory, rows):
    return tuple(ops.take(part, ops.convert_to_tensor(rows), axis=0) for part in memory)


def greedy_decode(model, source, max_length):
    memory, batch = model.encode(source), int(source.shape[0])
    written = np.zeros((batch, 0), "int32")
    going = np.arange(batch)
    while len(going) and written.shape[1] < max_length:
        start = np.full((len(going), 1), START_ID, "int32")
        fed = np.concatenate([start, written[going]], axis=1)
        logits = ops.convert_to_numpy(model.decode(fed, part_of(memory, going)))
        column = np.full((batch, 1), PAD_ID, "int32")
        column[going, 0] = np.argmax(logits[:, -1, :], axis=1)
        written = np.concatenate([written, column], axis=1)
        going = going[column[going, 0] != END_ID]
    return written


def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    batch = int(source.shape[0])
    memory = model.encode(source)
    words = np.full((1, batch, 1), START_ID, "int32")  # beams, sentences, places
    totals = np.zeros((1, batch))
    for _ in range(max_length):
        beams = len(words)
        fed = words.reshape(beams * batch, -1)
        logits = model.decode(fed, part_of(memory, np.tile(np.arange(batch), beams)))[:, -1]
        logs = ops.convert_to_numpy(logits).astype("float64")
        logs -= logs.max(axis=-1, keepdims=True)
        logs -= np.log(np.exp(logs).sum(axis=-1, keepdims=True))
        logs = logs.reshape(beams, batch, -1)
        over = (words == END_ID).any(axis=-1)
        logs[over] = -np.inf
        logs[over, PAD_ID] = 0.0
        sums = totals[..., None] + logs
        lengths = (words[..., 1:] != PAD_ID).sum(axis=-1) + ~over
        ranks = sums / ((5 + lengths) / 6)[..., None] ** length_penalty
        ranks = ranks.transpose(1, 0, 2).reshape(batch, -1)  # sentences, beams x words
        best = np.argsort(-ranks, axis=1, kind="stable")[:, :beam_size].T
        beam, word = np.divmod(best, logs.shape[-1])
        rows = np.arange(batch)
        totals = sums[beam, rows, word]
        words = np.concatenate([words[beam, rows], word[..., None].astype("int32")], axis=-1)
    return ops.convert_to_tensor(words[0, :, 1:])


def corpus_bleu(hypotheses, references):
    if len(hypotheses) - len(references):
        raise ValueError("each hypothesis needs a reference")

    def counted(sentences):
        return Counter(
            (number, tuple(tokens[first : first + n]))
            for number, tokens in enumerate(sentences)
            for n in (1, 2, 3, 4)
            for first in range(len(tokens) + 1 - n)
        )

    said, meant = counted(hypotheses), counted(references)
    written, right = [0] * 5, [0] * 5
    for (number, gram), count in said.items():
        written[len(gram)] += count
        right[len(gram)] += min(count, meant[number, gram])
    if right[1] == 0 or 0 in written[1:]:
        return 0.0
    for n in (2, 3, 4):
        if not right[n]:
            right[n] = right[n - 1] / 2 if right[n - 1] < 1 else 0.5
    product = math.prod(right[n] / written[n] for n in (1, 2, 3, 4))
    long, needed = sum(map(len, hypotheses)), sum(map(len, references))
    return 100.0 * product**0.25 * (math.exp(1 - needed / long) if long < needed else 1.0)
