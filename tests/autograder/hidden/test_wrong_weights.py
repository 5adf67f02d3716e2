"""Where a check finds attention weights wrong, the result has a picture, whatever they are."""

from itertools import pairwise

import numpy as np
import pytest

from autograder.grading.mistakes import mistakes_of
from autograder.running.options import GradingOptions
from autograder.running.pool import grade_all
from autograder.running.submissions import find_submissions
from tests.conftest import SOLUTION

pytestmark = pytest.mark.slow

WRONG = {
    "attention": "not-scaled",
    "multi_head": "one-softmax-over-all-heads",
    "rnn": "mask-ignored",
    "cnn": "mask-ignored",
}
# What a student may give for weights, by name.
STRANGE = {
    "huge": "ops.ones((40, 50, 60))",
    "nothing": "ops.ones((0, 3))",
    "no-number": "weights * float('nan')",
    "infinite": "weights + float('inf')",
    "enormous": "weights * 1e38",
    "integers": "ops.cast(weights, 'int32') - 2**31 + 1",
    "a-number": "ops.ones(())",
    "words": "['weights'] * 9",
}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder, out = tmp_path_factory.mktemp("hand-ins"), tmp_path_factory.mktemp("results")
    sources = {}
    for unit, name in WRONG.items():
        sources["wrong", unit] = next(m.source for m in mistakes_of(unit) if m.name == name)
    for name, weights in STRANGE.items():
        sources[name, "attention"] = f"""{SOLUTION.read_text(encoding="utf-8")}
_right = scaled_dot_product_attention
def scaled_dot_product_attention(query, key, value, mask=None):
    output, weights = _right(query, key, value, mask)
    return output, {weights}
"""
    for (name, unit), source in sources.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / f"{unit}.py").write_text(source, encoding="utf-8")
    summary = grade_all(find_submissions([folder]), GradingOptions(out=out, diagnose=False))
    assert not summary.failures
    return {(result.submission, result.unit): result for result in summary.results}


def pictures(result):
    return {check.id.split(".")[1]: check for check in result.checks if check.attention is not None}


@pytest.mark.parametrize(
    ("unit", "exercise"),
    [
        ("attention", "scaled_dot_product_attention"),
        ("multi_head", "MultiHeadAttention"),
        ("rnn", "AdditiveAttention"),
        ("cnn", "ConvAttention"),
    ],
)
def test_wrong_weights_have_a_picture_in_each_unit(results, unit, exercise):
    found = pictures(results["wrong", unit])
    # Exercises that use this one have passed with a right one in its place.
    assert set(found) == {exercise}
    for check in found.values():
        assert check.status == "failed"
        weights, wrong = check.attention["weights"], check.attention["difference"]
        assert np.shape(weights) == np.shape(wrong)
        assert np.abs(wrong).max() > 0.01
        # The difference, of two digits, leads to what is right: a distribution over the keys, or
        # nothing at all.
        sums = np.subtract(weights, wrong).sum(-1)
        assert np.all((np.abs(sums - 1) < 4e-2) | (np.abs(sums) < 4e-2))


def test_each_head_has_its_own(results):
    [check] = pictures(results["wrong", "multi_head"]).values()
    heads = check.attention["weights"]
    assert len(heads) > 1
    assert all(first != second for first, second in pairwise(heads))


@pytest.mark.parametrize("name", STRANGE)
def test_strange_weights_cost_their_points_and_no_more(results, name):
    result = results[name, "attention"]
    assert result.status == "graded"
    assert {check.exercise for check in result.checks if check.status != "passed"} >= {
        "scaled_dot_product_attention"
    }
    # As large as the picture may be, and a counterexample.
    for check in result.checks:
        assert len(str(check.attention)) < 20_000
    with_picture = {"huge", "no-number", "infinite", "enormous", "integers"}
    assert bool(pictures(result)) == (name in with_picture)


def test_each_check_has_its_time_and_all_of_them_fit_into_the_hand_ins(results):
    for result in results.values():
        assert all(check.seconds > 0 for check in result.checks)
        assert sum(check.seconds for check in result.checks) <= result.duration_s + 0.01
