"""How a hand-in is taken apart: what is written counts, not what it is called or how it is set."""

import textwrap

import pytest

from autograder.lookalikes.code import MAX_CODE, NotComparable, pieces_of
from tests.autograder.lookalikes import made

PLAIN = """
from keras import ops

def softmax(x, axis=-1):
    top = ops.max(x, axis=axis, keepdims=True)
    return ops.exp(x - top)
"""


def tokens(source, unit="attention", suffix=".py"):
    pieces = pieces_of(source.encode(), suffix, unit)
    return [(piece.name, [token.text for token in piece.tokens]) for piece in pieces]


@pytest.mark.parametrize(
    "same",
    [
        PLAIN.replace("top", "biggest"),
        PLAIN.replace("(x", "(scores").replace("x -", "scores -").replace("(x,", "(scores,"),
        PLAIN.replace("from keras import ops", "import keras").replace("ops.", "keras.ops."),
        PLAIN.replace("import ops", "import ops as K").replace("ops.", "K."),
        PLAIN.replace("axis=axis, keepdims=True", "keepdims=True, axis=axis"),
        PLAIN.replace("    top", "    '''Mine.'''\n    # mine\n    top"),
        PLAIN.replace("(x, axis=-1)", "(x: list, axis: int = -1) -> list"),
        PLAIN.replace("top = ops", "top: object = ops"),
        PLAIN.replace("ops.max(x,", "ops.max(\n        x,\n"),
        f"{PLAIN}\nprint('trained')\n\ndef of_no_use(y):\n    return y\n",
        f"if True:\n{textwrap.indent(PLAIN, '    ')}",
        PLAIN.replace("from", "try:\n    from").replace("ops\n", "ops\nfinally:\n    pass\n"),
        f"{PLAIN}\nimport keras\nsoftmax = keras.saving.register_keras_serializable()(softmax)\n",
        "from keras.ops import max, exp"
        + PLAIN.replace("ops.", "")[len("\nfrom keras import ops") :],
    ],
)
def test_names_layout_and_what_no_exercise_uses_leave_no_trace(same):
    assert same != PLAIN
    assert tokens(same) == tokens(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        PLAIN.replace("x - top", "x + top"),
        PLAIN.replace("ops.exp", "ops.log"),
        PLAIN.replace("axis=axis", "axis=0"),
        PLAIN.replace("return", "top = x\n    return"),
    ],
)
def test_what_is_done_does(other):
    assert tokens(other) != tokens(PLAIN)


def test_an_exercise_by_another_name_is_compared_as_what_it_names():
    alias = PLAIN.replace("def softmax", "def mine") + "\nsoftmax = mine\n"
    assert tokens(alias) == [("mine", piece) for _, piece in tokens(PLAIN)]


def test_a_lambda_is_compared_as_a_function():
    body = "ops.exp(x - ops.max(x, axis=axis))"
    function = f"def softmax(x, axis=-1):\n    return {body}\n"
    assert tokens(f"softmax = lambda x, axis=-1: {body}\n") == tokens(function)


def test_a_notebook_is_taken_apart_as_a_module_is():
    notebook = made.notebook(PLAIN)
    assert tokens(notebook, suffix=".ipynb") == tokens(PLAIN)
    [piece] = pieces_of(notebook.encode(), ".ipynb", "attention")
    assert piece.place == "code cell 1"


def test_exercises_come_in_the_courses_order_each_with_its_helpers():
    source = """
class SelfAttention:
    def build(self, shape):
        return helper(shape)

def helper(y):
    return y

def similarity(x):
    return deeper(x)

def deeper(x):
    return x
"""
    names = [name for name, _ in tokens(source)]
    assert names == ["similarity", "deeper", "SelfAttention.build", "helper"]


def test_an_attribute_of_ones_own_has_no_name():
    source = "class SelfAttention:\n    def call(me, x):\n        return me.query_projection(me.{})"
    assert tokens(source.format("mine")) == tokens(source.format("yours"))
    assert tokens(source.format("mine")) != tokens(source.format("key_projection"))


def test_the_docstring_is_not_shown():
    source = 'def softmax(x):\n    """The\n    task."""\n    return x\n'
    [piece] = pieces_of(source.encode(), ".py", "attention")
    assert piece.lines == ((1, "def softmax(x):"), (4, "    return x"))


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (b"", ".py"),
        (b"\xff\xfe", ".py"),
        (b"def softmax(:", ".py"),
        (b"x = 1", ".py"),
        (b"softmax = 3", ".py"),
        (b"{", ".ipynb"),
        (b'{"cells": [3, {"cell_type": "code"}]}', ".ipynb"),
        (b"[" * 100_000, ".ipynb"),
        (b"def softmax(x):\n    return " + b"-" * 90_000 + b"x", ".py"),
        (b"def softmax(x):\n    return " + b"(" * 40_000 + b")" * 40_000, ".py"),
        (b"def softmax(x):\n    return x" + b".x" * 40_000, ".py"),
        (b"def softmax(x):\n    return " + b"x + " * 20_000 + b"x", ".py"),
        (b"def softmax(x):\n    return x\n" + b"#" * MAX_CODE, ".py"),
    ],
)
def test_what_cannot_be_compared_is_left_out(data, suffix):
    with pytest.raises(NotComparable):
        pieces_of(data, suffix, "attention")


def test_a_notebook_with_large_outputs_is_compared_and_one_with_much_code_is_not():
    large = made.notebook(PLAIN).replace("x" * 10, "x" * 2 * MAX_CODE)
    assert tokens(large, suffix=".ipynb") == tokens(PLAIN)
    with pytest.raises(NotComparable, match="code"):
        tokens(made.notebook(PLAIN + "#" * MAX_CODE), suffix=".ipynb")
