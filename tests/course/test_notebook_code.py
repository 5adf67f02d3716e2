"""What of a notebook counts: whatever an exercise needs, unless it trains, plots or downloads."""

import contextlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.kit.handin import read_handin


def notebook(cells):
    made = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"cells": made}).encode()


def read(*cells, suffix=".ipynb"):
    """Read and run a hand-in; return it, the names that it has afterwards, and its problems."""
    data = notebook(cells) if suffix == ".ipynb" else "\n".join(cells).encode()
    handin = read_handin(data, suffix, ["work"])
    names = {"__name__": "submission"}
    handin.execute(names)
    return handin, names, [str(problem) for problem in handin.problems]


def notebooks(path):
    """Return, by its name, the cells of each notebook in a text."""
    text = path.read_text(encoding="utf-8").partition("\n== ")[2]
    named = (part.partition("\n") for part in text.rstrip("\n").split("\n\n== "))
    return {name: cells.split("\n--\n") for name, _, cells in named}


RIGHT = notebooks(Path(__file__).with_name("cells_that_count.txt"))


@pytest.mark.parametrize("cells", RIGHT.values(), ids=RIGHT)
def test_what_an_exercise_needs_counts(cells):
    handin, names, problems = read(*cells)
    assert names["work"]() == 3
    assert not [p for p in problems if "definition of `work` counts" not in p]
    assert not handin.absences


@pytest.mark.parametrize("cells", RIGHT.values(), ids=RIGHT)
def test_what_no_exercise_needs_is_left_out(cells):
    others = re.sub(r"\bwork\b", "other", "\n".join(cells)).replace("import *", "import pi")
    handin, names, problems = read(others, "y = other()", "def work(): return 3")
    assert names["work"]() == 3
    assert not problems
    assert len(handin.statements) == 1


