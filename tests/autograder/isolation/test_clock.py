"""Whom the clock bills: who sleeps or computes, and not who is kept from it."""

import contextlib
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.isolation import clock
from autograder.isolation.clock import BACKSTOP, SLICE, Look, Meter, TimedOut, WallTimer, Watched


class Machine:
    """A machine whose clock moves when somebody waits, and the process that is waited for.

    Args:
        wants: whether the process wants a processor whenever it is looked at.
        share: how much of each second it gets.
        late: how many seconds the grader sleeps over each of its own wake-ups.
    """

    def __init__(self, wants=True, share=1.0, late=0.0):
        self.wants, self.share, self.late = wants, share, late
        self.now = self.cpu = 0.0

    def clock(self):
        return self.now

    def look(self):
        return Look(self.wants, self.cpu)

    def poll(self, seconds):
        self.now += seconds + self.late
        self.cpu += (seconds + self.late) * self.share
        return False

    def meter(self, slowness=1.0):
        return Meter(self.look, slowness, self.clock)

    def waits(self, meter, limit):
        """Wait for an answer that never comes; return the seconds on the wall."""
        meter.allow(limit)
        meter.begin()
        began = self.now
        with contextlib.suppress(TimedOut):
            while self.now - began < 1000 * limit:
                meter.wait(self.poll)
        return self.now - began


@pytest.mark.parametrize(
    ("machine", "walls"),
    [
        (Machine(wants=True, share=1.0), 1),  # it computes
        (Machine(wants=False, share=0.0), 1),  # it sleeps, or waits for itself
        (Machine(wants=True, share=8.0), 1),  # it computes on eight processors
        (Machine(wants=True, share=0.25), 4),  # three others compute
        (Machine(wants=True, share=0.25, late=0.5), 4),  # and the grader gets as little
        (Machine(wants=True, share=0.0), BACKSTOP),  # it never gets anything
        (Machine(wants=False, share=0.25), 1),  # a sleeper that wakes now and then
    ],
)
def test_a_limit_is_the_processs_own_time(machine, walls):
    limit = 20.0
    slack = 2 * (SLICE[1] + machine.late) * (walls + 1)
    assert machine.waits(machine.meter(), limit) == pytest.approx(limit * walls, abs=slack)


def test_where_nobody_can_look_the_wall_counts():
    machine = Machine(share=0.25)
    machine.look = lambda: None
    assert machine.waits(machine.meter(), 5.0) == pytest.approx(5.0, abs=0.1)


@settings(deadline=None)
@given(st.floats(1, clock.MAX_SLOWNESS), st.sampled_from([True, False]))
def test_a_slow_machine_gives_as_much_more_time(slowness, wants):
    machine = Machine(wants=wants)
    meter = machine.meter(slowness)
    assert machine.waits(meter, 5.0) == pytest.approx(5.0 * slowness, abs=0.1)
    assert meter.spent == pytest.approx(5.0, abs=0.1)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.floats(0, 3), st.floats(0, 2), st.booleans()), max_size=60
    ),
    st.floats(0.05, 3),
    st.floats(1, 8),
)
def test_nobody_pays_more_than_the_wall_nor_waits_past_the_backstop(course, limit, slowness):
    machine = Machine()
    meter = machine.meter(slowness)
    meter.allow(limit)
    meter.begin()
    waited = longest = 0.0
    for machine.wants, machine.share, machine.late, comes in course:
        asked, began = [], machine.now
        try:
            meter.wait(
                lambda s, asked=asked, comes=comes: asked.append(s) or machine.poll(s) or comes
            )
        except TimedOut:
            break
        # How late the grader itself is with an answer that is there counts for nothing.
        took = min(machine.now - began, asked[0]) if comes else machine.now - began
        longest, waited = max(longest, took), waited + took
        assert 0 <= meter.spent * slowness <= waited + 1e-9
    assert waited <= BACKSTOP * limit * slowness + longest + 1e-9


def test_an_answer_costs_no_look_and_a_late_grader_bills_nobody():
    machine = Machine(late=7.0)
    machine.look = lambda: pytest.fail("It was looked at.")
    meter = machine.meter()
    meter.allow(1.0)
    for _ in range(10):
        meter.begin()
        meter.wait(lambda seconds: machine.poll(0.0) or True)
    assert meter.spent <= 10 * SLICE[1]


def test_what_comes_piece_by_piece_without_a_pause_ends():
    machine = Machine()
    meter = machine.meter()
    meter.allow(1.0)
    meter.begin()
    machine.now += BACKSTOP - 0.1
    meter.check()
    machine.now += 0.2
    with pytest.raises(TimedOut):
        meter.check()
    meter.begin()
    meter.check()


def test_when_the_next_look_comes_cannot_be_foretold():
    machine, asked = Machine(), []
    meter = machine.meter()
    meter.allow(100.0)
    for _ in range(20):
        meter.wait(lambda seconds: asked.append(seconds) or machine.poll(seconds))
    assert len({round(seconds, 4) for seconds in asked}) > 10


def test_no_limit_is_no_limit():
    machine = Machine()
    meter = machine.meter()
    meter.allow(None)
    for _ in range(1000):
        meter.wait(machine.poll)
        meter.check()
    WallTimer(None).wait(lambda seconds: seconds is None or pytest.fail("It has an end."))


def test_a_process_is_seen_at_work_and_its_threads_too():
    mine = Watched(os.getpid())
    before = mine.look()
    assert before.wants
    while (now := mine.look()).cpu == before.cpu:  # whoever looks computes
        pass
    assert now.cpu > before.cpu
    mine.close()
    assert mine.look() is None


@pytest.mark.parametrize("busy", [True, False])
def test_a_thread_at_work_speaks_for_a_first_one_that_waits(tmp_path, busy):
    def stat(state):
        return f"1 (a) b) {state} 0 0 0 0 0 0 0 0 0 0 150 50 0 0 20 0 1 0\n"

    for name, state in (("5", "S"), ("6", "R" if busy else "S")):
        (tmp_path / "task" / name).mkdir(parents=True)
        (tmp_path / "task" / name / "stat").write_text(stat(state))
    (tmp_path / "task" / "7").mkdir()  # has ended
    (tmp_path / "stat").write_text(stat("S"))
    watched = Watched(0)
    watched._folder = os.open(tmp_path, os.O_RDONLY)
    assert watched.look() == Look(busy, 200 / os.sysconf("SC_CLK_TCK"))
    for number in range(8, 8 + clock._MAX_THREADS):  # so many are no right work's
        (tmp_path / "task" / str(number)).mkdir()
    assert watched.look().wants is False
    watched.close()


def test_a_process_that_is_gone_or_unknown_is_not_seen():
    child = os.posix_spawn("/bin/true", ["true"], {})
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    gone = Watched(child)
    os.waitpid(child, 0)
    assert gone.look() is None
    assert Watched(0).look() is None


def test_the_machine_is_measured_in_its_bounds():
    assert clock.bounded(0.0) == 1.0
    assert clock.bounded(clock.NOMINAL_SECONDS * 3) == pytest.approx(3.0)
    assert clock.bounded(1e9) == clock.MAX_SLOWNESS
    started = threading.active_count()
    assert 1.0 <= clock.slowness(rounds=2) <= clock.MAX_SLOWNESS
    assert threading.active_count() == started
