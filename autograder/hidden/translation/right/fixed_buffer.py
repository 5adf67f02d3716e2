"""Words written into a buffer of full length; a pool of ended hypotheses; BLEU with NumPy."""

import keras
import numpy as np
from keras import ops

from course.kit.tokens import END_ID, PAD_ID, START_ID
from solutions.translation import *


def shift_right(target):
    return ops.pad(target[:, :-1], [[0, 0], [1, 0]], constant_values=START_ID)


def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    logits = ops.cast(logits, "float32")
    normaliser = ops.logsumexp(logits, axis=-1)
    real = ops.not_equal(labels, PAD_ID)
    right = ops.sum(ops.one_hot(labels, logits.shape[-1]) * logits, axis=-1)
    wanted = (1.0 - label_smoothing) * right + label_smoothing * ops.mean(logits, axis=-1)
    losses = ops.where(real, normaliser - wanted, 0.0)
    count = ops.sum(ops.cast(real, "float32"))
    return ops.where(count > 0, ops.sum(losses) / ops.where(count > 0, count, 1.0), 0.0)


@keras.saving.register_keras_serializable(package="fixed_buffer")
class WarmupInverseSqrt(WarmupInverseSqrt):
    def __init__(self, d_model, warmup_steps):
        self.d_model = d_model
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        n = ops.add(ops.cast(step, "float32"), 1.0)
        warm = ops.multiply(n, float(self.warmup_steps) ** -1.5)
        cool = ops.power(n, -0.5)
        rate = ops.where(n < self.warmup_steps, warm, cool)
        return rate / float(self.d_model) ** 0.5


def greedy_decode(model, source, max_length):
    memory = model.encode(source)
    batch = source.shape[0]
    buffer = np.full((batch, max_length + 1), PAD_ID, "int32")
    buffer[:, 0] = START_ID
    running = np.ones(batch, bool)
    for place in range(max_length):
        logits = ops.convert_to_numpy(model.decode(ops.convert_to_tensor(buffer), memory))
        words = logits[:, place].argmax(-1)
        buffer[running, place + 1] = words[running]
        running &= words != END_ID
        if not running.any():
            break
    return ops.convert_to_tensor(buffer[:, 1:])


def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    memory = model.encode(source)
    batch = source.shape[0]
    result = np.full((batch, max_length), PAD_ID, "int32")
    worth = lambda total, length: total / ((5 + length) / 6) ** length_penalty  # noqa: E731
    for row in range(batch):
        ended, running = [], [((), 0.0)]
        for _ in range(max_length):
            fed = np.array([[START_ID, *words] for words, _ in running], "int32")
            own = tuple(ops.repeat(part[row : row + 1], len(running), axis=0) for part in memory)
            logits = model.decode(ops.convert_to_tensor(fed), own)[:, -1]
            gains = ops.convert_to_numpy(ops.log_softmax(logits))
            grown = [
                ((*words, word), total + float(gain))
                for (words, total), line in zip(running, gains, strict=True)
                for word, gain in enumerate(line)
            ]
            grown.sort(key=lambda item: -worth(item[1], len(item[0])))
            grown = grown[:beam_size]
            ended += [item for item in grown if item[0][-1] == END_ID]
            running = [item for item in grown if item[0][-1] != END_ID]
            if not running:
                break
        words, _ = max(ended + running, key=lambda item: worth(item[1], len(item[0])))
        result[row, : len(words)] = words
    return ops.convert_to_tensor(result)


def corpus_bleu(hypotheses, references):
    if len(hypotheses) != len(references):
        raise ValueError(f"{len(hypotheses)} hypotheses, {len(references)} references")
    hits, counts = np.zeros(4), np.zeros(4)
    for said, meant in zip(hypotheses, references, strict=True):
        for n in range(1, 5):
            grams = [" ".join(said[i : i + n]) for i in range(len(said) - n + 1)]
            known = [" ".join(meant[i : i + n]) for i in range(len(meant) - n + 1)]
            hits[n - 1] += sum(min(grams.count(g), known.count(g)) for g in set(grams))
            counts[n - 1] += len(grams)
    if hits[0] == 0 or (counts == 0).any():
        return 0.0
    missing = hits == 0
    hits[missing] = 0.5 ** np.arange(1, missing.sum() + 1)
    brevity = min(1.0, np.exp(1 - sum(map(len, references)) / sum(map(len, hypotheses))))
    return float(100 * brevity * np.exp(np.log(hits / counts).mean()))
