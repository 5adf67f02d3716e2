"""Prints, warns and logs without end, to every stream, and past them to the descriptors.

Success: a log, a result or the terminal is flooded.
"""

import logging
import os
import sys
import warnings


def similarity(x):
    for _ in range(200):
        print("x" * 2**20)
        sys.stderr.write("y" * 2**20)
        logging.error("z" * 2**20)
        warnings.warn("w" * 2**20, stacklevel=1)
        for descriptor in (0, 1, 2):
            os.write(descriptor, b"v" * 2**20)
    raise RuntimeError("tried: logs")
