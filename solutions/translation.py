"""Translation: how a model is taught, how it writes, and how well it wrote.

A translator learns to guess the next word of right translations; it writes by guessing again and
again, from its own words. The unit holds what stands around every model of the course, whatever
its family: the shifted target, the loss, the learning rate, greedy and beam search, and BLEU.

Notation: B batch, S source length, T target length, V vocabulary size. A model has
`encode(source) -> memory` and `decode(target_in, memory) -> logits`; the memory is a tuple of
tensors whose first axis is the batch.
"""

import math
from collections import Counter

import keras
from keras import ops

from course.kit.tokens import END_ID, PAD_ID, START_ID

__all__ = [
    "shift_right",
    "masked_cross_entropy",
    "WarmupInverseSqrt",
    "greedy_decode",
    "beam_search",
    "corpus_bleu",
]


def shift_right(target):
    """Make what the decoder is fed from what it is to say: the start id first, the last id gone.

    At t the decoder then sees the words before target[t], and has to guess target[t] (teacher
    forcing).

    Args:
        target: token ids `(B, T)`, each row ending in the end id and padding.

    Returns:
        `(B, T)`, beginning with the start id.

    Source: Williams and Zipser 1989, on teacher forcing.
    """
    ### BEGIN SOLUTION
    start = ops.full_like(target[:, :1], START_ID)  # (B, 1)
    return ops.concatenate([start, target[:, :-1]], axis=1)
    ### END SOLUTION


def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    """Average, over the real tokens, how surprised the model was by the right one.

    loss at one token = - sum_v q_v log softmax(logits)_v
    q = (1 - label_smoothing) at the right token, plus label_smoothing / V everywhere

    Padding counts neither in the sum nor in the number of tokens, whichever sentence it stands in.
    Keras trains with it in a compiled function, where B and T are not known.

    Args:
        labels: token ids `(B, T)`; `PAD_ID` (0) is padding.
        logits: `(B, T, V)`, before any softmax.
        label_smoothing: how much of the truth is spread over the vocabulary, from 0 to 1.

    Returns:
        A scalar; 0 where there is no real token.

    Source: Szegedy et al. 2016, section 7, for the smoothing.
    """
    ### BEGIN SOLUTION
    log_probabilities = ops.log_softmax(ops.cast(logits, "float32"))  # (B, T, V)
    labels = ops.cast(labels, "int32")
    of_label = ops.take_along_axis(log_probabilities, labels[..., None], axis=-1)  # (B, T, 1)
    of_all = ops.mean(log_probabilities, axis=-1)  # (B, T, V) -> (B, T)
    losses = -(1 - label_smoothing) * of_label[..., 0] - label_smoothing * of_all

    real = ops.not_equal(labels, PAD_ID)
    count = ops.sum(ops.cast(real, "float32"))
    return ops.sum(ops.where(real, losses, 0.0)) / ops.maximum(count, 1.0)
    ### END SOLUTION


@keras.saving.register_keras_serializable(package="course")
class WarmupInverseSqrt(keras.optimizers.schedules.LearningRateSchedule):
    """Warm up, then cool down: the learning rate of the Transformer's paper.

    rate = D^-0.5 * min(n^-0.5, n * warmup_steps^-1.5)

    n counts the updates from 1. Keras counts its steps from 0: the first update has step 0 and
    n = 1.

    Args:
        d_model: D, the width of the model.
        warmup_steps: how many updates the rate grows for.

    Call arguments:
        step: Keras's number of the update, from 0; an int or a scalar tensor.

    Returns:
        The learning rate, a scalar.

    Source: Vaswani et al. 2017, section 5.3, equation 3.
    """

    def __init__(self, d_model, warmup_steps):
        super().__init__()
        self.d_model = d_model
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        ### BEGIN SOLUTION
        n = ops.cast(step, "float32") + 1.0
        return self.d_model**-0.5 * ops.minimum(n**-0.5, n * self.warmup_steps**-1.5)
        ### END SOLUTION

    def get_config(self):
        return {"d_model": self.d_model, "warmup_steps": self.warmup_steps}


def greedy_decode(model, source, max_length):
    """Write the likeliest word, again and again, until each sentence has ended.

    The model reads the source once. Then it is fed the start id and all words written so far; what
    it says at the last position is the next word.

    Args:
        model: has `encode` and `decode`.
        source: token ids `(B, S)`.
        max_length: the most words that are written, the end id counted.

    Returns:
        Token ids `(B, L)`, L <= max_length, without the start id. After a row's end id there is
        padding only; writing stops as soon as every row has ended.

    Source: Sutskever et al. 2014, section 3.2, with a beam of one.
    """
    ### BEGIN SOLUTION
    memory = model.encode(source)
    target = ops.full((ops.shape(source)[0], 1), START_ID, dtype="int32")  # (B, 1)
    ended = ops.zeros_like(target[:, 0], dtype="bool")  # (B,)
    for _ in range(max_length):
        logits = model.decode(target, memory)[:, -1]  # (B, L, V) -> (B, V)
        word = ops.where(ended, PAD_ID, ops.cast(ops.argmax(logits, axis=-1), "int32"))  # (B,)
        target = ops.concatenate([target, word[:, None]], axis=1)  # (B, L + 1)
        ended = ops.logical_or(ended, ops.equal(word, END_ID))
        if ops.all(ended):
            break
    return target[:, 1:]
    ### END SOLUTION


