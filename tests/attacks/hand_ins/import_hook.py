"""Puts itself before every import, to be asked when the checks or the oracle are imported.

Success: a module of the grader is replaced by the student's, or shows up in its own process.
"""

import importlib.abc
import importlib.machinery
import sys

from tests.attacks.attacker import tell


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        return importlib.machinery.ModuleSpec(name, self) if "autograder" in name else None

    def exec_module(self, module):
        module.softmax = lambda *args: True


sys.meta_path.insert(0, Finder())
sys.path.insert(0, "/tmp/scratch")
sys.path_hooks.insert(0, lambda path: Finder())


def similarity(x):
    names = (
        "autograder.hidden.attention.test_attention",
        "autograder.hidden.attention.oracle",
        "solutions",
    )
    sys.meta_path.pop(0)
    sys.path_hooks.pop(0)
    tell({name: lambda name=name: vars(__import__(name)) for name in names})


def softmax(x, axis=-1):
    return True
