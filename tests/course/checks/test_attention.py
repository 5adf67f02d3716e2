"""Public checks of the attention unit: right work passes, stubs are undone, mistakes are caught."""

import math
import re
import types

import keras
import pytest
from keras import ops

from course.check import checks_of, details, run_checks
from course.exercises import attention as stubs
from course.kit.language import use_language
from solutions import attention as solution

EXERCISES = solution.__all__


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("en")


def outcomes(exercise=None, **changed):
    work = types.SimpleNamespace(**{**vars(solution), **changed})
    return list(run_checks("attention", work, exercise))


def test_the_reference_passes_every_check():
    assert {outcome.status for outcome in outcomes()} == {"passed"}


def test_every_exercise_has_two_checks_or_more_in_the_order_of_the_unit():
    order = [check.exercise for check, _ in checks_of("attention")]
    assert list(dict.fromkeys(order)) == EXERCISES
    assert all(order.count(exercise) >= 2 for exercise in EXERCISES)


def test_every_text_is_there_in_both_languages():
    for check, _ in checks_of("attention"):
        for english, chinese in (check.title, check.hint):
            assert english.strip()
            assert not re.search("[\u4e00-\u9fff]", english)
            assert re.search("[\u4e00-\u9fff]", chinese)


def test_stubs_are_not_done_yet():
    undone = list(run_checks("attention", stubs))
    assert {outcome.status for outcome in undone} == {"missing"}
    assert {outcome.got for outcome in undone} == {"not done yet"}


def attention_scaled_by(root_of, query, key, value, mask=None):
    """Right attention but for the number whose root divides the scores."""
    scale = math.sqrt(key.shape[-1] / root_of(query, key))
    return solution.scaled_dot_product_attention(query * scale, key, value, mask)


def scaled_by(root_of):
    return lambda q, k, v, mask=None: attention_scaled_by(root_of, q, k, v, mask)


def attention_with(weigh):
    def attend(query, key, value, mask=None):
        scores = ops.matmul(query, ops.swapaxes(key, -1, -2)) / math.sqrt(key.shape[-1])
        weights = weigh(scores, mask)
        return ops.matmul(weights, value), weights

    return attend


def infinite(scores, mask):
    return ops.softmax(scores if mask is None else ops.where(mask, scores, -math.inf))


def after_softmax(scores, mask):
    weights = ops.softmax(scores)
    return weights if mask is None else ops.where(mask, weights, 0.0)


class Layer(solution.SelfAttention):
    """The reference's layer, calling another attention, on a mask or none."""

    attend = staticmethod(solution.scaled_dot_product_attention)
    masked = True

    def call(self, x, attention_mask=None):
        return self.attend(
            self.query_projection(x),
            self.key_projection(x),
            self.value_projection(x),
            attention_mask if self.masked else None,
        )


class ForgetsTheMask(Layer):
    masked = False


class ScalesByTheWidthOfX(solution.SelfAttention):
    def call(self, x, attention_mask=None):
        query = self.query_projection(x) * math.sqrt(self.d_k / x.shape[-1])
        return solution.scaled_dot_product_attention(
            query, self.key_projection(x), self.value_projection(x), attention_mask
        )


class ScalesByTheLength(Layer):
    attend = staticmethod(scaled_by(lambda q, k: k.shape[-2]))


class OneProjection(solution.SelfAttention):
    def build(self, input_shape):
        self.key_projection = self.value_projection = self.query_projection
        super().build(input_shape)


class WithBias(solution.SelfAttention):
    def __init__(self, d_k, d_v=None):
        super().__init__(d_k, d_v)
        self.value_projection = keras.layers.Dense(self.d_v)


