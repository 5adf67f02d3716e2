"""Writes sitecustomize.py, usercustomize.py and .pth files wherever Python may look for them.

Success: such a file can be made where the next interpreter looks. (It is taken away again.)
"""

import os
import site
import sys

from tests.attacks.attacker import tell

PAYLOAD = "# it could stand here\n"


def put(directory, name):
    path = os.path.join(directory, name)
    with open(path, "w") as file:
        file.write(PAYLOAD)
    os.unlink(path)
    return path


def similarity(x):
    places = {*sys.path, sys.prefix, sys.base_prefix, *site.getsitepackages(), "/usr/lib", "/"}
    names = ("sitecustomize.py", "usercustomize.py", "zz.pth", "keras.py")
    tries = {}
    for index, place in enumerate(sorted(filter(None, places))):
        for name in names:
            tries[f"{index}-{name}"] = lambda place=place, name=name: put(place, name)
    tell(tries)
