"""Decoding sentence by sentence with Python lists; the loss by Keras's own function."""

import collections
import math

import keras
import numpy as np
from keras import ops

from course.kit.tokens import END_ID, PAD_ID, START_ID


def shift_right(target):
    target = ops.convert_to_tensor(target)
    shifted = ops.roll(target, shift=1, axis=1)
    first = ops.equal(ops.arange(ops.shape(target)[1]), 0)
    return ops.where(first, ops.cast(START_ID, target.dtype), shifted)


def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    size = logits.shape[-1]
    truth = ops.one_hot(labels, size) * (1 - label_smoothing) + label_smoothing / size
    losses = ops.categorical_crossentropy(truth, ops.cast(logits, "float32"), from_logits=True)
    mask = ops.cast(labels != PAD_ID, losses.dtype)
    return ops.sum(losses * mask) / ops.maximum(ops.sum(mask), 1)


@keras.saving.register_keras_serializable(package="row_by_row")
class WarmupInverseSqrt(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, d_model, warmup_steps):
        self.d_model, self.warmup_steps = d_model, warmup_steps

    def __call__(self, step):
        n = ops.cast(ops.convert_to_tensor(step) + 1, "float32")
        return ops.rsqrt(ops.cast(self.d_model, "float32")) * ops.minimum(
            ops.rsqrt(n), n / self.warmup_steps**1.5
        )

    def get_config(self):
        return {"d_model": self.d_model, "warmup_steps": self.warmup_steps}


def next_scores(model, memory, row, words):
    one = [part[row : row + 1] for part in memory]
    fed = ops.convert_to_tensor([[START_ID, *words]], dtype="int32")
    logits = model.decode(fed, tuple(one))[0, -1]
    return np.asarray(ops.convert_to_numpy(ops.log_softmax(logits)), "float64")


def as_ids(rows):
    width = max(len(row) for row in rows)
    return ops.convert_to_tensor([row + [PAD_ID] * (width - len(row)) for row in rows], "int32")


def greedy_decode(model, source, max_length):
    memory = model.encode(source)
    rows = []
    for row in range(source.shape[0]):
        words = []
        while len(words) < max_length and words[-1:] != [END_ID]:
            words.append(int(np.argmax(next_scores(model, memory, row, words))))
        rows.append(words)
    return as_ids(rows)


def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    memory = model.encode(source)

    def score(hypothesis):
        words, total = hypothesis
        return total / ((5 + len(words)) / 6) ** length_penalty

    best = []
    for row in range(source.shape[0]):
        beam = [([], 0.0)]
        for _ in range(max_length):
            grown = []
            for words, total in beam:
                if words and words[-1] == END_ID:
                    grown.append((words, total))
                    continue
                scores = next_scores(model, memory, row, words)
                grown += [([*words, word], total + gain) for word, gain in enumerate(scores)]
            beam = sorted(grown, key=score, reverse=True)[:beam_size]
        best.append(beam[0][0])
    return as_ids(best)


def corpus_bleu(hypotheses, references):
    if len(hypotheses) != len(references):
        raise ValueError("as many references as hypotheses, please")
    right, total = [0] * 4, [0] * 4
    for hypothesis, reference in zip(hypotheses, references, strict=True):
        for n in range(4):
            seen = [tuple(hypothesis[i : i + n + 1]) for i in range(len(hypothesis) - n)]
            known = collections.Counter(
                tuple(reference[i : i + n + 1]) for i in range(len(reference) - n)
            )
            total[n] += len(seen)
            for gram in seen:
                if known[gram] > 0:
                    known[gram] -= 1
                    right[n] += 1
    if not right[0] or not all(total):
        return 0.0
    precisions, halved = [], 1.0
    for hit, count in zip(right, total, strict=True):
        if not hit:
            halved /= 2
        precisions.append((hit or halved) / count)
    geometric = math.prod(precisions) ** 0.25
    h, r = sum(map(len, hypotheses)), sum(map(len, references))
    return 100 * geometric * (1.0 if h > r else math.exp(1 - r / h))
