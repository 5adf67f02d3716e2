"""Wrong hand-ins that nobody foresaw, graded in the sandbox: no mistake is named that isn't there.

Each is an edit of the reference that is in no catalogue. What is named may be one of the names that
are true of it, or nothing; and no message claims more than was tested.
"""

import pytest

from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.grader import Grader
from autograder.grading.submitted_file import SubmittedFile
from tests.course.test_library_messages import UNREADABLE

pytestmark = pytest.mark.slow

SHIFTED = "x - ops.max(x, axis=axis, keepdims=True)"
DIVIDED = "exponentials / ops.sum(exponentials, axis=axis, keepdims=True)"
CELL = "ops.matmul(inputs, self.kernel) + ops.matmul(state, self.recurrent_kernel)"
# The unit, what is wrong, the edits, and the names that are true of it.
WRONG = [
    ("attention", "softmax over axis 1", [("axis=axis", "axis=1")], {"axis-ignored"}),
    ("attention", "softmax of squares", [(SHIFTED, "x * x")], {"unstable-exponent"}),
    ("attention", "powers of two", [(f"ops.exp({SHIFTED})", f"ops.power(2.0, {SHIFTED})")], ()),
    ("attention", "a sigmoid for softmax", [(DIVIDED, "ops.sigmoid(x)")], ()),
    ("attention", "a constant added to weights", [(DIVIDED, f"{DIVIDED} + 0.05")], ()),
    ("attention", "axis 2", [("softmax(scores)", "softmax(scores, 2)")], ("softmax-over-axis-2",)),
    (
        "attention",
        "scale rounded",
        [("/ math.sqrt(d_k)", "* round(1 / math.sqrt(d_k), 3)")],
        ("scale-rounded",),
    ),
    ("attention", "sqrt(d_k + 1)", [("/ math.sqrt(d_k)", "/ math.sqrt(d_k + 1)")], ()),
    (
        "attention",
        "factors swapped",
        [("ops.matmul(weights, value),", "ops.matmul(value, weights),")],
        (),
    ),
    (
        "attention",
        "products halved",
        [("ops.matmul(x, ops.swapaxes(x, -1, -2))", "ops.matmul(x, ops.swapaxes(x, -1, -2)) / 2")],
        (),
    ),
    (
        "attention",
        "a band for a triangle",
        [
            (
                "position[:, None] >= position[None, :]",
                "abs(position[:, None] - position[None, :]) < 2",
            )
        ],
        (),
    ),
    (
        "rnn",
        "kernels swapped",
        [(CELL, CELL.replace("self.recurrent_kernel", "self.recurrent_kernel[::-1]"))],
        (),
    ),
    (
        "rnn",
        "forget gate plus one",
        [("ops.sigmoid(f) * memory", "ops.sigmoid(f + 1) * memory")],
        (),
    ),
    (
        "rnn",
        "products for sums",
        [("query + self.key_projection(keys)", "query * self.key_projection(keys)")],
        (),
    ),
    ("cnn", "receptive field plus one", [("return 1 + num_layers", "return 2 + num_layers")], ()),
    ("cnn", "a zero too many", [("[self.kernel_size - 1, 0]", "[self.kernel_size, 0]")], ()),
    (
        "cnn",
        "a ReLU for the gate",
        [("values * ops.sigmoid(gates)", "values * ops.relu(gates)")],
        (),
    ),
    ("positional", "base 1000", [("math.log(10000.0)", "math.log(1000.0)")], ("base-ten",)),
    (
        "positional",
        "positions doubled",
        [
            (
                'ops.arange(1, length + 1, dtype="float32")',
                'ops.arange(2, 2 * length + 2, 2, dtype="float32")',
            )
        ],
        (),
    ),
    (
        "multi_head",
        "heads merged backwards",
        [("words = ops.transpose(x,", "words = ops.transpose(x[:, ::-1],")],
        (),
    ),
    (
        "multi_head",
        "query scaled twice",
        [
            (
                "attention(query, key, value, mask)",
                "attention(query / query.shape[-1] ** 0.5, key, value, mask)",
            )
        ],
        (),
    ),
    ("transformer", "GELU for ReLU", [('activation="relu"', 'activation="gelu"')], ()),
    ("translation", "up to trigrams", [("range(1, 5)", "range(1, 4)")], ()),
    (
        "translation",
        "warmup exponent",
        [("self.warmup_steps**-1.5", "self.warmup_steps**-1.0")],
        (),
    ),
]


