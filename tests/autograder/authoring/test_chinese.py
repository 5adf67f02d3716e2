"""Chinese paragraphs: no space comes in where a line of the source ends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.authoring.chinese import joined


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("注意力让每个词\n看到所有的词。\n然后", "注意力让每个词看到所有的词。然后"),
        ("用[掩码](glossary.md#mask)\n遮住", "用[掩码](glossary.md#mask)遮住"),
        ("这叫\n[*正交*](glossary.md#orthogonal)\n。", "这叫[*正交*](glossary.md#orthogonal)。"),
        ("**手算。**\n设", "**手算。**设"),
        ("只用\n`keras`\n写", "只用\n`keras`\n写"),  # a space beside Latin letters is wanted
        ("一句话\n\n另一段", "一句话\n\n另一段"),
        ("有三点：\n- 一\n- 二\n1. 三", "有三点：\n- 一\n- 二\n1. 三"),
        ("# 标题\n正文", "# 标题\n正文"),
        ("| 键 | 值\n值", "| 键 | 值\n值"),
        ("- 第 3 节，\n  以及第 5 节", "- 第 3 节，以及第 5 节"),
        ("```\n一\n二\n```", "```\n一\n二\n```"),
        ("公式\n$$x$$\n之后", "公式\n$$x$$\n之后"),
    ],
)
def test_line_breaks(text, right):
    assert joined(text) == right


@given(st.text(alphabet="一二，a *[]()`$#|-\n", max_size=60))
def test_only_spaces_go(text):
    assert "".join(joined(text).split()) == "".join(text.split())
    assert joined(joined(text)) == joined(text)
