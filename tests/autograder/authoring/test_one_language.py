"""A notebook's code in one language."""

import ast
import re

import jupytext
import pytest

from autograder.authoring.notebooks import LESSONS_DIR
from autograder.authoring.one_language import in_language, without_import

CODE = """\
print(f"{say('angle', '夹角')} = {say('a b', '甲')!r}", say("one", "一"))
show(
    plot,
    say(
        "First line. "
        "Second line.",
        "第一行。"
        "第二行。",
    ),
)
both = "x" * say("a" + b, "甲" + say("c", "乙"))
words = say("a b", "甲 乙").split()
title = say(f"word {i}", f"第 {i} 个词")
long = say(
    "one "
    "two",
    "一",
)
say(*pair)
"""


def test_each_call_becomes_its_text():
    english, chinese = (in_language(CODE, language) for language in ("en", "zh"))
    assert english.startswith('print(f"angle = {\'a b\'!r}", "one")\n')
    assert '    "First line. "\n    "Second line.",\n' in english
    assert 'both = "x" * ("a" + b)\n' in english
    assert 'both = "x" * ("甲" + "乙")\n' in chinese
    assert 'words = "a b".split()\n' in english
    assert 'title = f"word {i}"' in english
    assert 'long = ("one "\n        "two")' in english
    assert 'title = f"第 {i} 个词"' in chinese
    assert english.endswith("say(*pair)\n")
    for text in (english, chinese):
        ast.parse(text)


@pytest.mark.parametrize("lesson", sorted(LESSONS_DIR.glob("*.py")), ids=lambda path: path.stem)
def test_lessons_are_in_one_language(lesson):
    """No call of `say` with its texts is left, and every cell is still Python."""
    for cell in jupytext.read(lesson, fmt="py:percent").cells:
        if cell.cell_type != "code" or cell.metadata.get("exercise"):
            continue
        for language in ("en", "zh"):
            code = in_language(cell.source, language)
            ast.parse(code)
            assert not re.search(r"\bsay\((?!\*)", code), code


def test_the_import_goes_with_the_last_call():
    line = "from course.kit.language import say\n"
    assert without_import([f"import a\n{line}x", "y"]) == ["import a\nx", "y"]
    assert without_import([line, "say(*pair)"]) == [line, "say(*pair)"]
