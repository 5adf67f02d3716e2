"""The walls, tried from the inside, by code that does what a hand-in must not."""

import contextlib

import numpy as np
import pytest

from autograder.grading.unit import unit_of
from autograder.isolation.fork_server import ForkServer, IsolationError, ServerError
from autograder.isolation.sandbox import ALL_LAYERS, ROOT, Limits
from autograder.isolation.student_process import StudentError, StudentGone
from autograder.isolation.wire import Disconnected
from course.kit.units import exercises_of

X = np.ones((2, 2), "float32")


def run(server, source, timeout=20.0, **kwargs):
    """Load a hand-in that has only `similarity`, call it, return its answer."""
    process = server.fork()
    try:
        answer = process.load(
            source.encode(), ".py", exercises_of("attention"), unit_of("attention").forbidden
        )
        assert "similarity" in answer["defined"], answer
        process.allow(timeout)
        target = {"name": "similarity"}
        return process.request("call", target=target, args=[X], kwargs={}, mode="eager")
    finally:
        process.close()


def test_this_host_gives_every_wall(server):
    assert server.layers == list(ALL_LAYERS)


@pytest.mark.parametrize(
    "path",
    [
        str(ROOT / "solutions" / "attention.py"),
        str(ROOT / "autograder" / "hidden" / "attention" / "test_attention.py"),
        str(ROOT / "autograder"),
        str(ROOT / "tests"),
        "/etc/passwd",
        "/root",
        "/home",
        "/proc/1/root/etc/passwd",
        "/proc/self/cwd/../../../etc/passwd",
    ],
)
def test_files_of_the_grader_are_out_of_reach(server, path):
    source = f"""
import os
def similarity(x):
    path = {path!r}
    return os.listdir(path) if os.path.isdir(path) else open(path).read()
"""
    with pytest.raises(StudentError) as caught:
        run(server, source)
    assert caught.value.type_name in ("PermissionError", "FileNotFoundError")


@pytest.mark.parametrize(
    "action",
    [
        "import socket; socket.create_connection(('127.0.0.1', 80), 1)",
        "import socket; socket.socket(socket.AF_UNIX)",
        "os.fork()",
        "import subprocess; subprocess.run(['/bin/true'])",
        "os.execv('/bin/true', ['true'])",
        "open('/proc/self/mem', 'r+b').write(b'x' * 10)",
        "os.kill(10_000, 9)",
        "open(os.path.join(os.path.dirname(os.__file__), 'sitecustomize.py'), 'w')",
        "import course.kit; open(course.kit.__file__, 'a')",
        "os.chroot('/tmp')",
        "os.mknod('/tmp/device', 0o600 | 0o020000, 259)",
    ],
)
def test_what_an_exercise_has_no_business_with_is_refused(server, action):
    source = f"import os\ndef similarity(x):\n    {action}\n    return 'done'\n"
    with pytest.raises(StudentError):
        run(server, source)


@pytest.mark.parametrize("skip", [(), ("namespaces",)], ids=["walls", "no namespaces"])
def test_exercises_that_somebody_solved_in_this_copy_are_out_of_reach(server, skip):
    source = """
def similarity(x):
    from course.exercises import attention
    return attention.similarity(x)
"""
    with contextlib.ExitStack() as stack:
        chosen = stack.enter_context(ForkServer(skip=skip)) if skip else server
        with pytest.raises(StudentError) as caught:
            run(chosen, source)
        assert caught.value.type_name in ("ModuleNotFoundError", "ImportError", "PermissionError")


@pytest.mark.parametrize("skip", [(), ("namespaces",)], ids=["walls", "no namespaces"])
def test_earlier_work_is_the_kits_where_a_hand_in_is_graded(server, skip):
    source = """
from course.own import scaled_dot_product_attention
def similarity(x):
    return scaled_dot_product_attention(x, x, x)
"""
    with contextlib.ExitStack() as stack:
        chosen = stack.enter_context(ForkServer(skip=skip)) if skip else server
        # Of the unit that is graded the kit's is off limits, and the error says whose it is.
        with pytest.raises(StudentError, match=r"course\.kit\.parts\.scaled_dot"):
            run(chosen, source)


def test_its_own_temporary_directory_is_private_and_empty(server):
    source = """
import os, tempfile
def similarity(x):
    before = os.listdir(tempfile.gettempdir())
    with open(os.path.join(tempfile.gettempdir(), "mine"), "w") as file:
        file.write("secret")
    return before
"""
    assert run(server, source) == []
    assert run(server, source) == []


def test_it_sees_no_process_but_its_own(server):
    source = """
import os
def similarity(x):
    return [os.getpid(), [name for name in os.listdir("/proc") if name.isdigit()]]
"""
    assert run(server, source) == [1, ["1"]]


