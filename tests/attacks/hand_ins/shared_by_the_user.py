"""Takes what the kernel counts for the whole user or the whole machine, not for one process.

Success: it gets any of it; outside, others then get less.
"""

import ctypes
import mmap
import os

from tests.attacks.attacker import tell

LIBC = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    answer = LIBC.syscall(ctypes.c_long(number), *arguments)
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer


def aio():
    context = ctypes.c_long(0)
    return call(206, ctypes.c_long(10), ctypes.byref(context))


def timer():
    number = ctypes.c_int(0)
    return call(222, ctypes.c_long(1), None, ctypes.byref(number))


def pages_in_a_pipe():
    class Vector(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    page = ctypes.create_string_buffer(4096)
    vector = Vector(ctypes.addressof(page), 4096)
    return call(278, ctypes.c_int(os.pipe()[1]), ctypes.byref(vector), ctypes.c_ulong(1), 0)


def similarity(x):
    numbers = {
        "inotify": (253,),
        "inotify with flags": (294, 0),
        "fanotify": (300, 0, 0),
        "sync": (162,),
        "local descriptor table": (154, 0, 0, 0),
        "mounts": (457, 0, 0, 0, 0),
        "landlock": (444, 0, 0, 1),
        "userfaults": (323, 1),
        "shared memory": (29, 0, 4096, 0o1600),
        "semaphores": (64, 0, 1, 0o1600),
        "messages": (68, 0, 0o1600),
        "io_uring": (425, 1, 0),
        "remap": (216, 0, 0, 0, 0, 0),
    }
    tries = {
        name: lambda number=number, rest=rest: call(number, *map(ctypes.c_long, rest))
        for name, (number, *rest) in numbers.items()
    }
    tell({**tries, "aio": aio, "timer": timer, "pinned pages": pages_in_a_pipe})


def softmax(x, axis=-1):
    shared = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS
    tell(
        {
            "shared pages": lambda: mmap.mmap(-1, 4096, shared),
            "huge pages": lambda: mmap.mmap(-1, 2**21, mmap.MAP_PRIVATE | 0x20 | 0x40000),
            "shared zeros": lambda: mmap.mmap(os.open("/dev/zero", os.O_RDWR), 4096),
            "a file without a name": lambda: os.memfd_create("held"),
        }
    )
