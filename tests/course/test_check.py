"""The engine of the student's loop: the right file, what came of each check, what is next."""

import json
import os

import pytest

from course import check, outcomes, work
from course.kit.language import use_language
from course.kit.public_checks import declared_checks
from course.kit.units import EXERCISES_DIR, available_units
from solutions import attention as solution

STUBS = EXERCISES_DIR / "attention.py"


@pytest.fixture(autouse=True)
def _english():
    use_language("en")
    yield
    use_language("en")


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_newest_of_ones_own_files_is_checked(home):
    (home / "attention.py").write_text("x = 1")
    (home / "attention").mkdir()
    newest = home / "attention" / "attention.ipynb"
    newest.write_text("{}")
    os.utime(home / "attention.py", (1, 1))
    assert work.find_work("attention", home) == newest


def test_in_a_notebook_it_prints_and_raises(capsys):
    check.in_notebook("softmax", vars(solution))
    assert capsys.readouterr().out.count("✓") == 4
    with pytest.raises(AssertionError, match="public checks"):
        check.in_notebook("softmax", {"softmax": lambda x, axis=-1: x})
    assert "hint" in capsys.readouterr().out
    with pytest.raises(AssertionError):
        check.in_notebook("softmax", {})


def test_in_a_notebook_what_is_not_written_is_said_plainly(capsys):
    def softmax(x, axis=-1):
        raise NotImplementedError

    with pytest.raises(AssertionError, match=r"^softmax: not done yet\.$"):
        check.in_notebook("softmax", {"softmax": softmax})
    with pytest.raises(AssertionError, match="nothing here is called softmax"):
        check.in_notebook("softmax", {})
    with pytest.raises(AssertionError, match="softmax：还没有写。"):
        check.in_notebook("softmax", {"softmax": softmax}, language="zh")
    with pytest.raises(ValueError, match="没有名为 'softmaxx' 的练习"):
        check.in_notebook("softmaxx", {})
    assert not capsys.readouterr().out


def solved(exercise):
    """The stubs with one exercise written."""
    written = "def softmax(x, axis=-1):\n    return x\n" if exercise == "softmax" else ""
    return STUBS.read_text(encoding="utf-8") + "\n\n" + written


def test_a_file_that_was_worked_on_goes_before_a_newer_one_that_was_not(home):
    begun, untouched = home / "attention.py", home / "attention.ipynb"
    begun.write_text(solved("softmax"), encoding="utf-8")
    notebook = EXERCISES_DIR.parent / "notebooks" / "en" / "attention.ipynb"
    untouched.write_bytes(notebook.read_bytes())
    os.utime(begun, (1, 1))
    assert not work.is_begun(untouched, "attention")
    assert work.is_begun(begun, "attention")
    assert work.find_work("attention", home) == begun


def test_where_nothing_was_begun_the_notebook_of_the_language_is_first(home):
    assert work.find_work("attention", home).parts[-2:] == ("en", "attention.ipynb")
    use_language("zh")
    assert work.find_work("attention", home).parts[-2:] == ("zh", "attention.ipynb")


def test_without_any_file_it_says_what_was_looked_for(home, monkeypatch):
    monkeypatch.setattr(work, "places_of", lambda unit, directory: [])
    report = outcomes.read_unit("attention", home)
    assert "no attention.ipynb" in report.refused
    assert not report.right


def report_of(home, text, name="attention.py"):
    (home / name).write_text(text, encoding="utf-8")
    return check.check_file("attention", home / name)


def test_an_exercise_that_waits_for_another_says_for_which(home):
    both = "\n\ndef self_attention(x):\n    return softmax(similarity(x)) @ x\n"
    report = report_of(home, STUBS.read_text(encoding="utf-8") + both)
    assert {o.status for o in report.of("self_attention")} == {"blocked"}
    assert report.of("self_attention")[0].got == "it uses similarity, which is not done yet"
    assert outcomes.next_step(report) == "Write similarity next."


