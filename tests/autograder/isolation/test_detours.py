"""What a hand-in's code names that leads around the fence is told with its line."""

import pytest

from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.grader import Grader
from autograder.grading.right_solutions import right_solutions_of
from autograder.grading.submitted_file import SubmittedFile
from autograder.isolation.detours import detours
from course.kit import handin
from course.kit.units import ORDER, exercises_of
from tests.conftest import ROOT


def found(source, suffix=".py", unit="attention"):
    work = handin.read_handin(source, suffix, exercises_of(unit))
    return [(item.name, item.line) for item in detours(work)]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import importlib.util", "importlib"),
        ("from importlib import import_module as other", "importlib"),
        ("from keras.src.layers.rnn.lstm import LSTMCell", "keras.src"),
        ("from keras import src", "keras.src"),
        ("x = keras.src.ops.nn", "keras.src"),
        ("x = tf.raw_ops.Softmax", "raw_ops"),
        ("from tensorflow import raw_ops", "tensorflow.raw_ops"),
        ("x = keras.layers.Layer.__subclasses__()", "__subclasses__"),
        ("x = getattr(keras.layers.Layer, '__subclasses__')", "__subclasses__"),
        ("import gc", "gc"),
        ("import ctypes as c", "ctypes"),
        ("import sys; x = sys._getframe()", "_getframe"),
        ("x = similarity.__globals__", "__globals__"),
        ("x = __import__('os')", "__import__"),
        ("eval('1')", "eval"),
        ("from course.exercises.attention import *", "course.exercises"),
        ("import solutions", "solutions"),
        ("def similarity(x):\n    import autograder.hidden", "autograder"),
    ],
)
def test_a_way_around_the_fence_is_found(code, name):
    line = code.count("\n") + 3
    assert (name, line) in found(f"import keras\n\n{code}\n".encode())


@pytest.mark.parametrize("unit", ORDER)
def test_right_work_names_none(unit):
    reference = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    for source in (reference, *right_solutions_of(unit).values()):
        assert found(source.encode(), unit=unit) == []
    for language in ("en", "zh"):
        path = ROOT / "course" / "notebooks" / language / f"{unit}.ipynb"
        assert found(path.read_bytes(), ".ipynb", unit) == []


@pytest.mark.parametrize(
    "code", ["x = model.compile()", "evaluate = 1", "import keras.srcs", "from . import gc", "'gc'"]
)
def test_what_only_looks_alike_is_none(code):
    assert found(code.encode()) == []


def test_each_is_told_once_and_few_in_all():
    code = "\n".join(["import gc"] * 3 + [f"import keras.src.a{n}, ctypes" for n in range(50)])
    assert found(code.encode()) == [("gc", 1), ("keras.src", 4), ("ctypes", 4)]


def test_a_result_tells_the_line_in_both_languages(server):
    source = b"import gc\ndef similarity(x):\n    raise ValueError(x.__class__.__subclasses__())\n"
    result = Grader(server, diagnose=False).grade(SubmittedFile("a", "attention", ".py", source))
    english, chinese = (" ".join(p[key] for p in result.problems) for key in ("en", "zh"))
    assert "gc (your module, line 1), __subclasses__ (your module, line 3)" in english
    assert "gc（你的模块第 1 行）" in chinese
