"""The student's commands: what they print, what they return, and that they start quickly."""

import io
import json
import os
import shutil
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from course.check import check_here
from course.commands import check_output
from course.commands.app import app, main
from course.commands.check import touched
from course.commands.streams import take_any_text
from course.commands.terminal import usage_message
from course.kit.language import use_language
from course.kit.public_checks import declared_checks
from course.kit.units import EXERCISES_DIR, available_units, exercises_of
from course.outcomes import has_to_run
from tests.conftest import ROOT, SOLUTION

RUNNER = CliRunner()
STUBS = EXERCISES_DIR / "attention.py"
NOTEBOOKS = EXERCISES_DIR.parent / "notebooks"
OF_ATTENTION = len(declared_checks("attention"))
ALL = sum(len(declared_checks(unit)) for unit in available_units())


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("en")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


class Here:
    """Runs checks in the tests' own process, which has loaded Keras."""

    is_loaded = True

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def start(self):
        pass

    def run(self, report):
        for outcome in check_here(report):
            report.outcomes.append(outcome)
            yield outcome


@pytest.fixture(autouse=True)
def _here(request, monkeypatch):
    if "process" not in request.keywords:
        monkeypatch.setattr("course.commands.check.CheckProcess", Here)
        monkeypatch.setattr("course.commands.progress.CheckProcess", Here)


def check(*arguments):
    return RUNNER.invoke(app, ["check", "attention", *arguments])


