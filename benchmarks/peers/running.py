"""Have a peer grade one hostile hand-in in the cage, and write down what was seen."""

import json
import sys
import tempfile
from pathlib import Path

from benchmarks.peers import exercise
from benchmarks.peers.adaptations import adapted
from benchmarks.peers.cage import MOUNT, Cage, CageError, leaks
from benchmarks.peers.course import CANARY, PEERS, Course, places
from benchmarks.peers.outcome import Record
from tests.attacks.catalogue import Attack

# nbgrader gives each of the two cells that matter thirty seconds; both, and the neighbour, fit.
LIMIT = 120
_AFTER = 90
_PAGE = "<script>alert(1)</script>"
_PAGES = "injected_messages"


class Peer:
    """A grader with a course of its own, in a cage of its own.

    Args:
        name: whose.
        python: the interpreter that it is installed for.
        folder: an empty directory for the course.

    Raises:
        CageError: the cage can't be had, or something is open in it.
    """

    def __init__(self, name: str, python: Path, folder: Path):
        self.name, self._python = name, str(python)
        prefix = python.parent.parent
        base = Path(python.resolve()).parent.parent
        folder.chmod(0o755)
        self._cage = Cage(str(folder), (str(base), str(prefix)), PEERS.index(name))
        with tempfile.TemporaryDirectory() as nothing:
            Path(nothing).chmod(0o755)
            if found := leaks(Cage(nothing, self._cage.readable, self._cage.number), self._python):
                raise CageError(f"The cage is open for {', '.join(found)}: no peer is run in it.")
        self._course = Course(name, python, folder / "inputs")
        self._cage = Cage(str(folder / "inputs"), self._cage.readable, self._cage.number)

    def attacked(self, attack: Attack) -> Record:
        """Hand an attack in, with an honest neighbour, and return what was seen."""
        text = adapted(attack, self.name, places(self.name))
        page = _PAGE if attack.name == _PAGES else ""
        return self._record(attack.name, exercise.attack_answers(text), page)

    def controls(self) -> tuple[Record, Record]:
        """Return what right and wrong honest work gets, and leaves about."""
        right = self._record("right", self._course.honest())
        # Libraries leave files in a home as well, and attacks import them.
        imports = "import keras\n\nimport course.kit\n\n\n"
        wrong = {**exercise.WRONG, "similarity": imports + exercise.WRONG["similarity"]}
        return right, self._record("wrong", wrong)

    def _record(self, name: str, answers: dict[str, str], page: str = "") -> Record:
        self._course.hand_in("attack", answers)
        self._course.plan(LIMIT, page)
        command = ["/usr/bin/env", f"PYTHONPATH={MOUNT}/code", "PYTHONDONTWRITEBYTECODE=1"]
        command += [self._python, "-m", "benchmarks.peers.scenario", f"{MOUNT}/plan.json"]
        # Two commands and a page may each take their limit; what is above that is the cage's end.
        done = self._cage.run(command, 2 * LIMIT + _AFTER)
        seen: dict = {}
        if done.output.strip():
            seen = json.loads(done.output.splitlines()[-1])
        problem = done.problem or ("" if seen else f"the look around it ended with {done.status}")
        record = Record(name, self.name, CANARY, seen, problem, done.peak)
        print(record.line(), file=sys.stderr, flush=True)
        return record
