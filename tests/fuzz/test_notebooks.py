"""The reader of hand-ins gets notebooks and modules that were broken in every way."""

import collections
import json
import re
import warnings

import pytest

from autograder.isolation.student_process import StudentGone
from course.kit.handin import UnreadableHandIn, read_handin
from course.kit.units import exercises_of
from tests.drawing import SEED, cases
from tests.fuzz.mutations import numbered, watched
from tests.fuzz.notebooks import hand_in

MANY = cases(20_000, 100_000)
LONGEST = 400  # characters of a reason
INSIDE = re.compile(r"Traceback|<class|<function| object at 0x|site-packages|codec can't")


def is_readable(english, chinese):
    """Whether a student understands it: a sentence each, and nothing of the machine's inside."""
    return (
        english.endswith((".", "?"))
        and chinese.endswith("。")
        and re.search(r"[\u4e00-\u9fff]", chinese) is not None
        and all(text.isprintable() and len(text) <= LONGEST for text in (english, chinese))
        and not INSIDE.search(english)
    )


def read(data, suffix, unit):
    """What the student's process does with a hand-in before it runs any of it.

    Returns:
        The hand-in, and how many of its statements don't compile.
    """
    found = read_handin(data, suffix, exercises_of(unit))
    assert all(is_readable(str(p).partition(": ")[2], p.what[1]) for p in found.problems), [
        str(p) for p in found.problems
    ]
    assert all(problem.where[0] and problem.where[1] for problem in found.problems)
    found.defined_names()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a comparison of numbers by `is`, say
        refused = [code for _, code in found.compiled() if isinstance(code, Exception)]
    assert all(map(str, refused)), refused
    return found, len(refused)


def fuzz(seed, count):
    """Read so many broken hand-ins; return how many ended in which way."""
    ends = collections.Counter()
    for number in range(count):
        data, suffix, unit = hand_in(numbered(seed, number))
        name = f"The hand-in {seed}/{number}"
        try:
            with watched(name):
                found, uncompiled = read(data, suffix, unit)
        except UnreadableHandIn as refusal:
            found, reason = None, (str(refusal), refusal.zh)
        except Exception as error:
            raise AssertionError(f"{name} breaks the reader: {data[:300]!r}") from error
        if found is None:
            assert is_readable(*reason), (name, reason)
            ends["rejected"] += 1
        else:
            ends["with problems" if found.problems else "read"] += 1
            ends["does not compile"] += bool(uncompiled)
            ends["something counts"] += bool(found.statements)
    return ends


def check(ends, count):
    """Every kind of end was met often enough to mean something."""
    assert ends["rejected"] + ends["with problems"] + ends["read"] == count
    for kind in ("rejected", "with problems", "read", "something counts"):
        assert ends[kind] > 0.1 * count, ends
    assert ends["does not compile"] > 0, ends


def test_broken_hand_ins_are_read_or_refused_in_a_sentence():
    check(fuzz("quick", 1000), 1000)


@pytest.mark.slow
def test_many_broken_hand_ins_are_read_or_refused_in_a_sentence():
    check(fuzz(f"slow-{SEED}", MANY), MANY)


def graded(server, seed, count):
    """Let students' processes load broken hand-ins; return how many ended in which way."""
    ends = collections.Counter()
    for number in range(count):
        data, suffix, unit = hand_in(numbered(seed, number))
        name = f"The hand-in {seed}/{number}"
        process = server.fork()
        try:
            answer = process.load(data, suffix, exercises_of(unit), seconds=5.0)
        except StudentGone as gone:  # a broken module may well do that
            ends[gone.reason] += 1
            continue
        finally:
            process.close()
        if "rejected" in answer:
            assert is_readable(*answer["rejected"]), (name, answer)
            ends["rejected"] += 1
        else:
            assert all(english and chinese for english, chinese in answer["problems"]), name
            assert set(answer["defined"]) <= set(exercises_of(unit)), name
            ends["loaded"] += 1
    assert ends["loaded"] + ends["rejected"] + ends["timeout"] == count, ends
    assert ends["timeout"] <= 2 + 0.02 * count, ends
    return ends


def test_a_students_process_loads_or_refuses_them(server):
    assert graded(server, "quick", 20)["loaded"] > 5


@pytest.mark.slow
def test_students_processes_load_or_refuse_many_of_them(server):
    many = cases(100, 300)
    ends = graded(server, f"slow-{SEED}", many)
    assert min(ends["loaded"], ends["rejected"]) > many / 10, ends


@pytest.mark.parametrize("step", [1, -1], ids=["first needed last", "last needed first"])
def test_a_long_chain_of_definitions_is_followed_in_linear_time(step):
    names = [f"f{number}" for number in range(8_000)][::step]
    chain = zip(names, [*names[1:], "end"], strict=True)
    source = "\n".join(sorted(f"def {name}(): return {after}()" for name, after in chain))
    cells = [{"cell_type": "code", "source": f"{source}\ndef work(): return {names[0]}()"}]
    with watched("The chain"):
        found = read_handin(json.dumps({"cells": cells}).encode(), ".ipynb", ["work"])
    assert len(found.statements) == 8_001