def test_an_error_is_told_with_its_place_in_the_students_own_work(home):
    report = report_of(home, "def softmax(x, axis=-1):\n    y = [1, 0]\n    return y[0] / y[1]\n")
    got = report.of("softmax")[0].got
    assert got == "ZeroDivisionError: division by zero\nyour module, line 3: return y[0] / y[1]"
    use_language("zh")
    chinese = report_of(home, "def softmax(x, axis=-1):\n    return x.nothing").of("softmax")[0].got
    assert "\n你的模块第 2 行：return x.nothing" in chinese


def test_what_keras_wraps_around_an_error_is_taken_off(home):
    layer = (
        "import keras\nclass SelfAttention(keras.layers.Layer):\n"
        "    def __init__(self, d_k, d_v=None):\n        super().__init__()\n"
        "    def call(self, x, attention_mask=None):\n        raise ValueError('so wide')\n"
    )
    found = report_of(home, layer).of("SelfAttention")
    assert {o.status for o in found} == {"error"}
    assert found[0].got.startswith("ValueError: so wide\nyour module, line 6")


def test_work_that_exits_is_a_problem_and_does_not_end_the_check(home):
    report = report_of(home, "def similarity(x):\n    raise SystemExit(0)\nraise SystemExit\n")
    assert [str(problem) for problem in report.problems] == ["your module, line 3: SystemExit"]
    assert {o.status for o in report.of("similarity")} == {"error"}


def test_a_broken_cell_is_what_to_mend_first(home):
    cells = [{"cell_type": "code", "source": "def similarity(x:\n    return x"}]
    report = report_of(home, json.dumps({"cells": cells}), "attention.ipynb")
    assert {o.status for o in report.outcomes} == {"absent"}
    assert outcomes.next_step(report) == (
        "Mend code cell 1 ([ ] def similarity(x:): similarity comes from there."
    )
    use_language("zh")
    assert outcomes.next_step(report) == (
        "先修好第 1 个代码单元格（[ ] def similarity(x:）：similarity 就在那里。"
    )
    assert report.problems[0].message().startswith("第 1 个代码单元格：第 1 行“def similarity(x:”")


def test_what_is_needed_and_not_run_is_named_in_the_checks_that_miss_it(home):
    cells = ["def similarity(x):\n    return x * SCALE", "SCALE = load()", "softmax = load()"]
    made = [{"cell_type": "code", "source": cell} for cell in cells]
    report = report_of(home, json.dumps({"cells": made}), "attention.ipynb")
    [got] = {outcome.got for outcome in report.of("similarity")}
    assert got.startswith("NameError: name 'SCALE' is not defined\ncode cell 1, line 2: ")
    assert got.endswith(
        "\n`SCALE` is assigned in code cell 2, line 1, which the grader does not run: it calls "
        "`load`."
    )
    assert {(outcome.status, outcome.got) for outcome in report.of("softmax")} == {
        (
            "absent",
            "`softmax` is assigned in code cell 3, line 1, which the grader does not run: it "
            "calls `load`.",
        )
    }
    assert [problem.where[0] for problem in report.problems] == [
        "code cell 2, line 1",
        "code cell 3, line 1",
    ]


def test_a_note_about_another_exercise_is_not_what_to_mend(home):
    twice = "def similarity(x): return x\n" * 2
    report = report_of(home, twice)
    report.outcomes[:] = report.of("softmax")
    assert "Define softmax" in outcomes.next_step(report)


def test_a_stub_below_does_not_hide_what_is_written(home):
    text = "def similarity(x): return x\n" + STUBS.read_text(encoding="utf-8")
    (home / "attention.py").write_text(text, encoding="utf-8")
    assert work.is_written(home / "attention.py", "attention", "similarity")
    assert work.is_begun(home / "attention.py", "attention")


def test_a_name_that_is_missing_is_asked_for(home):
    report = report_of(home, "def similarty(x):\n    return x\n")
    assert "Define similarity" in outcomes.next_step(report)


def test_a_name_that_is_nearly_right_is_asked_about_with_its_place(home):
    cells = ["x = 1", "def similarty(x):\n    return x", "class selfAttention: pass"]
    made = [{"cell_type": "code", "source": cell} for cell in cells]
    report = report_of(home, json.dumps({"cells": made}), "attention.ipynb")
    similarity, layer = report.of("similarity")[0], report.of("SelfAttention")[0]
    assert similarity.got.endswith("; did you mean `similarty` in code cell 2?")
    assert layer.got.endswith("; did you mean `selfAttention` in code cell 3?")
    with pytest.raises(AssertionError, match="did you mean `similarty`"):
        check.in_notebook("similarity", {"similarty": len})


