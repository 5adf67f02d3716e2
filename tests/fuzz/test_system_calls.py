"""Random system calls inside the walls: nothing outside changes, and nothing stays.

A student's process makes random calls with random arguments until they end it or it has made them
all. Reading from descriptors waits for ever now and then, so each process has two seconds.
"""

import contextlib
import random

import numpy as np
import pytest

from autograder.grading.unit import unit_of
from autograder.isolation.fork_server import ForkServer
from autograder.isolation.student_process import StudentError, StudentGone
from course.kit.units import exercises_of
from tests.attacks.surroundings import Surroundings
from tests.drawing import SEED, cases

pytestmark = pytest.mark.slow

PROCESSES = cases(8, 300)
X = np.ones((2, 2), "float32")
SOURCE = """
import ctypes, random
LIBC = ctypes.CDLL(None, use_errno=True)


def similarity(x):
    rng = random.Random({seed})
    text = ctypes.create_string_buffer(b"{path}", 4096)
    words = (0, 1, 2, 3, 4, -1, 2**31 - 1, 2**32 + 1, 2**63 - 1, 4096, 0o777, 1 << 40)
    for _ in range(400):
        number = rng.choice((rng.randrange(0, 470), rng.randrange(0, 470), rng.randrange(0, 1024)))
        if rng.random() < 0.05:
            number |= 0x40000000
        arguments = [
            rng.choice((ctypes.addressof(text), rng.choice(words), rng.getrandbits(64)))
            for _ in range(6)
        ]
        LIBC.syscall(ctypes.c_long(number), *(ctypes.c_ulong(a % 2**64) for a in arguments))
    return x
"""


def test_random_calls_change_nothing_outside_and_leave_nothing(tmp_path):
    draw = random.Random(SEED)
    with Surroundings(tmp_path).in_use() as surroundings, ForkServer(isolation="require") as server:
        server.fork().close()
        before = surroundings.traces(server)
        for number in range(PROCESSES):
            seed = draw.getrandbits(32)
            source = SOURCE.format(seed=seed, path=surroundings.planted[0] / "result.json")
            process = server.fork()
            with contextlib.suppress(StudentError, StudentGone):
                process.load(
                    source.encode(),
                    ".py",
                    exercises_of("attention"),
                    unit_of("attention").forbidden,
                )
                process.allow(2.0)
                process.request(
                    "call", target={"name": "similarity"}, args=[X], kwargs={}, mode="eager"
                )
            process.close()
            after = surroundings.traces(server, before.processes)
            assert surroundings.is_untouched(), (number, seed)
            assert surroundings.callers() == 0, (number, seed)
            assert after.processes == before.processes, (number, seed)
            assert after.files <= before.files, (number, seed)