def course(*arguments, **environment):
    """Run the command as a student does, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "course", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_done_work_passes_and_hears_of_hidden_checks(home):
    (home / "attention.py").write_bytes(SOLUTION.read_bytes())
    done = check()
    assert done.exit_code == 0, done.output
    assert "public checks of attention pass" in done.output
    assert "Hidden checks" in done.output
    assert "attention.py, saved at " in done.output
    assert "The next unit is multi_head." in done.output
    assert [path.name for path in home.iterdir()] == ["attention.py"]  # nothing is written unasked


def test_untouched_work_is_told_where_to_begin(home):
    (home / "attention.py").write_bytes(STUBS.read_bytes())
    done = check()
    assert done.exit_code == 1
    assert done.output.rstrip().endswith("Write similarity next.")
    assert check("--language", "zh").output.rstrip().endswith("下一步：写 similarity。")


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("attention.py", "def f(:\n", "line 1, “def f(:”"),
        ("attention.ipynb", "{", "not valid JSON"),
        ("attention.py", "", "empty"),
        ("attention.py", "def softmax(x): return 1/0\n", "ZeroDivisionError"),
        ("attention.py", "def softmax(x): return 1/0\n", "nothing here is called similarity"),
        ("attention.py", "similarity = [unknown]\n", "your module, line 1: NameError"),
    ],
)
def test_it_stays_friendly(home, file, text, said):
    (home / file).write_text(text)
    done = check()
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_an_explicit_file_is_the_one_that_is_checked(home):
    (home / "attention.py").write_bytes(STUBS.read_bytes())
    (home / "mine.py").write_bytes(SOLUTION.read_bytes())
    assert check("--file", "mine.py", "--no-plot").exit_code == 0


def test_an_error_that_repeats_is_told_once(home):
    (home / "attention.py").write_text("def similarity(x):\n    return unknown\n")
    done = check()
    assert done.output.count("NameError") == 1
    assert done.output.count("the same error") == 1


def test_what_a_student_writes_is_not_read_as_markup(home):
    (home / "attention.py").write_text("def similarity(x):\n    raise ValueError('[red]a[/] [b')\n")
    assert "ValueError: [red]a[/] [b" in check().output


def test_a_save_is_checked_again_and_other_files_are_not(home):
    work, other = home / "attention.py", home / "notes.py"
    work.write_bytes(STUBS.read_bytes())
    other.write_text("")
    assert not list(touched(["attention"], None, [str(other)]))
    (untouched,) = touched(["attention"], None, [str(work), str(other)])
    assert not has_to_run(untouched)
    work.write_bytes(SOLUTION.read_bytes())
    (done,) = touched(["attention"], None, [str(work)])
    assert has_to_run(done)
    work.write_text("def (")
    (broken,) = touched(["attention"], None, [str(work)])
    assert "Syntax error" in broken.refused
    work.unlink()
    assert not list(touched(["attention"], None, [str(work)]))


def test_an_explicit_file_is_watched_alone(home):
    for name in ("attention.py", "mine.py"):
        (home / name).write_bytes(STUBS.read_bytes())
    mine = home / "mine.py"
    assert not list(touched(["attention"], mine, [home / "attention.py"]))
    (report,) = touched(["attention"], mine, [mine])
    assert report.path == mine


@pytest.mark.parametrize("stop", [(), KeyboardInterrupt])
def test_watching_shows_each_save_and_ends_cleanly(home, monkeypatch, stop):
    work = home / "attention.py"
    work.write_bytes(STUBS.read_bytes())

    def saves(*folders, **options):
        assert home in folders
        work.write_text("def similarity(x):\n    return x\n")
        yield {(1, str(work))}
        if stop:
            raise stop

    monkeypatch.setattr("watchfiles.watch", saves)
    done = check("--watch")
    assert done.exit_code == 0, done.output
    assert done.output.count("Watching for saves") == 2
    assert done.output.count("checking…") == 1
    assert f"0 of {OF_ATTENTION} pass. Next: similarity" in done.output


def test_progress_shows_each_exercise(home):
    (home / "attention.py").write_text(
        "import keras\ndef similarity(x): return x\n"
        "def causal_mask(n): return keras.ops.tril(keras.ops.ones((1, n, n), dtype='bool'))\n"
    )
    done = RUNNER.invoke(app, ["progress"])
    assert done.exit_code == 0
    assert done.output.count("written") == 2
    done = RUNNER.invoke(app, ["progress", "--check"])
    assert "in work 0/2" in done.output
    assert "checked 2/2" in done.output
    every = sum(len(exercises_of(unit)) for unit in available_units())
    assert done.output.count("to do") == every - 2
    (home / "attention.py").write_text("def (")
    assert "Syntax error in line 1" in RUNNER.invoke(app, ["progress"]).output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "atention"], "the units are: rnn, cnn, attention, "),
        (["check", "--language", "fr"], "choose one of: en, zh"),
        (["progress", "--language", "fr"], "choose one of: en, zh"),
        (["check", "--file", "nowhere.py"], "There is no file nowhere.py"),
        (["check", "--no-such-option"], "No such option: --no-such-option"),
        (["chekc"], "No such command"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_2(home, monkeypatch, capsys, arguments, said):
    monkeypatch.setattr(sys, "argv", ["course", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    stderr = capsys.readouterr().err
    assert said in stderr
    assert stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--help"], "--watch"),
        (["check"], f"0 of {ALL} pass. Write RNNCell next."),
        (["check", "attention", "--watsh"], ""),
        (["progress"], "beam_search"),
    ],
)
def test_what_needs_no_run_is_answered_without_keras(tmp_path, arguments, said):
    """Names, stubs, wrong arguments: nobody waits for TensorFlow, nor for NumPy."""
    code = (
        f"import sys\nfrom course.commands.app import main\nsys.argv = {['course', *arguments]}\n"
        "try: main()\nfinally: print({'keras', 'numpy', 'matplotlib'} & set(sys.modules))"
    )
    folder = tmp_path / "work"
    shutil.copytree(EXERCISES_DIR, folder, ignore=shutil.ignore_patterns("__*"))
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "LANG": "en_US.UTF-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert said in done.stdout
    assert done.stdout.rstrip().endswith("set()")


def test_the_command_speaks_the_language_of_the_terminal_without_noise(tmp_path):
    work = tmp_path / "attention.py"
    work.write_bytes(STUBS.read_bytes())
    done = course("check", "--file", str(work), LC_ALL="zh_CN.UTF-8")
    assert done.returncode == 1
    assert f"通过 0/{OF_ATTENTION}。下一步：写 similarity。" in done.stdout
    assert done.stderr == ""


def test_blocks_are_darker_where_more_is_looked_at():
    assert check_output.blocks([[0.0, 1.0], [0.5, 0.5]], "ab") == [
        "a     0.00  ██ 1.00",
        "b  ▒▒ 0.50  ▒▒ 0.50",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk", "utf-8"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_any_encoding_takes_the_output(encoding, language):
    use_language(language)
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding)
    take_any_text(stream)
    stream.write("✓ X Xᵀ “softmax” 早 ██\n")
    stream.flush()
    written = raw.getvalue().decode(stream.encoding)
    assert written.startswith("✓" if stream.encoding == "utf-8" else "+")
    assert ("早" in written) == (language == "zh" or encoding in ("gbk", "utf-8"))


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "gbk"])
def test_a_narrow_pipe_without_unicode_or_a_backend_gets_no_traceback(tmp_path, encoding):
    (tmp_path / "attention.py").write_text("def similarity(x):\n    return x\n")
    narrow = {"PYTHONUTF8": "0", "PYTHONIOENCODING": encoding, "COLUMNS": "60"}
    environment = {**os.environ, **narrow, "PYTHONPATH": str(ROOT), "KERAS_BACKEND": "nonsense"}
    for arguments in (["check", "attention"], ["check", "rnn"], ["--help"], ["translate", "hi"]):
        done = subprocess.run(
            [sys.executable, "-m", "course", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            check=False,
        )
        assert b"Traceback" not in done.stdout + done.stderr
    assert b"KERAS_BACKEND" in done.stderr
    assert done.returncode == 2


def test_the_notebooks_language_is_spoken_where_nothing_else_is_said(home):
    notebook = json.loads((NOTEBOOKS / "zh" / "attention.ipynb").read_text(encoding="utf-8"))
    (home / "attention.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    assert check().output.rstrip().endswith("下一步：写 similarity。")
    use_language("zh")
    (home / "attention.ipynb").write_bytes((NOTEBOOKS / "en" / "attention.ipynb").read_bytes())
    assert check("--file", "attention.ipynb").output.rstrip().endswith("Write similarity next.")
    assert check("--language", "zh").output.rstrip().endswith("下一步：写 similarity。")


@pytest.mark.parametrize(
    ("message", "chinese"),
    [
        ("No such command 'chekc'. Did you mean 'check'?", "没有命令 chekc；你是指 check 吗？"),
        ("No such option: --watsh Did you mean --watch?", "没有选项 --watsh；你是指 --watch 吗？"),
        ("No such option: --bla", "没有选项 --bla。"),
        ("Missing argument 'EXERCISE'.", "缺少参数 EXERCISE。"),
    ],
)
def test_wrong_usage_is_told_in_chinese(message, chinese):
    assert usage_message(message) == message
    use_language("zh")
    assert usage_message(message) == chinese
