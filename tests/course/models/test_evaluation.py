"""Scores of translations, with one reference and with several."""

import pytest

from course.kit.models.evaluation import evaluate


def test_all_right_is_a_hundred():
    found = evaluate(["我喜欢深度学习。", "它很可爱。"], [["我喜欢深度学习。"], ["它很可爱。"]])
    assert (found.bleu, found.exact) == (pytest.approx(100), 100)
    assert found.chrf == pytest.approx(100)


def test_any_of_several_references_will_do():
    right = [["我爱深度学习这门课。", "我喜欢深度学习。"], ["它非常可爱。"]]
    assert evaluate(["我喜欢深度学习。", "它很可爱。"], right).exact == 50
    with_one = evaluate(["我喜欢深度学习。", "它很可爱。"], [each[:1] for each in right])
    assert evaluate(["我喜欢深度学习。", "它很可爱。"], right).bleu > with_one.bleu


@pytest.mark.parametrize(("written", "right"), [([], []), (["我"], []), (["我"], [[]])])
def test_each_needs_a_reference(written, right):
    with pytest.raises(ValueError, match="at least one reference"):
        evaluate(written, right)
