"""Locks of files, which the kernel lets go of when the process that holds one ends."""

import portalocker

_EXCLUSIVE_NOW = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING


def lock(descriptor: int) -> bool:
    """Lock an open file, and return whether its file system has locks.

    The lock lasts until this process, and every process that inherits the descriptor, has closed
    the descriptor or has ended.

    Raises:
        BlockingIOError: another process holds the lock.
    """
    try:
        portalocker.lock(descriptor, _EXCLUSIVE_NOW)
    except portalocker.AlreadyLocked:
        raise BlockingIOError("Another process has locked this file.") from None
    except portalocker.LockException:
        return False
    return True