# Cells whose `work()` misses a name or finds an old value: the name, what is done to it, where,
# and a part of the reason.
LEFT_OUT = {
    "a file": (["X = open('x').read()"], "X", "assigned", 1, "it calls `open.read`"),
    "a file in a with": (
        ["with open('x') as f:\n  X = f.name"], "X", "assigned", 2, "it calls `open`",
    ),
    "what an unknown function gives": (["\n\nX = load()"], "X", "assigned", 3, "it calls `load`"),
    "what a function reads": (
        ["def get(): return one()\ndef one(): return open('x')", "X = get()"],
        "X", "assigned", 1, "it calls `get`, which leads to `open`",
    ),
    "what an instance reads": (
        ["class A:\n def __init__(self): open('x')", "X = A()"],
        "X", "assigned", 1, "it calls `A`, which leads to `open`",
    ),
    "what a lambda reads": (
        ["get = lambda: open('x')", "X = get()"], "X", "assigned", 1, "leads to `open`",
    ),
    "what a partial reads": (
        ["from functools import partial\nget = partial(open, 'x')", "X = get()"],
        "X", "assigned", 1, "leads to `open`",
    ),
    "what an alias reads": (
        ["import numpy as np\nget = np.load", "X = get('x')"], "X", "assigned", 1, "`np.load`",
    ),
    "data of Keras": (
        ["import keras\n(a, b), X = keras.datasets.imdb.load_data()"],
        "X", "assigned", 2, "it calls `keras.datasets.imdb.load_data`",
    ),
    "an imported function that loads": (
        ["from keras.models import load_model as get", "X = get('x')"], "X", "assigned", 1, "`get`",
    ),
    "a page": (
        ["from urllib import request\nX = request.urlopen('x')"], "X", "assigned", 2, "urlopen",
    ),
    "a library's": (["import pandas as pd\nX = pd.Series()"], "X", "assigned", 2, "`pd.Series`"),
    "a module of the student's": (["from .a import b\nX = b()"], "X", "assigned", 2, "`b`"),
    "a process": (["import subprocess as s\nX = s.check_output('x')"], "X", "assigned", 2, "s.ch"),
    "a training": (["X = model.fit(1)"], "X", "assigned", 1, "it calls `model.fit`"),
    "a prediction": (["X = model.predict(1)"], "X", "assigned", 1, "`model.predict`"),
    "a training in a loop": (
        ["class M: pass\nm = M()", "for i in range(3):\n  X = m.train_on_batch(i)"],
        "X", "assigned", 1, "`m.train_on_batch`",
    ),
    "a training elsewhere": (["class M: pass\nX = M()", "X.fit(3)"], "X", "changed", 1, "`X.fit`"),
    "a table filled from a file": (
        ["X = []", "for l in open('x'): X.append(l)"], "X", "changed", 1, "it calls `open`",
    ),
    "an item from a file": (["X = {}", "\nX[0] = open('x')"], "X", "changed", 2, "`open`"),
    "an attribute from a file": (
        ["class X: pass", "X.a = open('x')"], "X", "changed", 1, "`open`",
    ),
    "an old value": (["X = 1", "X = input()"], "X", "assigned", 1, "it calls `input`"),
    "a condition that asks": (
        ["if input():\n  X = 1\nelse:\n  def X(): pass"], "X", "assigned", 2, "it calls `input`",
    ),
    "a definition under a condition that asks": (
        ["while 0: pass\nif input():\n  def X(): pass"], "X", "defined", 3, "it calls `input`",
    ),
    "an import under a condition that asks": (
        ["if input():\n  import X"], "X", "imported", 2, "it calls `input`",
    ),
    "something awaited": (["X = await f()"], "X", "assigned", 1, "`await`"),
    "a global set by a training": (
        ["def begin():\n global X\n X = m.fit()", "begin()"],
        "X", "assigned", 1, "it calls `begin`, which leads to `m.fit`",
    ),
    "a shell's answer": (["X = !ls"], "X", "assigned", 1, "it is a line for IPython"),
    "a magic's answer": (["a, X = %sql x"], "X", "assigned", 1, "it is a line for IPython"),
    "the shell's answer": (
        ["X = get_ipython().getoutput('ls')"], "X", "assigned", 1, "it is a line for IPython",
    ),
    "the shell by a name": (
        ["ip = get_ipython()\nX = ip.getoutput('ls')"], "X", "assigned", 2, "a line for IPython",
    ),
    "a cell that is written to a file": (
        ["%%writefile x.py\nX = 3"], "X", "defined", None, "the cell begins with `%%writefile`",
    ),
    "a cell that is timed apart": (
        ["%%timeit\ndef X(): pass"], "X", "defined", None, "the cell begins with `%%timeit`",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "name", "verb", "line", "reason"), LEFT_OUT.values(), ids=LEFT_OUT
)
def test_what_is_needed_and_not_run_is_named(cells, name, verb, line, reason):
    handin, _, problems = read(*cells, f"def work(): return {name}")
    where = f"code cell {len(cells)}" + (f", line {line}" if line else "")
    english, chinese = handin.absence(name).sentence()
    assert english.startswith(f"`{name}` is {verb} in {where}, which the grader does not run: ")
    assert reason in english
    assert english.endswith(".")
    assert chinese.startswith(f"`{name}` 在第 {len(cells)} 个代码单元格")
    assert chinese.endswith("。")
    assert any(p.startswith(f"{where}: `{name}` is {verb} here") and reason in p for p in problems)


@pytest.mark.parametrize("cells", [cells for cells, *_ in LEFT_OUT.values()], ids=LEFT_OUT)
def test_what_is_not_needed_is_not_named(cells):
    handin, _, problems = read(*cells, "def work(X): return X")
    assert not problems
    assert len(handin.statements) == 1


@pytest.mark.parametrize(
    "demonstration",
    [
        "x = open('x')\nfor y in x: print(y)",
        "model = keras.Model()\nmodel.fit(x)\nhistory = model.fit(x)",
        "import matplotlib.pyplot as plt\nplt.plot(T)\nfigure, axes = plt.subplots()",
        "print(work(3))\nT2 = work(T)\nassert work(4)",
        "T.plot()\nT.show()\nprint(T)",
        "in_notebook('work', globals())",
        "raise SystemExit",
    ],
)
def test_a_demonstration_is_neither_run_nor_named(demonstration):
    mine = "T = [1]\ndef work(x, y=1):\n figure = [z for z in (x, y)]\n return len(figure + T)"
    handin, names, problems = read(mine, demonstration)
    assert names["work"](3) == 3
    assert not problems
    assert len(handin.statements) == 2


