"""Authors' commands end with a sentence, and no traceback, where an author has to mend something."""

import pytest

from autograder.authoring.author_command import author_command
from course.kit.errors import UserError


def test_what_an_author_has_to_mend_is_one_sentence_and_status_2(capsys):
    with pytest.raises(SystemExit) as ended, author_command("Making the stubs again"):
        raise UserError("The solution begun on line 3 has no end.")
    assert ended.value.code == 2
    assert capsys.readouterr().err == "The solution begun on line 3 has no end.\n"
