"""Why a hand-in was rejected is told in the language that an export is in."""

import pytest

from autograder.base.text import text
from autograder.exports import gradescope, plain_csv, prairielearn
from tests.autograder.exports import samples

EXPORTS = {
    "csv": lambda result, language: plain_csv.export_checks([result], language),
    "gradescope": gradescope.export,
    "prairielearn": prairielearn.export,
}


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS)
def test_the_reason_is_in_the_exports_language(export):
    result = samples.rejected(reason=text("The file is empty.", "文件是空的。"))
    for language, there, elsewhere in (
        ("en", "The file is empty.", "文件是空的。"),
        ("zh", "文件是空的。", "The file is empty."),
    ):
        assert there in export(result, language)
        assert elsewhere not in export(result, language)
