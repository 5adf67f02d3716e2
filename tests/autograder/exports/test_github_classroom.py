"""What the autograding reporter reads, held against what its source expects."""

import base64
import json
from typing import Literal

from hypothesis import given
from pydantic import BaseModel, ConfigDict, Field

from autograder.base.text import text
from autograder.exports import github_classroom
from tests.autograder.exports import samples

Status = Literal["pass", "fail", "error"]


class Test(BaseModel):
    __test__ = False
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    status: Status
    score: float
    message: str | None
    line_no: None
    execution_time: str | None


class Results(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: Literal[1]
    status: Status
    max_score: float = Field(ge=0)
    tests: list[Test] = Field(min_length=1)  # the reporter divides by their number


def read(result, language="en"):
    """Read it as the reporter does, from the base64 form."""
    encoded = github_classroom.encode(github_classroom.export(result, language))
    assert len(encoded) < 128 * 1024  # what Linux takes as one environment variable
    assert "\n" not in encoded
    return Results.model_validate(json.loads(base64.b64decode(encoded, validate=True)))


def total(results):
    """The points, as the reporter adds them up."""
    return sum(test.score for test in results.tests)


def log_of(results):
    """The lines that the reporter prints of them."""
    shown = []
    for test in results.tests:
        shown += [f"✅ {test.name}\n"] if test.status == "pass" else [f"❌ {test.name}\n"]
        if test.status != "pass":
            shown.append(f"Error: {test.message}\n")
    return "\n".join(shown).splitlines()


def test_points_and_status():
    results = read(samples.graded())
    assert results.status == "fail"
    assert (total(results), results.max_score) == (60, 100)
    assert [test.status for test in results.tests] == ["pass", "fail", "error"]
    assert results.tests[0].message is None
    assert "Message of axis." in results.tests[1].message


def test_all_right_is_a_pass():
    results = read(samples.graded(checks=[samples.check()]))
    assert results.status == "pass"


def test_code_that_only_raises_is_an_error():
    results = read(samples.graded(checks=[samples.check(status="crashed")]))
    assert results.status == "error"


def test_skipped_checks_are_neither_counted_nor_failed():
    results = read(samples.with_skipped())
    assert len(results.tests) == 2
    assert (total(results), results.max_score) == (60, 80)
    assert read(samples.all_skipped()).status == "pass"


def test_a_rejected_hand_in_is_an_error_with_the_reason():
    results = read(samples.rejected())
    assert results.status == "error"
    assert total(results) == 0
    assert "Nothing of the unit" in results.tests[0].message


def test_huge_messages_fit_the_environment():
    checks = [samples.check(str(i), "failed", wrong=text("界" * 2500, "")) for i in range(60)]
    results = read(samples.graded(checks=checks))
    assert len(results.tests) == 60


@given(samples.results())
def test_no_line_of_the_log_is_a_command(result):
    for line in log_of(read(result)):
        assert not line.strip().startswith("::")
        assert "##[" not in line
