"""Grading on a dask cluster: what a local run gives, whatever becomes of workers.

The quick tests have a scheduler and a worker in this process, whose grading processes are played;
the slow ones run dask's own commands.
"""

import contextlib
import logging
import os
import queue
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from autograder.commands import app
from autograder.commands.grade import find_device
from autograder.grading.mistakes import mistakes_of
from autograder.grading.submitted_file import SubmittedFile
from autograder.grading.versions import content_version, suite_version
from autograder.isolation.fork_server import IsolationError
from autograder.results.files import read_result
from autograder.results.result import Result
from autograder.running.cluster.grading import grade_on_cluster
from autograder.running.options import GradingOptions
from autograder.running.outcome import Died, Failed, Graded, NotIsolated
from autograder.running.pool import grade_all
from autograder.running.submissions import find_submissions
from course.kit.errors import UserError
from tests.conftest import ROOT, SOLUTION

UNIT = "attention"
NAMES = [f"student-{number:02}" for number in range(30)]
ADDRESS_SECONDS = 120  # for a process to start, on a machine with other work

try:
    import distributed
except ImportError:
    distributed = None
else:
    from autograder.running.cluster import connection, dispatch, worker

needs_dask = pytest.mark.skipif(
    distributed is None, reason="a cluster needs requirements/cluster.txt"
)


def hand_in(folder, *names):
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / f"{UNIT}.py").write_text("x = 1\n")
    return find_submissions([folder])


def invoke(*arguments):
    return CliRunner().invoke(app.app, ["grade", *map(str, arguments)])


def played(file):
    """The result of a grading process that grades nothing."""
    return Result(
        submission=file.name,
        unit=file.unit,
        status="graded",
        score=1.0,
        max_score=1.0,
        seed=0,
        backend="tensorflow",
        duration_s=0.0,
        isolation=[],
        suite=suite_version(file.unit),
        hand_in=content_version(file.data),
    )


class Played:
    """A grading process without a process: the outcome for a name is set beforehand."""

    made: list["Played"]
    outcomes: dict

    def __init__(self, options, units, patience):
        self.options, self.units = options, units
        self.alive, self.busy, self.asked = False, threading.Lock(), []
        self.made.append(self)

    def start(self):
        self.alive = True

    def grade(self, file):
        assert self.busy.acquire(blocking=False), "it was asked while it was busy"
        try:
            self.asked.append(file.name)
            outcomes = self.outcomes.get(file.name)
            outcome = outcomes.pop(0) if outcomes else Graded(played(file))
            if isinstance(outcome, Exception):
                raise outcome
            return outcome
        finally:
            self.busy.release()

    def end(self):
        self.alive = False


@pytest.fixture
def grading(monkeypatch):
    """Play the grading processes."""
    Played.made, Played.outcomes = [], {}
    monkeypatch.setattr(worker, "GradingProcess", Played)
    return Played


def in_process(**options):
    return distributed.LocalCluster(
        processes=False,
        protocol="tcp",
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=logging.CRITICAL,
        **options,
    )


@pytest.fixture(scope="module")
def address():
    """The address of a scheduler with one worker that has two threads."""
    with in_process(n_workers=1, threads_per_worker=2) as cluster:
        yield cluster.scheduler_address


