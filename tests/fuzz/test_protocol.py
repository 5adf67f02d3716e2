"""The protocol's reader gets frames that were broken in every way."""

import collections
import contextlib
import math
import random
import socket
import struct
import tracemalloc

import msgpack
import numpy as np
import pytest

from autograder.isolation.clock import TimedOut
from autograder.isolation.wire import (
    MAX_FRAME,
    Channel,
    Disconnected,
    Handle,
    Opaque,
    Spec,
    WireError,
    decode,
    encode,
)
from tests.drawing import SEED, cases
from tests.fuzz.mutations import broken_bytes, numbered, watched

MANY = cases(20_000, 100_000)
REFUSALS = (WireError, Disconnected, TimedOut)
# What reading one may take beside what arrives: as many items as are allowed, and a buffer.
MEMORY = 8 * 2**20
MEASURED, LONG = 50, 20_000  # one input of so many, and whichever has so many bytes

ARRAY = np.arange(24, dtype="float32").reshape(2, 3, 4)
TRUE = [
    encode(message)
    for message in (
        {"value": ARRAY, "cpu": 0.25, "tried": []},
        {"value": [ARRAY.astype(name) for name in ("int8", "bool", "float16", "complex64")]},
        {"value": {"inputs": [ARRAY, None], "weights": [np.float64(1.5), np.zeros((0, 3))]}},
        {"value": [Handle(3, "SelfAttention"), Opaque("function"), Spec((None, 3), "float32")]},
        {"value": {"defined": ["softmax"], "problems": [["code cell 3: no", "第 3 个：不"]]}},
        {"error": {"kind": "raised", "type": "ValueError", "message": "x" * 500, "where": ""}},
        {"layers": ["namespaces", "seccomp"]},
        {"value": [True, None, -1, 2**63, -(2**63), 1.5, float("nan"), "ü", b"\x00", "y" * 40]},
        {"value": [[[[[[1, [2, [3]]]]]]], {"a": {"b": {"c": [ARRAY[0, 0]]}}}]},
        {"value": list(range(400))},
    )
]


def nested(rng):
    depth = rng.choice((5, 23, 24, 25, 200, 5000))
    opening = rng.choice((b"\x91", b"\x81\xa1k", b"\xdc\x00\x01"))
    return opening * depth + b"\xc0"


def crowded(rng):
    count = rng.choice((1000, 49_000, 150_000, 150_000, 2**32 - 1))
    head = rng.choice((b"\xdd", b"\xdf")) + struct.pack(">I", count)
    return head + rng.choice((b"\x90", b"\x90", b"\xa0")) * min(count, 150_000)


def extra(rng):
    """An extension of any kind around something that is nearly right."""
    fields = [
        rng.choice(("float32", "int64", "object", "bfloat16", "", None, 7)),
        rng.choice(([2], [2, 2], [], [-1], [0, 2**39], [2**20] * 4, [1] * 40, "2", None)),
        rng.choice((b"", b"12345678", b"1234" * 4, "text", None)),
    ]
    inner = msgpack.packb(rng.choice((fields, fields[:2], fields[0], [3, "name"], [[2], "int8"])))
    if rng.random() < 0.3:
        inner = broken_bytes(inner, inner, rng)
    code = rng.choice((1, 2, 3, 4, 1, 1, 0, 5, 127, 128, 255))
    return b"\xc8" + struct.pack(">HB", len(inner), code) + inner


def with_header(body):
    return struct.pack(">I", len(body)) + body


def made(rng):
    """A frame: a true one that is broken once or more, one with another length, or an invention."""
    kind = rng.random()
    if kind < 0.08:
        return with_header(rng.choice((nested, crowded, crowded, extra, extra, extra))(rng))
    if kind < 0.18:
        return rng.randbytes(rng.randrange(60))
    if kind < 0.28:
        return with_header(rng.randbytes(rng.randrange(1, 60)))
    frame = rng.choice(TRUE)
    body = frame[4:]
    if kind < 0.38:
        near = (len(body) - 1, len(body) + 1)
        length = rng.choice((0, 1, *near, MAX_FRAME, MAX_FRAME + 1, 2**32 - 1))
        return struct.pack(">I", length) + body
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        body = broken_bytes(body, rng.choice(TRUE)[4:], rng)[:100_000]
    return with_header(body)


def read(frame, is_open):
    """What comes of a frame on the line: a message, or the refusal."""
    ours, theirs = socket.socketpair()
    with ours, contextlib.closing(theirs):
        theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**20)  # all of it fits on the line
        theirs.sendall(frame)
        if not is_open:
            theirs.close()
        try:
            return Channel(ours).receive(0.0)
        except REFUSALS as refusal:
            return refusal


def is_data(value):
    """Whether a message holds nothing but what the protocol lets pass."""
    if isinstance(value, list):
        return all(map(is_data, value))
    if isinstance(value, dict):
        return all(isinstance(key, str | bytes) and is_data(item) for key, item in value.items())
    plain = type(value) in (type(None), bool, int, float, str, bytes, Handle, Opaque, Spec)
    return plain or (type(value) is np.ndarray and value.dtype.kind != "O")


def alike(first, second):
    """Whether two messages are the same, bit by bit."""
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray):
        same = (first.dtype, first.shape) == (second.dtype, second.shape)
        return same and first.tobytes() == second.tobytes()
    if isinstance(first, list):
        return len(first) == len(second) and all(map(alike, first, second))
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(alike(first[k], second[k]) for k in first)
    if isinstance(first, float) and math.isnan(first):
        return math.isnan(second)
    return first == second


def fuzz(seed, count):
    """Read so many broken frames; return how many ended in which way."""
    ends = collections.Counter()
    for number in range(count):
        rng = numbered(seed, number)
        frame, name = made(rng), f"The frame {seed}/{number}"
        measured = number % MEASURED == 0 or len(frame) > LONG
        if measured:
            tracemalloc.start()
        try:
            with watched(name):
                got = read(frame, is_open=rng.random() < 0.25)
        except Exception as error:
            raise AssertionError(f"{name} breaks the reader: {frame[:200].hex()}") from error
        finally:
            if measured:
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
        if measured:
            assert peak < MEMORY + 4 * len(frame), name
        ends[type(got).__name__ if isinstance(got, Exception) else "message"] += 1
        if isinstance(got, WireError):
            assert str(got).endswith("."), name
            assert str(got).isprintable(), name
        elif not isinstance(got, Exception):
            assert is_data(got), name
            assert alike(decode(encode(got)[4:]), got), name
    return ends


def check(ends, count):
    """Every kind of end was met often enough to mean something."""
    assert ends.total() == count
    for kind, share in (("message", 0.02), ("WireError", 0.2), ("Disconnected", 0.02)):
        assert ends[kind] > share * count, ends
    assert ends["TimedOut"] > 0.005 * count, ends


def test_broken_frames_are_read_or_refused():
    check(fuzz("quick", 1000), 1000)


@pytest.mark.slow
def test_many_broken_frames_are_read_or_refused():
    check(fuzz(f"slow-{SEED}", MANY), MANY)


def test_the_frames_that_are_broken_are_whole_before():
    for frame in TRUE:
        got = read(frame, is_open=True)
        assert is_data(got)
        assert encode(got) == frame or alike(decode(encode(got)[4:]), got)


def test_a_frame_has_the_same_number_everywhere():
    assert made(numbered("quick", 7)) == made(numbered("quick", 7))
    assert len({made(numbered("quick", number)) for number in range(200)}) > 150
    assert isinstance(numbered("quick", 1), random.Random)