def test_a_name_whose_statement_failed_says_so():
    handin, names, problems = read("import nowhere\nX = nowhere.x", "def work(): return X")
    sentence = "`X` is assigned in code cell 1, line 2, which failed: NameError"
    assert handin.absence("X").sentence()[0].startswith(sentence)
    sentence = "`nowhere` is imported in code cell 1, line 1, which failed: ModuleNotFoundError"
    assert handin.absence("nowhere").sentence()[0].startswith(sentence)
    assert len(problems) == 2
    with pytest.raises(NameError):
        names["work"]()


def test_a_name_in_a_cell_that_cannot_be_read_says_so():
    handin, _, problems = read("X = 3\ndef work():\n  return (1")
    assert len(problems) == 1
    for name in ("X", "work"):
        english, chinese = handin.absence(name).sentence()
        beginning = f"`{name}` is defined in code cell 1, which can't be read: Syntax error in"
        assert english.startswith(beginning)
        assert chinese.startswith(f"`{name}` 在第 1 个代码单元格定义，但无法读取：第 3 行")


@pytest.mark.parametrize(
    ("cells", "problem"),
    [
        (
            ["def work(): return 1", "\ndef work(): return 3"],
            "code cell 2, line 2: This definition of `work` counts, and not the one in "
            "code cell 1, line 1.",
        ),
        (
            ["def work(): return 3", "def work():\n raise NotImplementedError"],
            "code cell 1, line 1: This definition of `work` counts, and not the one in "
            "code cell 2, line 1.",
        ),
        (["work = max", "class work: pass", "work = min"], "code cell 3, line 1: This definition"),
        (["from math import floor as work", "def work(): pass"], "code cell 2, line 1: This de"),
    ],
)
@pytest.mark.parametrize("suffix", [".ipynb", ".py"])
def test_an_exercise_that_is_defined_twice_is_told_which_counts(cells, problem, suffix):
    _, names, problems = read(*cells, suffix=suffix)
    if suffix == ".py":
        lines = [sum(1 + cell.count("\n") for cell in cells[:number]) for number in range(4)]
        for number in range(len(cells)):
            problem = re.sub(
                rf"code cell {number + 1}, line (\d)",
                lambda m, before=lines[number]: f"your module, line {int(m[1]) + before}",
                problem,
            )
    assert [p[: len(problem)] for p in problems] == [problem]
    assert "work" in names


def test_of_many_definitions_a_few_are_listed():
    _, _, [problem] = read(*["def work(): return 3"] * 9)
    assert problem.endswith("cell 2, line 1 and code cell 3, line 1 and 5 more.")
    assert problem.startswith("code cell 9, line 1: This definition of `work` counts")


@pytest.mark.parametrize(
    "cells",
    [
        ["def work(): return 2", "work = partial(work)"],
        ["class work: pass", "class work(work): pass"],
        ["if True:\n def work(): return 1\nelse:\n def work(): return 3"],
        ["def work(): pass", "def helper():\n work = 3\n return work"],
    ],
)
def test_one_definition_is_not_told_as_two(cells):
    assert not [p for p in read(*cells)[2] if "counts" in p]


EXPORTED = {
    "as nbconvert writes it": "# In[1]:\n\n\nget_ipython().system('pip install x')\n"
    "get_ipython().run_line_magic('matplotlib', 'inline')\n# In[2]:\nX = 3\ndef work(): return X",
    "as Colab writes it": "# -*- coding: utf-8 -*-\n!pip install x\n"
    "# Commented out IPython magic\n# %matplotlib inline\nX = 3\ndef work(): return X",
    "by hand": "%matplotlib inline\n!pip install \\\n x\nX = 3\ndef work():\n    return X\nwork?",
    "a timed cell": "get_ipython().run_cell_magic('time', '', 'X = 3\\ndef work(): return X\\n')",
    "a timed line": "get_ipython().run_line_magic('time', 'X = 3')\ndef work(): return X",
    "in an if": "import sys\nif 'google.colab' in sys.modules:\n    get_ipython().system('x')\n"
    "X = 3\ndef work(): return X",
    "the shell by a name": "ip = get_ipython()\nip.magic('x')\nX = 3\ndef work(): return X",
    "the shell asked": "if get_ipython() is not None:\n    get_ipython().x()\ndef work(): return 3",
}


