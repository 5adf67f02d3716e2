"""What breaks bytes, texts and JSON, from a seed: the same input has the same number everywhere."""

import contextlib
import random
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

HANG_SECONDS = 20.0  # a thousand times what an input takes


def numbered(seed: str, number: int) -> random.Random:
    """Return what decides about an input: a source of randomness for its number alone."""
    return random.Random(f"{seed}/{number}")


@contextlib.contextmanager
def watched(name: str) -> Iterator[None]:
    """Fail, with the input's name, where it isn't done with in time."""

    def fail(*_: object) -> None:
        raise AssertionError(f"{name} hangs.")

    before = signal.signal(signal.SIGALRM, fail)
    signal.setitimer(signal.ITIMER_REAL, HANG_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def broken_bytes(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Return bytes broken in one place: flipped, cut, spliced with others, doubled, or put in."""
    at, to = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    to = min(to, at + rng.choice((1, 4, 40, len(data))))
    kind = rng.randrange(8)
    if kind == 0 and data:
        at = min(at, len(data) - 1)
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
    if kind == 1:
        return data[:at]
    if kind == 2:
        return data[:at] + data[to:]
    if kind == 3:
        return data[:to] + data[at:to] * rng.choice((1, 2, 50)) + data[to:]
    if kind == 4:
        return data[:at] + other[rng.randint(0, len(other)) :]
    if kind == 5:
        return data[:at] + rng.randbytes(rng.choice((1, 2, 8))) + data[to:]
    if kind == 6:
        return data[:at] + rng.choice((b"\x00", b"\xff", b"\x00" * 100)) + data[at:]
    return data[:at] + bytes([rng.randrange(256)]) + data[at + 1 :]


def broken_text(text: str, parts: Sequence[str], pieces: Sequence[str], rng: random.Random) -> str:
    """Return a text whose parts are dropped, doubled, swapped, or have pieces put in between.

    Args:
        text: for where there are no parts.
        parts: the parts of the text, together the text.
        pieces: what may be put in.
        rng: decides.
    """
    found = list(parts) or [text]
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        at, to = rng.randrange(len(found)), rng.randrange(len(found))
        kind = rng.randrange(5)
        if kind == 0:
            found[at] = ""
        elif kind == 1:
            found[at] *= 2
        elif kind == 2:
            found[at], found[to] = found[to], found[at]
        elif kind == 3:
            found[at] += rng.choice(pieces)
        else:
            found[at] = rng.choice(pieces)
    return "".join(found)


def broken_json(
    value: Any, strange: Sequence[Callable[[random.Random], Any]], rng: random.Random
) -> Any:
    """Return JSON with something at some depth dropped, doubled, renamed, or strange.

    Args:
        value: what to break; it stays as it is.
        strange: make what may come in the place of something.
        rng: decides.
    """
    if rng.random() < 0.06 or not isinstance(value, list | dict) or not value:
        return rng.choice(strange)(rng)
    if isinstance(value, list):
        items = list(value)
        at = rng.randrange(len(items))
        kind = rng.randrange(5)
        if kind == 0:
            del items[at]
        elif kind == 1:
            items.insert(at, items[at])
        elif kind == 2:
            items.insert(at, rng.choice(strange)(rng))
        else:
            items[at] = broken_json(items[at], strange, rng)
        return items
    fields = dict(value)
    key = rng.choice(list(fields))
    kind = rng.randrange(6)
    if kind == 0:
        del fields[key]
    elif kind == 1:
        other = rng.choice(list(fields))
        fields[key], fields[other] = fields[other], fields[key]
    elif kind == 2:
        fields[rng.choice(("", "cells", "source", "id", key.upper(), "\ud800"))] = fields.pop(key)
    else:
        fields[key] = broken_json(fields[key], strange, rng)
    return fields
