"""Frames are counted before they are unpacked, so that a byte can't become seventy."""

import contextlib
import struct

import msgpack
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.isolation import frames, wire

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.builds(msgpack.ExtType, st.integers(0, 127), st.binary(max_size=300))
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=20) | st.dictionaries(st.text(max_size=5), inner, max_size=20)
    ),
    max_leaves=50,
)


@given(values)
def test_whatever_is_well_formed_passes(value):
    frames.look_through(msgpack.packb(value))


@given(values, st.data())
def test_what_is_cut_or_longer_is_refused(value, data):
    body = msgpack.packb(value)
    end = data.draw(st.integers(0, len(body) - 1))
    for broken in (body[:end], body + b"\xc0"):
        with pytest.raises(frames.Unacceptable):
            frames.look_through(broken)


@given(st.binary(max_size=100))
def test_what_passes_is_whole(data):
    with contextlib.suppress(frames.Unacceptable, UnicodeDecodeError, TypeError, ValueError):
        frames.look_through(data)
        unpacker = msgpack.Unpacker(strict_map_key=False)
        unpacker.feed(data)
        unpacker.unpack()  # finds out a text that isn't UTF-8, or a key that can't be one
        with pytest.raises(msgpack.OutOfData):
            unpacker.unpack()


@pytest.mark.parametrize("item", [b"\x90", b"\x80", b"\xa2ab", b"\xc0", b"\x91\x90"])
def test_a_crowd_is_refused_before_it_takes_memory(item):
    count = 2_000_000
    body = b"\xdd" + struct.pack(">I", count) + item * count
    with pytest.raises(wire.WireError, match="too many"):
        wire.decode(body)


def test_a_crowd_that_hides_in_small_lists_is_refused():
    with pytest.raises(wire.WireError, match="too many"):
        wire.decode(msgpack.packb([[[]] * 100] * 1000))


def test_a_crowd_within_an_array_is_refused():
    crowd = msgpack.ExtType(1, msgpack.packb([[]] * 100))
    with pytest.raises(wire.WireError, match="too many"):
        wire.decode(msgpack.packb(crowd))


@pytest.mark.parametrize("shape", [[2**39, 0], [0, 2**39], [2**20, 2**20, 0]])
def test_a_size_of_zero_hides_no_other(shape):
    claim = msgpack.ExtType(1, msgpack.packb(["float32", shape, b""]))
    with pytest.raises(wire.WireError, match="shape"):
        wire.decode(msgpack.packb(claim))
    assert wire.decode(wire.encode(np.zeros((0, 3)))[4:]).shape == (0, 3)


@pytest.mark.parametrize("code", [2, 3, 4])
def test_names_that_arrive_are_text_and_nothing_else(code):
    bad = "\x1b[2J\u202e\x9b" + "n" * 1000
    fields = {2: [1, bad], 3: bad, 4: [[2], bad]}[code]
    said = repr(wire.decode(msgpack.packb(msgpack.ExtType(code, msgpack.packb(fields)))))
    assert said.isprintable()
    assert "\\x" not in said
    assert len(said) < 300


@pytest.mark.parametrize("seconds", [1, 2**33, 2**40])  # times of every length
def test_times_are_no_data(seconds):
    with pytest.raises(wire.WireError, match="unknown kind"):
        wire.decode(msgpack.packb([msgpack.Timestamp(seconds, seconds % 1000)]))
