"""Go on as a user without rights, for attacks on graders that are not root's."""

import os
from collections.abc import Iterable
from pathlib import Path

from autograder.isolation import syscalls


def become(user: int, readable: Iterable[str]) -> None:
    """Give up root's rights for good; what is to be read stays so, wherever it lies.

    Args:
        user: the number of the user, and of the group.
        readable: paths; directories above them that are closed to others are covered by empty
            ones, in this process's own mount namespace.

    Raises:
        OSError: this process is not root, or may not mount.
    """
    syscalls.unshare(syscalls.CLONE_NEWNS)
    syscalls.mount(None, "/", None, syscalls.MS_REC | syscalls.MS_PRIVATE)
    closed = {}
    for path in readable:
        above = [p for p in Path(path).parents if not p.stat().st_mode & 0o001]
        if above:
            closed[path] = (str(above[-1]), os.open(path, os.O_PATH))
    for top in sorted({top for top, _ in closed.values()}):
        syscalls.mount("tmpfs", top, "tmpfs", 0, "mode=755")
    for path, (_, held) in closed.items():
        os.makedirs(path, exist_ok=True)
        source = f"/proc/self/fd/{held}"
        syscalls.mount(source, path, None, syscalls.MS_BIND | syscalls.MS_REC)
        os.close(held)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
