"""What the attack tests share: the surroundings, and the outcomes of the collected attacks."""

import pytest

from autograder.isolation.fork_server import ForkServer
from tests.attacks.grading import grade_all
from tests.attacks.surroundings import Surroundings


@pytest.fixture(scope="package")
def surroundings(tmp_path_factory):
    with Surroundings(tmp_path_factory.mktemp("surroundings")).in_use() as found:
        yield found


@pytest.fixture(scope="package")
def attacked(surroundings):
    """A fork server with every wall, that is attacked."""
    with ForkServer(isolation="require") as server:
        yield server


@pytest.fixture(scope="package")
def outcomes(request, surroundings, attacked):
    """What came of every attack that a collected test asks for, all graded in one session."""
    wanted = {
        item.callspec.params["attack"].name: item.callspec.params["attack"]
        for item in request.session.items
        if "attack" in getattr(getattr(item, "callspec", None), "params", {})
    }
    return grade_all(wanted.values(), attacked, surroundings)
