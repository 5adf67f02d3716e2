"""Writes to results, gradebook, other hand-ins and releases: over, beside, away, other rights.

Success: one byte of them, or one right, is not what it was.
"""

import os
import shutil

from tests.attacks.attacker import tell


def over(path):
    with open(path, "r+b") as file:
        file.write(b'{"score": 100}')
    return "written"


def beside(path):
    with open(path + ".json", "wb") as file:
        file.write(b'{"score": 100}')
    return "written"


def swapped(path):
    os.symlink("/tmp/scratch/mine", path + ".new")
    os.replace(path + ".new", path)
    return "swapped"


def similarity(x):
    acts = {
        "over": over,
        "beside": beside,
        "truncate": lambda path: os.truncate(path, 0) or "emptied",
        "unlink": lambda path: os.unlink(path) or "gone",
        "rename": lambda path: os.rename(path, path + "~") or "moved",
        "chmod": lambda path: os.chmod(path, 0o777) or "opened",
        "utime": lambda path: os.utime(path, (0, 0)) or "dated",
        "swap": swapped,
        "rmtree": lambda path: shutil.rmtree(os.path.dirname(path)) or "gone",
    }
    places = [f"{place}/result.json" for place in "@PLANTED@".split()]
    tell(
        {
            f"{name}-{number}": lambda act=act, path=path: act(path)
            for name, act in acts.items()
            for number, path in enumerate(places)
        }
    )
