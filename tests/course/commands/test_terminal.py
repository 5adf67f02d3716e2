"""What the commands share."""

import os
import subprocess
import sys

import pytest

from course.commands.terminal import unannounced
from tests.conftest import ROOT


def test_what_a_library_announces_is_left_out(capfd):
    with unannounced():
        os.write(2, b"I0000 custom operations are on\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_what_an_import_wrote_before_it_failed_is_shown(capfd):
    def broken():
        with unannounced():
            os.write(2, b"libcuda is missing\n")
            raise ImportError("no")

    with pytest.raises(ImportError, match="no"):
        broken()
    assert capfd.readouterr().err == "libcuda is missing\n"


@pytest.mark.parametrize(
    ("command", "given", "right"),
    [("train", None, "1"), ("compare", None, "1"), ("check", None, "0"), ("train", "0", "0")],
)
def test_only_training_takes_onednn_and_the_user_may_decide(command, given, right):
    environment = {name: text for name, text in os.environ.items() if name != SWITCH}
    if given is not None:
        environment[SWITCH] = given
    code = f"import sys; sys.argv = ['course', {command!r}]; import course.commands.app, os; "
    code += f"print(os.environ[{SWITCH!r}])"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == right


SWITCH = "TF_ENABLE_ONEDNN_OPTS"
