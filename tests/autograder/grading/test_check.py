"""Hidden checks: their ids, and properties that shrink to the smallest failing input."""

import pytest
from hypothesis import strategies as st

from autograder.base.text import text
from autograder.grading.check import Check, CheckFailed, check, check_of
from autograder.grading.properties import for_all
from autograder.isolation.student_process import StudentGone


class FakeStudent:
    """Stands in for a hand-in: remembers the examples it was shown."""

    seed = 5
    searches = True

    def __init__(self):
        self.examples = []

    def new_example(self, inputs):
        self.examples.append(inputs)

    def claims_search(self):
        return self.searches

    def drop_example(self):
        self.examples.append(None)


def test_an_id_comes_from_the_exercise_and_the_name():
    @check("MultiHeadAttention", 2, "a", "b")
    def test_multi_head_attention_layer_values(student): ...

    info = check_of(test_multi_head_attention_layer_values)
    assert (info.exercise, info.slug, info.points) == ("MultiHeadAttention", "values", 2)


def test_a_function_without_the_mark_is_no_check():
    with pytest.raises(TypeError, match="@check"):
        check_of(lambda: None)


def test_seeds_differ_between_checks_and_runs():
    first = Check("u", "e", "a", 1, text("", ""), 1, "")
    second = Check("u", "e", "b", 1, text("", ""), 1, "")
    assert first.seed(0) == first.seed(0)
    assert len({first.seed(0), first.seed(1), second.seed(0)}) == 3


def test_a_failing_input_shrinks_to_the_smallest():
    @for_all(n=st.integers(0, 1000), examples=50)
    def property_(student, n):
        if n >= 7:
            raise CheckFailed(text(f"failed at {n}", ""))

    student = FakeStudent()
    with pytest.raises(CheckFailed, match="failed at 7"):
        property_(student)
    assert student.examples[-1] == {"n": 7}


def test_without_a_search_the_first_failing_input_stands():
    @for_all(n=st.integers(500, 1000), examples=20)
    def property_(student, n):
        raise CheckFailed(text(f"failed at {n}", ""))

    student = FakeStudent()
    student.searches = False
    with pytest.raises(CheckFailed):
        property_(student)
    assert len(student.examples) == 1


def test_a_right_answer_sees_the_same_examples_every_time():
    @for_all(n=st.integers(), examples=10)
    def property_(student, n): ...

    first, second = FakeStudent(), FakeStudent()
    property_(first)
    property_(second)
    assert first.examples == second.examples
    assert len(first.examples) >= 5


def test_some_inputs_are_tried_at_every_seed():
    @for_all(n=st.integers(0, 9), examples=2, always=[{"n": 77}, {"n": 5}])
    def property_(student, n):
        if n == 77 and student.strict:
            raise CheckFailed(text(f"failed at {n}", ""))

    for seed in range(3):
        student = FakeStudent()
        student.seed, student.strict = seed, False
        property_(student)
        assert student.examples[:2] == [{"n": 77}, {"n": 5}]
    student.strict = True
    with pytest.raises(CheckFailed, match="failed at 77"):  # no drawn input is smaller
        property_(student)
    assert student.examples[-1] == {"n": 77}


def test_arguments_may_be_drawn_together():
    pairs = st.integers(1, 9).map(lambda n: {"n": n, "twice": 2 * n})

    @for_all(pairs, examples=5)
    def property_(student, n, twice):
        assert twice == 2 * n

    property_(FakeStudent())


def test_a_process_that_ends_is_not_shrunk():
    calls = []

    @for_all(n=st.integers(0, 100), examples=20)
    def property_(student, n):
        calls.append(n)
        raise StudentGone("timeout")

    with pytest.raises(StudentGone):
        property_(FakeStudent())
    assert len(calls) == 1


def test_the_search_ends_when_a_smaller_input_kills_the_process():
    @for_all(n=st.integers(0, 1000), examples=30)
    def property_(student, n):
        if n > 500:
            raise CheckFailed(text(f"failed at {n}", ""))
        if 0 < n <= 500:
            raise StudentGone("crashed")

    with pytest.raises((CheckFailed, StudentGone)):
        property_(FakeStudent())


@pytest.mark.parametrize("moment", ["while it is sought", "when it is asked once more"])
def test_who_is_killed_by_somebody_else_is_drop_example(moment):
    killed = StudentGone("crashed", unexplained=True)
    asked: list[int] = []

    @for_all(n=st.integers(0, 1000))
    def property_(student, n):
        asked.append(n)
        known = asked.count(n) > 1  # the smallest is asked twice
        if len(asked) > 1 and n >= 10 and known == (moment == "when it is asked once more"):
            raise killed
        if n >= 10:
            raise CheckFailed({"en": "", "zh": ""})

    with pytest.raises(StudentGone) as caught:
        property_(FakeStudent())
    assert caught.value is killed
