"""A check's end becomes parts, and the parts make the message that a student reads."""

import json

import numpy as np
import pytest

from autograder.base.text import text
from autograder.grading.check import Check, CheckFailed
from autograder.grading.mistakes import known_mistake, mistakes_of
from autograder.grading.verdict import Skipped, defer_claims, name_mistakes, verdict
from autograder.isolation.student_process import StudentError, StudentGone
from tests.autograder.samples import check_result

CHECK = Check("attention", "softmax", "sums", 3, text("They sum to one", "和为一"), 1.0, "")
FAULT = text("The weights don't sum to one.", "权重之和不为一。")
KNOWN = mistakes_of("attention")


def failed(example, answer=None):
    return verdict(CHECK, CheckFailed(FAULT, answer), example)


def test_a_right_answer_gets_the_points_and_shows_no_input():
    result = verdict(CHECK, None, {"x": 1}, seconds=0.12345)
    assert (result.status, result.points, result.max_points) == ("passed", 3.0, 3.0)
    assert (result.message, result.input, result.seconds) == (
        text("Right.", "正确。"),
        None,
        0.1235,
    )


def test_a_small_input_and_answer_stand_in_the_message():
    answer = np.array([[0.5, np.nan], [-np.inf, -1e-5]])
    result = failed({"x": np.array([1.0, np.inf]), "axis": -1}, answer)
    assert result.wrong == FAULT
    assert result.input == {"x": [1.0, "inf"], "axis": -1}
    assert result.answer == [[0.5, "nan"], ["-inf", -1e-5]]
    assert result.message == text(
        "The weights don't sum to one. An input that shows it: x = [1.0, inf], axis = -1; "
        "yours gives [[0.5, nan], [-inf, -1e-05]].",
        "权重之和不为一。反例：x = [1.0, inf], axis = -1；"
        "你的结果是 [[0.5, nan], [-inf, -1e-05]]。",
    )


@pytest.mark.parametrize("answer", [None, np.zeros(17), "text"])
def test_an_answer_that_is_large_or_no_array_is_left_out(answer):
    result = failed({"length": 3}, answer)
    assert result.answer is None
    assert result.message["en"].endswith(" An input that shows it: length = 3.")
    assert result.message["zh"].endswith("反例：length = 3。")


def test_a_long_input_is_held_for_the_pages_alone_and_a_large_one_described():
    result = failed({"x": np.arange(64.0) / 7}, np.zeros(2))
    assert len(result.input["x"]) == 64
    assert (result.answer, result.message) == (None, FAULT)
    assert failed({"x": np.zeros((9, 9))}).input == {"x": "array of shape (9, 9)"}


@pytest.mark.parametrize("answer", [np.array([1 + 2j]), np.array([True]), np.array(3), np.zeros(0)])
def test_every_answer_can_be_written_as_json(answer):
    result = failed({"x": 1}, answer)
    assert json.loads(json.dumps(result.answer)) == result.answer
    assert f"yours gives {answer.tolist()!s}." in result.message["en"]


@pytest.mark.parametrize("mistake", KNOWN, ids=lambda mistake: mistake.name)
def test_a_known_mistake_is_named_with_its_hint(mistake):
    result = failed(None)
    name_mistakes(result, [mistake])
    assert result.mistake == mistake.name
    like = f"It looks like this: {mistake.title['en']}. {mistake.hint['en']}"
    assert result.message["en"] == f"{FAULT['en']} {like}"
    assert result.message["zh"].startswith(f"{FAULT['zh']}看起来是：{mistake.title['zh']}。")


def test_of_several_mistakes_none_is_named_alone():
    result = failed(None)
    name_mistakes(result, KNOWN[:2])
    assert result.mistake is None
    titles = [mistake.title for mistake in KNOWN[:2]]
    assert result.hint == text(
        f"It looks like one of these: {titles[0]['en']}; or {titles[1]['en']}.",
        f"看起来是其中之一：{titles[0]['zh']}；或者{titles[1]['zh']}。",
    )


def test_a_process_that_ended_and_a_check_that_was_not_run_show_no_input():
    assert verdict(CHECK, Skipped("gpu"), {"x": 1}).max_points == 0.0
    gone = verdict(CHECK, StudentGone("timeout"), {"x": 1})
    assert (gone.status, gone.points, gone.input) == ("timeout", 0.0, None)


def test_an_unknown_mistake_has_no_entry():
    assert known_mistake("attention", KNOWN[0].name) == KNOWN[0]
    assert known_mistake("attention", "no-such-thing") is None
    assert known_mistake("../attention", "axis-ignored") is None


def error(kind, said="", **fields):
    """The verdict on an exception of this kind."""
    raised = {"kind": kind, "type": "ValueError", "message": said, **fields}
    result = verdict(CHECK, StudentError(raised))
    return result.status, result.wrong


PLACE = "code cell 8, line 13"


