"""What the commands share."""

import os
import subprocess
import sys

import pytest
import typer

from course.commands.terminal import stop_training, unannounced
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


def test_a_run_stopped_in_its_first_epoch_begins_anew(tmp_path, capsys):
    for said in ("begins anew", "after the last whole epoch"):
        with pytest.raises(typer.Exit):
            stop_training(tmp_path)
        streams = capsys.readouterr()
        assert said in streams.err
        assert streams.out == "\n"  # the bar's line is ended
        (tmp_path / "state.npz").touch()


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
