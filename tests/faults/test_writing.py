"""Killed at any step of writing a result: the old one is there whole, or the new one, and later
nothing else."""

import json
import os
import signal

import pytest

from autograder.base.text import text
from autograder.results.files import read_result, write_result
from autograder.results.result import CheckResult, Result
from autograder.running.unfinished import remove_unfinished

STEPS = ["open", "fdopen", "fsync", "replace"]


def result(score):
    check = CheckResult(
        "positional.a.b", "a", text("t", "t"), "failed", score, 9.0, wrong=text("m" * 9000, "m")
    )
    return Result(
        "ann", "positional", "graded", score, 9.0, 0, "tensorflow", 0.1, [], checks=[check]
    )


def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def write_and_die(out, score, step, before):
    """Write a result in a process that is killed just before a step, or just after it."""
    child = os.fork()
    if child:
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        return
    real = getattr(os, step)

    def stopped(*arguments, **named):
        if not before:
            real(*arguments, **named)
        die()

    setattr(os, step, stopped)
    write_result(out, result(score))
    os._exit(0)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("old", [None, 3.0], ids=["nothing yet", "an old one"])
def test_killed_while_it_writes(tmp_path, step, before, old):
    if old is not None:
        write_result(tmp_path, result(old))
    write_and_die(tmp_path, 7.0, step, before)
    path = tmp_path / "ann" / "positional.json"
    done = step == "replace" and not before
    if old is None and not done:
        assert not path.exists()
    else:
        assert read_result(path) == result(7.0 if done else old)
    remove_unfinished(tmp_path)
    assert list((tmp_path / "ann").iterdir()) == ([path] if path.exists() else [])


def test_half_of_it_on_the_disk_is_not_under_its_name(tmp_path):
    child = os.fork()
    if child == 0:
        real = os.fdopen

        def halfway(*arguments):
            file = real(*arguments)
            write = file.write

            class Half:
                def __enter__(self):
                    return self

                def __exit__(self, *_):
                    return None

                def write(self, data):
                    write(data[: len(data) // 2])
                    file.flush()
                    die()

            return Half()

        os.fdopen = halfway
        write_result(tmp_path, result(7.0))
        os._exit(0)
    os.waitpid(child, 0)
    (half,) = (tmp_path / "ann").iterdir()
    assert half.name != "positional.json"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        json.loads(half.read_text())
    remove_unfinished(tmp_path)
    assert list((tmp_path / "ann").iterdir()) == []


def test_who_writes_while_another_clears_up_writes_all_the_same(tmp_path, monkeypatch):
    real, times = os.replace, []

    def cleared(source, target):
        if not times:
            remove_unfinished(tmp_path)
        times.append(target)
        real(source, target)

    monkeypatch.setattr("os.replace", cleared)
    path = write_result(tmp_path, result(7.0))
    assert read_result(path) == result(7.0)
    assert len(times) == 2


def test_only_what_is_unfinished_is_cleared(tmp_path):
    others = [
        *("ann/positional.json", "ann/.notes", "exports/csv/grades.csv", "report/index.html"),
        *("report/.index.html.x.unfinished", "ann/.other.json.x.unfinished", ".hidden"),
    ]
    cleared = [
        *("ann/.positional.json.x.unfinished", "exports/csv/.grades.csv.x.unfinished"),
        ".hand-ins.x/ann/positional.ipynb",
    ]
    for name in (*others, *cleared):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    remove_unfinished(tmp_path)
    found = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file()}
    assert found == set(others)