@pytest.mark.parametrize(
    ("action", "detail"),
    [
        ("os._exit(7)", "exit status 7"),
        ("os.abort()", ""),
        ("import ctypes; ctypes.string_at(0)", "signal 11"),
    ],
)
def test_a_process_that_ends_is_noticed(server, action, detail):
    with pytest.raises(StudentGone) as caught:
        run(server, f"import os\ndef similarity(x):\n    {action}\n")
    assert caught.value.reason == "crashed"
    assert detail in caught.value.detail


def test_a_loop_is_ended(server):
    with pytest.raises(StudentGone) as caught:
        run(server, "def similarity(x):\n    while True: pass\n", timeout=0.3)
    assert caught.value.reason == "timeout"


def test_killing_its_own_group_hurts_nobody(server):
    source = "import os\ndef similarity(x):\n    os.killpg(0, 9)\n    return 'alive'\n"
    with contextlib.suppress(StudentGone, StudentError):
        run(server, source)
    assert run(server, "def similarity(x): return 'next'\n") == "next"


def test_too_much_memory_is_refused(server):
    with pytest.raises(StudentError) as caught:
        run(server, "def similarity(x):\n    return len(bytearray(64 * 2**30))\n")
    assert caught.value.kind == "memory"


def test_memory_that_comes_in_small_pieces_is_refused_too():
    source = """
def similarity(x):
    kept = []
    while True:
        kept.append(bytearray(2**20))
"""
    limits = Limits(memory=256 * 2**20)
    gone = (StudentError, StudentGone)
    with ForkServer(limits=limits) as small, pytest.raises(gone) as caught:
        run(small, source)
    assert "memory" in (getattr(caught.value, "kind", ""), getattr(caught.value, "reason", ""))


@pytest.mark.parametrize(
    "pages",
    [
        "mmap.mmap(-1, 2**20, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)",
        "mmap.mmap(-1, 2**21, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)",
        "mmap.mmap(os.open('/dev/zero', os.O_RDWR), 2**20)",
    ],
)
def test_memory_that_nobody_counts_is_refused(server, pages):
    with pytest.raises(StudentError):
        run(server, f"import mmap, os\ndef similarity(x):\n    return len({pages})\n")


def test_memory_of_files_and_of_its_own_is_not_refused(server):
    source = """
import mmap
def similarity(x):
    with open("/tmp/own", "w+b") as file:
        file.write(bytes(2**16))
        file.flush()
        shared = mmap.mmap(file.fileno(), 2**16)
        own = mmap.mmap(-1, 2**16, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        shared[:4] = own[:4] = b"text"
        return [len(shared), len(own)]
"""
    assert run(server, source) == [2**16, 2**16]


def test_a_large_file_is_refused(server):
    source = """
def similarity(x):
    with open("/tmp/large", "wb") as file:
        for _ in range(1000):
            file.write(bytes(2**20))
"""
    with pytest.raises((StudentError, StudentGone)):
        run(server, source)


def test_a_flood_of_output_is_dropped(server):
    source = """
def similarity(x):
    for _ in range(1000):
        print("x" * 2**20)
    return "done"
"""
    assert run(server, source) == "done"


@pytest.mark.parametrize(
    "use",
    [
        "keras.ops.softmax(x)",
        "keras.activations.softmax(x)",
        "keras.layers.Softmax()(x)",
        "keras.layers.Dense(2, activation='softmax')(x)",
        "keras.ops.nn.softmax(x)",
        "keras.src.ops.nn.softmax(x)",
        "keras.layers.MultiHeadAttention(1, 2)(x, x)",
        "keras.layers.Attention()([x, x])",
        "tf.nn.softmax(x)",
        "sys.modules['tensorflow'].nn.softmax(x)",
    ],
)
def test_the_built_in_that_the_exercise_asks_for_is_gone(server, use):
    source = f"""
import sys
import keras
import tensorflow as tf
def similarity(x):
    return {use}
"""
    with pytest.raises(StudentError) as caught:
        run(server, source)
    assert caught.value.kind == "forbidden"


def test_the_older_name_of_keras_is_keras(server):
    source = """
from tensorflow.keras.layers import Dense
def similarity(x):
    return Dense(3)(x)
"""
    assert run(server, source).shape == (2, 3)


def test_what_it_answers_may_be_anything(server):
    for answer in ("object()", "lambda: 1", "{1: [x, (x,)]}", "2**70", "float('nan')", "b'x'"):
        run(server, f"def similarity(x): return {answer}\n")