def test_without_dask_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("autograder.running.cluster.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)
    hand_in(tmp_path / "hand-ins", "ann")
    ended = invoke(tmp_path / "hand-ins", "--out", tmp_path / "out", "--cluster", "local")
    assert ended.exit_code == 2
    assert ended.stderr == (
        "Grading on a cluster needs dask.distributed: pip install -r requirements/cluster.txt\n"
    )


@needs_dask
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nowhere", "tls://127.0.0.1:1"])
def test_a_scheduler_that_cannot_be_reached_ends_the_run(address, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "_CONNECT_SECONDS", 0.5)
    hand_in(tmp_path / "hand-ins", "ann")
    ended = invoke(tmp_path / "hand-ins", "--out", tmp_path / "out", "--cluster", address)
    assert ended.exit_code == 2
    assert ended.stderr.startswith(f"No dask scheduler can be reached at {address} (")
    assert ended.stderr.count("\n") == 1


@needs_dask
def test_a_cluster_without_workers_ends_the_run(tmp_path):
    hand_in(tmp_path / "hand-ins", "ann")
    with in_process(n_workers=0) as cluster:
        where = cluster.scheduler_address
        ended = invoke(tmp_path / "hand-ins", "--out", tmp_path / "out", "--cluster", where)
    assert ended.exit_code == 2
    assert "has no workers; start some: python -m dask worker tcp://" in ended.stderr


@needs_dask
def test_a_worker_with_another_suite_ends_the_run(address, grading, tmp_path, monkeypatch):
    monkeypatch.setattr(worker, "suite_version", lambda unit: "another")
    hand_in(tmp_path / "hand-ins", "ann")
    ended = invoke(tmp_path / "hand-ins", "--out", tmp_path / "out", "--cluster", address)
    assert ended.exit_code == 2
    assert "has another version of the suite attention; bring its checkout" in ended.stderr
    assert not grading.made


@needs_dask
def test_so_does_one_that_joins_later(address, grading, tmp_path, monkeypatch):
    submissions = hand_in(tmp_path / "hand-ins", *NAMES[:3])
    monkeypatch.setattr(dispatch, "suite_version", lambda unit: "another")
    with pytest.raises(UserError, match="another version of the suite attention"):
        grade_on_cluster(submissions, GradingOptions(out=tmp_path / "out"), address)
    assert not list(tmp_path.glob("out/*/*.json"))


@needs_dask
def test_gpu_checks_need_a_worker_that_offers_a_gpu(address, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", "ann")
    with pytest.raises(UserError, match="offers a GPU; start workers with --resources GPU=1"):
        grade_on_cluster(submissions, GradingOptions(out=tmp_path / "out", device="gpu"), address)


@needs_dask
def test_gpu_checks_go_where_one_is_offered_one_at_a_time(grading, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", *NAMES[:8])
    options = GradingOptions(out=tmp_path / "out", device="gpu")
    with in_process(n_workers=1, threads_per_worker=4, resources={"GPU": 1}) as cluster:
        summary = grade_on_cluster(submissions, options, cluster.scheduler_address)
    assert len(summary.results) == 8
    assert [process.options.device for process in grading.made] == ["gpu"]


@pytest.mark.parametrize(
    ("wanted", "cluster", "device"),
    [("auto", "tcp://host:8786", "cpu"), ("gpu", "tcp://host:8786", "gpu"), ("cpu", None, "cpu")],
)
def test_what_this_machine_has_is_nothing_to_other_machines(wanted, cluster, device):
    assert find_device(wanted, cluster) == device


@needs_dask
def test_every_hand_in_has_one_result_and_few_are_sent_ahead(
    address, grading, tmp_path, monkeypatch
):
    submissions, seen, sent = hand_in(tmp_path / "hand-ins", *NAMES), [], []

    def send_and_count(tasks, task, file):
        send(tasks, task, file)
        sent.append(len(tasks))

    send = dispatch._SentTasks.send
    monkeypatch.setattr(dispatch._SentTasks, "send", send_and_count)
    out = tmp_path / "out"
    summary = grade_on_cluster(submissions, GradingOptions(out=out), address, seen.append)
    assert [result.submission for result in summary.results] == NAMES
    assert sorted(result.submission for result in seen) == NAMES
    assert [read_result(out / name / f"{UNIT}.json").score for name in NAMES] == [1.0] * 30
    assert max(sent) == 8  # two threads
    assert 1 <= len(grading.made) <= 2
    assert sorted(name for process in grading.made for name in process.asked) == NAMES
    assert not any(process.alive for process in grading.made)


@needs_dask
def test_resume_sends_what_is_missing_only(address, grading, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", *NAMES[:4])
    options = GradingOptions(out=tmp_path / "out", resume=True)
    grade_on_cluster(submissions[:3], options, address)
    (tmp_path / "out" / NAMES[0] / f"{UNIT}.json").write_text("{")
    grading.made.clear()
    summary = grade_on_cluster(submissions, options, address)
    assert summary.already_graded == 2
    asked = [name for process in grading.made for name in process.asked]
    assert sorted(asked) == [NAMES[0], NAMES[3]]


@needs_dask
def test_when_all_is_graded_no_scheduler_is_asked(address, grading, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", "ann")
    options = GradingOptions(out=tmp_path / "out", resume=True)
    grade_on_cluster(submissions, options, address)
    assert grade_on_cluster(submissions, options, "tcp://127.0.0.1:1").already_graded == 1


@needs_dask
def test_what_gets_no_result_leaves_the_others_theirs(address, grading, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", *NAMES[:6])
    submissions[0].path.unlink()
    grading.outcomes = {
        NAMES[1]: [Failed("It broke.")],
        NAMES[2]: [Died()],
        NAMES[3]: [Died(), Died()],
    }
    summary = grade_on_cluster(submissions, GradingOptions(out=tmp_path / "out"), address)
    reasons = {submission.name: reason for submission, reason in summary.failures}
    assert set(reasons) == {NAMES[0], NAMES[1], NAMES[3]}
    assert reasons[NAMES[0]].startswith("FileNotFoundError")
    assert reasons[NAMES[1]] == "It broke."
    assert reasons[NAMES[3]] == "Its grading process died twice."
    assert [result.submission for result in summary.results] == [NAMES[2], *NAMES[4:6]]


@needs_dask
def test_who_kills_workers_is_given_up_and_who_was_only_near_is_not(address, grading, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", *NAMES[:5])
    killed = distributed.KilledWorker("a task", SimpleNamespace(address="a worker"), 3)
    grading.outcomes = {NAMES[0]: [killed, killed], NAMES[1]: [killed]}
    summary = grade_on_cluster(submissions, GradingOptions(out=tmp_path / "out"), address)
    assert [submission.name for submission, _ in summary.failures] == [NAMES[0]]
    assert "died of it again and again" in summary.failures[0][1]
    assert [result.submission for result in summary.results] == NAMES[1:5]


@needs_dask
def test_a_worker_without_walls_is_named(address, grading, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", "ann")
    grading.outcomes = {"ann": [NotIsolated("This host gives no file isolation.")]}
    with pytest.raises(IsolationError, match=r"^Worker \S+: This host gives no file isolation"):
        grade_on_cluster(submissions, GradingOptions(out=tmp_path / "out"), address)


@needs_dask
def test_an_interruption_keeps_results_and_the_cluster(address, grading, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", *NAMES)

    def interrupt(result):
        raise KeyboardInterrupt

    options = GradingOptions(out=tmp_path / "out", resume=True)
    with pytest.raises(KeyboardInterrupt):
        grade_on_cluster(submissions, options, address, interrupt)
    assert len(list(tmp_path.glob("out/*/*.json"))) == 1
    assert not any(process.alive for process in grading.made)
    summary = grade_on_cluster(submissions, options, address)
    assert (summary.already_graded, len(summary.results)) == (1, len(NAMES))


@needs_dask
def test_an_answer_that_no_task_may_give_ends_the_run(address, grading, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", "ann")
    grading.outcomes = {"ann": [ModuleNotFoundError("No module named 'autograder'")]}
    with pytest.raises(UserError, match="have this version of the course package"):
        grade_on_cluster(submissions, GradingOptions(out=tmp_path / "out"), address)


@needs_dask
def test_workers_may_be_away_for_a_while_but_not_for_ever(monkeypatch):
    now, workers = [0.0], {"tcp://a:1": {"nthreads": 2, "resources": {}}}
    client = SimpleNamespace(scheduler_info=lambda: {"workers": workers})
    monkeypatch.setattr(connection.time, "monotonic", lambda: now[0])
    cluster = connection.Cluster(client, "tcp://host:8786", "cpu")
    assert cluster.threads() == 2
    workers.clear()
    now[0] = 50.0
    assert cluster.threads() == 0
    now[0] = 61.0
    with pytest.raises(UserError, match="has lost its workers; results so far are kept"):
        cluster.threads()


@needs_dask
def test_a_grading_process_that_ended_is_replaced(grading, tmp_path):
    batch = worker.RemoteBatch("key", GradingOptions(out=tmp_path), (UNIT,))
    processes = worker.WorkerProcesses(batch)
    file = SubmittedFile("ann", UNIT, ".py", b"")
    processes.grade(file)
    grading.made[0].alive = False
    assert isinstance(processes.grade(file), Graded)
    assert len(grading.made) == 2
    processes.close()
    assert not grading.made[1].alive


class Dask:
    """dask's own commands, each a process of this machine."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []

    def start(self, *arguments, cwd=ROOT, **environment):
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments, "--host", "127.0.0.1", "--no-dashboard"],
            cwd=cwd,
            env=kept | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.running.append(process)
        return process

    def scheduler(self, **options):
        """Start a scheduler; return it and its address."""
        process = self.start("scheduler", "--port", "0", **options)
        found: queue.Queue = queue.Queue()

        def read():
            for line in process.stdout:
                if "Scheduler at:" in line:
                    found.put(line.split()[-1])

        threading.Thread(target=read, daemon=True).start()
        return process, found.get(timeout=ADDRESS_SECONDS)

    def worker(self, address, name, *options, **others):
        arguments = ["worker", address, "--name", name, "--nthreads", "1", *options]
        process = self.start(*arguments, **others)
        threading.Thread(target=process.stdout.read, daemon=True).start()
        return process

    def played_worker(self, address, *options):
        """Start a worker whose grading processes are played; the hand-in `killer` kills it."""
        preload = self.folder / "preload.py"
        preload.write_text(
            "import os, signal\n"
            "from autograder.running.cluster import worker\n"
            "from tests.autograder.running.test_cluster import Played\n"
            "class Killed(Played):\n"
            "    made, outcomes = [], {}\n"
            "    def grade(self, file):\n"
            "        if file.name == 'killer':\n"
            "            os.kill(os.getpid(), signal.SIGKILL)\n"
            "        return super().grade(file)\n"
            "worker.GradingProcess = Killed\n"
        )
        return self.worker(address, "played", "--preload", str(preload), *options)

    def wait(self, address, count):
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=ADDRESS_SECONDS)

    def stop(self):
        for process in reversed(self.running):  # a scheduler after its workers
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


@pytest.fixture
def dask(tmp_path):
    commands = Dask(tmp_path)
    yield commands
    commands.stop()


def of_attention(folder):
    """Write a dozen hand-ins: right, wrong, broken."""
    source = SOLUTION.read_text()
    texts = {
        "right": source,
        "stubs": (ROOT / "course" / "exercises" / f"{UNIT}.py").read_text(),
        "empty": "",
        "syntax": "def softmax(x:\n",
        "nothing-of-it": "x = 1\n",
        "exits": "import os\ndef softmax(x, axis=-1): os._exit(0)\n",
    }
    for known in mistakes_of(UNIT)[:6]:
        texts[known.name] = f"{source}\n\n{known.definition}"
    for name, text in texts.items():
        (folder / name).mkdir(parents=True)
        (folder / name / f"{UNIT}.py").write_text(text)
    return find_submissions([folder])


def but_for_the_time(results):
    return [result.without_times() for result in results]


def grading_processes(pid):
    psutil = pytest.importorskip("psutil")
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it is ending at this moment
            if "autograder.running.process_main" in child.cmdline():
                found.append(child)
    return found


@needs_dask
@pytest.mark.races
@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_gives_what_this_machine_gives(dask, tmp_path):
    psutil = pytest.importorskip("psutil")
    submissions = of_attention(tmp_path / "hand-ins")
    _, address = dask.scheduler()
    plain = {name: dask.worker(address, name, "--no-nanny") for name in ("one", "two")}
    nannied = dask.worker(address, "three")
    dask.wait(address, 3)
    seen, orphans = [], []

    def kill_one_that_is_busy(result):
        seen.append(result.submission)
        if len(seen) == 1:
            with distributed.Client(address, set_as_default=False) as client:
                workers = client.scheduler_info()["workers"]
                busy = [
                    workers[where]["name"] for where, keys in client.processing().items() if keys
                ]
            lost = plain[next(name for name in busy if name in plain)]
            orphans.extend(grading_processes(lost.pid))
            lost.kill()
            lost.wait()

    there = grade_on_cluster(
        submissions, GradingOptions(out=tmp_path / "there"), address, kill_one_that_is_busy
    )
    assert sorted(seen) == sorted(submission.name for submission in submissions)
    assert not there.failures
    assert len(orphans) == 1
    assert not psutil.wait_procs(orphans, timeout=ADDRESS_SECONDS)[1]
    assert not grading_processes(nannied.pid)
    here = grade_all(submissions, GradingOptions(out=tmp_path / "here", jobs=2))
    assert but_for_the_time(there.results) == but_for_the_time(here.results)
    for result in here.results:
        kept = read_result(tmp_path / "there" / result.submission / f"{UNIT}.json")
        assert but_for_the_time([kept]) == but_for_the_time([result])


@needs_dask
@pytest.mark.slow
def test_the_command_grades_on_workers_of_its_own(tmp_path):
    of_attention(tmp_path / "hand-ins")
    command = ["grade", "hand-ins", "--out", "out", "--cluster", "local", "--jobs", "2"]
    ended = subprocess.run(
        [sys.executable, "-m", "autograder", *command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "9 graded, 3 rejected." in ended.stdout
    assert read_result(tmp_path / "out" / "right" / f"{UNIT}.json").score == 100


@needs_dask
@pytest.mark.races
@pytest.mark.slow
def test_a_hand_in_that_kills_worker_after_worker_costs_no_other_its_result(dask, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", "killer", *NAMES[:6])
    _, address = dask.scheduler(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    dask.played_worker(address)
    dask.wait(address, 1)
    summary = grade_on_cluster(submissions, GradingOptions(out=tmp_path / "out"), address)
    assert [submission.name for submission, _ in summary.failures] == ["killer"]
    assert [result.submission for result in summary.results] == NAMES[:6]


@needs_dask
@pytest.mark.races
@pytest.mark.slow
def test_a_scheduler_that_is_lost_ends_the_run_and_keeps_results(dask, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", *NAMES)
    scheduler, address = dask.scheduler()
    dask.played_worker(address, "--no-nanny")
    dask.wait(address, 1)

    def lose(result):
        scheduler.kill()
        scheduler.wait()

    options = GradingOptions(out=tmp_path / "out", resume=True)
    with pytest.raises(UserError, match="was lost or dropped the tasks; results so far"):
        grade_on_cluster(submissions, options, address, lose)
    assert list(tmp_path.glob("out/*/*.json"))


@needs_dask
@pytest.mark.slow
@pytest.mark.parametrize("lacking", ["scheduler", "worker"])
def test_who_lacks_the_course_package_is_named(lacking, dask, tmp_path):
    submissions = hand_in(tmp_path / "hand-ins", "ann")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    _, address = dask.scheduler(cwd=elsewhere if lacking == "scheduler" else ROOT)
    dask.worker(address, "bare", "--no-nanny", cwd=elsewhere if lacking == "worker" else ROOT)
    dask.wait(address, 1)
    who = {"scheduler": "The scheduler", "worker": "Worker bare"}[lacking]
    with pytest.raises(UserError, match=f"^{who} of the cluster at .*No module named"):
        grade_on_cluster(submissions, GradingOptions(out=tmp_path / "out"), address)
