"""Reads all of /proc that it is let: others' environments, memory, descriptors, roots, maps.

Success: a process that is not its own shows up with more than nothing.
"""

import contextlib
import os

SECRETS = ("environ", "cmdline", "maps", "stack", "fd", "root", "cwd", "mem", "task", "comm")


def similarity(x):
    mine, found = str(os.getpid()), []
    for entry in sorted(os.listdir("/proc")):
        if not entry.isdigit() or entry == mine:
            continue
        for name in SECRETS:
            path = f"/proc/{entry}/{name}"
            with contextlib.suppress(OSError):
                if name in ("fd", "task", "root", "cwd"):
                    content = repr(os.listdir(path))
                elif name == "mem":
                    with open(path, "rb") as file:
                        file.seek(0x400000)
                        content = repr(file.read(64))
                else:
                    with open(path, "rb") as file:
                        content = repr(file.read(100_000))
                hit = "@CANARY@" in content
                found.append(f"{entry}/{name}" + (" @CANARY@" if hit else ""))
    for path in ("/proc/kcore", "/proc/kmsg", "/proc/1/root/root", "/proc/self/root/root"):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            found.append(path + repr(file.read(10)))
    raise RuntimeError(f"tried: /proc, found {found[:40]}")
