"""Reads a folder that holds one whole result a hand-in and nothing else, and compares two."""

from pathlib import Path
from typing import Any

from autograder.results.files import read_result
from tests.faults.hand_ins import UNIT


def results_in(out: Path) -> dict[str, Any]:
    """Return the results, by name, without what differs from run to run.

    Raises:
        ValueError: one is not whole.
        AssertionError: there is a file that is no result.
    """
    files = {path.relative_to(out) for path in out.rglob("*") if not path.is_dir()}
    names = {path.parts[0] for path in files}
    assert files == {Path(name, f"{UNIT}.json") for name in names}
    return {name: read_result(out / name / f"{UNIT}.json").without_times() for name in names}


def differences(found: dict[str, Any], expected: dict[str, Any]) -> list[tuple]:
    """Return what differs between results: who, where, what it is, and what it should be."""
    changes: list[tuple] = [(name, "there") for name in found.keys() ^ expected.keys()]
    for name in found.keys() & expected.keys():
        one, other = dict(found[name]), dict(expected[name])
        checks = zip(one.pop("checks"), other.pop("checks"), strict=False)
        parts = [("", one, other), *((check["id"], check, wanted) for check, wanted in checks)]
        changes += [
            (name, where, key, is_[key], should[key])
            for where, is_, should in parts
            for key in should
            if is_[key] != should[key]
        ]
        if len(found[name]["checks"]) != len(expected[name]["checks"]):
            changes.append((name, "checks"))
    return changes