@pytest.mark.parametrize(
    ("fields", "status", "english", "chinese"),
    [
        (
            {"kind": "missing", "within": "softmax"},
            "missing",
            "softmax is not written yet.",
            "softmax 还没有写。",
        ),
        (
            {"kind": "missing", "within": "similarity"},
            "error",
            "softmax uses similarity, which is not written yet.",
            "softmax 用到了 similarity，而 similarity 还没有写。",
        ),
        (
            {"kind": "absent", "parts": ["MultiHeadAttention", "query_projection"]},
            "error",
            "MultiHeadAttention has no query_projection, which the task names.",
            "MultiHeadAttention 没有任务要求的 query_projection。",
        ),
        (
            {"kind": "absent", "parts": ["", "RNNCell"]},
            "error",
            "RNNCell is not in the hand-in, and this check uses it.",
            "提交中没有这项检查要用的 RNNCell。",
        ),
        (
            {"kind": "not_a_weight", "parts": ["embeddings", "Embedding"]},
            "error",
            "embeddings should be a weight, and is of the class Embedding.",
            "embeddings 应为权重，实际属于 Embedding 类。",
        ),
        (
            {"kind": "other_shape", "parts": ["kernel", "(3, 4)", "(4, 3)"]},
            "error",
            "kernel has the shape (3, 4), and should have (4, 3).",
            "kernel 的形状是 (3, 4)，应为 (4, 3)。",
        ),
        (
            {"kind": "signature", "said": "softmax() got an unexpected keyword argument 'axis'"},
            "error",
            "softmax can't be called as the task says: softmax() got an unexpected keyword "
            "argument 'axis'",
            "softmax 无法按任务要求的方式调用：softmax() got an unexpected keyword argument 'axis'",
        ),
        (
            {"kind": "numpy", "where": PLACE, "said": "Cannot convert a symbolic tf.Tensor"},
            "error",
            "A tensor is handed to NumPy (code cell 8, line 13).",
            "有张量被交给了 NumPy（第 8 个代码单元格第 13 行）。",
        ),
        (
            {"kind": "value", "where": PLACE, "said": "Using a symbolic `tf.Tensor`"},
            "error",
            "The value of a tensor is asked for (code cell 8, line 13),",
            "代码要用到张量的值（第 8 个代码单元格第 13 行）",
        ),
        (
            {"kind": "forbidden", "said": "keras.ops.softmax"},
            "error",
            "keras.ops.softmax is not allowed here",
            "这里不允许使用 keras.ops.softmax",
        ),
        ({"kind": "memory"}, "error", "Your code needs too much memory.", "你的代码占用内存过多。"),
        (
            {"kind": "raised", "where": "your module, line 3", "said": "Sizes differ."},
            "error",
            "Your code raised ValueError (your module, line 3): Sizes differ.",
            "你的代码抛出了 ValueError（你的模块第 3 行）：Sizes differ.",
        ),
        (
            {"kind": "raised", "where": PLACE},
            "error",
            "Your code raised ValueError (code cell 8, line 13)",
            "你的代码抛出了 ValueError（第 8 个代码单元格第 13 行）",
        ),
        (
            {"kind": "raised", "said": "Unknown layer."},
            "error",
            "Using softmax ends with ValueError: Unknown layer.",
            "使用 softmax 时出现了 ValueError：Unknown layer.",
        ),
        ({"kind": "of the student's own making"}, "error", "Using softmax ends with", "使用"),
    ],
)
def test_an_exception_is_told_in_both_languages(fields, status, english, chinese):
    said = fields.pop("said", "")
    got, wrong = error(**fields, said=said)
    assert got == status
    assert wrong["en"].startswith(english)
    assert wrong["zh"].startswith(chinese)


HIDDEN = text("A property is broken.", "性质不成立。")


def checks_of(plain="failed", other="failed", exercise="softmax"):
    """A check that is no plain one, the plain one, and another one."""
    return [
        check_result(exercise, other, slug="sums", wrong=HIDDEN),
        check_result(exercise, plain, slug="values", title=text("By the formula", "符合公式")),
        check_result(exercise, other, slug="shift", wrong=HIDDEN),
    ]


def test_no_property_is_said_to_be_broken_where_plain_values_are_wrong():
    results = checks_of()
    defer_claims(results, {"attention.softmax.sums"})
    assert results[0].wrong == text(
        "The values are wrong already, see “By the formula”; whether this holds shows once they "
        "are right.",
        "数值本身已经不对，见“符合公式”；数值正确之后，才能看出这一点是否成立。",
    )
    assert results[2].wrong == HIDDEN  # which doesn't presume anything


def test_the_first_check_is_the_plain_one_where_none_is_called_values():
    results = [
        check_result("merge", "failed", slug="side", title=text("Side by side", "并列")),
        check_result("merge", "failed", slug="shape", wrong=HIDDEN),
    ]
    defer_claims(results, {"attention.merge.side", "attention.merge.shape"})
    assert results[0].wrong != results[1].wrong
    assert "“Side by side”" in results[1].wrong["en"]


@pytest.mark.parametrize("plain", ["error", "timeout", "crashed", "missing"])
def test_a_plain_check_without_an_answer_says_nothing_of_values(plain):
    results = checks_of(plain)
    defer_claims(results, {"attention.softmax.sums"})
    assert results[0].wrong["en"].startswith("The plain case fails already, see “By the formula”")
    assert results[0].wrong["zh"].startswith("最基本的情形已经出错，见“符合公式”")


@pytest.mark.parametrize(("plain", "other"), [("passed", "failed"), ("failed", "error")])
def test_where_plain_values_are_right_or_nothing_was_compared_the_sentence_stays(plain, other):
    results = checks_of(plain, other)
    defer_claims(results, {"attention.softmax.sums"})
    assert results[0].wrong == HIDDEN


def test_exercises_do_not_speak_for_each_other():
    results = [*checks_of(), *checks_of("passed", exercise="similarity")]
    defer_claims(results, {"attention.similarity.sums"})
    assert results[3].wrong == HIDDEN
