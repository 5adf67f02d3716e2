"""Reading hand-ins: what of a notebook counts, and that nothing but a clear refusal comes out."""

import ast
import contextlib
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.kit.handin import MAX_BYTES, UnreadableHandIn, read_handin
from course.kit.language import use_language
from course.kit.units import EXERCISES_DIR, exercises_of


def notebook(*cells):
    made = [{"cell_type": "code", "source": source} for source in cells]
    return json.dumps({"cells": made}).encode()


def run(data, *exercises, suffix=".ipynb"):
    handin = read_handin(data, suffix, exercises)
    namespace = {}
    handin.execute(namespace)
    return namespace, [str(problem) for problem in handin.problems]


def test_only_what_the_exercises_use_is_run():
    names, problems = run(
        notebook(
            "import math\nimport does_not_exist\nHALF = 1 / 2\nother = print('side effect')",
            "def helper(x): return x * HALF\ndef plot(): does_not_exist.show()",
            "def work(x): return math.sqrt(helper(x))\nraise SystemExit",
        ),
        "work",
    )
    assert names["work"](8) == 2.0
    assert "plot" not in names
    assert "other" not in names
    assert not problems


def test_a_broken_cell_costs_only_itself():
    names, problems = run(notebook("def broken(:", "def work(): return 1"), "work")
    assert names["work"]() == 1
    assert len(problems) == 1
    assert problems[0].startswith("code cell 1")


def test_magics_and_shell_lines_are_passed_over():
    source = "%matplotlib inline\n!pip install x\nwork?\ndef work():\n    return 'a % b'"
    names, problems = run(notebook("%%bash\nls", source), "work")
    assert names["work"]() == "a % b"
    assert not problems


def test_lines_that_only_look_like_magics_stay():
    names, _ = run(notebook("def work(a, b):\n    return (a\n        % b)"), "work")
    assert names["work"](7, 4) == 3


def test_cell_magics_around_python_leave_the_python():
    names, problems = run(
        notebook("%%time\ndef work():\n    return half(2)", "def half(x): return x / 2"), "work"
    )
    assert names["work"]() == 1
    assert not problems


def test_magics_that_assign_and_shell_lines_that_go_on_are_passed_over():
    source = "files = !ls\na, b = %sql x\n!pip install x \\\n  y\ndef work():\n    return 1 / 0"
    names, problems = run(notebook(source), "work")
    assert not problems
    assert names["work"].__code__.co_firstlineno == 5


@pytest.mark.parametrize("awkward", [" " * 50_000 + "(", "!" + "\\" * 50_000 + "(", "a," * 50_000])
def test_awkward_cells_are_read_in_linear_time(awkward):
    names, _ = run(notebook(awkward + "\n(", "def work(): return 1"), "work")
    assert names["work"]() == 1


def test_what_helpers_need_is_kept_at_any_depth():
    names, problems = run(
        notebook(
            "import math as m\nSCALE: float = -1e9\nUNUSED = 1",
            "class Base:\n    width = SCALE",
            "def inner(): return m.pi\ndef helper(): return [inner() for _ in range(2)]",
            "def unused(): return UNUSED",
            "class work(Base):\n    def call(self): return helper()",
        ),
        "work",
    )
    assert not problems
    assert names["work"]().call() == [math.pi, math.pi]
    assert not {"unused", "UNUSED"} & set(names)


def test_cells_that_are_not_code_and_sources_that_are_not_text_are_passed_over():
    made = [
        {"cell_type": "markdown", "source": "def work(): return 1"},
        {"cell_type": "code", "source": 3},
        {"cell_type": "code", "source": ["def work(): ", 4, "return 2"]},
        "cell",
        {},
    ]
    assert run(json.dumps({"cells": made}).encode(), "work")[0]["work"]() == 2


def test_future_imports_hold_for_what_follows():
    source = b"from __future__ import annotations\ndef work(x: Unknown): return x\n"
    names, problems = run(source, "work", suffix=".py")
    assert not problems
    assert names["work"](3) == 3


def test_an_exit_is_a_problem_like_another():
    names, problems = run(b"raise SystemExit\ndef work(): return 1\n", "work", suffix=".py")
    assert names["work"]() == 1
    assert problems == ["your module, line 1: SystemExit"]


