"""Gradescope's results.json, held against the rules of its specification."""

import json
from typing import Any, Literal

import pytest
from hypothesis import given
from pydantic import BaseModel, ConfigDict, Field

from autograder.exports import gradescope
from tests.autograder.exports import samples

Visibility = Literal["visible", "hidden", "after_due_date", "after_published"]
Form = Literal["text", "html", "simple_format", "md", "ansi"]


class Test(BaseModel):
    """A test case of the specification; anything else in it is a mistake."""

    __test__ = False
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    name_format: Form = "text"
    number: str = Field(pattern=r"^\d+(\.\d+)*$")
    score: float | None = None
    max_score: float | None = Field(default=None, ge=0)
    status: Literal["passed", "failed"] | None = None
    output: str
    output_format: Form
    visibility: Visibility
    tags: list[str]
    extra_data: dict[str, Any]


class Results(BaseModel):
    """The whole file; `score` is needed at the top, since not every test has one."""

    model_config = ConfigDict(extra="forbid", strict=True)

    score: float
    execution_time: int = Field(ge=0)
    output: str
    output_format: Form
    stdout_visibility: Visibility
    tests: list[Test]
    extra_data: dict[str, Any]


def read(result, **options):
    data = json.loads(gradescope.export(result, **options))
    return Results.model_validate(data), data


def test_points_status_and_messages_are_the_checks():
    results, _ = read(samples.graded())
    assert results.score == 60
    assert [test.number for test in results.tests] == ["1.1", "1.2", "1.3"]
    assert [(test.score, test.max_score) for test in results.tests] == [(60, 60), (0, 30), (0, 10)]
    assert [test.status for test in results.tests] == ["passed", "failed", "failed"]
    failed = results.tests[1]
    assert failed.name == "softmax: Title of axis"
    assert "Message of axis." in failed.output
    assert failed.output_format == "text"
    assert failed.tags == ["softmax", "failed", "axis-ignored"]
    assert failed.extra_data["check"] == "attention.softmax.axis"
    assert results.extra_data["isolation"] == ["seccomp", "rlimits"]


def test_exercises_are_numbered_as_they_come():
    checks = [samples.check("a"), samples.check("b", exercise="similarity"), samples.check("c")]
    results, _ = read(samples.graded(checks=checks))
    assert [test.number for test in results.tests] == ["1.1", "2.1", "1.2"]


def test_a_skipped_check_costs_no_points_of_the_fixed_maximum():
    results, data = read(samples.with_skipped())
    assert results.score == 75  # 60 of 80
    skipped = data["tests"][2]
    assert not {"score", "max_score", "status"} & skipped.keys()
    assert "cost no points" in results.output


def test_a_rejected_hand_in_has_no_points_and_the_reason():
    results, _ = read(samples.rejected())
    assert results.score == 0
    assert results.tests == []
    assert "Nothing of the unit" in results.output


def test_nothing_that_could_be_run_is_no_division_by_zero():
    assert read(samples.all_skipped())[0].score == 0


def test_it_speaks_chinese():
    results, _ = read(samples.graded(), language="zh")
    assert results.tests[1].name == "softmax：axis 的标题"
    assert "已知错误：axis-ignored" in results.tests[1].output


@pytest.mark.parametrize("visibility", ["hidden", "after_due_date", "after_published"])
def test_visibility_is_given_to_every_check(visibility):
    results, _ = read(samples.graded(), visibility=visibility)
    assert {test.visibility for test in results.tests} == {visibility}


@given(samples.results())
def test_any_result_keeps_the_rules(result):
    results, _ = read(result)
    for test in results.tests:
        assert "\x1b" not in test.output + test.name
        assert "\x00" not in test.output + test.name
