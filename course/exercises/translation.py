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
    raise NotImplementedError("shift_right")


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
    raise NotImplementedError("masked_cross_entropy")


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
        raise NotImplementedError("WarmupInverseSqrt.__call__")

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
    raise NotImplementedError("greedy_decode")


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
    raise NotImplementedError("beam_search")


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
    raise NotImplementedError("corpus_bleu")
