"""Reading hand-ins: what of a notebook counts, and that nothing but a clear refusal comes out."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.kit.handin import MAX_BYTES, UnreadableHandIn, read_handin


def notebook(*cells):
    made = [{"cell_type": "code", "source": source} for source in cells]
    return json.dumps({"cells": made}).encode()


def run(data, *exercises, suffix=".ipynb"):
    handin = read_handin(data, suffix, exercises)
    namespace = {}
    failed = handin.execute(namespace)
    return namespace, [str(problem) for problem in [*handin.problems, *failed]]


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
        (b"x" * (MAX_BYTES + 1), ".py", "larger"),
        (b"\xff", ".py", "UTF-8"),
        (b"def f(:", ".py", "line 1"),
        (b"{}", ".ipynb", "no list of cells"),
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
