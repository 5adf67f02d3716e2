"""Each sentence encoded and written by itself; a beam kept by heapq; BLEU with plain dicts."""

import heapq
import math

import keras
import numpy as np
from keras import ops

from course.kit.tokens import END_ID, PAD_ID, START_ID


def shift_right(target):
    length = ops.shape(target)[1]
    before = ops.take(target, ops.maximum(ops.arange(length) - 1, 0), axis=1)
    return ops.where(ops.arange(length)[None, :] > 0, before, ops.full_like(before, START_ID))


def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    vocabulary_size = logits.shape[-1]
    highest = ops.stop_gradient(ops.amax(logits, axis=-1, keepdims=True))
    logs = logits - highest - ops.logsumexp(logits - highest, axis=-1, keepdims=True)
    right = ops.equal(ops.expand_dims(labels, -1), ops.arange(vocabulary_size, dtype=labels.dtype))
    truth = ops.where(right, 1.0 - label_smoothing, 0.0) + label_smoothing / vocabulary_size
    real = ops.where(labels == PAD_ID, 0.0, 1.0)
    total = ops.einsum("btv,btv,bt->", ops.cast(truth, "float32"), -logs, real)
    return total / ops.maximum(ops.einsum("bt->", real), 1.0)


@keras.saving.register_keras_serializable(package="one_sentence")
class WarmupInverseSqrt(keras.optimizers.schedules.LearningRateSchedule):
    def __init__(self, d_model, warmup_steps):
        super().__init__()
        self.d_model = d_model
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        n = ops.cast(step, "float32") + 1.0
        return ops.rsqrt(self.d_model * ops.maximum(n, self.warmup_steps**3 / ops.square(n)))

    def get_config(self):
        return {"d_model": self.d_model, "warmup_steps": self.warmup_steps}


def together(rows):
    width = max(map(len, rows))
    return np.array([row + [PAD_ID] * (width - len(row)) for row in rows], "int32")


def greedy_decode(model, source, max_length):
    rows = []
    for sentence in np.asarray(ops.convert_to_numpy(source)):
        memory, words = model.encode(sentence[None, :]), [START_ID]
        while words[-1] != END_ID and len(words) < 1 + max_length:
            logits = ops.convert_to_numpy(model.decode(np.array([words], "int32"), memory))
            words.append(int(logits[0, -1].argmax()))
        rows.append(words[1:])
    return together(rows)


def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    def score(item):
        total, words = item
        return total / ((5 + len(words) - 1) / 6) ** length_penalty

    rows = []
    for sentence in np.asarray(ops.convert_to_numpy(source)):
        memory = model.encode(sentence[None, :])
        beam = [(0.0, (START_ID,))]
        while any(words[-1] != END_ID and len(words) <= max_length for _, words in beam):
            following = [item for item in beam if item[1][-1] == END_ID]
            for total, words in beam:
                if words[-1] != END_ID:
                    logits = model.decode(np.array([words], "int32"), memory)
                    gains = ops.convert_to_numpy(ops.log_softmax(logits, axis=-1))[0, -1]
                    following += [(total + float(g), (*words, w)) for w, g in enumerate(gains)]
            beam = heapq.nlargest(beam_size, following, key=score)
        rows.append(list(beam[0][1][1:]))
    return together(rows)


def corpus_bleu(hypotheses, references):
    if len(hypotheses) != len(references):
        raise ValueError("not as many references as hypotheses")
    logs, misses = [], 0
    for n in range(1, 4 + 1):
        right = total = 0
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            left = {}
            for start in range(len(reference) - n + 1):
                gram = tuple(reference[start : start + n])
                left[gram] = left.get(gram, 0) + 1
            for start in range(len(hypothesis) - n + 1):
                total += 1
                gram = tuple(hypothesis[start : start + n])
                if left.get(gram):
                    left[gram] -= 1
                    right += 1
        if not total or not (right or logs):
            return 0.0
        if not right:
            misses += 1
            right = 1 / 2**misses
        logs.append(math.log(right) - math.log(total))
    missing = sum(map(len, references)) / sum(map(len, hypotheses)) - 1
    return 100 * math.exp(math.fsum(logs) / 4 - max(0.0, missing))
