"""The wire: what is sent comes back the same, and what is broken is refused."""

import contextlib
import socket
import struct

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from autograder.isolation import wire
from autograder.isolation.clock import TimedOut

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.text(max_size=20)
    | st.floats(allow_nan=False)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=20,
)


def body(message):
    return wire.encode(message)[4:]


@given(plain)
def test_data_comes_back_the_same(message):
    assert wire.decode(body(message)) == message


@given(
    npst.arrays(
        st.sampled_from(["float32", "int64", "bool", "float16"]),
        npst.array_shapes(min_dims=0, min_side=0),
    )
)
def test_arrays_come_back_the_same(array):
    got = wire.decode(body(array))
    assert got.dtype == array.dtype
    assert got.shape == array.shape
    assert got.tobytes() == array.tobytes()


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data):
    with contextlib.suppress(wire.WireError):
        wire.decode(data)


@given(st.data())
def test_a_damaged_frame_is_read_or_refused(data):
    frame = bytearray(body({"value": [np.arange(6.0), wire.Handle(1, "x"), "text"]}))
    for _ in range(data.draw(st.integers(1, 4))):
        frame[data.draw(st.integers(0, len(frame) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(wire.WireError):
        wire.decode(bytes(frame))


@pytest.mark.parametrize(
    "fields",
    [
        ["float32", [2**40], b""],
        ["float32", [2, 2], b"1234"],
        ["float32", [-1], b""],
        ["object", [1], b"12345678"],
        ["float32", [True], b"1234"],
        ["float32", [1]],
        "float32",
    ],
)
def test_an_array_that_is_not_what_it_claims_is_refused(fields):
    frame = msgpack.packb(msgpack.ExtType(1, msgpack.packb(fields)))
    with pytest.raises(wire.WireError):
        wire.decode(frame)


def test_deep_nesting_is_refused():
    nested: list = []
    for _ in range(100):
        nested = [nested]
    with pytest.raises(wire.WireError):
        wire.decode(msgpack.packb(nested))


def test_only_data_is_sent():
    with pytest.raises(wire.WireError):
        wire.encode({"value": object()})


@pytest.fixture
def ends():
    first, second = socket.socketpair()
    yield wire.Channel(first), second
    first.close()
    second.close()


def test_a_claimed_size_takes_no_memory(ends):
    channel, other = ends
    other.sendall(struct.pack(">I", wire.MAX_FRAME + 1))
    with pytest.raises(wire.WireError):
        channel.receive(1)


def test_a_frame_that_stops_halfway_runs_out_of_time(ends):
    channel, other = ends
    other.sendall(struct.pack(">I", 100) + b"half")
    with pytest.raises(TimedOut):
        channel.receive(0.01)


def test_a_closed_end_is_noticed(ends):
    channel, other = ends
    other.close()
    with pytest.raises(wire.Disconnected):
        channel.receive(1)
