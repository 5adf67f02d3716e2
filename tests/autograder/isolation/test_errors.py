"""What the student's code raised, as data: its kind, and the words that a student can use."""

import numpy as np
import pytest

from autograder.isolation.errors import Absent, NotAWeight, OtherShape, clean, described, part_of

MODULE = "your module"


def raised(source, name="softmax", file=MODULE, **names):
    """What an exercise raises when it is called, described; the source is the student's."""
    namespace = dict(names)
    exec(compile(source, file, "exec"), namespace)
    try:
        namespace[name]()
    except BaseException as error:
        return described(error)
    raise AssertionError("nothing was raised")


def library(error):
    """A function outside of the student's code that raises."""

    def matmul():
        raise error

    return matmul


STUB = 'def softmax():\n    raise NotImplementedError("softmax")\n'
LAYER = 'class Half:\n    def call(self):\n        raise NotImplementedError("Half.call")\n'


@pytest.mark.parametrize(
    ("source", "unwritten"),
    [
        (STUB, "softmax"),
        ("def softmax():\n    raise NotImplementedError\n", "softmax"),
        (f"{LAYER}def softmax():\n    Half().call()\n", "Half"),
        ("def sums():\n    raise NotImplementedError\ndef softmax():\n    sums()\n", "sums"),
        (f"{STUB}right = softmax\ndef softmax():\n    right()\n", "softmax"),
    ],
)
def test_what_is_not_written_is_named(source, unwritten):
    error = raised(source)
    assert (error["kind"], error["within"]) == ("missing", unwritten)


@pytest.mark.parametrize(
    "source",
    [
        'def softmax():\n    raise NotImplementedError("masks of rank four")\n',
        "def softmax():\n    library()\n",
        "def softmax():\n    abs(Lazy())\n",
    ],
)
def test_another_not_implemented_error_is_an_error_like_others(source):
    class Lazy:
        __abs__ = staticmethod(library(NotImplementedError("softmax")))

    error = raised(source, library=library(NotImplementedError("softmax")), Lazy=Lazy)
    assert (error["kind"], error["within"]) == ("raised", "softmax")


class TracerArrayConversionError(TypeError):
    """Stands in for JAX's."""


class OperatorNotAllowedInGraphError(TypeError):
    """Stands in for TensorFlow's."""


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (
            NotImplementedError(
                "Cannot convert a symbolic tf.Tensor (Placeholder:0) to a numpy array. This error "
                "may indicate that you're trying to pass a Tensor to a NumPy call."
            ),
            "numpy",
        ),
        (TracerArrayConversionError("The numpy.ndarray conversion method was called"), "numpy"),
        (
            RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() "
                "instead."
            ),
            "numpy",
        ),
        (ValueError("A KerasTensor is symbolic. You cannot convert it to a NumPy array."), "numpy"),
        (AttributeError("'SymbolicTensor' object has no attribute 'numpy'"), "numpy"),
        (OperatorNotAllowedInGraphError("Using a symbolic `tf.Tensor` as a `bool`"), "value"),
        (TypeError("'SymbolicTensor' object cannot be interpreted as an integer"), "value"),
        (TypeError("float() argument must be a real number, not 'SymbolicTensor'"), "value"),
        (TypeError("A symbolic KerasTensor cannot be used as a boolean."), "value"),
        (MemoryError(), "memory"),
        (ValueError("Incompatible shapes: [2] vs. [3]"), "raised"),
        (AttributeError("'EagerTensor' object has no attribute 'foo'"), "raised"),
    ],
)
def test_kinds_of_exceptions_of_libraries(error, kind):
    told = raised("def softmax():\n\n    matmul()\n", matmul=library(error))
    assert (told["kind"], told["where"]) == (kind, "your module, line 3")
    assert told["through"] == "matmul"


def test_an_operation_of_tensorflow_is_told_from_others():
    said = "{{function_node __wrapped__BatchMatMulV2_device_}} Sizes differ. [Op:BatchMatMulV2]"
    told = raised("def softmax():\n    run()\n", run=library(ValueError(said)))
    assert (told["through"], told["message"]) == ("BatchMatMulV2", "Sizes differ.")
    graph = "{{function_node __inference_f_3}} Sizes differ. [Op:__inference_f_3]"
    told = raised("def softmax():\n    matmul()\n", matmul=library(ValueError(graph)))
    assert told["through"] == "matmul"