@pytest.fixture(scope="module")
def graded(server):
    """Grade the reference with edits."""
    with Grader(server, seed=3) as grader:

        def grade(unit, edits):
            source = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
            for old, new in edits:
                assert old in source, old
                source = source.replace(old, new)
            return grader.grade(SubmittedFile("wrong", unit, ".py", source.encode()))

        yield grade


@pytest.mark.parametrize(
    ("unit", "edits", "true"),
    [pytest.param(unit, edits, true, id=f"{unit}: {what}") for unit, what, edits, true in WRONG],
)
def test_no_mistake_is_named_that_is_not_there(graded, unit, edits, true):
    result = graded(unit, edits)
    failed = [check for check in result.checks if check.status not in ("passed", "skipped")]
    assert failed
    assert set(result.mistakes) <= set(true)
    hints = {check.id: check.hint["en"] for check in failed if check.hint and not check.mistake}
    assert all(hint.count("; or ") < 3 for hint in hints.values()), hints
    for check in failed:
        for words in check.message.values():
            assert not UNREADABLE.search(words), words


def messages(result, exercise):
    return {
        check.id.rpartition(".")[2]: check.wrong["en"]
        for check in result.checks
        if check.exercise == exercise and check.status not in ("passed", "skipped")
    }


DEFERRED = "The values are wrong already, see “The weights follow the formula”"


def test_a_property_is_said_to_be_broken_only_where_it_was_looked_at(graded):
    """Weights with a constant added: sums are wrong, and shifting the scores changes nothing."""
    told = messages(graded("attention", [(DIVIDED, f"{DIVIDED} + 0.05")]), "softmax")
    assert told["values"] == "The values are not those of the formula."
    assert told["sums_to_one"] == "The weights don't sum to one along the last axis."
    assert "shift_invariance" not in told
    assert told["axis"].startswith(DEFERRED), told
    # It looks at the values before it compiles.
    assert told["unknown_sizes"] == told["values"]


def test_what_is_not_written_and_what_needs_it(graded):
    source = SOLUTIONS_DIR.joinpath("attention.py").read_text(encoding="utf-8")
    begin = source.index("    ### BEGIN SOLUTION\n    exponentials")
    end = source.index("### END SOLUTION", begin)
    stub = '    raise NotImplementedError("softmax")\n'
    result = graded("attention", [(source[begin:end], stub)])
    own = [check for check in result.checks if check.exercise == "softmax"]
    assert {check.status for check in own} == {"missing"}
    others = [check for check in result.checks if check.exercise == "self_attention"]
    assert {check.status for check in others} == {"passed"}  # with a right softmax
    assert "softmax" in {check.comes_from for check in others}


def test_a_weight_of_another_name_is_what_the_grader_did_not_find(graded):
    result = graded("attention", [("query_projection", "queries")])
    told = messages(result, "SelfAttention")
    assert told["values"] == "SelfAttention has no query_projection, which the task names."


def test_numpy_in_a_compiled_function_has_its_way_out(graded):
    edits = [(DIVIDED, f"ops.convert_to_tensor(__import__('numpy').array({DIVIDED}))")]
    told = messages(graded("attention", edits), "softmax")
    assert told["unknown_sizes"].startswith("A tensor is handed to NumPy (your module, line ")
    assert "keras.ops" in told["unknown_sizes"]
