"""Takes memory where limits don't look: files without a name, shared pages, page tables, pipes.

Success: it holds more than its limit and is still there to say so.
"""

import contextlib
import ctypes
import mmap
import os

from tests.attacks.attacker import tell

GIGABYTE = 2**30
KEPT: list = []


def nameless_files():
    held = 0
    block = bytes(2**22)
    while held < 4 * GIGABYTE:
        descriptor = os.memfd_create("held")
        with contextlib.suppress(OSError):
            for _ in range(15):
                held += os.write(descriptor, block)
        KEPT.append(descriptor)
    return held


def shared_pages():
    held = 0
    while held < 4 * GIGABYTE:
        pages = mmap.mmap(-1, GIGABYTE // 8, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)
        for offset in range(0, len(pages), 4096):
            pages[offset] = 1
        KEPT.append(pages)
        held += len(pages)
    return held


def page_tables():
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    touched = 0
    while touched < 2_000_000:
        span = 2**38
        start = libc.mmap(None, ctypes.c_size_t(span), 1, 0x4022, -1, ctypes.c_long(0))
        if start in (None, 2**64 - 1):
            raise MemoryError
        for offset in range(0, span, 2**21):
            ctypes.c_ubyte.from_address(start + offset).value  # noqa: B018
            touched += 1
    return touched


def pipes():
    held = 0
    for _ in range(100_000):
        _, end = os.pipe()
        os.set_blocking(end, False)
        held += os.write(end, bytes(65536))
    return held


def similarity(x):
    tell({"pipes": pipes, "nameless": nameless_files})


def softmax(x, axis=-1):
    tell({"shared": shared_pages})


def padding_mask(token_ids):
    tell({"page tables": page_tables})