def beam_search(model, source, max_length, beam_size=4, length_penalty=0.6):
    """Keep the few best beginnings of a translation, and return the best that comes of them.

    score(Y) = log P(Y | source) / lp(Y),  lp(Y) = ((5 + |Y|) / 6)^length_penalty

    |Y| counts the words written, the end id among them. At each step every beginning that has not
    ended is continued by every word; one that has ended stays as it is and competes on. The
    `beam_size` best by score go on. Where nothing can change any more, or after `max_length`
    words, the best by score is returned, ended or not.

    Args:
        model: has `encode` and `decode`.
        source: token ids `(B, S)`.
        max_length: the most words that are written, the end id counted.
        beam_size: how many beginnings are kept a sentence.
        length_penalty: 0 prefers short translations; 1 compares nearly by the mean per word.

    Returns:
        Token ids `(B, L)`, L <= max_length, in the form of `greedy_decode`.

    Source: Wu et al. 2016, "Google's Neural Machine Translation System", section 7, equation 14.
    """
    ### BEGIN SOLUTION
    batch = source.shape[0]
    memory = keras.tree.map_structure(
        lambda part: ops.repeat(part, beam_size, axis=0), model.encode(source)
    )
    target = ops.full((batch, beam_size, 1), START_ID, dtype="int32")
    # All beams begin alike: only the first may be continued, or every beam would say the same.
    first_only = ops.convert_to_tensor([[0.0] + [-math.inf] * (beam_size - 1)])
    log_probability = ops.tile(first_only, (batch, 1))  # (B, beam_size)
    length = ops.zeros((batch, beam_size))
    ended = ops.zeros((batch, beam_size), dtype="bool")

    for _ in range(max_length):
        rows = ops.reshape(target, (batch * beam_size, target.shape[-1]))
        logits = model.decode(rows, memory)[:, -1]  # (B * beam_size, V)
        vocabulary_size = logits.shape[-1]
        gains = ops.log_softmax(ops.cast(logits, "float32"))
        gains = ops.reshape(gains, (batch, beam_size, vocabulary_size))
        # A beam that has ended can only be padded, at no cost.
        only_padding = ops.where(ops.equal(ops.arange(vocabulary_size), PAD_ID), 0.0, -math.inf)
        gains = ops.where(ended[:, :, None], only_padding, gains)

        totals = log_probability[:, :, None] + gains  # (B, beam_size, V)
        lengths = length + ops.cast(ops.logical_not(ended), "float32")
        scores = totals / (((5.0 + lengths) / 6.0) ** length_penalty)[:, :, None]
        _, best = ops.top_k(ops.reshape(scores, (batch, -1)), beam_size)  # out of beam_size * V
        beam, word = best // vocabulary_size, ops.cast(best % vocabulary_size, "int32")

        log_probability = ops.take_along_axis(ops.reshape(totals, (batch, -1)), best, axis=1)
        length = ops.take_along_axis(lengths, beam, axis=1)
        ended = ops.take_along_axis(ended, beam, axis=1)
        target = ops.take_along_axis(target, beam[:, :, None], axis=1)
        target = ops.concatenate([target, word[:, :, None]], axis=-1)  # (B, beam_size, L + 1)
        ended = ops.logical_or(ended, ops.equal(word, END_ID))
        if ops.all(ended):
            break
    return target[:, 0, 1:]  # (B, L): the beams are sorted, best first
    ### END SOLUTION


def corpus_bleu(hypotheses, references):
    """Measure how much of some translations is also in the right ones, from 0 to 100.

    BLEU = 100 * BP * (p_1 p_2 p_3 p_4)^(1/4)
    p_n  = n-grams that are also in the reference, over all n-grams, summed over the corpus; an
           n-gram counts at most as often as it is in its reference
    BP   = 1 where the hypotheses are longer than the references in all, else exp(1 - r / h)

    Where no n-gram of a length is right but shorter ones are, p_n is 1 / (2^k * number of n-grams)
    for the k-th such length. Without one right word, or without any n-gram of a length, BLEU is 0.

    Args:
        hypotheses: what was written: a list of sentences, each a list of tokens.
        references: what is right, one for each hypothesis, in the same form.

    Returns:
        A float from 0 to 100.

    Raises:
        ValueError: there are more of the one than of the other.

    Source: Papineni et al. 2002; smoothed as in sacreBLEU (Post 2018), its method "exp".
    """
    ### BEGIN SOLUTION
    if len(hypotheses) != len(references):
        raise ValueError(
            f"Each hypothesis needs its reference: there are {len(hypotheses)} and "
            f"{len(references)}."
        )

    def ngrams(sentence, n):
        return Counter(tuple(sentence[i : i + n]) for i in range(len(sentence) - n + 1))

    pairs = list(zip(hypotheses, references, strict=True))
    log_precision, missed_lengths = 0.0, 0
    for n in range(1, 5):
        matches = sum((ngrams(h, n) & ngrams(r, n)).total() for h, r in pairs)
        total = sum(ngrams(h, n).total() for h, _ in pairs)
        if total == 0 or (matches == 0 and n == 1):
            return 0.0
        if matches == 0:
            missed_lengths += 1
            matches = 0.5**missed_lengths
        log_precision += math.log(matches / total) / 4

    hypothesis_length = sum(len(h) for h, _ in pairs)
    reference_length = sum(len(r) for _, r in pairs)
    brevity_penalty = min(1.0, math.exp(1 - reference_length / hypothesis_length))
    return 100.0 * brevity_penalty * math.exp(log_precision)
    ### END SOLUTION
