"""What the project's own tests share."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
# Whoever runs the tests may speak Chinese; what they expect of the commands is English.
if (os.environ.get("LC_ALL") or os.environ.get("LANG", "")).startswith("zh"):
    os.environ["LC_ALL"] = "C.UTF-8"

from pathlib import Path

import pytest

from autograder.isolation.fork_server import ForkServer
from course.kit.language import language, use_language
from tests.drawing import pytest_report_header  # noqa: F401
from tests.scheduling import (  # noqa: F401
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
    pytest_xdist_make_scheduler,
)

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


@pytest.fixture(params=["en", "zh"])
def spoken(request):
    """Speak one language after the other."""
    before = language()
    use_language(request.param)
    yield request.param
    use_language(before)