@pytest.mark.parametrize("source", EXPORTED.values(), ids=EXPORTED)
def test_ipython_lines_are_left_out_of_exported_modules(source):
    _, names, problems = read(source, suffix=".py")
    assert names["work"]() == 3
    assert not problems
    line = [number for number, text in enumerate(source.split("\n"), 1) if "def work" in text][-1]
    assert names["work"].__code__.co_firstlineno == line


def test_what_an_exported_module_misses_is_named():
    handin, _, problems = read("x = !ls\nfiles = !ls\ndef work(): return files", suffix=".py")
    sentence = "`files` is assigned in your module, line 2, which the grader does not run: it is a"
    assert handin.absence("files").sentence()[0].startswith(sentence)
    assert len(problems) == 1


# Pieces of a notebook: each gives names their values, by way of other names or not.
NAMES = ("a", "b", "c", "d", "e")
SETTERS = (
    "{x} = 1",
    "{x}: int = 1",
    "{x}, _ = {y}, 2",
    "{x} = lambda: {y}",
    "{x} = [{y} for _ in (1,)]",
    "def {x}(): return {y}",
    "def {x}(_={y}): return _",
    "class {x}:\n  x = {y}",
    "if True:\n  {x} = 1\nelse:\n  {x} = {y}",
    "try:\n  import {x}\nexcept ImportError:\n  {x} = {y}",
    "for _ in (1,):\n  {x} = {y}",
    "({x} := {y})",
)
LOADERS = ("{x} = open({y})", "{x} = !ls", "for {x} in open('x'): pass", "{x} = {y}.fit()")
DEMONSTRATIONS = ("print({y})", "{y}.fit(3)", "plt.plot({y})", "!ls {y}", "%%html\n{y}", "{y}?")
PIECES = st.builds(
    lambda form, x, y: (form, x, form.format(x=x, y=y)),
    st.sampled_from([*SETTERS, *LOADERS, *DEMONSTRATIONS]),
    st.sampled_from(NAMES),
    st.sampled_from(NAMES),
)


def python_of(pieces):
    """The pieces run as plain Python: what a notebook that loads nothing would come to."""
    names = {}
    for form, _, text in pieces:
        if form in SETTERS:
            with contextlib.suppress(NameError):
                exec(text, names)
    return names


@given(st.lists(PIECES, max_size=8), st.sampled_from(NAMES))
def test_a_needed_name_is_there_or_its_absence_is_named(pieces, needed):
    cells = [text for *_, text in pieces]
    handin, names, _ = read(*cells, f"def work(): return {needed}")
    plain = python_of(pieces)
    assert (needed in names) == (needed in plain)
    assert type(names.get(needed)) is type(plain.get(needed))
    loaded = {
        f"code cell {number}"
        for number, (form, name, _) in enumerate(pieces, 1)
        if form in LOADERS and name == needed
    }
    absences = [a for a in handin.absences if a.name == needed and "not run" in a.why[0]]
    assert {absence.where[0].partition(",")[0] for absence in absences} >= loaded
    assert all(place in str(handin.problems) for place in loaded)
    assert (
        handin.absence(needed)
        or needed in names
        or not any(x == needed for f, x, _ in pieces if f not in DEMONSTRATIONS)
    )


@given(st.lists(PIECES, max_size=8))
def test_what_no_exercise_reads_is_neither_run_nor_named(pieces):
    cells = [text for *_, text in pieces]
    handin, names, problems = read(*cells, "def work(a, b, c, d): e = a; return e")
    assert not problems
    assert len(handin.statements) == 1
    assert not set(NAMES) & set(names)