def test_a_line_that_still_raises_is_named(home):
    stubs = STUBS.read_text(encoding="utf-8")
    left = "\n\ndef similarity(x):\n    y = x\n    raise NotImplementedError\n"
    line = len((stubs + left).splitlines())
    (got,) = {o.got for o in report_of(home, stubs + left).of("similarity")}
    assert got == f"your module, line {line} still raises NotImplementedError; delete that line"
    above = "\n\ndef similarity(x):\n    raise NotImplementedError\n    return x\n"
    assert "still raises" in report_of(home, stubs + above).of("similarity")[0].got


def test_a_method_that_is_left_is_named(home):
    stubs = STUBS.read_text(encoding="utf-8")
    begun = stubs.replace('        raise NotImplementedError("SelfAttention.__init__")\n', "")
    report = report_of(home, begun)
    assert {o.got for o in report.of("SelfAttention")} == {"`build` is not written yet"}
    assert work.standings(report.hand_in, "attention")["SelfAttention"] == work.BEGUN
    assert outcomes.next_step(report) == "Write similarity next."


def test_a_mask_that_keras_filled_is_told_as_that(home):
    layer = (
        "import keras\nclass Inner(keras.layers.Layer):\n"
        "    def call(self, x, keys_mask=None):\n        return x\n"
        "class SelfAttention(keras.layers.Layer):\n"
        "    def __init__(self, d_k, d_v=None):\n"
        "        super().__init__()\n        self.inner = Inner()\n"
        "    def call(self, x, attention_mask=None):\n"
        "        return self.inner(x, attention_mask, keys_mask=attention_mask), x\n"
    )
    got = report_of(home, layer).of("SelfAttention")[0].got
    assert got.endswith("write `keys_mask=…` in the call.")


@pytest.mark.parametrize("unit", available_units())
def test_checks_are_known_from_their_source_as_they_run(unit):
    run = [declared for declared, _ in check.checks_of(unit)]
    assert list(declared_checks(unit)) == run


@pytest.mark.parametrize("unit", available_units())
def test_stubs_are_told_from_their_source_and_need_no_run(home, unit):
    report = outcomes.read_file(unit, EXERCISES_DIR / f"{unit}.py")
    known = outcomes.known_outcomes(report)
    assert {outcome.status for outcome in known} == {"missing"}
    assert not outcomes.has_to_run(report)


def test_a_failed_check_shows_what_the_exercise_was_called_on(home):
    text = "def causal_mask(length):\n    return length\n"
    for outcome in report_of(home, text).of("causal_mask"):
        assert outcome.inputs.startswith("length = ")
    error = report_of(home, "def causal_mask(length):\n    return 1 / 0\n").of("causal_mask")[0]
    assert error.inputs == "length = 3"


def test_jupyter_shows_a_failed_check_without_a_traceback():
    with pytest.raises(AssertionError) as failed:
        check.in_notebook("causal_mask", {"causal_mask": lambda length: length})
    (line,) = failed.value._render_traceback_()
    assert line == "causal_mask: 2 of 2 public checks do not pass yet."


def test_after_the_last_exercise_the_next_unit_is_named(capsys):
    check.in_notebook("SelfAttention", vars(solution))
    assert capsys.readouterr().out.endswith("The next unit is multi_head.\n")


def test_a_cell_is_told_by_what_jupyter_shows_of_it(home):
    cell = {"cell_type": "code", "source": "\n# mine\nx = 1", "execution_count": 7}
    report = report_of(home, json.dumps({"cells": [cell]}), "attention.ipynb")
    text = "code cell 1, line 2 and code cell 1"
    told = outcomes.with_cells(text, report.hand_in)
    assert told == "code cell 1 ([7] # mine), line 2 and code cell 1"
    assert outcomes.with_cells("code cell 12", report.hand_in) == "code cell 12"