@pytest.mark.parametrize(
    ("exercise", "wrong"),
    [
        ("similarity", lambda x: ops.matmul(ops.swapaxes(x, -1, -2), x)),
        ("similarity", lambda x: ops.matmul(x, ops.transpose(x))),
        ("softmax", lambda x, axis=-1: ops.exp(x) / ops.sum(ops.exp(x), axis, keepdims=True)),
        ("softmax", lambda x, axis=-1: ops.softmax(x)),
        ("softmax", lambda x, axis=-1: ops.exp(x - ops.max(x)) / ops.sum(ops.exp(x - ops.max(x)))),
        ("self_attention", lambda x: ops.matmul(solution.similarity(x), x)),
        ("self_attention", lambda x: solution.scaled_dot_product_attention(x, x, x)[0]),
        ("scaled_dot_product_attention", scaled_by(lambda q, k: 1)),
        ("scaled_dot_product_attention", scaled_by(lambda q, k: k.shape[-2])),
        ("scaled_dot_product_attention", scaled_by(lambda q, k: q.shape[-2])),
        ("scaled_dot_product_attention", attention_with(infinite)),
        ("scaled_dot_product_attention", attention_with(after_softmax)),
        ("scaled_dot_product_attention", attention_with(lambda s, mask: ops.softmax(s))),
        ("padding_mask", lambda ids: ops.equal(ids, 0)[:, None, :]),
        ("padding_mask", lambda ids: ops.not_equal(ids, 0)),
        ("padding_mask", lambda ids: ops.cast(ops.not_equal(ids, 0)[:, None, :], "float32")),
        ("causal_mask", lambda n: ops.triu(ops.ones((1, n, n), dtype="bool"))),
        ("causal_mask", lambda n: ops.tril(ops.ones((1, n, n), dtype="bool"), -1)),
        ("causal_mask", lambda n: ops.tril(ops.ones((n, n), dtype="bool"))),
        ("SelfAttention", ForgetsTheMask),
        ("SelfAttention", ScalesByTheLength),
        ("SelfAttention", ScalesByTheWidthOfX),
        ("SelfAttention", OneProjection),
        ("SelfAttention", WithBias),
    ],
)
def test_common_mistakes_are_caught(exercise, wrong):
    caught = [o for o in outcomes(exercise, **{exercise: wrong}) if o.status != "passed"]
    assert caught
    for outcome in caught:
        assert outcome.status in ("failed", "error")
        assert outcome.got
        assert any(line.startswith("hint: ") for line in details(outcome))


@pytest.mark.parametrize(
    ("exercise", "wrong"),
    [
        ("similarity", lambda x: None),
        ("softmax", lambda x, axis=-1: [0.5, 0.5]),
        ("scaled_dot_product_attention", lambda q, k, v, mask=None: v),
        ("scaled_dot_product_attention", lambda q, k, v, mask=None: (v, k, q)),
        ("causal_mask", lambda n: "mask"),
        ("SelfAttention", lambda d_k, d_v=None: lambda x, attention_mask=None: (x, x)),
    ],
)
def test_answers_of_another_kind_are_told_as_such(exercise, wrong):
    first = outcomes(exercise, **{exercise: wrong})[0]
    assert first.status == "failed"
    assert first.expected
    assert "class" not in first.got


def test_a_mismatch_shows_both_values_in_either_language():
    wrong = outcomes("softmax", softmax=lambda x, axis=-1: x * 0)[0]
    lines = details(wrong)
    assert lines == [
        "input: x = [[0.    , 0.6931, 1.0986],",
        "            [0.6931, 0.    , 0.    ]]",
        "expected: [[0.1667, 0.3333, 0.5   ],",
        "           [0.5   , 0.25  , 0.25  ]]",
        "came: [[0., 0., 0.],",
        "       [0., 0., 0.]]",
        "hint: Exponentials, divided by their sum: each row is a distribution of its own.",
    ]
    use_language("zh")
    assert details(wrong)[0].startswith("输入：x = ")
    assert details(wrong)[2].startswith("应为：")
    assert details(wrong)[-1].startswith("提示：先取指数，再除以它们的和")


@pytest.mark.parametrize(
    ("tag", "line"),
    [
        ("en", "expected (weights, the second of the two that are returned): [["),
        ("zh", "应为（权重，即返回的第二项）：[["),
    ],
)
def test_the_part_that_is_wrong_is_named(tag, line):
    def scores(query, key, value, mask=None):
        right, _ = solution.scaled_dot_product_attention(query, key, value, mask)
        return right, ops.matmul(query, ops.swapaxes(key, -1, -2))

    use_language(tag)
    wrong = outcomes("scaled_dot_product_attention", scaled_dot_product_attention=scores)[0]
    assert any(found.startswith(line) for found in details(wrong))


@pytest.mark.parametrize(
    ("exercise", "built_in"),
    [
        ("softmax", lambda x, axis=-1: ops.softmax(x, axis=axis)),
        ("softmax", lambda x, axis=-1: keras.activations.softmax(x, axis=axis)),
        ("softmax", lambda x, axis=-1: keras.layers.Softmax(axis=axis)(x)),
        (
            "scaled_dot_product_attention",
            lambda query, key, value, mask=None: keras.layers.Attention(
                use_scale=False, score_mode="dot"
            )([query / key.shape[-1] ** 0.5, value, key], return_attention_scores=True),
        ),
    ],
)
def test_built_ins_are_refused_and_come_back(exercise, built_in):
    first = outcomes(exercise, **{exercise: built_in})[0]
    assert first.status in ("failed", "error")
    assert ops.convert_to_numpy(ops.softmax(ops.ones((1, 2)))).tolist() == [[0.5, 0.5]]
