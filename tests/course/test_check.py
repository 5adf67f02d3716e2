"""The student's loop: the right file is found, checks say what came, and what is next."""

import os
import types

import pytest
from typer.testing import CliRunner

from course import check
from course.cli import app
from course.kit.language import use_language
from course.kit.units import EXERCISES_DIR
from solutions import attention as solution
from tests.conftest import SOLUTION

RUNNER = CliRunner()
STUBS = EXERCISES_DIR / "attention.py"


@pytest.fixture(autouse=True)
def _english():
    use_language("en")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def work(**changed):
    return types.SimpleNamespace(**{**vars(solution), **changed})


def test_the_reference_passes_every_public_check():
    outcomes = list(check.run_checks("attention", work()))
    assert [outcome.status for outcome in outcomes] == ["passed"] * 16
    assert {outcome.check.exercise for outcome in outcomes} == set(solution.__all__)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("similarity", lambda x: x @ x),
        ("softmax", lambda x, axis=-1: x),
        ("self_attention", lambda x: x),
        ("scaled_dot_product_attention", lambda q, k, v, mask=None: (v, v)),
        ("padding_mask", lambda ids: ids),
        ("causal_mask", lambda n: n),
        ("SelfAttention", lambda d_k, d_v=None: None),
    ],
)
def test_each_exercise_written_wrong_fails(name, wrong):
    outcomes = list(check.run_checks("attention", work(**{name: wrong}), name))
    wrong_ones = [outcome for outcome in outcomes if outcome.status in ("failed", "error")]
    assert wrong_ones
    assert all(check.details(outcome) for outcome in wrong_ones)


def test_the_newest_of_ones_own_files_is_checked(home):
    (home / "attention.py").write_text("x = 1")
    (home / "attention").mkdir()
    newest = home / "attention" / "attention.ipynb"
    newest.write_text("{}")
    os.utime(home / "attention.py", (1, 1))
    assert check.find_work("attention", home) == newest


def test_in_a_notebook_it_prints_and_raises(capsys):
    check.in_notebook("softmax", vars(solution))
    assert capsys.readouterr().out.count("✓") == 3
    with pytest.raises(AssertionError, match="public checks"):
        check.in_notebook("softmax", {"softmax": lambda x, axis=-1: x})
    assert "hint" in capsys.readouterr().out
    with pytest.raises(AssertionError):
        check.in_notebook("softmax", {})


def test_done_work_passes_and_hears_of_hidden_checks(home):
    (home / "attention.py").write_bytes(SOLUTION.read_bytes())
    done = RUNNER.invoke(app, ["check", "attention", "--language", "en"])
    assert done.exit_code == 0, done.output
    assert "All 16 public checks" in done.output
    assert "Hidden checks" in done.output
    assert (home / "attention-weights.png").stat().st_size > 1000


def test_untouched_work_is_told_where_to_begin(home):
    (home / "attention.py").write_bytes(STUBS.read_bytes())
    done = RUNNER.invoke(app, ["check", "attention", "--language", "en"])
    assert done.exit_code == 1
    assert "Write similarity next" in done.output
    chinese = RUNNER.invoke(app, ["check", "attention", "--language", "zh"])
    assert "下一步：写 similarity" in chinese.output


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("attention.py", "def f(:\n", "line 1"),
        ("attention.ipynb", "{", "not valid JSON"),
        ("attention.py", "", "empty"),
        ("attention.py", "def softmax(x): return 1/0\n", "ZeroDivisionError"),
        ("attention.py", "def softmax(x): return 1/0\n", "the name is missing"),
    ],
)
def test_it_stays_friendly(home, file, text, said):
    (home / file).write_text(text)
    done = RUNNER.invoke(app, ["check", "attention", "--language", "en"])
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_wrong_usage_is_one_sentence_and_status_2(home):
    done = RUNNER.invoke(app, ["check", "atention"])
    assert done.exit_code == 2
    assert "the units are: attention" in done.stderr
    assert RUNNER.invoke(app, ["check", "--language", "fr"]).exit_code == 2


def test_progress_shows_each_exercise(home):
    (home / "attention.py").write_text("def similarity(x): return x\n")
    done = RUNNER.invoke(app, ["progress", "--language", "en"])
    assert done.exit_code == 0
    assert "in work 0/2" in done.output
    assert done.output.count("to do") == 6
