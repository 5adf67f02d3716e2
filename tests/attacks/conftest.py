"""What the attack tests share: the grounds, and what came of the attacks that are collected."""

import pytest

from autograder.isolation.client import ForkServer
from tests.attacks.grading import grade_all
from tests.attacks.grounds import Grounds


@pytest.fixture(scope="package")
def grounds(tmp_path_factory):
    with Grounds(tmp_path_factory.mktemp("grounds")).in_use() as found:
        yield found


@pytest.fixture(scope="package")
def attacked(grounds):
    """A fork server with every wall, that is attacked."""
    with ForkServer(isolation="require") as server:
        yield server


@pytest.fixture(scope="package")
def outcomes(request, grounds, attacked):
    """What came of every attack that a collected test asks for, all graded in one session."""
    wanted = {
        item.callspec.params["attack"].name: item.callspec.params["attack"]
        for item in request.session.items
        if "attack" in getattr(getattr(item, "callspec", None), "params", {})
    }
    return grade_all(wanted.values(), attacked, grounds)