def test_what_the_student_raises_is_told_whole_and_what_a_library_says_is_cut():
    long = "One sentence. " * 40
    own = raised("def softmax():\n    raise ValueError(long)\n", long=long)
    assert (own["message"], own["through"]) == (long.strip(), "")
    theirs = raised("def softmax():\n    matmul()\n", matmul=library(ValueError(long)))
    assert len(theirs["message"]) <= 300
    assert theirs["message"].endswith("One sentence.")


@pytest.mark.parametrize(
    "call",
    [
        lambda half: half(1, other=2),
        lambda half: half(),
        lambda half: half(1, 2, 3),
        lambda half: half(1, x=2),
    ],
)
def test_a_call_that_is_refused_at_the_door_is_about_the_signature(call):
    namespace = {}
    exec(compile("def half(x):\n    return x / 2\n", MODULE, "exec"), namespace)
    with pytest.raises(TypeError) as caught:
        call(namespace["half"])
    assert (described(caught.value)["kind"], described(caught.value)["where"]) == ("signature", "")


def test_a_call_inside_of_the_students_code_is_their_own():
    told = raised("def half(x): return x\ndef softmax():\n    half()\n")
    assert (told["kind"], told["where"]) == ("raised", "your module, line 3")


def test_xla_tells_of_the_line_in_its_message():
    said = 'Sizes differ.\n\nStack trace for op definition: \nFile "code cell 7", line 12, in f\n'
    told = described(ValueError(said))
    assert (told["where"], told["message"]) == ("code cell 7, line 12", "Sizes differ.")


class Layer:
    """Stands in for a student's layer."""

    blocks = (1, 2)

    @property
    def broken(self):
        raise AttributeError("from a library")


def test_what_isnt_there_is_named_with_its_owner():
    assert part_of(Layer(), "blocks") == (1, 2)
    assert part_of(Layer.blocks, "1") == 2
    for owner, name, parts in (
        (Layer(), "query_projection", ["Layer", "query_projection"]),
        (Layer.blocks, "2", ["tuple", "[2]"]),
        (None, "kernel", ["NoneType", "kernel"]),
        (Layer(), "broken", ["Layer", "broken"]),
    ):
        with pytest.raises(Absent) as caught:
            part_of(owner, name)
        told = described(caught.value)
        assert (told["kind"], told["parts"]) == ("absent", parts)


def test_a_property_of_the_students_raises_for_itself():
    source = (
        "class Own:\n    @property\n    def kernel(self):\n        return self.weight\n"
        "def softmax():\n    part_of(Own(), 'kernel')\n"
    )
    told = raised(source, part_of=part_of)
    assert (told["kind"], told["where"]) == ("raised", "your module, line 4")
    assert "weight" in told["message"]


def test_other_weights_than_the_task_has():
    told = described(OtherShape("query.kernel", (3, 4), (4, 3)))
    assert (told["kind"], told["parts"]) == ("other_shape", ["query.kernel", "(3, 4)", "(4, 3)"])
    told = described(NotAWeight("embeddings", "Embedding"))
    assert (told["kind"], told["parts"]) == ("not_a_weight", ["embeddings", "Embedding"])


def test_an_exception_without_words_and_one_that_breaks_when_it_speaks():
    class Silent(Exception):
        def __str__(self):
            raise KeyError

    assert described(Silent())["message"] == ""
    assert raised("def softmax():\n    assert False\n")["message"] == ""


def test_paths_of_the_machine_are_left_out(monkeypatch):
    monkeypatch.setenv("COURSE_ROOT", "/grading/course")
    monkeypatch.setattr("sys.prefix", "/grading/venv")
    told = clean(f"in /grading/course/x.py and /grading/venv/lib: {np.__name__}")
    assert "/grading" not in told
    assert len(clean("x" * 50_000)) <= 2001
