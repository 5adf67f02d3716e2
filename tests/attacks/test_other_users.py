"""The same attacks on a grader of root's, of an ordinary user's, and in an unprivileged namespace.

The other tests run as whoever started them; here the rest is tried where this host allows it.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from autograder.isolation.sandbox import ALL_LAYERS
from tests.attacks.other_users import NAMESPACE
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.races]

ATTACKS = (
    *("attack_parents", "background_processes", "nest_bomb", "leave_by_signal", "process_bomb"),
    *("network_loopback", "network_local_sockets", "search_by_detours", "search_disk"),
    *("search_proc", "thread_bomb", "write_interpreter", "write_results", "remember_inputs"),
)
MAY = ("own", "0-")
PLACES = {
    "ordinary user": ((), "nobody"),
    "namespace": (NAMESPACE, "-"),
    "namespace of an ordinary user": ((), "contained"),
}


def runs(*command):
    """Whether this host lets a program be started in such a way."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run([*command, "true"], capture_output=True).returncode == 0


@pytest.mark.parametrize("place", PLACES)
def test_the_walls_hold_there_too(place):
    prefix, user = PLACES[place]
    if os.geteuid() != 0 and user != "-":
        pytest.skip("only root can become somebody else, and the other tests ran as this user")
    if user != "nobody" and not runs(*NAMESPACE):
        pytest.skip(f"this host gives no {place}")
    command = [*prefix, sys.executable, "-m", "tests.attacks.other_users", user, *ATTACKS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    if "refused" in said:
        pytest.skip(f"the grader refuses to grade there: {said['refused']}")
    assert said["layers"] == list(ALL_LAYERS)
    assert set(said["attacks"]) == set(ATTACKS)
    for name, told in said["attacks"].items():
        assert [got for got in told["got"] if not got.startswith(MAY)] == [], name
        assert (told["score"], told["hidden"], told["left"]) == (0, False, []), name
        assert told["safe"], name
        assert told["neighbour"], name
