"""What an export says is in its language: why a hand-in was rejected, what a failure came from."""

import pytest

from autograder.base.text import text
from autograder.exports import github_classroom, gradescope, marks, plain_csv, prairielearn
from tests.autograder.exports import samples

EXPORTS = {
    "csv": lambda result, language: plain_csv.export_checks([result], language),
    "gradescope": gradescope.export,
    "prairielearn": prairielearn.export,
}
OF_CHECKS = EXPORTS | {"github": github_classroom.export, "marks": marks.summary}


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_the_reason_is_in_the_exports_language(export):
    result = samples.rejected(reason=text("The file is empty.", "文件是空的。"))
    for language, there, elsewhere in (
        ("en", "The file is empty.", "文件是空的。"),
        ("zh", "文件是空的。", "The file is empty."),
    ):
        assert there in export(result, language)
        assert elsewhere not in export(result, language)


@pytest.mark.parametrize("export", OF_CHECKS.values(), ids=OF_CHECKS)
def test_what_a_failure_came_from_is_told_though_the_check_passed(export):
    why = text("Right, with a right softmax.", "换上正确的 softmax 后正确。")
    result = samples.graded(
        checks=[samples.check(), samples.check("axis", wrong=why, comes_from="softmax")]
    )
    for language in ("en", "zh"):
        assert why[language] not in export(samples.graded(checks=[samples.check()]), language)
        assert export(result, language).count(why[language]) == 1
