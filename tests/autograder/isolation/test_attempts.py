"""What hand-ins try is noted, and right work tries nothing."""

import pytest

from autograder.grading.unit import unit_of
from autograder.isolation import agent
from autograder.isolation.attempts import DESCRIPTIONS, attempts_text
from course.kit.units import exercises_of


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("import socket; socket.socket()", "network"),
        ("import os; os.fork()", "processes"),
        ("import subprocess; subprocess.run(['true'])", "processes"),
        ("import os; os.kill(1, 0)", "signals"),
        ("import ctypes; ctypes.string_at(id(x), 1)", "memory"),
        ("import gc; gc.get_objects()", "objects"),
        ("import sys; sys.settrace(None)", "trace"),
        ("open('/etc/passwd')", "files"),
        ("import keras; open(keras.__file__, 'a')", "files"),
        ("x + 1", None),
        ("open('/proc/meminfo').read()", None),
        ("open('/tmp/mine', 'w').write('x')", None),
        ("import keras; open(keras.__file__).read()", None),
        # What shows where an error came from reads the lines of what runs, the agent's too.
        (f"import linecache; linecache.getlines({agent.__file__!r})", None),
    ],
)
def test_an_attempt_is_noticed_by_its_kind(server, statement, kind):
    source = f"x = 1\ntry:\n    {statement}\nexcept OSError:\n    pass\n"
    process = server.fork()
    process.load(source.encode(), ".py", exercises_of("attention"), unit_of("attention").forbidden)
    process.close()
    assert process.attempts == ({kind} if kind else set())


def test_a_note_says_each_kind_once():
    assert attempts_text(set()) is None
    assert attempts_text({"network", "signals", "nonsense"}) == (
        "Its code tried to use the network; to send signals.",
        "其代码曾试图使用网络；发送信号。",
    )
    assert all(english[0].islower() for english, _ in DESCRIPTIONS.values())
