"""The course folders of the peers, made once by their own commands, and attacks put into them."""

import json
import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from benchmarks.peers import exercise, graders, scenario
from benchmarks.peers.cage import ROOT

PEERS = ("nbgrader", "otter")
CANARY = f"canary-{uuid.uuid4().hex}"
_UNDER = f"{exercise.NAME}/{exercise.NAME}.ipynb"


class PeerError(RuntimeError):
    """A peer can't be set up; the message says what to do."""


@dataclass
class Course:
    """A peer's course folder, ready for hand-ins.

    Attributes:
        peer: whose.
        python: the interpreter of the environment that it is installed in.
        folder: the folder of inputs, which holds `course`, `library` and a plan.
        released: the notebook that students get.
    """

    peer: str
    python: Path
    folder: Path
    released: nbformat.NotebookNode = field(init=False)

    def __post_init__(self) -> None:
        root = self.folder / "course"
        root.mkdir(parents=True)
        getattr(self, f"_make_{self.peer}")(root)
        self.hand_in("neighbour", self.honest("neighbour"))
        shutil.copytree(ROOT / "course" / "kit", self.folder / "library" / "course" / "kit")
        shutil.copy(ROOT / "course" / "__init__.py", self.folder / "library" / "course")
        code = self.folder / "code" / "benchmarks" / "peers"
        code.mkdir(parents=True)
        (code.parent / "__init__.py").touch()
        for name in ("__init__", "graders", "scenario"):
            shutil.copy(Path(__file__).with_name(f"{name}.py"), code)
        for path in (self.folder, *self.folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)

    def _make_nbgrader(self, root: Path) -> None:
        (root / "nbgrader_config.py").write_text("c = get_config()\n")
        path = root / "source" / _UNDER
        path.parent.mkdir(parents=True)
        nbformat.write(exercise.for_nbgrader(CANARY), path)
        self._call(root, "nbgrader", "generate_assignment", exercise.NAME)
        self.released = nbformat.read(root / "release" / _UNDER, as_version=4)
        self.hand_in("earlier", dict(exercise.WRONG))
        self._call(root, "nbgrader", "autograde", exercise.NAME)
        named = ["--last-name", f"{CANARY}-gradebook"]
        self._call(root, "nbgrader", "db", "student", "add", "earlier", *named)

    def _make_otter(self, root: Path) -> None:
        nbformat.write(exercise.for_otter(CANARY), root / f"{exercise.NAME}.ipynb")
        self._call(root, "otter", "assign", f"{exercise.NAME}.ipynb", "dist")
        (made,) = (root / "dist" / "autograder").glob("*.zip")
        shutil.copy(made, root / "autograder.zip")
        released = root / "dist" / "student" / f"{exercise.NAME}.ipynb"
        self.released = nbformat.read(released, as_version=4)
        (root / "results" / "earlier").mkdir(parents=True)
        note = json.dumps({"score": 7.0, "note": f"{CANARY}-gradebook"})
        (root / "results" / "earlier" / "results.json").write_text(note)

    def _call(self, root: Path, *command: str) -> None:
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "CUDA_VISIBLE_DEVICES": ""}
        done = subprocess.run(
            [str(self.python), "-m", *command],
            cwd=root,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise PeerError(f"`{' '.join(command)}` failed: {(done.stderr or done.stdout)[-500:]}")

    def honest(self, note: str = "") -> dict[str, str]:
        """Return right answers."""
        note = note and f"{CANARY}-{note}"
        return {question.name: exercise.right(question, note) for question in exercise.QUESTIONS}

    def hand_in(self, name: str, answers: dict[str, str]) -> None:
        """Put a student's notebook where the peer looks for it."""
        under = _UNDER if self.peer == "nbgrader" else f"{exercise.NAME}.ipynb"
        path = self.folder / "course" / "submitted" / name / under
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(exercise.hand_in(self.released, answers), path)
        for made in (path, *path.parents[: 2 if self.peer == "nbgrader" else 1]):
            made.chmod(0o755 if made.is_dir() else 0o644)

    def plan(self, limit: float, page: str = "", log: bool = False) -> None:
        """Write down what the scenario in the cage shall do."""
        prefix = self.python.parent.parent
        (packages,) = prefix.glob("lib/python3.*/site-packages")
        plan = {
            "peer": self.peer,
            "canary": CANARY,
            "limit": limit,
            "page": page,
            "log": log,
            "packages": str(packages),
            "programs": str(self.python.parent),
            "jupyter": str(prefix / "share" / "jupyter"),
            "environment": {"KERAS_BACKEND": "numpy"} if self.peer == "otter" else {},
        }
        path = self.folder / "plan.json"
        path.write_text(json.dumps(plan))
        path.chmod(0o644)


def places(peer: str) -> dict[str, str]:
    """Return what an attacker may know: where everything is in the cage."""
    course, kept = graders.COURSE, scenario.KEPT
    planted = [str(kept / name) for name in scenario.PLANTED]
    own = {
        "nbgrader": [f"source/{_UNDER}", f"submitted/neighbour/{_UNDER}", "gradebook.db"],
        "otter": [
            *(f"{exercise.NAME}.ipynb", f"submitted/neighbour/{exercise.NAME}.ipynb"),
            "results/earlier/results.json",
        ],
    }[peer]
    secrets = [f"{planted[0]}/result.json", *(str(course / name) for name in own)]
    tests = [f"tests/{question.name}.py" for question in exercise.QUESTIONS]  # otter's copies
    return {
        "CANARY": CANARY,
        "SECRETS": " ".join([*secrets, *(tests if peer == "otter" else [])]),
        "PLANTED": " ".join(planted),
        "PORT": str(scenario.PORT),
        "ABSTRACT": CANARY,
        "NAMED": str(kept / "door"),
        "PIDS": "",
    }
