"""The check that trains on real sentences; here on generated ones, and without a GPU."""

from types import SimpleNamespace

import numpy as np
import pytest

from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading import corpus
from autograder.grading.check import CheckFailed, Skipped, check_of
from autograder.grading.examination import Examination
from autograder.grading.proxies import Student
from autograder.grading.suite import student_for
from autograder.grading.verdict import LACKS, verdict
from autograder.hidden.transformer.test_transformer import (
    test_transformer_layer_real_sentences as real_check,
)
from course.kit.corpora.dataset import open_dataset
from course.kit.errors import UserError
from course.kit.tokens import padded

SOURCE = (SOLUTIONS_DIR / "transformer.py").read_text(encoding="utf-8")


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A home without real sentences."""
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    corpus._dataset.cache_clear()
    yield
    corpus._dataset.cache_clear()


def test_without_real_sentences_there_is_no_corpus(nowhere):
    assert not corpus.is_there()
    with pytest.raises(UserError):
        corpus.corpus.__wrapped__()


@pytest.mark.parametrize(("device", "lacks"), [("cpu", "gpu"), ("gpu", "corpus")])
def test_what_the_host_lacks_is_said_and_costs_nothing(nowhere, device, lacks):
    check = check_of(real_check)
    with pytest.raises(Skipped, match=lacks) as raised:
        student_for(check, SimpleNamespace(device=device), 0)
    assert check.points == 0
    result = verdict(check, raised.value)
    assert (result.status, result.message, result.max_points) == ("skipped", LACKS[lacks], 0.0)


@pytest.fixture(scope="module")
def generated():
    """Pairs of the generated corpus in the form of the real one."""
    return corpus.encoded(open_dataset("generated"), most_pairs=4000, most_tests=50, min_count=1)


def tried(server, source):
    """Run the check on a hand-in, with all the time it wants."""
    examination = Examination(server, source.encode(), ".py", "transformer")
    try:
        examination.begin(check_of(real_check), 1)
        examination.process.allow(None)
        examination.budget.charge_answers(-1e9)
        real_check(Student(examination, 1))
    finally:
        examination.close()


@pytest.mark.slow
def test_the_reference_learns_to_translate(server, generated, monkeypatch):
    monkeypatch.setattr(corpus, "corpus", lambda: generated)
    tried(server, SOURCE)


@pytest.mark.slow
def test_a_decoder_that_sees_the_future_does_not(server, generated, monkeypatch):
    monkeypatch.setattr(corpus, "corpus", lambda: generated)
    wrong = SOURCE.replace("causal_mask(", "all_seen(") + (
        "\n\ndef all_seen(length):\n    return ops.ones((length, length), 'bool')\n"
    )
    assert wrong.count("all_seen(") > 1
    with pytest.raises(CheckFailed, match="BLEU"):
        tried(server, wrong)


def test_shorter_rows_are_padded():
    np.testing.assert_array_equal(padded([[5], [6, 7]]), [[5, 0], [6, 7]])
