"""Attack a grader that runs as somebody else, or in a container's kind of namespace.

    python -m tests.attacks.other_users USER ATTACK...

USER is `nobody`, for which root starts it and gives its rights up; `contained` for nobody within
namespaces of its own; or `-` to stay who one is. It prints one line of JSON: the walls that hold,
and what came of each attack.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

from autograder.isolation import syscalls
from autograder.isolation.fork_server import ForkServer, IsolationError
from tests.attacks.catalogue import named
from tests.attacks.grading import grade_all, is_unhurt
from tests.attacks.surroundings import Surroundings
from tests.attacks.users import become

NOBODY = 65534
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc")


def become_nobody() -> None:
    """Give up root's rights for good; the interpreter stays readable, wherever it is installed."""
    become(NOBODY, sorted({sys.base_prefix, sys.prefix}))
    # Who changes its user can't be looked at any more; the grader looks at its own processes.
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)


def main(user: str, names: list[str]) -> None:
    """Attack, and print what came of it."""
    if user in ("nobody", "contained"):
        become_nobody()
    if user == "contained":
        again = [sys.executable, "-m", "tests.attacks.other_users", "-", *names]
        os.execvp(NAMESPACE[0], [*NAMESPACE, *again])
    os.environ["HOME"] = "/nowhere"
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        with Surroundings(Path(folder)).in_use() as surroundings:
            try:
                with ForkServer(isolation="require") as server:
                    outcomes = grade_all(named(*names), server, surroundings, diagnose=False)
                    layers = server.layers
            except IsolationError as error:
                print(json.dumps({"refused": str(error)}))
                return
            told = {
                name: {
                    "score": outcome.result.score,
                    "got": sorted(outcome.got),
                    "safe": outcome.untouched and not outcome.callers,
                    "hidden": surroundings.canary in outcome.text,
                    "neighbour": is_unhurt(outcome.neighbour),
                    "left": sorted(map(str, outcome.after.processes - outcome.before.processes))
                    + sorted(outcome.after.files - outcome.before.files),
                }
                for name, outcome in outcomes.items()
            }
        print(json.dumps({"layers": layers, "user": os.geteuid(), "attacks": told}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
