"""Hand-ins on attention that were judged wrongly once, and siblings: edits of the reference."""

import pytest

from autograder.authoring.mutants import killed_by
from autograder.base.paths import SOLUTIONS_DIR
from autograder.grading.grader import Grader
from autograder.grading.slots import Slots
from autograder.grading.submitted_file import SubmittedFile
from course.kit.edits.editor import Mutant

DROPPED = "ops.matmul(self.dropout_layer(weights, training=training), value)"
MASK = "ops.expand_dims(attention_mask, axis=-3)"
PROJECTED = "self.output_projection(merge_heads(output))"
QUERY = "split_heads(self.query_projection(query), self.num_heads)"


def edited(unit, *changes):
    """The reference of a unit with some pieces exchanged."""
    source = (SOLUTIONS_DIR / f"{unit}.py").read_text(encoding="utf-8")
    for old, new in changes:
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


@pytest.fixture(scope="module")
def slots(server):
    shared = {unit: Slots(server, unit) for unit in ("attention", "multi_head")}
    yield shared
    for each in shared.values():
        each.close()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("exercise", "changes"),
    [
        # A mask (T, S) raises, or meets the wrong axis, though it broadcasts.
        ("MultiHeadAttention", [(MASK, "attention_mask[:, None]")]),
        ("MultiHeadAttention", [(MASK, "attention_mask[:, None, :, :]")]),
        ("MultiHeadAttention", [(MASK, "ops.expand_dims(attention_mask, axis=1)")]),
        # What is dropped is not the weights, or not the weights alone.
        ("MultiHeadAttention", [(DROPPED, "self.dropout_layer(output, training=training)")]),
        ("MultiHeadAttention", [(DROPPED, "ops.matmul(weights, self.dropout_layer(value))")]),
        (
            "MultiHeadAttention",
            [
                ("if self.dropout and training", "if False"),
                (PROJECTED, f"self.dropout_layer({PROJECTED}, training=training)"),
            ],
        ),
        ("MultiHeadAttention", [(PROJECTED, f"self.dropout_layer({PROJECTED})")]),
        ("MultiHeadAttention", [(QUERY, f"self.dropout_layer({QUERY}, training=training)")]),
        ("MultiHeadAttention", [("Dropout(dropout)", "Dropout(0.9 * dropout)")]),
        ("MultiHeadAttention", [("Dropout(dropout)", "Dropout(0.1)")]),
    ],
)
def test_a_wrong_layer_is_caught_at_every_seed(slots, exercise, changes, seed):
    mutant = Mutant(exercise, "case", 1, (("", ""),), edited("multi_head", *changes))
    assert killed_by(slots["multi_head"], mutant, seed)


def named(server, unit, exercise, *changes):
    """What is said of the only exercise of a hand-in that is wrong: statuses and mistakes."""
    source = edited(unit, *changes).encode()
    result = Grader(server).grade(SubmittedFile("case", unit, ".py", source))
    own = [check for check in result.checks if check.exercise == exercise]
    return {check.status for check in own}, {check.mistake for check in own}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "mistakes"),
    [
        ("/ math.sqrt(d_k)", "* round(1 / math.sqrt(d_k), 3)", {"scale-rounded"}),
        ("/ math.sqrt(d_k)", "/ round(math.sqrt(d_k), 2)", set()),
        ("/ math.sqrt(d_k)", "/ int(math.sqrt(d_k))", set()),
        ("weights = softmax(scores)\n", "weights = softmax(scores, 1)\n", set()),
    ],
)
def test_no_other_mistake_is_named(server, old, new, mistakes):
    exercise = "scaled_dot_product_attention"
    statuses, found = named(server, "attention", exercise, (old, new))
    assert statuses > {"passed"}
    assert found - {None} <= mistakes


@pytest.mark.slow
def test_softmax_over_axis_2_is_named_so(server):
    exercise = "scaled_dot_product_attention"
    plain, masked = "weights = softmax(scores)\n", "ops.where(mask, softmax(scores), 0.0)"
    changes = (plain, plain.replace(")", ", 2)")), (masked, masked.replace("s)", "s, 2)"))
    _, found = named(server, "attention", exercise, *changes)
    assert found - {None} == {"softmax-over-axis-2"}
