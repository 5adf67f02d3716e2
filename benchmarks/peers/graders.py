"""Runs inside the cage: the peers' commands with their defaults, and how to read what they made."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

COURSE = Path("/tmp/course")
LOG = Path("/tmp/grader.log")
_TEXT = 50 * 2**20


def others() -> dict[int, str]:
    """Return the processes of the cage but for its first and this one: id and command."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) not in (1, os.getpid()):
            with contextlib.suppress(OSError):
                state = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[0]
                command = Path(f"/proc/{entry}/cmdline").read_bytes().replace(b"\0", b" ")
                if state != "Z":
                    found[int(entry)] = command.decode(errors="replace").strip()[:80]
    return found


def grade(command: list[str], environment: dict[str, str], limit: float) -> tuple[str, float]:
    """Run a grader's command; return how it ended, and the seconds it took."""
    started = time.monotonic()
    with open(LOG, "ab") as log:
        process = subprocess.Popen(
            command,
            cwd=COURSE,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            ended = str(process.wait(limit))
        except subprocess.TimeoutExpired:
            ended = "time"
            end_all()
            process.wait()
    return ended, time.monotonic() - started


def end_all() -> None:
    """End every other process of the cage, which has process numbers of its own."""
    for _ in range(20):
        left = others()
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not left:
            return
        time.sleep(0.1)


def notebook_texts(path: Path) -> list[str]:
    """Return what the cells of an executed notebook printed and raised, without tracebacks."""
    if not path.is_file() or path.stat().st_size > _TEXT:
        return []
    texts = []
    for cell in json.loads(path.read_bytes())["cells"]:
        for output in cell.get("outputs", ()):
            texts += ["".join(output.get("text", ""))[:100_000], output.get("evalue", "")[:100_000]]
    return texts


class Nbgrader:
    """nbgrader's own command, with its defaults, for an assignment with two hand-ins."""

    watched = (COURSE / "source", COURSE / "release", COURSE / "submitted")

    def __init__(self, python: Path, environment: dict[str, str]):
        self._nbgrader = [str(python), "-m", "nbgrader"]
        self._environment = environment

    def run(self, limit: float) -> tuple[list[str], float]:
        """Grade the attack and its neighbour: one command does both, in the order of names."""
        command = [*self._nbgrader, "autograde", "exercise"]
        ended, seconds = grade(command, self._environment, limit)
        return [ended], seconds

    def score(self, name: str) -> float | None:
        """Return what the gradebook says, or None where the hand-in has no autograded notebook."""
        if not (COURSE / f"autograded/{name}/exercise/exercise.ipynb").is_file():
            return None
        return self.rows().get(name)

    def rows(self) -> dict[str, float]:
        """Return each student's score as nbgrader counts it: a person's grade first."""
        ask = """
            SELECT submitted_assignment.student_id, SUM(COALESCE(manual_score, auto_score, 0))
            FROM grade JOIN submitted_notebook ON grade.notebook_id = submitted_notebook.id
            JOIN submitted_assignment
            ON submitted_notebook.assignment_id = submitted_assignment.id GROUP BY 1
        """
        try:
            with contextlib.closing(sqlite3.connect(COURSE / "gradebook.db")) as gradebook:
                return dict(gradebook.execute(ask).fetchall())
        except sqlite3.Error:
            return {}

    def texts(self, name: str) -> list[str]:
        """Return what a hand-in said."""
        return notebook_texts(COURSE / f"autograded/{name}/exercise/exercise.ipynb")

    def page(self) -> str:
        """Return the page of feedback for the attack, made by nbgrader's own command."""
        command = [*self._nbgrader, "generate_feedback", "exercise", "--student=attack"]
        grade(command, self._environment, 60)
        path = COURSE / "feedback/attack/exercise/exercise.html"
        return path.read_text(errors="replace") if path.is_file() else ""


class Otter:
    """`otter run`, with the zip that `otter assign` made, for one hand-in after the other."""

    watched = (COURSE / "dist", COURSE / "submitted", COURSE / "results" / "earlier")

    def __init__(self, python: Path, environment: dict[str, str]):
        self._otter = [str(python), "-m", "otter", "run", "-a", "autograder.zip", "-o"]
        self._environment = environment

    def run(self, limit: float) -> tuple[list[str], float]:
        """Grade the attack, then its neighbour, each with a command and a limit of its own."""
        ends, total = [], 0.0
        for name in ("attack", "neighbour"):
            with contextlib.suppress(OSError):
                (COURSE / "results" / name).mkdir(parents=True, exist_ok=True)
            command = [*self._otter, f"results/{name}", f"submitted/{name}/exercise.ipynb"]
            ended, seconds = grade(command, self._environment, limit)
            ends.append(ended)
            total += seconds
        return ends, total

    def _result(self, name: str) -> dict:
        path = COURSE / "results" / name / "results.json"
        if not path.is_file() or path.stat().st_size > _TEXT:
            return {}
        return json.loads(path.read_bytes())

    def score(self, name: str) -> float | None:
        """Return the sum of the tests' scores, or None where there is no result."""
        result = self._result(name)
        return sum(test.get("score") or 0 for test in result["tests"]) if result else None

    def rows(self) -> dict[str, float]:
        """Return nothing: there is no gradebook."""
        return {}

    def texts(self, name: str) -> list[str]:
        """Return what a hand-in said."""
        return [test.get("output", "") for test in self._result(name).get("tests", ())]

    def page(self) -> str:
        """Return nothing: by default there is no page."""
        return ""
