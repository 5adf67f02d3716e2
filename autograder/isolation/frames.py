"""Look through a frame before it is unpacked: how many items it holds, and how deep.

A byte of msgpack can be a list, which takes seventy bytes of memory, so the size of a frame says
little about what unpacking it costs. Here items are counted without being made.
"""

import struct

MAX_ITEMS = 50_000
MAX_EXTRA_ITEMS = 64  # within an array's header, a handle, a spec
MAX_DEPTH = 24

# How many bytes follow the first one as a length, and what is to be skipped beyond it.
_BLOBS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_EXTRAS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_FIXED_EXTRAS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_NUMBERS = {0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
_NUMBERS |= {0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8, 0xC0: 0, 0xC2: 0, 0xC3: 0}
_LISTS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}
_LENGTHS = {1: struct.Struct(">B"), 2: struct.Struct(">H"), 4: struct.Struct(">I")}


class Unacceptable(ValueError):
    """The frame holds too much, is nested too deeply, or ends too soon; the message says which."""


def look_through(body: bytes, max_items: int = MAX_ITEMS) -> None:
    """Raise unless a frame is whole and holds no more than so many items.

    Raises:
        Unacceptable: it isn't, or does.
    """
    try:
        end = _walk(body, max_items)
    except (IndexError, struct.error):
        raise Unacceptable("A frame ends in the middle.") from None
    if end != len(body):
        raise Unacceptable("A frame ends in the middle, or goes on behind its end.")


def _walk(body: bytes, left: int) -> int:
    """Return where the first value of a frame ends."""
    at = 0
    open_ends = [1]  # how many values are still to come in each list and map that is open
    while open_ends:
        if open_ends[-1] == 0:
            open_ends.pop()
            continue
        open_ends[-1] -= 1
        left -= 1
        first = body[at]
        at += 1
        inside, at = _after(first, body, at)
        if inside:
            if inside > left:
                raise Unacceptable("A frame holds too many values.")
            if len(open_ends) > MAX_DEPTH:
                raise Unacceptable("A frame is nested too deeply.")
            open_ends.append(inside)
    return at


def _after(first: int, body: bytes, at: int) -> tuple[int, int]:
    """Return how many values are inside of a value, and where it, or the first of them, ends."""
    if first < 0x80 or first >= 0xE0:  # a small number
        return 0, at
    if first < 0x90:
        return 2 * (first & 0x0F), at
    if first < 0xA0:
        return first & 0x0F, at
    if first < 0xC0:
        return 0, at + (first & 0x1F)
    if first in _NUMBERS:
        return 0, at + _NUMBERS[first]
    if first in _FIXED_EXTRAS:
        _demand_own(body[at])
        return 0, at + 1 + _FIXED_EXTRAS[first]
    for table, extra in ((_BLOBS, 0), (_EXTRAS, 1)):
        if first in table:
            width = table[first]
            (length,) = _LENGTHS[width].unpack_from(body, at)
            if extra:
                _demand_own(body[at + width])
            return 0, at + width + extra + length
    for table, each in ((_LISTS, 1), (_MAPS, 2)):
        if first in table:
            width = table[first]
            (length,) = _LENGTHS[width].unpack_from(body, at)
            return each * length, at + width
    raise Unacceptable("A frame holds a value of an unknown kind.")


def _demand_own(code: int) -> None:
    """Refuse msgpack's own extensions, times: it makes objects of them that are no data here."""
    if code >= 0x80:
        raise Unacceptable("A frame holds a value of an unknown kind.")
