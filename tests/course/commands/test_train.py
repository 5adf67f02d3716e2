"""`course train` and `course translate`, as they are typed."""

import io
import subprocess
import sys

import pytest
from rich.console import Console

from course.commands import app, translate
from course.kit.models.translator import Translation
from tests.conftest import ROOT


@pytest.fixture
def course(pairs_file, tmp_path):
    """Run a command in a folder of its own; gives the finished process."""

    def run(*arguments, typed=None):
        command = [sys.executable, "-m", "course", *map(str, arguments)]
        environment = {"PYTHONPATH": str(ROOT), "COURSE_DATA": str(tmp_path / "data")}
        environment |= {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "COURSE_LANGUAGE": "en"}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, input=typed, capture_output=True, text=True
        )

    return run


def one_sentence(done):
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_fresh_clone_translates_offline(course, tmp_path):
    done = course("translate", "I like deep learning", "--attention", tmp_path / "seen.png")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().rstrip("。") == "我喜欢深度学习"
    assert (tmp_path / "seen.png").stat().st_size > 5_000


@pytest.mark.slow
def test_lines_come_from_a_file_or_a_pipe(course, tmp_path):
    lines = "I like music.\n\nI like deep learning.\n"
    right = ["我喜欢音乐。", "", "我喜欢深度学习。"]
    (tmp_path / "lines.txt").write_text(lines, encoding="utf-8")
    from_file = course("translate", "--file", tmp_path / "lines.txt", "--model", "rnn")
    assert from_file.stdout.splitlines() == right, from_file.stderr
    for dash in ([], ["-"], ["--file", "-"]):
        piped = course("translate", *dash, "--model", "cnn", typed=lines)
        assert piped.stdout.splitlines() == right, piped.stderr


@pytest.mark.slow
def test_one_trains_and_translates_with_what_came_of_it(course, pairs_file, tmp_path):
    command = ["train", "rnn", "--reference", "--data", pairs_file, "--epochs", 1]
    done = course(*command, "--size", "units=8", "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert "runs/rnn-pairs" in done.stdout
    assert ", 1 epochs at most, " in done.stdout
    assert "\n1 epoch in 0." in done.stdout
    assert (tmp_path / "runs" / "rnn-pairs" / "history.csv").is_file()
    assert course("translate", "I like tea", "--model", "rnn").returncode == 0
    other = course(*command, "--size", "units=9", "--device", "cpu")
    assert "other settings" in one_sentence(other)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["train", "lstm"], "no family 'lstm'"),
        (["train", "rnn", "--device", "tpu"], "--device can't be"),
        (["train", "rnn", "--reference", "--data", "nowhere.tsv"], "no data set and no file"),
        (["train", "rnn"], "RNNSeq2Seq is not written yet"),
        (["translate", "hello", "--model", "nowhere"], "no trained model"),
        (["translate", " "], "nothing to translate"),
        (["translate", "--file", "nowhere.txt"], "There is no file"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(course, arguments, says):
    assert says in one_sentence(course(*arguments))


def test_translations_stay_on_their_stream_while_a_bar_is_shown(tmp_path, capsys):
    class Echo:
        def translate(self, sentences, beam):
            return [Translation(sentence.upper(), [], []) for sentence in sentences]

    (tmp_path / "lines.txt").write_text("a\n\nb\n", encoding="utf-8")
    on_a_terminal = Console(file=io.StringIO(), force_terminal=True)
    translate._translate_file(Echo(), tmp_path / "lines.txt", 1, on_a_terminal)
    assert capsys.readouterr().out == "A\n\nB\n"


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def interrupted(**options):
        raise KeyboardInterrupt

    monkeypatch.setattr(app, "app", interrupted)
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 130
    assert "Traceback" not in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_sentence(course, pairs_file):
    command = ["train", "rnn", "--reference", "--data", pairs_file, "--size", "units=8"]
    one_sentence(course(*command, "--out", pairs_file / "below"))
