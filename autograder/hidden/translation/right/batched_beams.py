"""Batched beams with one-hot bookkeeping, scores kept as probabilities' logarithms in float32."""

import math
from collections import Counter

import keras
from keras import ops

from course.kit.tokens import END_ID, PAD_ID, START_ID
from solutions.translation import *


def shift_right(target):
    target = ops.cast(target, "int32")
    start = ops.zeros_like(target[:, -1:]) + START_ID
    return ops.concatenate((start, target), axis=1)[:, :-1]


def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    labels = ops.cast(ops.reshape(labels, (-1,)), "int32")
    logits = ops.cast(ops.reshape(logits, (-1, logits.shape[-1])), "float32")
    logits = logits - ops.max(logits, axis=-1, keepdims=True)
    logs = logits - ops.log(ops.sum(ops.exp(logits), axis=-1, keepdims=True))
    truth = ops.one_hot(labels, logs.shape[-1])
    truth = truth + label_smoothing * (1.0 / logs.shape[-1] - truth)
    real = ops.cast(labels > PAD_ID, "float32")
    losses = -ops.sum(truth * logs, axis=-1) * real
    return ops.sum(losses) / (ops.sum(real) + ops.cast(ops.sum(real) == 0, "float32"))


@keras.saving.register_keras_serializable(package="batched")
class WarmupInverseSqrt(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, d_model, warmup_steps):
        super().__init__()
        self.d_model, self.warmup_steps = d_model, warmup_steps

    def __call__(self, step):
        n = ops.cast(step, "float32") + 1
        logs = ops.minimum(-0.5 * ops.log(n), ops.log(n) - 1.5 * math.log(self.warmup_steps))
        return ops.exp(logs - 0.5 * math.log(self.d_model))

    def get_config(self):
        return {"warmup_steps": self.warmup_steps, "d_model": self.d_model}


def greedy_decode(model, source, max_length):
    memory = model.encode(source)
    fed = ops.ones((source.shape[0], 1), dtype="int32") * START_ID
    open_rows = ops.ones((source.shape[0],), dtype="int32")
    for _ in range(max_length):
        word = ops.cast(ops.argmax(model.decode(fed, memory), axis=-1)[:, -1], "int32")
        fed = ops.concatenate([fed, ops.expand_dims(word * open_rows, 1)], axis=-1)
        open_rows = open_rows * ops.cast(word != END_ID, "int32")
        if int(ops.sum(open_rows)) == 0:
            break
    return fed[:, 1:]


def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    batch, k = source.shape[0], beam_size
    memory = tuple(ops.repeat(part, k, axis=0) for part in model.encode(source))
    fed = ops.full((batch * k, 1), START_ID, dtype="int32")
    total = ops.reshape(ops.tile(ops.arange(k), (batch,)), (batch, k))
    total = ops.where(total == 0, 0.0, -1e9)
    for step in range(max_length):
        logits = model.decode(fed, memory)[:, -1]
        size = logits.shape[-1]
        logs = ops.log_softmax(logits)
        over = ops.any(ops.equal(fed, END_ID), axis=1)
        stay = ops.where(ops.arange(size) == PAD_ID, 0.0, -1e9)
        logs = ops.where(ops.expand_dims(over, 1), stay, logs)
        sums = ops.reshape(total, (batch * k, 1)) + logs
        words = ops.sum(ops.cast(fed[:, 1:] != PAD_ID, "float32"), axis=1)
        words = ops.where(over, words, step + 1.0)
        ranked = sums / ops.power((words[:, None] + 5) / 6, length_penalty)
        order = ops.flip(ops.argsort(ops.reshape(ranked, (batch, k * size)), axis=1), axis=1)
        chosen = order[:, :k]
        total = ops.take_along_axis(ops.reshape(sums, (batch, k * size)), chosen, axis=1)
        rows = ops.reshape(ops.arange(batch)[:, None] * k + chosen // size, (-1,))
        new = ops.cast(ops.reshape(ops.mod(chosen, size), (-1, 1)), "int32")
        fed = ops.concatenate([ops.take(fed, rows, axis=0), new], axis=1)
    return ops.reshape(fed, (batch, k, -1))[:, 0, 1:]


def corpus_bleu(hypotheses, references):
    if len(hypotheses) != len(references):
        raise ValueError("lengths differ")

    def counts(tokens, n):
        return Counter(zip(*(tokens[i:] for i in range(n)), strict=False))

    score, zeros = 1.0, 0
    for n in (1, 2, 3, 4):
        both = zip(hypotheses, references, strict=True)
        hit = sum(sum((counts(h, n) & counts(r, n)).values()) for h, r in both)
        count = sum(max(0, len(h) - n + 1) for h in hypotheses)
        if not count or (n == 1 and not hit):
            return 0.0
        if not hit:
            zeros += 1
        score *= (hit if hit else 2.0**-zeros) / count
    ratio = sum(len(r) for r in references) / sum(len(h) for h in hypotheses)
    return 100.0 * score**0.25 * math.exp(min(0.0, 1.0 - ratio))