def test_problems_can_be_told_in_chinese():
    handin = read_handin(notebook("def broken(:"), ".ipynb", ["work"])
    failing = read_handin(b"\n1 / 0", ".py", ["work"])
    failing.execute({})
    use_language("zh")
    try:
        assert handin.problems[0].message().startswith("第 1 个代码单元格：第 1 行“def broken(:”")
        message = failing.problems[0].message()
        assert message == "你的模块第 2 行：ZeroDivisionError: division by zero"
        with pytest.raises(UnreadableHandIn) as refused:
            read_handin(b"", ".py", ["work"])
        assert refused.value.message() == "文件是空的。"
        assert str(refused.value) == "The file is empty."
    finally:
        use_language("en")


def test_later_definitions_win():
    names, _ = run(notebook("def work(): return 1", "def work(): return 2"), "work")
    assert names["work"]() == 2


def test_constants_may_be_arithmetic_but_not_calls():
    names, _ = run(
        notebook("A = -1e9\nB = float('inf')\nC = [2 ** 3]\nD = open('x')\ndef work(): A, B, C, D"),
        "work",
    )
    assert {"A", "B", "C"} <= set(names)
    assert "D" not in names


def test_source_may_be_a_list_of_lines_and_have_a_byte_order_mark():
    cell = {"cell_type": "code", "source": ["def work():\n", "    return 3"]}
    data = b"\xef\xbb\xbf" + json.dumps({"cells": [cell]}).encode()
    assert run(data, "work")[0]["work"]() == 3


def test_a_module_runs_whole_and_goes_on_after_an_error():
    names, problems = run(b"x = 1\ny = 1 / 0\ndef work(): return x\n", "work", suffix=".py")
    assert names["work"]() == 1
    assert problems == ["your module, line 2: ZeroDivisionError: division by zero"]


@pytest.mark.parametrize(
    ("data", "suffix", "reason"),
    [
        (b"   ", ".py", "empty"),
        (b"\xef\xbb\xbf\n", ".ipynb", "empty"),
        (b"x = 1\x00", ".py", "null bytes"),
        (b"[" * 100_000, ".ipynb", "JSON|nested"),
        (b"[]", ".ipynb", "no list of cells"),
        (b"x" * (MAX_BYTES + 1), ".py", "larger"),
        (b"\xff", ".py", "UTF-8"),
        (b"def f(:", ".py", "line 1"),
        (b"{}", ".ipynb", "no list of cells"),
        (b'{"nbformat": 3, "worksheets": []}', ".ipynb", "old format"),
        (b"x = 1\x1b[2J", ".py", "�"),
        (b"x = [1 2]", ".py", r"comma\?$"),
        (b"x = '\\x'", ".py", "a backslash in a string"),
        (b"nope", ".ipynb", "JSON"),
        (b"x", ".txt", "notebook"),
        (b"a" + b"+a" * 100_000, ".py", "nested|Syntax"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(data, suffix, reason):
    with pytest.raises(UnreadableHandIn, match=reason):
        read_handin(data, suffix, ["work"])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
cells = st.fixed_dictionaries(
    {},
    optional={"cell_type": st.just("code") | values, "source": values | st.just("def work(): 1")},
)


@given(st.fixed_dictionaries({"cells": st.lists(cells | values, max_size=4)}))
def test_any_notebook_is_read_or_refused(made):
    with contextlib.suppress(UnreadableHandIn):
        read_handin(json.dumps(made).encode(), ".ipynb", ["work"])


@given(st.binary(max_size=100), st.sampled_from([".py", ".ipynb"]))
def test_any_bytes_are_read_or_refused(data, suffix):
    with contextlib.suppress(UnreadableHandIn):
        read_handin(data, suffix, ["work"])


REAL = (EXERCISES_DIR.parent / "notebooks" / "en" / "attention.ipynb").read_bytes()


@given(
    st.lists(
        st.tuples(
            st.integers(0, len(REAL)), st.integers(0, 40), st.binary(max_size=4) | st.just(b'"')
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=50, deadline=None)
def test_a_damaged_notebook_is_read_or_refused(damage):
    data = REAL
    for start, length, instead in damage:
        data = data[:start] + instead + data[start + length :]
    try:
        handin = read_handin(data, ".ipynb", exercises_of("attention"))
    except UnreadableHandIn:
        return
    assert all(str(problem) and problem.message() for problem in handin.problems)


@given(st.text(alphabet="%!? =()\\\n\tab'\"#:", max_size=60))
def test_a_cell_keeps_its_line_numbers_whatever_magics_are_in_it(source):
    made = notebook(source + "\ndef work(): pass")
    for statement in read_handin(made, ".ipynb", ["work"]).statements:
        if isinstance(statement.node, ast.FunctionDef):
            assert statement.node.lineno == source.count("\n") + 2
