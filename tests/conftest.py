"""What the project's own tests share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

from pathlib import Path

import pytest

from autograder.isolation.client import ForkServer

ROOT = Path(__file__).resolve().parent.parent
SOLUTION = ROOT / "solutions" / "attention.py"


@pytest.fixture(scope="session")
def server():
    """A fork server with every wall that this host gives."""
    with ForkServer(isolation="require") as running:
        yield running


@pytest.fixture
def solution() -> bytes:
    """The reference of the attention unit, as a hand-in."""
    return SOLUTION.read_bytes()
