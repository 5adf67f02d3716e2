"""The ranges in pyproject.toml hold the pinned versions, and a package is pinned once."""

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

REQUIREMENTS = ROOT / "requirements"
with (ROOT / "pyproject.toml").open("rb") as file:
    PROJECT = tomllib.load(file)["project"]
ASKED = {"": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
# Which file pins what an extra asks for; gpu's CUDA libraries come with jax.
FILES = {
    "": "student.txt",
    "grader": "cpu.txt",
    "cluster": "cluster.txt",
    "jax": "jax.txt",
    "torch": "torch.txt",
    "gpu": "jax.txt",
    "book": "book.txt",
}


def pins(name: str) -> dict[str, set[str]]:
    """Return the versions that a file of requirements pins, and those that it includes."""
    versions: dict[str, set[str]] = {}
    for line in (REQUIREMENTS / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("-r "):
            for package, more in pins(line.removeprefix("-r ")).items():
                versions.setdefault(package, set()).update(more)
        elif line and not line.startswith("#"):
            requirement = Requirement(line.partition(" #")[0])
            (pin,) = requirement.specifier
            assert pin.operator == "==", line
            versions.setdefault(canonicalize_name(requirement.name), set()).add(pin.version)
    return versions


@pytest.mark.parametrize("extra", ASKED)
def test_every_range_holds_the_version_that_is_pinned(extra):
    pinned = pins(FILES[extra])
    for requirement in map(Requirement, ASKED[extra]):
        versions = pinned[canonicalize_name(requirement.name)]
        assert len(versions) == 1, requirement
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_a_package_has_one_pin_in_all_files():
    versions: dict[str, set[str]] = {}
    for path in REQUIREMENTS.glob("*.txt"):
        for package, pinned in pins(path.name).items():
            versions.setdefault(package, set()).update(pinned)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


def test_conda_installs_the_default_file():
    assert "- -r requirements/cpu.txt" in (ROOT / "environment.yml").read_text(encoding="utf-8")
