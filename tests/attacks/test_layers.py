"""Layers hold one by one: attacks of a kind against the one wall that is left standing.

The last test takes all walls away and shows that the same attacks then do what they say, so that
their failing elsewhere means something. What they do there is harmless: they read what was planted
for them, knock at doors of the test's own, and signal with 0.
"""

import contextlib
import os
import signal

import pytest

from autograder.isolation.fork_server import ForkServer
from autograder.isolation.sandbox import ALL_LAYERS, LANDLOCK, NAMESPACES, RLIMITS, SECCOMP
from tests.attacks.catalogue import named
from tests.attacks.grading import grade_all, is_unhurt

pytestmark = [pytest.mark.slow, pytest.mark.races]

FILES = ("search_disk", "search_by_detours", "write_interpreter")
LEFTOVERS = ("conftest_and_plugins", "nest_bomb", "sitecustomize_and_pth")
ON_THE_DISK = ("write_results", "disk_bomb")
NETWORK = ("network_loopback", "network_local_sockets")
PROCESSES = ("background_processes", "process_bomb")
PARENTS = ("attack_parents", "leave_by_signal", "search_proc")
HARMLESS = ("search_disk", "write_results", *NETWORK, "background_processes", "attack_parents")

# What walls hold when no others stand. More may be open then, and SECURITY.md says so.
ALONE = {
    (NAMESPACES,): {*FILES, *LEFTOVERS, *ON_THE_DISK, *NETWORK, *PARENTS, "remember_inputs"},
    (SECCOMP,): {
        *(*NETWORK, *PROCESSES, "attack_parents", "leave_by_signal"),
        "outlive_the_supervisor",
    },
    (LANDLOCK,): {*FILES, *LEFTOVERS},
    (LANDLOCK, SECCOMP): {
        *(*FILES, *LEFTOVERS, *ON_THE_DISK, *NETWORK, *PROCESSES, *PARENTS),
        "shared_by_the_user",
    },
}
# A network and keys of its own; and reading files is no matter of system calls.
MAY = {
    (NAMESPACES,): ("listen", "pair", "netlink", "packet", "raw", "vsock", "udp", "key"),
    (SECCOMP,): ("files of memory",),
}


@pytest.fixture(scope="module", params=list(ALONE), ids="+".join)
def alone(request, surroundings):
    """Some walls, and what came of the attacks that they have to hold by themselves."""
    left = request.param
    skip = tuple(name for name in ALL_LAYERS if name not in (*left, RLIMITS))
    with ForkServer(isolation="best-effort", skip=skip) as server:
        assert server.layers == [name for name in ALL_LAYERS if name in (*left, RLIMITS)]
        return left, grade_all(named(*ALONE[left]), server, surroundings, diagnose=False)


def test_one_wall_is_enough(alone, surroundings):
    left, outcomes = alone
    assert set(outcomes) == ALONE[left]
    attacks = {attack.name: attack for attack in named(*outcomes)}
    for name, outcome in outcomes.items():
        may = (*attacks[name].may, *MAY.get(left, ()))
        assert {got for got in outcome.got if not got.startswith(may)} == set(), name
        assert outcome.result.score == 0, name
        assert surroundings.canary not in outcome.text, name
        assert outcome.untouched, name
        assert outcome.callers == 0, name
        assert is_unhurt(outcome.neighbour), name
        assert outcome.after.processes == outcome.before.processes, name
        assert outcome.after.files <= outcome.before.files, name


def test_without_walls_the_attacks_do_what_they_say(surroundings):
    skip = (NAMESPACES, SECCOMP, LANDLOCK)
    with ForkServer(isolation="best-effort", skip=skip) as server:
        outcomes = grade_all(named(*HARMLESS), server, surroundings, diagnose=False)
        for process in outcomes["background_processes"].after.processes:
            if process not in outcomes["background_processes"].before.processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
    assert surroundings.canary in outcomes["search_disk"].text
    assert not outcomes["write_results"].untouched
    assert outcomes["network_loopback"].callers >= 2
    assert {"abstract", "named"} <= outcomes["network_local_sockets"].got
    assert outcomes["background_processes"].after.processes > (
        outcomes["background_processes"].before.processes
    )
    assert {"signal 0", "limits"} <= outcomes["attack_parents"].got
