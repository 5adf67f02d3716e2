"""The translation suite on hand-ins that it once judged wrongly: edits of the reference."""

import pytest

from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.grader import Grader
from autograder.grading.submitted_file import SubmittedFile

pytestmark = pytest.mark.slow

REFERENCE = (SOLUTIONS_DIR / "translation.py").read_text(encoding="utf-8")
# What is wrong with it: the exercise, what stands in the reference, and what stands there instead.
WRONG = {
    "one half for every length without a match": (
        "corpus_bleu",
        "matches = 0.5**missed_lengths",
        "matches = 0.5",
    ),
    "the first word of a translation without words": (
        "corpus_bleu",
        "log_precision, missed_lengths = 0.0, 0",
        "log_precision, missed_lengths, _ = 0.0, 0, [h[0] for h, _ in pairs]",
    ),
    "a length for each sentence, and none is 0": (
        "corpus_bleu",
        "log_precision, missed_lengths = 0.0, 0",
        "log_precision, missed_lengths, _ = 0.0, 0, [len(r) / len(h) for h, r in pairs]",
    ),
    "the longest of no sentences": (
        "corpus_bleu",
        "log_precision, missed_lengths = 0.0, 0",
        "log_precision, missed_lengths, _ = 0.0, 0, max(len(h) for h, _ in pairs)",
    ),
    "tokens glued together": (
        "corpus_bleu",
        "Counter(tuple(sentence[i : i + n]) for",
        'Counter("".join(sentence[i : i + n]) for',
    ),
    "the unknown id taken for padding": (
        "masked_cross_entropy",
        "real = ops.not_equal(labels, PAD_ID)",
        "real = labels > PAD_ID + 1",
    ),
    "memory of which the mask is not repeated": (
        "beam_search",
        "lambda part: ops.repeat(part, beam_size, axis=0), model.encode(source)",
        "lambda part: part if part.dtype == 'bool' else ops.repeat(part, beam_size, axis=0), "
        "model.encode(source)",
    ),
    "a penalty of 5.01": ("beam_search", "5.0 + lengths", "5.01 + lengths"),
    "each sentence read for each word": (
        "greedy_decode",
        "model.decode(target, memory)[:, -1]",
        "model.decode(target, model.encode(source))[:, -1]",
    ),
}
RIGHT = {
    "each sentence read once, by itself": (
        "memory = model.encode(source)\n    target = ops.full((",
        "parts = [model.encode(source[i : i + 1]) for i in range(source.shape[0])]\n"
        "    memory = tuple(ops.concatenate(part) for part in zip(*parts))\n"
        "    target = ops.full((",
    ),
    "ids as NumPy's array": ("return target[:, 1:]", "return ops.convert_to_numpy(target[:, 1:])"),
}


@pytest.fixture(scope="module")
def grader(server):
    with Grader(server, diagnose=False) as grader:
        yield grader


def lost(grader, old, new):
    """The exercises that lose points where one piece of the reference is another."""
    assert REFERENCE.count(old) == 1
    source = REFERENCE.replace(old, new)
    result = grader.grade(SubmittedFile("hand-in", "translation", ".py", source.encode()))
    assert result.status == "graded"
    return {check.exercise for check in result.checks if check.status != "passed"}


@pytest.mark.parametrize(("exercise", "old", "new"), WRONG.values(), ids=WRONG)
def test_wrong_work_is_caught(grader, exercise, old, new):
    assert lost(grader, old, new) == {exercise}


@pytest.mark.parametrize(("old", "new"), RIGHT.values(), ids=RIGHT)
def test_right_work_gets_full_marks(grader, old, new):
    assert lost(grader, old, new) == set()
