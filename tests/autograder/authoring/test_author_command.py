"""What an author has to mend is one sentence, and no traceback."""

import pytest

from autograder.authoring.author_command import author_command
from course.kit.errors import UserError


def test_a_user_error_is_one_sentence_and_status_2(capsys):
    with pytest.raises(SystemExit) as ended, author_command("Making the stubs again"):
        raise UserError("The solution begun on line 3 has no end.")
    assert ended.value.code == 2
    assert capsys.readouterr().err == "The solution begun on line 3 has no end.\n"
