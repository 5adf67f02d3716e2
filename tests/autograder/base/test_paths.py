"""Where copies of the project may lie whose hidden parts no student's process may see."""

import sys

import pytest

from autograder.base import paths

PACKAGES = "lib/python3.11/site-packages"


@pytest.mark.parametrize("environment", [".", "envs/other"])
def test_a_copy_below_a_prefix_is_secret_too(monkeypatch, tmp_path, environment):
    copy = (tmp_path / environment / PACKAGES).resolve()
    (copy / "autograder" / "hidden").mkdir(parents=True)
    monkeypatch.setattr(sys, "base_prefix", str(tmp_path))
    secrets = paths.secret_paths.__wrapped__()
    assert {f"{copy}/autograder", f"{copy}/solutions"} <= {*secrets}
