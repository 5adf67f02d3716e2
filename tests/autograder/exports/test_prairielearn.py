"""PrairieLearn's results, held against the rules of its documentation."""

import json

from hypothesis import given
from pydantic import BaseModel, ConfigDict, Field, model_validator

from autograder.base.text import text
from autograder.exports import prairielearn
from tests.autograder.exports import samples


class Test(BaseModel):
    __test__ = False
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    description: str
    points: float = Field(ge=0)
    max_points: float = Field(ge=0)
    message: str
    output: str


class Results(BaseModel):
    """A score from 0 to 1 is needed where it is gradable, format errors go with what is not."""

    model_config = ConfigDict(extra="forbid", strict=True)

    gradable: bool
    score: float = Field(ge=0, le=1)
    message: str
    output: str = ""
    format_errors: str | list[str] | None = None
    tests: list[Test]

    @model_validator(mode="after")
    def errors_only_where_not_gradable(self):
        assert self.gradable == (not self.format_errors)
        return self


def read(result, language="en"):
    content = prairielearn.export(result, language)
    assert len(content.encode()) <= 1_000_000
    return Results.model_validate(json.loads(content))


def test_the_score_is_a_share():
    results = read(samples.graded())
    assert results.gradable
    assert results.score == 0.6
    assert [(test.points, test.max_points) for test in results.tests] == [
        (60, 60),
        (0, 30),
        (0, 10),
    ]
    assert "axis-ignored" in results.tests[1].output
    assert results.tests[0].output == ""


def test_a_skipped_check_is_worth_nothing_of_nothing():
    results = read(samples.with_skipped())
    assert results.score == 0.75
    assert (results.tests[2].points, results.tests[2].max_points) == (0, 0)


def test_a_rejected_hand_in_is_not_gradable():
    results = read(samples.rejected())
    assert not results.gradable
    assert results.format_errors == ["Nothing of the unit is in the hand-in."]
    assert results.tests == []


def test_where_nothing_could_be_run_nothing_is_graded():
    assert not read(samples.all_skipped()).gradable


def test_huge_messages_are_cut_to_the_limit():
    huge = [samples.check(str(i), "failed", wrong=text("界" * 50_000, "")) for i in range(60)]
    results = read(samples.graded(checks=huge))
    assert len(results.tests) == 60
    assert results.tests[0].output.endswith("…")


@given(samples.results())
def test_any_result_keeps_the_rules(result):
    results = read(result)
    assert "\x1b" not in results.message + results.output