def test_require_refuses_a_host_without_walls():
    with pytest.raises(IsolationError, match="best-effort"):
        ForkServer(skip=("namespaces", "seccomp", "landlock")).start()


def test_best_effort_goes_on_and_names_what_holds():
    with ForkServer(isolation="best-effort", skip=("namespaces", "landlock")) as weak:
        assert weak.layers == ["seccomp", "rlimits"]
        assert run(weak, "def similarity(x): return 1\n") == 1


def test_a_wall_that_fails_later_is_not_done_without():
    with ForkServer() as server:
        server.skip = ("namespaces", "seccomp", "landlock")
        with pytest.raises(IsolationError, match="no network and no file"):
            server.fork()
        server.skip = ()
        assert run(server, "def similarity(x): return 1\n") == 1


def test_a_host_without_libseccomp_is_told_once(tmp_path, monkeypatch, capfd):
    (tmp_path / "pyseccomp.py").write_text("raise RuntimeError('Unable to find libseccomp')\n")
    environment = ForkServer._environment
    monkeypatch.setattr(
        ForkServer, "_environment", lambda self: environment(self) | {"PYTHONPATH": str(tmp_path)}
    )
    with ForkServer() as server:
        assert server.layers == ["namespaces", "landlock", "rlimits"]
        server.stop(keep_home=True)
        server.start()
    said = capfd.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("Graded without the seccomp layer (RuntimeError: Unable to find")


@pytest.mark.slow
def test_a_server_that_gives_no_processes_is_given_up(monkeypatch):
    def none(server):
        raise Disconnected

    monkeypatch.setattr(ForkServer, "_fork", none)
    with pytest.raises(ServerError, match="no processes"):
        ForkServer().start()


@pytest.mark.races
def test_processor_time_is_limited_too_and_counts_as_too_slow():
    limits = Limits(cpu_seconds=3)
    with ForkServer(limits=limits) as small, pytest.raises(StudentGone) as caught:
        run(small, "def similarity(x):\n    while True: pass\n", timeout=600.0)
    assert (caught.value.reason, caught.value.unexplained) == ("timeout", False)


@pytest.mark.races
def test_the_server_can_die_without_harm():
    with ForkServer() as mortal:
        assert mortal._process is not None
        mortal._process.kill()
        mortal._process.wait()
        assert run(mortal, "def similarity(x): return 2\n") == 2


@pytest.mark.races
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            """
import _thread, threading
def similarity(x):
    threading.stack_size(2**15)
    while True:
        _thread.start_new_thread(threading.Event().wait, ())
""",
            "threads",
        ),
    ],
    ids=["threads"],
)
def test_the_keeper_sees_what_limits_do_not(source, reason):
    limits = Limits(memory=256 * 2**20, threads=100)
    with ForkServer(limits=limits) as small, pytest.raises(StudentGone) as caught:
        run(small, source)
    assert caught.value.reason == reason


@pytest.mark.races
def test_the_keeper_counts_the_disk_where_it_is_the_hosts():
    source = """
def similarity(x):
    for number in range(100):
        with open(f"large-{number}", "wb") as file:
            file.write(bytes(2**20))
    while True: pass
"""
    limits = Limits(file_size=8 * 2**20)
    alone = ForkServer(skip=("namespaces",), limits=limits)
    with alone as small, pytest.raises(StudentGone) as caught:
        run(small, source)
    assert caught.value.reason == "disk"


def test_a_closed_line_is_no_reason_to_wait(server):
    source = "import os, time\ndef similarity(x):\n    os.close(3)\n    time.sleep(60)\n"
    with pytest.raises(StudentGone) as caught:
        run(server, source)
    assert (caught.value.reason, caught.value.detail) == ("crashed", "signal 9")


def test_a_spoilt_built_in_raises_whoever_holds_it(server):
    source = """
import gc, types
def similarity(x):
    gc.unfreeze()
    got = []
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType) and thing.__name__ in ("softmax", "softmax_v2"):
            try:
                got.append(f"{thing.__module__} {thing(x)}")
            except BaseException as error:
                pass
    return got
"""
    assert run(server, source) == []


def test_a_kernel_is_noticed_though_the_error_is_caught(server):
    source = """
import sys
def similarity(x):
    execute = sys.modules["tensorflow.python.eager.execute"].execute
    context = sys.modules["tensorflow.python.eager.context"].context()
    try:
        execute(b"Softmax", 1, [x], ("T", x.dtype.as_datatype_enum), context)
    except Exception:
        return x
"""
    with pytest.raises(StudentError) as caught:
        run(server, source)
    assert (caught.value.kind, caught.value.message) == ("forbidden", "tensorflow.raw_ops.Softmax")
