"""What passes between the grader and a student's process: length-prefixed msgpack frames.

Only data passes: None, booleans, numbers, strings, bytes, lists, dicts with string keys, plain
arrays, specs of symbolic tensors, and handles of objects that stay on the other side. Nothing that
arrives is ever executed, and every size is bounded before memory is taken for it.
"""

import math
import select
import socket
import struct
from dataclasses import dataclass
from typing import Any

import msgpack
import numpy as np

from autograder.base.printable import printable
from autograder.isolation import frames
from autograder.isolation.clock import Timer, WallTimer

MAX_FRAME = 64 * 1024 * 1024
MAX_STRING = 1024 * 1024

_HEADER = struct.Struct(">I")
_ARRAY, _HANDLE, _OPAQUE, _SPEC = 1, 2, 3, 4
_DTYPES = {
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "bfloat16", "complex64", "complex128"),
}


class WireError(Exception):
    """A frame that breaks the protocol: too large, too deep, or not what it claims to be."""


class Disconnected(Exception):
    """The other side is gone."""


@dataclass(frozen=True)
class Handle:
    """An object that lives in the student's process, by number."""

    id: int
    type_name: str = ""


@dataclass(frozen=True)
class Opaque:
    """Something that is no data: only the name of its type passes."""

    type_name: str


@dataclass(frozen=True)
class Spec:
    """Shape and dtype of a symbolic tensor; None is a dimension that is not known yet."""

    shape: tuple[int | None, ...]
    dtype: str


def _dtype(name: Any) -> np.dtype:
    if not isinstance(name, str) or name not in _DTYPES:
        raise WireError("An array of an unknown dtype arrived.")
    if name == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(name)


def _encode_extra(value: Any) -> msgpack.ExtType:
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, np.ndarray):
        if value.dtype.name not in _DTYPES:
            return _encode_extra(Opaque(f"array of {value.dtype.name}"))
        header = [value.dtype.name, list(value.shape), np.ascontiguousarray(value).tobytes()]
        return msgpack.ExtType(_ARRAY, msgpack.packb(header))
    if isinstance(value, Handle):
        return msgpack.ExtType(_HANDLE, msgpack.packb([value.id, value.type_name]))
    if isinstance(value, Opaque):
        return msgpack.ExtType(_OPAQUE, msgpack.packb(value.type_name))
    if isinstance(value, Spec):
        return msgpack.ExtType(_SPEC, msgpack.packb([list(value.shape), value.dtype]))
    raise WireError(f"A {type(value).__name__} can't be sent.")


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**40


def _decode_extra(code: int, data: bytes) -> Any:
    frames.look_through(data, frames.MAX_EXTRA_ITEMS)
    fields = msgpack.unpackb(data, strict_map_key=True)
    if code == _ARRAY and isinstance(fields, list) and len(fields) == 3:
        name, shape, content = fields
        dtype = _dtype(name)
        if not (isinstance(shape, list) and len(shape) <= 16 and all(map(_is_size, shape))):
            raise WireError("An array with an impossible shape arrived.")
        # A size of 0 makes the product 0, whatever stands beside it.
        if math.prod(max(size, 1) for size in shape) * dtype.itemsize > MAX_FRAME:
            raise WireError("An array with an impossible shape arrived.")
        if not isinstance(content, bytes) or len(content) != math.prod(shape) * dtype.itemsize:
            raise WireError("An array arrived whose content doesn't fit its shape.")
        return np.frombuffer(content, dtype=dtype).reshape(shape)
    if code == _HANDLE and isinstance(fields, list) and len(fields) == 2:
        number, name = fields
        if _is_size(number) and isinstance(name, str):
            return Handle(number, printable(name, 200))
    if code == _OPAQUE and isinstance(fields, str):
        return Opaque(printable(fields, 200))
    if code == _SPEC and isinstance(fields, list) and len(fields) == 2:
        shape, name = fields
        sizes = isinstance(shape, list) and all(n is None or _is_size(n) for n in shape)
        if sizes and isinstance(name, str):
            return Spec(tuple(shape), printable(name, 50))
    raise WireError("A value of an unknown kind arrived.")


def encode(message: Any) -> bytes:
    """Return the bytes of a frame, its length first.

    Raises:
        WireError: the message is too large, or holds something that is no data.
    """
    try:
        body = msgpack.packb(message, default=_encode_extra)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise WireError(f"The message can't be sent: {error}") from None
    if len(body) > MAX_FRAME:
        raise WireError(f"The message is larger than {MAX_FRAME // 2**20} MB.")
    return _HEADER.pack(len(body)) + body


def decode(body: bytes) -> Any:
    """Return the message of a frame's body.

    Raises:
        WireError: it is not a well-formed frame.
    """
    try:
        frames.look_through(body)
        return msgpack.unpackb(
            body, ext_hook=_decode_extra, strict_map_key=True, max_str_len=MAX_STRING
        )
    except WireError:
        raise
    except frames.Unacceptable as error:
        raise WireError(str(error)) from None
    except Exception as error:
        raise WireError(f"A frame can't be read: {type(error).__name__}.") from None


class Channel:
    """Frames over a connected socket, each with a time by which it must be there.

    Attributes:
        received: bytes of all frames that came in whole.
    """

    def __init__(self, connection: socket.socket):
        self.received = 0
        self._socket = connection
        self._socket.setblocking(False)

    def fileno(self) -> int:
        return self._socket.fileno()

    def close(self) -> None:
        self._socket.close()

    def send(self, message: Any, timeout: float | Timer | None = None) -> None:
        """Send one message.

        Raises:
            Disconnected, TimedOut, WireError: it could not be sent.
        """
        timer = _timer(timeout)
        view = memoryview(encode(message))
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                self._wait(timer, writing=True)
            except OSError:
                raise Disconnected from None

    def receive(self, timeout: float | Timer | None = None) -> Any:
        """Return the next message.

        Raises:
            Disconnected, TimedOut, WireError: none came, not in time, or a broken one.
        """
        timer = _timer(timeout)
        (length,) = _HEADER.unpack(self._read(_HEADER.size, timer))
        if length > MAX_FRAME:
            raise WireError("A frame claims to be larger than allowed.")
        body = self._read(length, timer)
        self.received += length
        return decode(body)

    def _read(self, count: int, timer: Timer) -> bytes:
        # The buffer grows with what arrives, so that a claimed size takes no memory by itself.
        read = bytearray()
        while len(read) < count:
            try:
                part = self._socket.recv(min(count - len(read), 1 << 20))
            except BlockingIOError:
                self._wait(timer)
                continue
            except OSError:
                raise Disconnected from None
            if not part:
                raise Disconnected
            if len(part) == count:
                return part
            timer.check()
            read += part
        return bytes(read)

    def _wait(self, timer: Timer, writing: bool = False) -> None:
        poller = select.poll()
        poller.register(self._socket, select.POLLOUT if writing else select.POLLIN)
        timer.wait(lambda seconds: bool(poller.poll(None if seconds is None else seconds * 1000)))


def _timer(timeout: float | Timer | None) -> Timer:
    return WallTimer(timeout) if timeout is None or isinstance(timeout, float | int) else timeout
