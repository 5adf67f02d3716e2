"""Float64 answers for the translation unit, token by token; BLEU is sacreBLEU's own."""

import itertools

import numpy as np
import sacrebleu

from autograder.hidden import search
from course.kit.tokens import END_ID, PAD_ID, START_ID


def shift_right(target):
    """The start id, then all but the last column."""
    target = np.asarray(target)
    return np.concatenate([np.full_like(target[:, :1], START_ID), target[:, :-1]], axis=1)


def log_softmax(logits):
    """Logarithms of the softmax along the last axis."""
    logits = np.asarray(logits, "float64")
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def masked_cross_entropy(labels, logits, label_smoothing=0.0):
    """The mean over real tokens of the cross-entropy with smoothed truth."""
    logs, losses = log_softmax(logits), []
    vocabulary_size = logs.shape[-1]
    for place in zip(*np.nonzero(np.asarray(labels) != PAD_ID), strict=True):
        truth = np.full(vocabulary_size, label_smoothing / vocabulary_size)
        truth[labels[place]] += 1 - label_smoothing
        losses.append(-np.sum(truth * logs[place]))
    return np.mean(losses) if losses else 0.0


def warmup_inverse_sqrt(d_model, warmup_steps, step):
    """Vaswani et al. 2017, equation 3, for Keras's step counted from 0."""
    n = step + 1.0
    return d_model**-0.5 * min(n**-0.5, n * warmup_steps**-1.5)


class Script:
    """What a `ScriptedModel` says, from the same four tables."""

    def __init__(self, by_word, by_position, by_source, by_history):
        self.tables = (by_word, by_position, by_source, by_history)
        self.vocabulary_size = np.shape(by_word)[0]
        self._logs = {}  # searches that try every hypothesis ask for the same ones

    def logs(self, source, written):
        """Log-probabilities of the next word, after the start id and the words written."""
        fed = [START_ID, *written]
        at = (
            fed[-1],
            min(len(fed), len(self.tables[1])) - 1,
            int(sum(source)) % len(self.tables[2]),
            sum(fed) % len(self.tables[3]),
        )
        if at not in self._logs:
            rows = zip(self.tables, at, strict=True)
            self._logs[at] = log_softmax(sum(table[row] for table, row in rows))
        return self._logs[at]

    def log_probability(self, source, words):
        """Log-probability of a hypothesis."""
        return sum(self.logs(source, words[:n])[word] for n, word in enumerate(words))

    def greedy(self, source, max_length):
        """The likeliest next word, again and again, for one sentence."""
        written = []
        while len(written) < max_length and END_ID not in written:
            written.append(int(np.argmax(self.logs(source, written))))
        return written

    def score(self, source, words, penalty):
        """Wu et al. 2016, equation 14, without its coverage."""
        return self.log_probability(source, words) / ((5 + len(words)) / 6) ** penalty

    def beam(self, source, max_length, beam_size, penalty):
        """The words that beam search returns, for one sentence."""
        table = _Says(self, source)
        return list(search.beam(table, beam_size, max_length, penalty)[0])

    def pooled(self, source, max_length, beam_size, penalty):
        """The same where hypotheses that have ended leave their place in the beam to others."""
        ended, going = [], [[]]
        for _ in range(max_length):
            grown = [[*words, word] for words in going for word in range(self.vocabulary_size)]
            best = self._best(source, grown, penalty)[:beam_size]
            ended += [words for words in best if words[-1] == END_ID]
            going = [words for words in best if words[-1] != END_ID]
        return self._best(source, ended + going, penalty)[0]

    def late(self, source, max_length, beam_size, penalty):
        """What comes of it, wrongly, where scores count only when the search is over."""
        beam = [[]]
        for _ in range(max_length):
            grown = [words for words in beam if END_ID in words]
            going = [words for words in beam if END_ID not in words]
            grown += [[*words, word] for words in going for word in range(self.vocabulary_size)]
            beam = self._best(source, grown, 0.0)[:beam_size]
        return self._best(source, beam, penalty)[0]

    def _best(self, source, hypotheses, penalty):
        return sorted(hypotheses, key=lambda words: -self.score(source, words, penalty))

    def ranked(self, source, max_length, penalty):
        """All hypotheses with their scores, best first: ended ones, and those cut off."""
        others = [word for word in range(self.vocabulary_size) if word != END_ID]
        hypotheses = [list(words) for words in itertools.product(others, repeat=max_length)]
        for length in range(max_length):
            before = itertools.product(others, repeat=length)
            hypotheses += [[*words, END_ID] for words in before]
        scored = [(self.score(source, words, penalty), words) for words in hypotheses]
        return sorted(scored, reverse=True)


class _Says:
    """A `search.Table` of what a script says to one source."""

    def __init__(self, script, source):
        self._script, self._source = script, source

    def __contains__(self, words):
        return True

    def __getitem__(self, words):
        logs = self._script.logs(self._source, words[1:])
        return logs, np.arange(len(logs))


def padded(rows, width):
    """Rows of words as an array, padded at the end."""
    return np.array([[*row, *[PAD_ID] * (width - len(row))] for row in rows])


def corpus_bleu(hypotheses, references):
    """sacreBLEU's score on tokens as they are."""
    lines = [" ".join(tokens) for tokens in hypotheses]
    right = [" ".join(tokens) for tokens in references]
    return sacrebleu.corpus_bleu(lines, [right], tokenize="none", force=True).score
